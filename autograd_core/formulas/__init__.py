"""Formulas: expression trees, a row's text in any language, and mathematics as people write it."""

"""What a lesson is made of: the guard against mistakes, sheets that diagnose, and pages in which one types a formula or trains."""

"""What a lesson is made of: the guard against mistakes, sheets that diagnose, and the page where one types the formula."""

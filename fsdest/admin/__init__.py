"""The operator's console at /admin/: Django's admin, over the functions of `delivery`.

It shows everything and edits nothing of the books. What it does goes through the same functions as
the pages of the product, asks before, tells after, and stands in the audit.
"""

"""Draws the pages that people see: storefront, learning pages, a teacher's workplace.

Owns page composition and display preferences, almost no facts: each page asks several services at once
through their doors. Never decides access, progress or permissions, and nobody calls it.
"""

"""What portal decides, pure: how a page may look."""

THEMES = ("auto", "light", "dark")

"""Moves a database from release to release; `versions/` holds the kernel's own schema."""

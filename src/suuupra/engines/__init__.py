"""Machinery without an opinion on the business: several services use it, or it runs as a child process."""

"""Suuupra: a self-hostable platform for teaching and media."""

"""What content does: use cases, one unit of work each, and the steps they are made of."""

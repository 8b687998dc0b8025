"""What admin decides, pure: the leaf of an audited fact, how figures are told, what waits for a person."""

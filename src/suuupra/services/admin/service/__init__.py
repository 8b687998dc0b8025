"""Use cases of admin: the trail, the numbers, and what staff ask other services to do."""

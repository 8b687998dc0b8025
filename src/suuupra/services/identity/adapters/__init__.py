"""Outside worlds of identity: password hashing in threads, other sites' sign-in, pictures."""

"""What identity decides, pure: addresses, passwords, codes, roles, sessions, step-ups, upstream answers."""

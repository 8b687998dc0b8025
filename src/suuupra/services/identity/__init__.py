"""Identity: who somebody is, the proof of it, and what they may do.

Owns accounts, credentials, factors, sessions and roles. It never sends a message itself (it asks
`notifications`), never seals the audit log, and shows no other service a password or a secret.
"""

"""The control room of the house: people, courses, approvals, encodings, jobs, errors, and their trail.

Owns the readable audit log. Shows what lower services publish and asks them to act; never changes a row that
another service owns, moves money, keeps a credential, or lets anybody act without a reason and a trace.
"""

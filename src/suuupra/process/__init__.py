"""What `suuupra up` does on one machine: data folder, accounts, embedded PostgreSQL, supervisor, lifeline.

Standard library alone, imported by `cli.py` alone: the supervisor stays small enough never to be the
process that dies.
"""

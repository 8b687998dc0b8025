"""Connections to PostgreSQL: the pool, what its errors mean, leases.

Below `suuupra.platform.postgres`, whose units and loops stand on it.
"""

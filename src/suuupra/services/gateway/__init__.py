"""The one door: finds who calls, holds the limits, and keeps the house standing when a part falls.

Owns edge policies and the order in which they are asked. Never holds a business rule, signs anybody in,
reads a body beyond its size and token, or touches another service's tables. Imports no service: what it
must know comes through Protocols that the app plugs.
"""

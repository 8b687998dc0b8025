"""Carries a message to a person by the right channel at the right moment, once, and can prove it.

Owns contacts as told to it, templates' live versions, messages and deliveries, and the feed behind the bell.
Never decides that a fact deserves a message (its owner asks), looks up a person, or imports a service.
"""

"""Handlers of events: the dispatcher of a process, its lanes, the inbox.

Re-exported by `suuupra.platform.events`, whose relay feeds it.
"""

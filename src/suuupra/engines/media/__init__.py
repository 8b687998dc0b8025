"""Files into safe, exactly timed streams: probe, encode, package, manifests, posters.

Takes paths and gives paths and values; knows no database, no storage key, no right and no network. Every
codec runs in a child process, so that a crash, a bomb or a licence never enters the process that asks.
"""

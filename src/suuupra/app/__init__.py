"""The composition root: settings, platform, services, then web processes, workers and commands.

The only place that knows every room of the house but `process`, which the command line alone starts.
"""

"""The composition root: settings, platform, services, then web processes, workers and commands.

The only place that knows every room of the house but `process`, which the command line alone starts.
"""

import argparse


def command(name: str, options: argparse.Namespace) -> int:
    """Run a verb of the command line."""
    from suuupra.app import commands

    return commands.run(name, options)


def migrate_all(dsn: str) -> None:
    """Bring every schema up to date. Blocks; not for a running loop."""
    from suuupra.app import commands

    commands.migrate_all(dsn)

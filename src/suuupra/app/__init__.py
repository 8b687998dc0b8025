"""The composition root: settings, platform, services, then web processes, workers and commands.

The only place that knows every room of the house but `process`, which the command line alone starts.
"""

import argparse
import gc


def command(name: str, options: argparse.Namespace) -> int:
    """Run a verb of the command line.

    What an import makes stays: looking for garbage meanwhile costs a fifth of the start.
    """
    gc.disable()
    from suuupra.app import commands

    gc.freeze()
    gc.enable()
    return commands.run(name, options)


def migrate_all(dsn: str) -> None:
    """Bring every schema up to date. Blocks; not for a running loop."""
    from suuupra.app import commands

    commands.migrate_all(dsn)

"""The composition root: settings, platform, services, then web processes, workers and commands.

The only place that knows every room of the house but `process`, which the command line alone starts.
"""

import argparse
import gc


def command(name: str, options: argparse.Namespace) -> int:
    """Run a verb of the command line.

    Until a process stands, next to nothing that is made is thrown away: looking for garbage meanwhile costs a
    fifth of the start. `processes.opened` switches the collector on again.
    """
    gc.disable()
    from suuupra.app import commands

    return commands.run(name, options)


def migrate_all(dsn: str) -> None:
    """Bring every schema up to date. Blocks; not for a running loop."""
    from suuupra.app import commands

    commands.migrate_all(dsn)

"""Jobs: claimed in order and fairly, leased, retried, scheduled by the clocks of real places.

One worker a process; the table `kernel.job` is the contract.
"""

from suuupra.platform.jobs.worker import Worker

__all__ = ["Worker"]

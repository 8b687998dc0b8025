"""Schedules: when periodic work is due by the clocks of real places, and the jobs it becomes."""

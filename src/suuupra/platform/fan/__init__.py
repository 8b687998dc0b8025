"""What the processes of one machine tell each other at once, without a broker."""

from suuupra.platform.fan.lines import Ears, Fan, Words

__all__ = ["Ears", "Fan", "Words"]

"""Malware scan of a local file: the EICAR test always, ClamAV's daemon where an address is set."""

from suuupra.platform.scan.scanner import Scanner

__all__ = ["Scanner"]

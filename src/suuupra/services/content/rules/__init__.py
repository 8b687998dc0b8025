"""What content decides, without I/O, clock or session."""

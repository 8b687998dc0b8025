"""Every query of content, as functions that take a session."""

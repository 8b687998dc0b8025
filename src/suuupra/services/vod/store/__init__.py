"""Every query of vod."""

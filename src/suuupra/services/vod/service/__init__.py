"""Use cases of vod: uploads, scanning, encoding, playback, and keeping house."""

"""Makes any teacher's recording safe, small and playable anywhere, and serves it to those who may see it.

Owns uploads, assets, renditions, playback grants and what was watched. Never decides who is enrolled
(it asks `PlaybackRights`), names a lesson (it keeps an opaque `context_ref`) or keeps a lesson's progress.
"""

"""The suite: mirrors `src/`, then the gates, the journeys and the lanes `slow` and `foreign`."""

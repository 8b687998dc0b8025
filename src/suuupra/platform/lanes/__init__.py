"""Lanes: shares of a subscription, each held by one process under an epoch, each in order."""

"""Tokens for the clients people use, off the one cache (layer L6)."""

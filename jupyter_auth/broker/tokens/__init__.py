"""Tokens without a person: from memory, from the store, from the provider, ahead of their end."""

"""The store in a file."""

FILE = "tokens.db"

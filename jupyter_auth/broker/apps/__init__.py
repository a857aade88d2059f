"""Tokens of applications themselves, and on behalf of somebody."""

"""``jupyter auth demo``: an OpenID provider, a protected API and a Jupyter workspace, on this machine only.

The provider is real enough to show every step of a sign-in, and no evidence of conformance: its accounts,
keys and tokens live in memory and end with its process. Nothing here is imported by the product itself.
"""

"""The agent: a broker in a small process of the user's own, for kernels and scripts that no Jupyter server
has started, so that they share one sign-in and hold no refresh token.

It knows callers by what the operating system says of them, user and process, and by nothing else.
"""

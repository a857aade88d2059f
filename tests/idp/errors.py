"""The one error of the test providers' drivers."""


class ProviderError(RuntimeError):
    """The test provider did not start, or did not do what the test asked of it."""

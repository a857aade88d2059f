"""For those who write a store of their own: ``store_contract`` holds the tests that it has to pass.

It needs pytest, which this package does not bring.
"""

import pytest

pytest.register_assert_rewrite("jupyter_auth.testing.store_contract")

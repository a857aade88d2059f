"""All REST operations, by schemathesis: all checks pass, against a real server with the extension.

More of it: ``python -m tests.fuzz rest --minutes 10``.
"""

import random

import pytest

from tests.fuzz import rest
from tests.fuzz.playing import Budget
from tests.support.description import description, operations

EACH = 2  # requests at random for each operation, beside those at the limits of its schemas


@pytest.mark.timeout(600)
def test_all_checks_pass() -> None:
    seed = random.randrange(10**6)
    print(f"seed {seed}")
    tally = rest.TARGET.play(Budget(inputs=EACH * len(operations())), seed)
    assert tally.is_clean, "\n".join([f"seed {seed}", *tally.found])
    assert tally.inputs > 10 * len(operations())


def test_what_is_asked_is_narrowed_and_what_is_answered_stays_as_described() -> None:
    made, right = rest.narrowed(description()), description()
    assert made["paths"].keys() == right["paths"].keys()
    for name in ("Interaction", "Accounts", "Kernels", "Profiles", "Status", "Error"):
        assert made["components"]["schemas"][name] == right["components"]["schemas"][name]
    asked = made["components"]["schemas"]["InteractionRequest"]["properties"]
    assert asked["profile"]["enum"] == [rest.PROFILE, None] and "tenant" not in asked
    assert made["components"]["parameters"]["profile"]["schema"] == {"enum": [rest.PROFILE]}

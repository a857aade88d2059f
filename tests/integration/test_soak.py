"""A short soak; ``python -m tests.soak --minutes 30`` is the long one."""

import random

import pytest

from tests.soak.soak import Plan, soak


@pytest.mark.timeout(300)  # its kernels take long to start where there is much else to do
def test_nothing_fails_but_for_an_outage_and_nobody_is_asked() -> None:
    plan = Plan(
        seconds=42,
        kernels=4,
        lifetime=20,
        tokens=10,
        calls=2,
        between=(1, 2),
        calm=8,
        kinds=("Redis killed and started again", "the provider says 503"),
    )
    report = soak(plan, random.Random(5))
    told = f"{report}\n{report.beyond[:3]}"
    assert len(report.outages) == 2, told
    assert not report.beyond and not report.prompts, told
    assert report.tokens > 4 * 42 and report.calls > 4 * 8, told
    assert report.refreshes >= 2, told

"""In a script, which no Jupyter server has started, the adapters work off the same store."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.adapters.desk import BEGIN, ROOT, Desk
from tests.support import Script
from tests.support.resource import Resource


@pytest.mark.parametrize("client", ["requests", "httpx, async", "azure-core", "fsspec"])
def test_a_script_uses_the_sign_in(desk: Desk, api: Resource, script: Script, client: str) -> None:
    assert script.run(f"d = driver({client!r}, 'lake', interactive=False)", f"d.send({api.url!r})") == 200
    assert api.tokens == [desk.token]


@pytest.fixture(scope="module")
def script(opened: Desk, certificate: tuple[Path, Path]) -> Iterator[Script]:
    with Script(opened.place) as running:
        running.run(BEGIN.format(root=str(ROOT), certificate=str(certificate[0])))
        yield running

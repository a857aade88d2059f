"""The demo's servers for the tests, with a clock of the tests' own."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from flask import Flask

from jupyter_auth.cli.demo.api import create_api
from jupyter_auth.cli.demo.provider import create_app
from jupyter_auth.cli.demo.serving import serving

from .client import Demo


@pytest.fixture
def demo() -> Iterator[Demo]:
    it = Demo()

    def provider(issuer: str) -> Flask:
        app = create_app(issuer, clock=it.clock)
        it.signer = app.extensions["demo_protocol"].signer
        return app

    with (
        serving(provider) as it.issuer,
        serving(lambda _: create_api(it.issuer, clock=it.clock)) as it.api,
    ):
        yield it

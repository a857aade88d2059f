"""Files of a protected API for fsspec and pandas, and what fsspec keeps of them."""

import pytest

from tests.adapters.cells import cell
from tests.adapters.desk import Desk
from tests.support.resource import Resource

LEVELS = b"depth,level\n1,22.4\n"
READ = """
import fsspec, pandas
with fsspec.open({url!r}, **ja.storage_options("lake", interactive=False)) as file:
    told = pandas.read_csv(file).to_dict("list")
"""
CACHED = """
told = pandas.read_csv("simplecache::" + {url!r}, storage_options=dict(https=ja.storage_options("lake")))
told = told.to_dict("list")
"""
OF = """
import fsspec
def of(*what, **more):
    return fsspec.filesystem("https", **ja.storage_options(*what, **more))
"""
FRAME = {"depth": [1], "level": [22.4]}


@cell("401", "pandas", says="once more, with a new token (https)")
def test_pandas_reads_from_the_api(desk: Desk, api: Resource, client: str) -> None:
    api.content, api.challenge, api.refusals = LEVELS, 'Bearer error="invalid_token"', 1
    assert desk.run(READ.format(url=f"{api.url}levels.csv"), "told") == FRAME
    assert desk.run(CACHED.format(url=f"{api.url}levels.csv"), "told") == FRAME
    assert len(set(api.tokens)) == 2 and desk.refreshes == 1


def test_pandas_own_way_to_https_takes_no_options(desk: Desk, api: Resource) -> None:
    code = f"pandas.read_csv({api.url!r}, storage_options=ja.storage_options('lake'))"
    assert "TypeError" in desk.kernel.fails(f"import pandas\n{code}")
    assert api.tokens == []


def test_files_of_two_sign_ins_are_two_file_systems(desk: Desk) -> None:
    desk.run(OF)
    assert desk.run("", "of('lake') is of('lake')")
    for one, other in (
        ("'lake'", "'lake', account='grace'"),
        ("'lake', scopes='lake.read'", "'lake', scopes='lake.write'"),
        ("'lake', account='ada'", "'lake', account='grace'"),
        ("'lake'", "ja.worker_handle('lake')"),
        ("'lake', tenant='a'", "'lake', tenant='b'"),
    ):
        assert desk.run("", f"of({one}) is of({other})") is False, (one, other)


@pytest.mark.parametrize("protocol", ["s3", "file", "", "HTTPS", "https://lake.example.org"])
def test_of_other_protocols_nothing_is_known(desk: Desk, protocol: str) -> None:
    assert "no storage options" in desk.kernel.fails(f"ja.storage_options('lake', protocol={protocol!r})")


def test_a_prompt_from_fsspec_s_thread_is_seen(desk: Desk, api: Resource) -> None:
    """fsspec asks from a thread of its own; who is asked, and where it is shown, is as in the cell."""
    desk.run("ja.sign_out('lake')")
    cell = desk.kernel.start(f"d = driver('fsspec'); told = d.send({api.url!r})", "[told, len(d.subject)]")
    desk.answer()
    assert desk.kernel.result_of(cell) == [200, 1]
    assert any("Sign in" in str(shown) for shown in desk.kernel.displays(cell))

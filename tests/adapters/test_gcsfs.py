"""gcsfs, with an API that answers as Google's storage does when it is asked for a file."""

import base64

import pytest

from tests.adapters.cells import cell
from tests.adapters.desk import Desk
from tests.support import until
from tests.support.resource import Resource

LIFE = 5  # seconds
BEGIN = """
import fsspec, os, pickle
os.environ["GCSFS_EXPERIMENTAL_ZB_HNS_SUPPORT"] = "false"  # else it looks for kinds of buckets by gRPC
def files(subject):
    more = dict(project="science", endpoint_url={url!r}.rstrip("/"), skip_instance_cache=True)
    return fsspec.filesystem("gs", **more, **subject)
subject = ja.storage_options("lake", protocol="gs", interactive=False)
"""
READ = "f.cat_file('bucket/levels.csv').decode()"


@pytest.fixture
def bucket(desk: Desk, api: Resource) -> Resource:
    api.content = b"1,22.4"
    desk.run(BEGIN.format(url=api.url))
    return api


@cell("silent", "gcsfs")
def test_the_cached_token_is_sent(desk: Desk, bucket: Resource, client: str) -> None:
    assert desk.run("f = files(subject)", f"[{READ}, {READ}]") == ["1,22.4"] * 2
    assert set(bucket.tokens) == {desk.token} and desk.refreshes == 0


@cell("refresh in mid-use", "gcsfs")
def test_it_outlives_its_token(desk: Desk, bucket: Resource, client: str) -> None:
    desk.provider.set(at_ttl=LIFE)
    desk.run("ja.get_token('lake', interactive=False, force_refresh=True); f = files(subject)")
    assert desk.run("", READ) == "1,22.4"
    first = bucket.tokens[-1]
    until(lambda: not desk.provider.introspect(first)["active"])
    assert desk.run("", READ) == "1,22.4"
    assert desk.provider.introspect(bucket.tokens[-1])["active"] is True


@cell("pickled", "gcsfs")
def test_its_pickle_holds_no_token(desk: Desk, bucket: Resource, client: str) -> None:
    desk.run(f"f = files(subject); {READ}; import base64")
    raw = base64.b64decode(desk.run("", "base64.b64encode(pickle.dumps([subject, f])).decode()"))
    assert desk.token.encode() not in raw
    assert desk.run("f = pickle.loads(pickle.dumps(f))", READ) == "1,22.4"

"""azure-storage-blob, adlfs and pandas at Azure's blob storage (azurite), with tokens of Entra's shape."""

import base64
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.adapters.azurite import ACCOUNT, Azurite
from tests.adapters.cells import cell
from tests.adapters.desk import Desk
from tests.idp.entra import FABRIKAM, HOME, STORAGE, EntraProvider
from tests.integration.conftest import pending
from tests.support import until
from tests.support.resource import Resource

pytestmark = pytest.mark.timeout(400)  # npm brings azurite, once
BLOB = ("azure-storage-blob", "adlfs")
#: ``read(subject)`` gives the file that ``begin`` has written, by the client of that name.
CLIENTS = """
import pickle, threading, time, asyncio
class Blob:
    def subject(self, *what, **options): return ja.azure_credential(*what, **options)
    def client(self, subject):
        from azure.storage.blob import BlobServiceClient
        return BlobServiceClient({url!r}, credential=subject).get_blob_client("lake", "levels.csv")
    def read(self, client): return client.download_blob().readall().decode()
    def begin(self, subject):
        from azure.storage.blob import BlobServiceClient
        lake = BlobServiceClient({url!r}, credential=subject).create_container("lake")
        lake.upload_blob("levels.csv", b"depth,level\\n1,22.4\\n")
class Adlfs:
    where = dict(account_name={account!r}, account_host={host!r}, skip_instance_cache=True)
    def subject(self, *what, **options): return ja.storage_options(*what, protocol="abfs", **options)
    def client(self, subject):
        import fsspec
        return fsspec.filesystem("abfs", **self.where, **subject)
    def read(self, client): return client.cat_file("lake/levels.csv").decode()
class Pandas(Adlfs):
    def client(self, subject): return subject
    def read(self, client):
        import pandas
        frame = pandas.read_csv("abfs://lake/levels.csv", storage_options=dict(self.where, **client))
        return frame.to_csv(index=False)
CLIENTS = {{"azure-storage-blob": Blob(), "adlfs": Adlfs(), "pandas": Pandas()}}
"""
FILE = "depth,level\n1,22.4\n"
LIFE = 5  # seconds


@pytest.fixture(scope="module")
def storage(certificate: tuple[Path, Path]) -> Iterator[Azurite]:
    with Azurite(*certificate) as running:
        yield running


@pytest.fixture(scope="module")
def lake(opened: Desk, running_entra: EntraProvider, storage: Azurite) -> Desk:
    """A profile ``storage``, somebody signed in to it, and a file."""
    running_entra.reset()
    with opened.place.toml.open("a", encoding="utf-8") as file:
        file.write(running_entra.profile("storage", scope=STORAGE))
    asking = opened.kernel.start("tok = ja.get_token('storage')", "None")
    waiting = pending(opened.kernel.server, timeout=60)
    running_entra.approve(waiting["user_code"], waiting["verification_uri"])
    opened.kernel.result_of(asking)
    host = storage.url.removeprefix("https://")
    opened.run(CLIENTS.format(url=storage.url, account=ACCOUNT, host=host))
    opened.run("CLIENTS['azure-storage-blob'].begin(ja.azure_credential('storage'))")
    return opened


@pytest.fixture
def at(lake: Desk, entra: EntraProvider) -> Desk:
    lake.run("ja.get_token('storage', interactive=False, force_refresh=True)")
    return lake


@cell("silent", *BLOB, "pandas")
def test_files_are_read_with_the_cached_token(at: Desk, entra: EntraProvider, client: str) -> None:
    entra.reset()
    at.run(f"k = CLIENTS[{client!r}]; c = k.client(k.subject('storage'))")
    assert at.run("", "[k.read(c), k.read(c)]") == [FILE, FILE]
    assert entra.seen("token") == []


@cell("refresh in mid-use", *BLOB, "pandas")
def test_a_client_outlives_its_token(at: Desk, entra: EntraProvider, client: str) -> None:
    entra.set(at_ttl=LIFE)
    at.run(
        "tok = ja.get_token('storage', interactive=False, force_refresh=True)\n"
        f"k = CLIENTS[{client!r}]; c = k.client(k.subject('storage'))"
    )
    assert at.run("", "k.read(c)") == FILE
    until(lambda: at.run("", "tok.expires_in") == 0)
    assert at.run("", "k.read(c)") == FILE
    assert len(entra.seen("token")) >= 2


@cell("pickled", *BLOB, "pandas")
def test_what_is_pickled_holds_no_token(at: Desk, client: str) -> None:
    at.run(f"k = CLIENTS[{client!r}]; s = k.subject('storage'); k.read(k.client(s))")
    raw = base64.b64decode(at.run("import base64", "base64.b64encode(pickle.dumps(s)).decode()"))
    token = at.run("", "ja.get_token('storage').reveal()")
    assert token.encode() not in raw and token.split(".")[1].encode() not in raw
    assert at.run("s = pickle.loads(pickle.dumps(s))", "k.read(k.client(s))") == FILE


ASYNC = """
async def read():
    from azure.storage.blob.aio import BlobServiceClient
    async with ja.azure_credential_async("storage") as credential:
        async with BlobServiceClient({url!r}, credential=credential) as service:
            blob = service.get_blob_client("lake", "levels.csv")
            return (await (await blob.download_blob()).readall()).decode()
told = elsewhere(read())
"""
ASYNC_ADLFS = """
async def read():
    import adlfs
    files = adlfs.AzureBlobFileSystem(
        account_name={account!r}, account_host={host!r}, asynchronous=True, skip_instance_cache=True,
        **ja.storage_options("storage", protocol="abfs"),
    )
    return (await files._cat_file("lake/levels.csv")).decode()
told = elsewhere(read())
"""


@cell("async", *BLOB)
def test_their_asynchronous_clients(at: Desk, storage: Azurite, client: str) -> None:
    code = ASYNC if client == "azure-storage-blob" else ASYNC_ADLFS
    host = storage.url.removeprefix("https://")
    assert at.run(code.format(url=storage.url, account=ACCOUNT, host=host), "told") == FILE


def test_files_are_written(at: Desk) -> None:
    at.run("k = CLIENTS['adlfs']; c = k.client(k.subject('storage')); c.pipe_file('lake/new.csv', b'a')")
    assert at.run("", "c.cat_file('lake/new.csv').decode()") == "a"


def test_azurite_looks_at_what_it_is_sent(at: Desk) -> None:
    wrong = "scopes='openid profile offline_access lake.read', interactive=False"
    at.run("k = CLIENTS['azure-storage-blob']")
    assert "AuthenticationFailed" in at.kernel.fails(f"k.read(k.client(k.subject('lake', {wrong})))")


#: A client of an account that says for a request or two that its token is of no use.
EXISTS = """
from azure.storage.blob import BlobServiceClient
credential = ja.azure_credential("storage", interactive=False{more})
with BlobServiceClient({url!r} + "account", credential=credential) as service:
    told = service.get_blob_client("lake", "levels.csv").exists()
"""
CHALLENGE = "Bearer authorization_uri=https://login.microsoftonline.com/{}/oauth2/authorize resource_id={}"


@cell("401", "azure-storage-blob", says="once more, where the answer names the tenant")
def test_a_challenge_that_names_the_tenant(
    at: Desk, entra: EntraProvider, api: Resource, client: str
) -> None:
    api.challenge, api.refusals = CHALLENGE.format(HOME, "https://storage.azure.com"), 1
    assert at.run(EXISTS.format(url=api.url, more=""), "told") is True
    assert len(api.tokens) == 2 and len(set(api.tokens)) == 1


def test_another_tenant_has_to_be_allowed(at: Desk, entra: EntraProvider, api: Resource) -> None:
    api.challenge, api.refusals = CHALLENGE.format(FABRIKAM, "https://storage.azure.com"), 1
    assert "another tenant" in at.kernel.fails(EXISTS.format(url=api.url, more=""))
    assert len(api.tokens) == 1
    api.tokens.clear()
    allowed = f", additionally_allowed_tenants=[{FABRIKAM!r}]"
    assert at.run(EXISTS.format(url=api.url, more=allowed), "told") is True
    assert len(set(api.tokens)) == 2
    assert entra.seen("token")[-1]["tenant"] == FABRIKAM

"""What runs in a kernel: it imports nothing before it is measured, but for what every kernel has."""

from collections.abc import Callable
from pathlib import Path
from time import perf_counter, process_time
from typing import Any

Sample = Callable[[], object]


def first_by_us() -> float:
    """ms for the first token of a kernel, import included."""
    begun = perf_counter()
    import jupyter_auth

    jupyter_auth.get_token("lake", interactive=False)
    return (perf_counter() - begun) * 1e3


def first_by_msal(**peer: str) -> float:
    """The same by msal, with its cache in a file that is read whole (msal: SerializableTokenCache)."""
    begun = perf_counter()
    ask = msal_from_file(**peer)
    ask()
    return (perf_counter() - begun) * 1e3


def first_by_msal_extensions(**peer: str) -> float:
    """The same by msal over msal-extensions' file, with its lock."""
    begun = perf_counter()
    from msal_extensions import FilePersistence, PersistedTokenCache

    _msal(PersistedTokenCache(FilePersistence(peer["file"])), **peer)()
    return (perf_counter() - begun) * 1e3


def first_by_azure_identity(**peer: str) -> float:
    """The same by azure-identity, with its persistent cache (unencrypted: there is no keyring)."""
    begun = perf_counter()
    azure_identity(**peer)()
    return (perf_counter() - begun) * 1e3


def load_extension() -> float:
    """ms for ``%load_ext jupyter_auth``."""
    from IPython import get_ipython

    begun = perf_counter()
    get_ipython().run_line_magic("load_ext", "jupyter_auth")
    return (perf_counter() - begun) * 1e3


def msal_from_file(**peer: str) -> Sample:
    """A silent call of msal's for an account of its file."""
    from msal import SerializableTokenCache

    cache = SerializableTokenCache()
    cache.deserialize(Path(peer["file"]).read_text(encoding="utf-8"))
    return _msal(cache, **peer)


def _msal(cache: Any, *, authority: str, certificate: str, client_id: str, scope: str, **_: str) -> Sample:
    import msal
    import requests

    session = requests.Session()
    session.trust_env, session.verify = False, certificate
    app = msal.PublicClientApplication(
        client_id, authority=authority, token_cache=cache, http_client=session, instance_discovery=False
    )
    account = app.get_accounts()[0]

    def ask() -> str:
        return str(app.acquire_token_silent([scope], account=account)["access_token"])

    return ask


def azure_identity(
    *, authority: str, certificate: str, client_id: str, scope: str, account: str, **_: str
) -> Sample:
    """``get_token`` of a credential that somebody has signed in to."""
    from azure.identity import AuthenticationRecord, DeviceCodeCredential, TokenCachePersistenceOptions

    host, _slash, tenant = authority.rpartition("/")
    credential = DeviceCodeCredential(
        client_id,
        disable_instance_discovery=True,
        disable_automatic_authentication=True,
        connection_verify=certificate,
        cache_persistence_options=TokenCachePersistenceOptions(allow_unencrypted_storage=True),
        authentication_record=AuthenticationRecord(
            tenant, client_id, host.removeprefix("https://"), account, "ada@contoso.test"
        ),
    )
    return lambda: credential.get_token(scope)


def hits(peers: dict[str, dict[str, str]], rounds: int) -> dict[str, list[float]]:
    """µs of a call that this kernel's own memory answers, by us and by each peer, in batches by turns.

    Garbage is collected as ever meanwhile.
    """
    import jupyter_auth
    from jupyter_auth.kernel import memory

    def served() -> None:
        memory.forget()
        jupyter_auth.get_token("lake")

    asked: dict[str, tuple[Sample, int]] = {
        "ours": (lambda: jupyter_auth.get_token("lake"), 5000),
        "ours, from the server": (served, 20),
    }
    for name, peer in peers.items():
        make = azure_identity if name == "azure-identity" else msal_from_file
        asked[name] = make(**peer), 100
    found: dict[str, list[float]] = {name: [] for name in asked}
    for turn in range(rounds + 2):
        for name, (ask, calls) in asked.items():
            begun = perf_counter()
            for _ in range(calls):
                ask()
            took = perf_counter() - begun
            if turn >= 2:  # the first ones warm it up
                found[name].append(took / calls * 1e6)
    return found


# -- what the guards cost: µs of one, which guards.py takes by turns in two kernels -----------------------

LINE = "200 GET /api/rows/17?limit=50 (5f8d1c2e-aaaa-4bbb-8ccc-123456789abc@127.0.0.1) 12.34ms"


def _each(do: Sample, times: int) -> float:
    """Of the processor's time, all threads of the kernel together: it matters less what else runs."""
    begun = process_time()
    for _ in range(times):
        do()
    return (process_time() - begun) / times * 1e6


def hit() -> float:
    import jupyter_auth

    return _each(lambda: jupyter_auth.get_token("lake"), 5000)


def revealed() -> float:
    import jupyter_auth

    return _each(lambda: jupyter_auth.get_token("lake").headers(), 5000)


def printed() -> float:
    """With the flush that sends it."""
    import sys

    def work() -> None:
        for _ in range(1000):
            print(LINE)
        sys.stdout.flush()

    return _each(work, 1) / 1000


def displayed() -> float:
    return _displayed("text/html", f"<p>{LINE * 20}</p>", 100)


def displayed_picture() -> float:
    return _displayed("image/png", _large(), 3)


def displayed_page() -> float:
    return _displayed("text/html", _large(), 3)


def _large() -> str:
    from base64 import b64encode
    from random import Random

    return b64encode(Random(1).randbytes(750_000)).decode()


def _displayed(kind: str, text: str, times: int) -> float:
    from IPython.display import display

    return _each(lambda: display({kind: text}, raw=True), times)  # type: ignore[no-untyped-call]


def logged() -> float:
    import logging
    import tempfile

    log = logging.getLogger("of the benchmark")
    log.propagate = False
    log.setLevel(logging.INFO)
    with tempfile.TemporaryFile("w") as file:
        log.handlers = [logging.StreamHandler(file)]
        log.handlers[0].setFormatter(logging.Formatter("[%(levelname)s %(asctime)s %(name)s] %(message)s"))
        took = _each(lambda: log.info("%d GET %s %.2fms", 200, LINE, 12.34), 1000)
        log.handlers = []
    return took

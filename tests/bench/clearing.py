"""How soon a clear is seen: by another kernel of the host, and by one of another server over Redis."""

from contextlib import ExitStack
from statistics import median

from tests.bench.figures import Figure
from tests.idp import OidcProvider
from tests.support import Kernel, place, until
from tests.support.redis_server import RedisServer

CLEARS = 50
LIMIT = 50.0  # ms, over Redis
SETTINGS = 'c.JupyterAuth.store = "redis"\nc.JupyterAuth.redis_url_file = {file!r}\n'
#: asks until the first refusal, and notes when that call began: until then its own memory has answered
WATCH = """
tok = ja.get_token("lake", interactive=False)
print("watching", flush=True)
while True:
    began = time.time()
    try:
        tok = ja.get_token("lake", interactive=False)
    except ja.InteractionRequiredError:
        break
    time.sleep(0.0002)
"""
CLEAR = "ja.clear_cache(); ended = time.time()"


def run() -> list[Figure]:
    """Clear ``CLEARS`` times in one kernel, and watch in two others."""
    seen: dict[str, list[float]] = {"host": [], "redis": []}
    with ExitStack() as stack:
        provider = stack.enter_context(OidcProvider())
        provider.set(interval=1)
        redis = stack.enter_context(RedisServer())
        home = stack.enter_context(place(provider.issuer))
        home.server_code(SETTINGS.format(file=str(redis.url_file(home.root, "tls"))))
        servers = [stack.enter_context(home.server()) for _ in range(2)]
        kernels = [Kernel(server) for server in (servers[0], servers[0], servers[1])]
        for kernel in kernels:
            stack.callback(kernel.close)
            kernel.run("import jupyter_auth as ja, time")
        for _ in range(CLEARS):
            _sign_in(kernels[0], provider)
            host, other = _clear(kernels)
            seen["host"].append(host)
            seen["redis"].append(other)
    return [
        _figure(
            "a clear, until another kernel of the host refuses", seen["host"], "its next call after the clear"
        ),
        *_over_redis(seen["redis"]),
    ]


def _sign_in(kernel: Kernel, provider: OidcProvider) -> None:
    cell = kernel.start("tok = ja.acquire_token_by_device_flow('lake')", "None")
    rows: list[dict[str, str]] = []

    def is_there() -> bool:
        told = kernel.server.get("jupyter_auth/v1/interactions").json()
        rows[:] = [row for row in told if row["state"] == "pending"]
        return bool(rows)

    until(is_there, 30, pause=0.02)
    provider.approve(rows[0]["user_code"])
    kernel.result_of(cell)


def _clear(kernels: list[Kernel]) -> tuple[float, float]:
    """The ms from the end of a clear to the first refusal of each of the two others."""
    first, *others = kernels
    cells = [(kernel, kernel.start(WATCH, "began")) for kernel in others]
    for kernel, cell in cells:  # both have their token then, and ask without pause
        kernel.listen_until(lambda kernel=kernel, cell=cell: _is_watching(kernel, cell), 30)  # type: ignore[misc]
    ended = first.run(CLEAR, "ended")
    host, other = (max(0.0, kernel.result_of(cell) - ended) * 1000 for kernel, cell in cells)
    return host, other


def _is_watching(kernel: Kernel, cell: str) -> bool:
    return any(
        m["msg_type"] == "stream" and m["parent_header"].get("msg_id") == cell for m in kernel.messages
    )


def _over_redis(found: list[float]) -> list[Figure]:
    name = "a clear, until a kernel of another server refuses, over Redis"
    note = f"TLS on one host; median of {len(found)} clears"
    most = Figure(name="the same, the slowest", value=max(found), unit="ms", limit=LIMIT)
    return [_figure(name, found, note, limit=LIMIT), most]


def _figure(name: str, found: list[float], note: str, limit: float | None = None) -> Figure:
    spread = (min(found), max(found))
    return Figure(name=name, value=median(found), unit="ms", limit=limit, spread=spread, note=note)


if __name__ == "__main__":
    for figure in run():
        print(f"{figure.name}: {figure.value:.2f} {figure.unit} {figure.spread or ''} {figure.note}")

"""What a running server tells of itself: at Jupyter's ``/metrics``, over REST and in a cell."""

from collections.abc import Callable

from tests.support import Kernel


def test_metrics_status_and_cell_tell_the_same(kernel: Kernel, sign_in: Callable[..., str]) -> None:
    sign_in(kernel)
    kernel.run("tok = ja.get_token('lake', force_refresh=True)")
    told = kernel.server.get("jupyter_auth/v1/status").json()["statistics"]
    assert told["prompts"] >= 1 and told["refreshes"]["force_refresh_or_claims"] >= 1
    text = kernel.server.get("metrics").text
    samples = dict(line.rsplit(" ", 1) for line in text.splitlines() if line.startswith("jupyter_auth_"))
    assert float(samples["jupyter_auth_prompts_total"]) == told["prompts"]
    forced = samples['jupyter_auth_refreshes_total{reason="force_refresh_or_claims"}']
    assert float(forced) == told["refreshes"]["force_refresh_or_claims"]
    assert not any(name in line for line in samples for name in ("ada", "lake", "127.0.0.1"))
    printed = kernel.run(
        "%load_ext jupyter_auth\nimport contextlib, io; text = io.StringIO()\n"
        "with contextlib.redirect_stdout(text): get_ipython().run_line_magic('auth', 'status')",
        "text.getvalue()",
    )
    lines = {line.split()[0]: line for line in printed.splitlines()}
    assert "answers from the cache" in lines["Cache"] and "failed: " in lines["Refreshes"]


def kernel_hits(kernel: Kernel) -> int:
    return int(kernel.server.get("jupyter_auth/v1/status").json()["statistics"]["hits"]["kernel"])


def test_a_kernel_tells_its_own_hits_once_a_minute(kernel: Kernel, sign_in: Callable[..., str]) -> None:
    sign_in(kernel)
    kernel.run("tok = ja.get_token('lake')")  # the sign-in is known to the broker, the token not yet here
    before = kernel_hits(kernel)
    kernel.run("for _ in range(500): ja.get_token('lake')")
    assert kernel_hits(kernel) == before  # nobody is asked, and so nobody is told
    kernel.run("ja.get_accounts('lake')")
    assert kernel_hits(kernel) == before + 500
    kernel.run("for _ in range(20): ja.get_token('lake')\nja.get_accounts('lake')")
    assert kernel_hits(kernel) == before + 500
    kernel.run("from jupyter_auth.kernel.client import client; client._next_report = 0")
    kernel.run("ja.get_accounts('lake')")
    assert kernel_hits(kernel) == before + 520

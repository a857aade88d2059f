"""examples/r/jupyter_auth.R in a real IRkernel, beside a Python notebook of the same Jupyter server.

An R kernel takes seconds to start, so a test goes through all that one can show.
"""

import os
import re
import shutil
import socket
import subprocess
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from jupyter_auth.cli.demo.jupyter_process import JupyterProcess
from tests.idp import Provider
from tests.integration.cells import SILENT
from tests.integration.conftest import pending
from tests.integration.test_front_end import MIME_TYPE, front_end
from tests.support import CellError, Kernel, Place, until
from tests.support.r_kernel import RKernel

CLIENT = Path(__file__).parents[2] / "examples" / "r" / "jupyter_auth.R"

#: what a condition says, in one line
TOLD = """
told <- tryCatch({ %s; "token" }, jupyter_auth_error = function(e) paste(class(e)[1], e$reason, e$hint))
cat(told)
"""


@pytest.fixture
def r(server: JupyterProcess, home: Place) -> Iterator[RKernel]:
    """An R kernel of the server that has read the client."""
    kernel = RKernel(server)
    kernel.run(f'source("{CLIENT}")')
    yield kernel
    kernel.close()


def told(r: RKernel, code: str) -> str:
    """The class, reason and hint of the condition that ``code`` raises, or "token"."""
    return r.run(TOLD % code)


def test_a_sign_in_in_python_serves_r_which_shows_nothing_of_it(
    r: RKernel, kernel: Kernel, sign_in: Callable[..., str], provider: Provider
) -> None:
    sign_in(kernel)
    assert r.run('tok <- get_token("lake", "openid lake.read"); cat(tok$account)') == "ada"
    assert not r.displays()
    api = f'url("{provider.url("userinfo")}", headers = headers(tok))'
    assert r.run(f"cat(jsonlite::fromJSON({api})$preferred_username)") == "ada"

    assert "jupyter_auth_token lake ada, " in r.run("print(tok)")
    for made in ("tok", "headers(tok)"):  # as a cell's last value, and in every other way that R has
        for show in ("{}", "print({})", "str({})", "cat(format({}))", "print(list({}))", "summary({})"):
            r.run(show.format(made))
    r.run("print(ls.str(all.names = TRUE)); dput(tok); print(as.list(state()))")
    r.run("save.image('image.RData', compress = FALSE)")
    token = kernel.value("tok.reveal()")
    backwards = r.run('cat(rev(strsplit(unclass(headers(get_token("lake"))), "")[[1]]), sep = "")')
    assert backwards == f"Bearer {token}"[::-1]
    assert token not in r.text()
    saved = (Path(r.run("cat(getwd())")) / "image.RData").read_bytes()
    assert b"jupyter_auth_token" in saved
    assert token.encode() not in saved


def test_the_page_s_own_cells(
    r: RKernel, kernel: Kernel, sign_in: Callable[..., str], provider: Provider, home: Place
) -> None:
    page = (CLIENT.parents[2] / "docs" / "how-to" / "use-from-r.md").read_text(encoding="utf-8")
    shutil.copy(CLIENT, r.run("cat(getwd())"))
    sign_in(kernel)
    call, never = (code for code in re.findall(r"```r\n(.*?)```", page, re.DOTALL))
    r.run(call.replace("https://lake.example.org/levels", provider.url("userinfo")))
    assert "preferred_username" in r.text()
    r.run(never)
    kernel.run("ja.clear_cache()")
    assert "no_account: " in r.fails(never)


def test_what_r_starts_speaks_for_its_kernel_and_a_lost_connection_is_made_anew(
    r: RKernel, kernel: Kernel, sign_in: Callable[..., str]
) -> None:
    sign_in(kernel)
    r.run('tok <- get_token("lake"); close(state()$connection)')
    assert r.run("cat(get_token('lake')$account)") == "ada"
    script = f'source("{CLIENT}"); cat(get_token("lake")$account)'
    assert r.run(f"cat(system2('Rscript', c('-e', shQuote('{script}')), stdout = TRUE))") == "ada"
    forks = r.run("cat(unlist(parallel::mclapply(1:4, function(n) get_token('lake')$account, mc.cores = 4)))")
    assert forks == "ada ada ada ada"


def test_a_code_below_the_cell_where_a_person_can_answer_and_a_condition_elsewhere(
    r: RKernel, provider: Provider, server: JupyterProcess
) -> None:
    required = "jupyter_auth_interaction_required no_account "
    assert told(r, 'get_token("lake", interactive = FALSE)').startswith(required)
    r.allow_stdin = False  # as nbconvert and papermill
    assert told(r, 'get_token("lake")').startswith(required)
    assert "sign" in r.fails('get_token("lake")')  # what is not caught says it too
    r.allow_stdin = True
    assert not r.displays()
    assert told(r, 'get_token("lke")').startswith("jupyter_auth_profile_error unknown_profile ")
    assert "bad_scopes" in told(r, "get_token('lake', 'a\"b')")

    cell = r.start('tok <- get_token("lake", timeout = 60); cat(tok$account)', "")
    shown = r.shows(cell)["text/plain"]
    waiting = pending(server)
    assert waiting["user_code"] in shown
    assert waiting["verification_uri"] in shown
    assert waiting["requested_by"]["kernel_id"] == r.kernel_id
    provider.approve(waiting["user_code"], username="ada")
    r.result_of(cell)
    assert r.said(cell) == "ada"
    last = r.displays(cell)[-1]
    assert last["text/plain"] == "Signed in as ada"
    assert waiting["user_code"] not in str(last)
    assert told(r, 'get_token("lake", interactive = FALSE)') == "token"


def test_a_person_may_be_slow_decline_stop_or_have_a_page_of_ours_open(
    r: RKernel, server: JupyterProcess, provider: Provider
) -> None:
    cell = r.start('get_token("lake")', "")
    pending(server)
    r.shows(cell)
    r.interrupt()
    with pytest.raises(CellError):
        r.result_of(cell)
    assert r.displays(cell)[-1]["text/plain"].startswith("Sign-in cancelled.")
    rows = "jupyter_auth/v1/interactions"
    until(lambda: not any(row["state"] == "pending" for row in server.get(rows).json()))

    assert "jupyter_auth_interaction_expired timeout" in told(r, 'get_token("lake", timeout = 0)')
    cell = r.start(TOLD % 'get_token("lake", interactive = TRUE)', "")
    provider.deny(pending(server)["user_code"])
    r.result_of(cell)
    assert r.said(cell).startswith("jupyter_auth_interaction_declined access_denied")
    assert r.displays(cell)[-1][MIME_TYPE]["state"] == "declined"

    with front_end(server):
        r.messages.clear()
        cell = r.start('tok <- get_token("lake")', "")
        waiting = pending(server)
        assert r.shows(cell)[MIME_TYPE] == {"id": waiting["id"]}
        provider.approve(waiting["user_code"], username="ada")
        r.result_of(cell)
    assert r.displays(cell)[-1][MIME_TYPE]["username"] == "ada"
    for secret in (waiting["user_code"], waiting["verification_uri"]):
        assert secret not in r.text()


def test_what_one_language_forgets_the_other_has_forgotten(
    r: RKernel, kernel: Kernel, sign_in: Callable[..., str]
) -> None:
    sign_in(kernel)
    r.run('tok <- get_token("lake"); old <- unclass(headers(tok)); new <- unclass(headers(tok, TRUE))')
    assert r.run("cat(old == new, new == unclass(headers(tok)))") == "FALSE TRUE"
    kernel.run("ja.clear_cache()")
    assert "interaction_required" in told(r, "headers(tok)")
    assert "interaction_required" in told(r, 'get_token("lake", interactive = FALSE)')
    assert r.run("cat(nrow(get_accounts()))") == "0"

    sign_in(kernel)
    assert r.run("cat(get_accounts()$username)") == "ada"
    assert "revoked" in r.run('print(sign_out("lake"))')
    assert kernel.run(SILENT, "outcome") == "no_account"


def test_what_a_person_allows_once_is_one_token(
    r: RKernel, kernel: Kernel, sign_in: Callable[..., str], server: JupyterProcess, home: Place
) -> None:
    sign_in(kernel)
    home.toml.write_text(home.toml.read_text() + 'kernel_access = "ask"\n')
    required = "jupyter_auth_kernel_grant_required grant_required"
    assert told(r, 'get_token("lake", interactive = FALSE)').startswith(required)
    cell = r.start('tok <- get_token("lake"); invisible(headers(tok)); cat(tok$account)', "")
    waiting = pending(server)
    assert waiting["flow"] == "consent"
    answer = {"decision": "allow", "remember": "once"}
    server.post(f"jupyter_auth/v1/interactions/{waiting['id']}", answer).raise_for_status()
    r.result_of(cell)
    assert r.said(cell) == "ada"
    assert r.displays(cell)[-1]["text/plain"] == "Allowed."
    r.run("print(as.list(state())); print(state()$once)")
    given = r.run("cat(rev(strsplit(state()$once()$access_token, '')[[1]]), sep = '')")[::-1]
    assert len(given) > 20 and given not in r.text()
    assert told(r, 'get_token("lake", interactive = FALSE)').startswith(required)


def rscript(code: str) -> str:
    """What R prints where no Jupyter server started it."""
    without = {"JPY_PARENT_PID", "JUPYTER_AUTH_CONNECTION_FILE"}
    variables = {name: value for name, value in os.environ.items() if name not in without}
    command = ["Rscript", "-e", f'source("{CLIENT}"); {code}']
    return subprocess.run(
        command, env=variables, capture_output=True, text=True, check=True, timeout=60
    ).stdout


def test_without_a_broker_it_says_where_to_look() -> None:
    said = rscript(TOLD % 'get_token("lake")')
    assert said.startswith("jupyter_auth_transport_error no_broker ")
    assert "jupyter auth doctor" in said


def test_a_socket_that_another_user_may_have_made_is_left_alone(tmp_path: Path) -> None:
    mine, open_folder = tmp_path / "mine", tmp_path / "open"
    for folder, mode in ((mine, 0o700), (open_folder, 0o770)):
        folder.mkdir()
        (folder / "jupyter_auth-1.sock").touch()
        folder.chmod(mode)
    stranger = Path("/etc/passwd")
    if os.geteuid() == 0:  # to whom that belongs, too
        stranger = mine / "jupyter_auth-2.sock"
        stranger.touch()
        os.chown(stranger, 4242, -1)
    paths = [mine / "jupyter_auth-1.sock", open_folder / "jupyter_auth-1.sock", stranger]
    calls = ", ".join(f'is_own("{path}")' for path in [*paths, mine / "jupyter_auth-3.sock"])
    assert rscript(f"cat({calls})") == "TRUE FALSE FALSE FALSE"


def test_a_broker_that_talks_nonsense_is_passed_over(tmp_path: Path) -> None:
    """Where its socket is the first to be tried."""
    nonsense = [
        b"",
        b"\0\0\0\2{}",
        b"\0\0\0\3[1]",
        b"\0\0\0\4nope",
        b"\xff\xff\xff\xff",
        b"\0\0\0\2\0\0",
        b"HTTP/1.1 400",
    ]
    (tmp_path / "kernel-1.json").write_text('{"key": "a-key"}')
    tmp_path.chmod(0o700)
    listening = socket.socket(socket.AF_UNIX)
    listening.bind(str(tmp_path / "jupyter_auth-1.sock"))
    listening.listen()
    heard: list[bytes] = []

    def answer() -> None:
        for said in [word for word in nonsense for _ in range(5 if word == b"" else 1)]:
            peer, _ = listening.accept()
            with peer:
                heard.append(peer.recv(4096))
                peer.sendall(said)

    thread = threading.Thread(target=answer, daemon=True)
    thread.start()
    file = tmp_path / "kernel-1.json"
    asks = f"Sys.setenv(JUPYTER_AUTH_CONNECTION_FILE = '{file}', JUPYTER_RUNTIME_DIR = '{tmp_path}');"
    said = rscript(asks + "for (n in 1:7) " + "{" + TOLD % 'get_token("lake")' + '; cat("\n") }')
    thread.join(10)
    listening.close()
    assert all(hello.endswith(b'{"op":"hello","v":1}') for hello in heard)
    assert len(said.splitlines()) == len(nonsense)
    assert all(line.startswith("jupyter_auth_transport_error ") for line in said.splitlines())

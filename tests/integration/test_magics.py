"""The magics as people write them: comments, quotes, options anywhere, and words that do not belong."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.idp import OidcProvider
from tests.support import Kernel

README = Path(__file__).parents[2] / "README.md"
FENCE = re.compile(r"```python\n(.*?)```", re.DOTALL)


def test_the_readme_s_first_cell_runs_as_it_is_printed(
    kernel: Kernel, provider: OidcProvider, sign_in: Callable[..., str]
) -> None:
    sign_in(kernel)
    cell = next(block for block in FENCE.findall(README.read_text(encoding="utf-8")) if "%load_ext" in block)
    lines = [line for line in cell.splitlines() if not line.startswith("requests.get")]
    kernel.run("\n".join(lines))
    assert kernel.value("[tok.profile, tok.metadata.token_source]") == ["lake", "cache"]
    assert "ada · lake" in kernel.text().encode().decode("unicode_escape")
    assert provider.token_responses() == 1


@pytest.mark.parametrize(
    "line",
    [
        "lake lake.read  # it isn't asked again",
        "lake lake.read;",
        "lake --no-prompt lake.read",
        "--no-prompt lake lake.read",
        "'lake' \"lake.read\"",
        "lake lake.read --account 'ada' # once",
        "lake lake.read --account a\\da # isn't asked",
    ],
)
def test_a_line_is_read_as_it_is_meant(shared_kernel: Kernel, line: str) -> None:
    shared_kernel.run(f"tok = %get_token {line}")
    assert shared_kernel.value("[tok.account.username, 'lake.read' in tok.scopes]") == ["ada", True]


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("%auth logout lake bob", "--account bob"),
        ("%auth clear lake graph", "takes one profile"),
        ("%auth status lake x", "takes one profile"),
        ("%auth logout --revoke", "takes no --revoke"),
        ("%auth clear --account ada", "takes no --account"),
        ("%auth fly", "no such verb"),
        ("%get_token lake 'lake.read", "A quote is not closed"),
        ("%get_token --help", "PROFILE [SCOPE ...]"),
        ("%get_token lake --magic", "unrecognized arguments: --magic"),
    ],
)
def test_what_does_not_belong_is_refused_and_nothing_is_done(
    shared_kernel: Kernel, line: str, words: str
) -> None:
    said = shared_kernel.fails(line)
    assert "UsageError" in said and words in said
    assert shared_kernel.value("[a.username for a in ja.get_accounts('lake')]") == ["ada"]


@pytest.mark.parametrize(
    "line", ["%auth logout laek", "%auth clear laek", "%auth login laek", "ja.get_accounts('laek')"]
)
def test_of_an_error_the_cell_is_shown_and_little_of_ours(shared_kernel: Kernel, line: str) -> None:
    """Only the last frame: IPython hides no error's own place."""
    said = shared_kernel.fails(line)
    assert "There is no profile 'laek'" in said
    assert "magics.py" not in said and "api.py" not in said


@pytest.fixture
def shared_kernel(kernel: Kernel, sign_in: Callable[..., str]) -> Kernel:
    """A kernel of a server to which ada is signed in."""
    sign_in(kernel)
    kernel.run("%load_ext jupyter_auth")
    return kernel

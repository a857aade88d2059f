"""What is wrong in a block is found, also where it is not run, and so is a comment that helps nobody."""

from __future__ import annotations

import textwrap
from pathlib import Path

import pytest

from tests.docs import configuring
from tests.docs.checks import commands, is_configuration, problems
from tests.docs.collecting import Block, blocks, pages
from tests.docs.elsewhere import missing
from tests.docs.marks import REASONS, ROOT
from tests.docs.running import how_of, table

PAGE = ROOT / "docs" / "index.md"


def one(text: str) -> Block:
    """The only block of a page."""
    [block] = blocks(PAGE, textwrap.dedent(text))
    return block


def written(language: str, text: str, comment: str = "") -> Block:
    head = f"<!-- snippet: {comment} -->\n" if comment else ""
    return one(f"{head}```{language}\n{text}\n```\n")


@pytest.mark.parametrize(
    ("comment", "told"),
    [
        ("not run: because", "no reason"),
        ("with azure", "there is no mark 'with azure'"),
        ("run by: tests/nowhere.py::test_it", "there is no tests/nowhere.py"),
        ("run by: tests/docs/test_marks.py", "which test"),
        ("exits never", "there is no mark"),
    ],
)
def test_a_comment_that_is_not_understood_says_what_to_write(comment: str, told: str) -> None:
    with pytest.raises(ValueError, match=told) as problem:
        written("python", "1", comment)
    assert "docs/index.md:2" in str(problem.value)
    assert all(reason in str(problem.value) for reason in REASONS)


def test_a_comment_for_all_that_follow() -> None:
    page = """\
        ```python
        first
        ```
        <!-- snippets: not run: account -->
        ```python
        second
        ```
        <!-- snippet: as grace -->
        ```python
        third
        ```
        """
    first, second, third = blocks(PAGE, textwrap.dedent(page))
    assert [block.marks.not_run for block in (first, second, third)] == ["", "account", ""]
    assert third.marks.person == "grace"


def test_a_comment_without_a_block_is_an_error() -> None:
    with pytest.raises(ValueError, match="no code block follows"):
        blocks(PAGE, "<!-- snippet: not run: demo -->\n\nwords\n")


def test_a_block_is_run_unless_it_says_otherwise() -> None:
    assert how_of(written("bash", "true")) == "shell, run"
    assert how_of(written("python", "1", "not run: account")) == "not run: account"
    assert how_of(written("python", "c.JupyterAuth.store = 'memory'")) == "configuration, loaded"


def test_blocks_in_lists_directives_and_code_directives_are_found() -> None:
    page = """\
        - a list

          <!-- snippet: as grace
          url = "x"
          -->
          ```python
          first
          ```

        ::::{container} cards
        :::{note}
        ```bash
        second
        ```
        :::
        ::::

        ```{code-block} python
        third
        ```

        ```{image} nothing.png
        ```
        """
    found = blocks(PAGE, textwrap.dedent(page))
    assert [block.text.strip() for block in found] == ["first", "second", "third"]
    assert (found[0].marks.person, found[0].marks.before) == ("grace", 'url = "x"')


@pytest.mark.parametrize(
    ("language", "text", "told"),
    [
        ("python", "tok = %get_token lake\ndef f(:", "line 2"),
        ("python", "c.JupyterAuth.stroe = 'memory'", "no setting stroe"),
        ("bash", "if true; then", "syntax error"),
        ("bash", "true && jupyter auth stats", "invalid choice"),
        ("bash", "jupyter auth doctor --polcy", "unrecognized arguments"),
        ("json", "{'a': 1}", "property name"),
        ("toml", "[profiles", "Expected"),
        ("yaml", "a: [", "expected"),
    ],
)
def test_what_is_written_wrongly_is_found_without_running_it(language: str, text: str, told: str) -> None:
    [problem] = problems(written(language, text, "not run: account"))
    assert told in problem


def test_what_cannot_be_run_here_says_where_it_is() -> None:
    assert problems(written("r", "1 + 1", "run by: tests/docs/test_marks.py::test_it")) == []
    [problem] = problems(written("r", "1 + 1"))
    assert "nothing here runs r" in problem


OTHER = """
import pytest
OPTIONS = ("--profile", "lake", "--", "cat", "{token_file}")
def test_it(lake):
    lake.run("run", *OPTIONS)
    lake.session(scopes=1)
    installs("pip install --quiet")
def installs(words): ...
def test_another(): tryCatch("logout")
"""


@pytest.mark.parametrize(
    ("language", "text", "lacking"),
    [
        ("bash", "jupyter auth run --profile lake -- cat {token_file} | wc -c", ""),
        ("bash", "jupyter auth run --profile lake -- cat {fd}", "run --profile {fd}"),
        ("bash", "if ! jupyter auth logout lake; then echo x; fi", "logout"),
        ("bash", "pip install lake --quiet", ""),
        ("bash", "pip install lake --upgrade", "pip --upgrade"),
        ("python", "s = ja.session('lake', scopes=1)", ""),
        ("python", "import pytest", "pytest"),  # nothing that the test needs
        ("python", "s = ja.session('lake', tenant='x')", "session tenant"),
        ("python", "tok = %get_token lake", "get_token"),
        ("r", "tryCatch(1)", "tryCatch"),  # in another test of the file
        ("python", "x = 1", "nothing of the block can be looked for"),
    ],
)
def test_a_block_that_another_test_runs_occurs_there(
    tmp_path: Path, language: str, text: str, lacking: str
) -> None:
    other = tmp_path / "test_other.py"
    other.write_text(OTHER, encoding="utf-8")
    told = missing(written(language, text, f"run by: {other}::test_it"))
    assert [lacking in one for one in told] == ([True] if lacking else []), told
    assert missing(written(language, text, f"run by: {other}::test_gone")) == [
        f"there is no test test_gone in {other}"
    ]


def test_what_a_test_reads_from_the_page_itself_occurs_there(tmp_path: Path) -> None:
    other = tmp_path / "test_other.py"
    other.write_text(f'PAGE = "docs/{PAGE.name}"\ndef test_it(): return PAGE\n', encoding="utf-8")
    assert missing(written("bash", "jupyter auth logout", f"run by: {other}::test_it")) == []


def test_an_unknown_language_is_an_error() -> None:
    with pytest.raises(ValueError, match="known are python"):
        problems(written("", "what is this"))


def test_the_faults_of_configuration_are_found() -> None:
    toml = written("toml", '[profiles.lake]\nissuer = "https://idp.example.org"\nclient = "x"')
    assert any("unknown key" in fault for fault in configuring.read_toml(toml))
    parts = written("toml", 'ca_bundle = "/a.pem"\n# or\nca_bundel = "/b.pem"', "keys of lake")
    assert [fault.split(" ", 1)[0] for fault in configuring.read_toml(parts)] == ["profiles.lake.ca_bundel"]
    settings = written("python", "c.JupyterAuth.store = 'tape'")
    assert is_configuration(settings) and configuring.read_settings(settings)


def test_commands_are_split_as_a_shell_does() -> None:
    text = 'a "b c" | d && e \\\n  f  # g\n'
    assert list(commands(text)) == [["a", "b c"], ["d"], ["e", "f"]]


def test_every_block_is_counted() -> None:
    found = [block for page in pages() for block in blocks(page)]
    assert sum(int(row.split()[0]) for row in table(found)[1:]) == len(found) > 100

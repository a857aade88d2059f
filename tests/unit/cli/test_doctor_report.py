"""What ``jupyter auth doctor`` prints: in a pipe, and on a terminal."""

import io

import pytest

from jupyter_auth.cli.doctor import checks
from jupyter_auth.cli.doctor.finding import Finding, Reason
from jupyter_auth.cli.doctor.report import print_report, summary

# -- the report -----------------------------------------------------------------------------------

FAULT = Finding(
    check="provider",
    about="lake",
    state="fault",
    reason=Reason.CERTIFICATE_UNTRUSTED,
    message="the certificate of idp.example.org is signed by 'Example CA', who is not trusted here.",
    advice="If that is your organisation's own CA, name it in the profile:",
    write=('ca_bundle = "/a/very/long/path/that/must/not/be/broken/whatever/the/terminal/is/like/ca.pem"',),
    run=("true",),
)
WELL = Finding(check="packages", state="ok", message="jupyter-token-broker 1.0")
NOTE = Finding(
    check="server", state="note", reason=Reason.NO_SERVER, message="no server.", advice="Start one."
)


class Terminal(io.StringIO):
    encoding = "utf-8"

    def isatty(self) -> bool:
        return True


def printed(out: io.StringIO) -> str:
    print_report({"Installation": [WELL], "Empty": [], "Providers": [FAULT, NOTE]}, out)
    return out.getvalue()


def test_in_a_pipe_lines_are_whole_and_plain(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "60")  # some shells export it
    said = printed(io.StringIO())
    assert "\033" not in said and "Empty" not in said
    assert f"  FAULT provider of lake: {FAULT.message}\n" in said
    assert "  ok    packages: jupyter-token-broker 1.0\n" in said


def test_on_a_terminal_text_is_wrapped_and_what_is_to_be_copied_is_not(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("COLUMNS", "60")
    monkeypatch.setenv("NO_COLOR", "1")
    lines = printed(Terminal()).splitlines()
    assert FAULT.write[0] in [line.strip() for line in lines]
    assert max(len(line) for line in lines if FAULT.write[0] not in line) <= 60
    assert "✗ provider of lake:" in "\n".join(lines)


def test_colours_are_for_terminals_only(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("NO_COLOR", "TERM", "COLUMNS"):
        monkeypatch.delenv(name, raising=False)
    assert "\033[31;1m✗\033[0m" in printed(Terminal())
    monkeypatch.setenv("NO_COLOR", "1")
    assert "\033" not in printed(Terminal())


def test_nothing_in_it_steers_the_terminal() -> None:
    text = "a\033]0;title\a\u202e\nb"
    finding = Finding(
        check="folders", state="fault", reason=Reason.FOLDER_OPEN, message=text, advice=text, run=(text,)
    )
    out = io.StringIO()
    print_report({"One": [finding]}, out)
    assert not any(char in out.getvalue() for char in "\033\a\u202e") and out.getvalue().count("�") == 12


def test_the_last_line_says_what_to_mend_first() -> None:
    assert summary([WELL]) == "No faults."
    assert summary([WELL, NOTE]) == "No faults, 1 note."
    assert summary([FAULT]) == "1 fault. Mend it, then run the doctor again."
    assert summary([FAULT, FAULT, NOTE]).startswith("2 faults, 1 note. First mend provider of lake:")


def test_a_remedy_is_all_that_is_to_be_done() -> None:
    assert FAULT.remedy.splitlines() == [FAULT.advice, *FAULT.write, *FAULT.run]
    assert set(FAULT.to_json()) == {"check", "about", "state", "reason", "message", "remedy", "run", "write"}


def test_every_check_has_a_group_and_a_name_of_its_own() -> None:
    names = [name for group in checks.CHECKS.values() for name in group]
    assert len(names) == len(set(names)) > 8

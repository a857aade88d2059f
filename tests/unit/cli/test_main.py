"""The frame of the command line: what is not understood, and what comes out of a verb that fails."""

import json
from collections.abc import Callable

import pytest

from jupyter_auth.cli import endings
from jupyter_auth.cli.main import VERBS, main, parser
from jupyter_auth.core import errors

WRONG = [
    (["token", ""], "is empty"),
    (["clear", ""], "is empty"),
    (["logout", "lake", "--account", ""], "is empty"),
    (["token", "lake", "--timeout", "soon"], "'soon' is no number of seconds"),
    (["token", "lake", "--timeout", "-1"], "no number of seconds, more than 0"),
    (["token", "lake", "--flow", "password"], "invalid choice"),
    (["token", "lake", "--interactive", "--no-interactive"], "not allowed with"),
    (["token", "lake", "--json", "--header"], "not allowed with"),
    (["token", "lake", "--for-client", "--account", "ada"], "takes no --account"),
    (["run", "--", "true"], "say where the command reads its token"),
    (["run", "--fd", "2", "--", "true"], "must be from 3 to 255"),
    (["run", "--token-file", "A=B", "--", "true"], "name of an environment variable"),
    (["run", "--fd", "3"], "required"),
    (["nothing"], "invalid choice"),
]


@pytest.mark.parametrize(("words", "said"), WRONG)
def test_a_wrong_command_line_is_two(words: list[str], said: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        main(words)
    out, err = capsys.readouterr()
    assert (ended.value.code, out) == (endings.USAGE, "") and said in err


def test_no_verb_at_all_is_told_of_every_one(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == endings.USAGE
    out, err = capsys.readouterr()
    assert not out and all(verb.help in " ".join(err.split()) for verb in VERBS.values())


@pytest.mark.parametrize("verb", VERBS)
def test_every_verb_explains_itself(verb: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        parser([verb]).parse_args([verb, "--help"])
    assert ended.value.code == 0 and f"usage: jupyter auth {verb}" in capsys.readouterr().out


def ended_with(problem: BaseException, *, as_json: bool = False) -> int:
    def work() -> int:
        raise problem

    return endings.ended(work, as_json=lambda: as_json)


@pytest.mark.parametrize(
    ("problem", "code"),
    [
        (errors.InteractionRequiredError("x"), 3),
        (errors.KernelGrantRequiredError("x", reason="grant_required"), 3),
        (errors.KernelGrantRequiredError("x", reason="kernel_access_denied"), 1),
        (errors.InteractionDeclinedError("x"), 4),
        (errors.InteractionExpiredError("x"), 4),
        (errors.InteractionCancelledError("x"), 4),
        (errors.TransportError("x", retryable=True), 5),
        (errors.TransportError("x", retryable=False), 1),
        (errors.OAuthError("x"), 1),
        (errors.CacheError("x"), 1),
        (KeyboardInterrupt(), 130),
        (PermissionError(13, "Permission denied", "/x"), 1),
        (ValueError("eyJ-a-secret-in-a-message"), 1),
    ],
)
def test_each_kind_of_end_has_its_code(
    problem: BaseException, code: int, capfd: pytest.CaptureFixture[str]
) -> None:
    assert ended_with(problem) == code
    said = capfd.readouterr()
    assert said.out == "" and "secret" not in said.err and "Traceback" not in said.err


def test_an_error_is_json_where_json_was_asked_for(capsys: pytest.CaptureFixture[str]) -> None:
    ended_with(errors.ProfileError("No.", reason="unknown_profile", hint="Yes."), as_json=True)
    told = json.loads(capsys.readouterr().err)
    assert told == {
        "error": "profile_error",
        "message": "No.",
        "hint": "Yes.",
        "reason": "unknown_profile",
    }


def test_nothing_listens_on_stderr(monkeypatch: pytest.MonkeyPatch) -> None:
    def closed(*_: object, **__: object) -> Callable[[], None]:
        raise ValueError("I/O operation on closed file")

    monkeypatch.setattr("builtins.print", closed)
    assert ended_with(errors.AuthError("x")) == 1

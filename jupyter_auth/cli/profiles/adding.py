"""``jupyter auth profiles add``: what was not said is asked, and the provider is asked if it is right."""

import argparse
import sys
from collections.abc import Callable
from contextlib import redirect_stdout
from typing import Any

from jupyter_auth.broker.config.configuration import user_file
from jupyter_auth.cli.endings import note, print_json
from jupyter_auth.cli.profiles.keys import INSTEAD, LOOKS_AFTER, OPTIONS, QUESTIONS, Question, value_of
from jupyter_auth.cli.profiles.listing import configuration
from jupyter_auth.cli.profiles.looking import look, suggested_scopes
from jupyter_auth.cli.profiles.writing import write_profile
from jupyter_auth.core.errors import AuthError, InteractionCancelledError, ProfileError
from jupyter_auth.core.presets import PRESETS, preset
from jupyter_auth.core.profile import read_profile
from jupyter_auth.core.profile_checks import CHECKS, PROVIDERS
from jupyter_auth.providers.base import ProviderMetadata

_KINDS = (*PROVIDERS, *PRESETS)


def run_add(args: argparse.Namespace) -> int:
    """Ask, check, write; raises ``AuthError``."""
    can_ask = all(stream is not None and stream.isatty() for stream in (sys.stdin, sys.stderr))
    file = user_file()
    with redirect_stdout(sys.stderr):
        adding = _Adding(args, can_ask=can_ask)
        name, table = adding.table()
        is_default = args.default or adding.is_default(name)
    profile, faults = read_profile(name, table, str(file))
    if profile is None:
        raise ProfileError(
            "; ".join(f"{fault.key}: {fault.message}" for fault in faults) + ".",
            hint="Nothing was written.",
            faults=[str(fault) for fault in faults],
        )
    write_profile(file, name, table, is_default=is_default, replace=args.replace)
    if args.json:
        print_json({"name": name, "file": str(file), "profile": table})
    else:
        print(f"{name} is in {file}")
        note(
            f"Sign in with: jupyter auth login {name}"
            if profile.signs_people_in and not profile.is_signed_in_elsewhere
            else "Nobody signs in to it."
        )
    configuration().profile(name)  # an administrator, or a stronger file, may say something else
    return 0


class _Adding:
    """One profile on its way."""

    def __init__(self, args: argparse.Namespace, *, can_ask: bool) -> None:
        self._args = args
        self._can_ask = can_ask
        given = {key: getattr(args, key) for key in OPTIONS if getattr(args, key) is not None}
        self._table: dict[str, Any] = {key: value_of(key, text) for key, text in given.items()}
        for key, value in self._table.items():
            try:
                CHECKS[key](value)
            except ValueError as problem:
                args.refuse(f"argument --{key.replace('_', '-')}: {problem}")
        self._found: ProviderMetadata | None = None
        self._guides = False  # whoever says all that is needed is asked for nothing else

    def is_default(self, name: str) -> bool:
        """Whether it is to be used where no profile is named, for whoever is being asked."""
        if not self._guides:
            return False
        answer = self._ask(f"Use {name} where no profile is named? y/n", _yes_or_no, "n")
        return answer == "y"

    def table(self) -> tuple[str, dict[str, Any]]:
        """Its name, and what the file is to say of it."""
        name = self._args.name or self._ask("What is the profile to be called?", self._new_name)
        provider = self._args.provider or self._provider()
        questions = QUESTIONS.get(provider, ())
        known = preset(self._table["preset"]) if self._table.get("preset") in PRESETS else {}
        missing = [q for q in questions if q.needs and not self._is_answered(q.key, known)]
        if missing and not self._can_ask:
            options = ", ".join(f"--{q.key.replace('_', '-')}" for q in missing)
            self._args.refuse(f"nobody can be asked here (stdin or stderr is no terminal); say {options}")
        self._guides = self._guides or bool(missing)
        for question in questions:
            if not self._is_answered(question.key, known):
                self._answer(question, name, provider, known)
            if question.key == LOOKS_AFTER.get(provider) and not self._args.offline:
                self._look(name, provider)
        return name, {"provider": provider, **self._table}

    def _is_answered(self, key: str, known: dict[str, Any]) -> bool:
        return any(k in self._table or k in known for k in (key, *INSTEAD.get(key, ())))

    def _new_name(self, text: str) -> str:
        profile, faults = read_profile(text, {"issuer": "https://idp.example", "client_id": "any"}, "")
        if profile is None:
            raise ValueError(faults[0].message)
        if text in configuration().profiles and not self._args.replace:
            raise ValueError("there is one of this name")
        return text

    def _provider(self) -> str:
        """Of which kind; the name of a preset is an answer as well."""
        if {"preset", "issuer"} & self._table.keys() or not self._can_ask:
            return "oidc"
        kind = self._ask(f"Which provider: {', '.join(_KINDS)}?", _kind, "oidc")
        if kind in PRESETS:
            self._table["preset"] = kind
            return "oidc"
        return kind

    def _answer(self, question: Question, name: str, provider: str, known: dict[str, Any]) -> None:
        """Ask for one key, if it is worth a question and somebody is there."""
        key = question.key
        if not self._guides:
            return
        default = ""
        if key == "scopes":
            default = " ".join(known.get("scopes") or suggested_scopes(provider, self._found))

        def check(text: str) -> str:
            if text:
                CHECKS[key](value_of(key, text))
            elif question.needs:
                raise ValueError("must be answered")
            return text

        text = self._ask(question.words, check, default)
        if text:
            self._table[key] = value_of(key, text)

    def _look(self, name: str, provider: str) -> None:
        """Try discovery, and tell what was found; where it fails, the issuer may be said anew."""
        while self._found is None:
            try:
                self._found = look(name, {"provider": provider, **self._table})
                return
            except AuthError as problem:
                if not self._guides:
                    raise
                print(f"  {problem}")
            if "issuer" not in self._table or self._ask("Keep it all the same? y/n", _yes_or_no, "n") == "y":
                return
            for question in QUESTIONS[provider]:
                if question.key in ("issuer", "service_url"):
                    self._table.pop(question.key, None)
                    self._answer(question, name, provider, {})

    def _ask(self, words: str, check: Callable[[str], str], default: str = "") -> str:
        """What a person types, once it is right."""
        if not self._can_ask:
            self._args.refuse("nobody can be asked here: stdin or stderr is no terminal; say the NAME")
        self._guides = True
        while True:
            try:
                text = input(f"{words}{f' [{default}]' if default else ''}: ").strip() or default
            except EOFError:
                raise InteractionCancelledError("Nothing was written.", hint="") from None
            except UnicodeError:
                print("  is no text")
                continue
            try:
                return check(text)
            except ValueError as problem:
                print(f"  {problem}")


def _kind(text: str) -> str:
    if text not in _KINDS:
        raise ValueError(f"is none of {', '.join(_KINDS)}")
    return text


def _yes_or_no(text: str) -> str:
    if text[:1].lower() not in ("y", "n"):
        raise ValueError("y or n")
    return text[:1].lower()

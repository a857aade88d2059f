"""The doctor's report for people: in groups, what is to be done below each fault, and what to do first."""

import os
import shutil
import sys
import textwrap
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TextIO

from jupyter_auth.cli.doctor.finding import Finding

WIDEST = 110  # columns of text that are read with ease
_COLOURS = {"ok": "32", "note": "33", "fault": "31;1"}
_WORDS = {"ok": "ok", "note": "note", "fault": "FAULT"}
_MARKS = {"ok": "✓", "note": "•", "fault": "✗"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """How a report is set: ``width`` 0 is as wide as its lines; marks and colours are for terminals."""

    width: int = 0
    is_coloured: bool = False
    arrow: str = "->"
    has_marks: bool = False

    @classmethod
    def of(cls, out: TextIO) -> "Look":
        """For a terminal, or for what a pipe or a file wants: plain lines that can be searched."""
        encoding = (getattr(out, "encoding", None) or "ascii").lower().replace("-", "")
        is_terminal = out.isatty()
        width = min(shutil.get_terminal_size().columns, WIDEST) if is_terminal else 0
        is_unicode = encoding.startswith("utf")
        return cls(
            width=width,
            is_coloured=is_terminal and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb",
            arrow="→" if is_unicode else "->",
            has_marks=is_unicode and is_terminal,
        )

    def mark(self, state: str) -> str:
        """The state, at the beginning of a line: a sign on a terminal, else a word that can be searched."""
        return self.paint(_MARKS[state] if self.has_marks else f"{_WORDS[state]:<5}", _COLOURS[state])

    @property
    def indent(self) -> str:
        """As wide as what stands before a message."""
        return " " * (4 if self.has_marks else 8)

    def paint(self, text: str, code: str) -> str:
        return f"\033[{code}m{text}\033[0m" if self.is_coloured else text


def print_report(groups: Mapping[str, Sequence[Finding]], out: TextIO = sys.stdout) -> None:
    """Each group that has findings, then a line that sums up."""
    look = Look.of(out)
    for group, findings in groups.items():
        if findings:
            print(look.paint(group, "1"), file=out)
            for finding in findings:
                print("\n".join(_lines(finding, look)), file=out)
    everything = [finding for findings in groups.values() for finding in findings]
    print("\n" + "\n".join(_wrapped(summary(everything), look, "")), file=out)


def _shown(text: str) -> str:
    """Without what a terminal would obey or hide: a path or a name may hold anything."""
    return "".join(char if char.isprintable() else "�" for char in text)


def _lines(finding: Finding, look: Look) -> Iterator[str]:
    about = f" of {finding.about}" if finding.about else ""
    indent = look.indent
    head = f"{finding.check}{about}: {finding.message}"
    first, *rest = _wrapped(head, look, indent)
    yield f"  {look.mark(finding.state)} {first.strip()}"
    yield from rest
    if finding.advice:
        first, *rest = _wrapped(finding.advice, look, f"{indent}  ")
        yield f"{indent}{look.arrow} {first.strip()}"
        yield from rest
    for line in (*finding.write, *finding.run):
        yield f"{indent}    {look.paint(_shown(line), '36')}"  # never broken: it is to be copied


def _wrapped(text: str, look: Look, indent: str) -> list[str]:
    text = _shown(text)
    if not look.width:
        return [indent + text]
    width = max(look.width, len(indent) + 30)
    return textwrap.wrap(
        text,
        width,
        initial_indent=indent,
        subsequent_indent=indent,
        break_long_words=False,
        break_on_hyphens=False,
    )


def summary(findings: Sequence[Finding]) -> str:
    """How many faults and notes, and which fault first: others may come from it."""
    faults = [finding for finding in findings if finding.state == "fault"]
    notes = sum(finding.state == "note" for finding in findings)
    noted = f", {_counted(notes, 'note')}" if notes else ""
    if not faults:
        return f"No faults{noted}."
    first = faults[0]
    about = f" of {first.about}" if first.about else ""
    told = f"{_counted(len(faults), 'fault')}{noted}."
    if len(faults) == 1:
        return f"{told} Mend it, then run the doctor again."
    return f"{told} First mend {first.check}{about}: others may come from it. Then run the doctor again."


def _counted(count: int, what: str) -> str:
    return f"{count} {what}{'s' * (count != 1)}"

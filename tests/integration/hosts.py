"""``docs/reference/hosts.md``: its commands, and what it says they show, to be held against what they do."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "hosts.md"
LEFT_OUT = "…"

#: What is another each time, and what stands for it.
_PASSING = (
    (r"\x1b\[[0-9;?]*[A-Za-z]|\r", ""),
    (r"\b[A-Z]{4}-[A-Z]{4}\b", "CODE"),
    (r"127\.0\.0\.1:\d+", "HOST"),
    (r"process \d+", "process N"),
    (r"\b\d+ min\b", "N min"),
    (r"Python 3\.\d+\.\d+", "Python 3"),
    (r"version \d[\w.]*", "version V"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Host:
    """One section of the page: its command, and what is shown, by the words before each block."""

    command: str
    shown: dict[str, str]

    def expects(self, words: str) -> tuple[str, int]:
        """What is shown where those words stand, and the exit code, where one is named."""
        [(heading, text)] = [(head, text) for head, text in self.shown.items() if words in head]
        code = re.search(r"exit code (\d+)", heading)
        return text, int(code[1]) if code else 0


def hosts() -> dict[str, Host]:
    """The sections by their titles."""
    sections = PAGE.read_text(encoding="utf-8").split("\n## ")[1:]
    return {section.partition("\n")[0]: _host(section) for section in sections}


def code() -> str:
    """The lines that each host runs."""
    [found] = re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), re.DOTALL)
    return str(found)


def _host(section: str) -> Host:
    commands = re.findall(r"```bash\n(.*?)\n```", section, re.DOTALL)
    shown = re.findall(r"(?:^|\n)([^\n]*(?:\n[^\n]+)*)\n\n```text\n(.*?)\n```", section, re.DOTALL)
    return Host(command=commands[0] if commands else "", shown=dict(shown))


def differences(page: str, seen: str) -> str:
    """What stands on the page and was not seen, in its order and line by line; empty where all was."""
    wanted, there, at = _lines(page), _lines(seen), 0
    for part in _parts(wanted):
        found = [n for n in range(at, len(there)) if there[n : n + len(part)] == part]
        if not found:
            return "not seen:\n" + "\n".join(part) + "\nbut:\n" + "\n".join(there)
        at = found[0] + len(part)
    return ""


def _lines(text: str) -> list[str]:
    for pattern, stands_for in _PASSING:
        text = re.sub(pattern, stands_for, text)
    return [line.rstrip() for line in text.split("\n")]


def _parts(lines: Iterable[str]) -> list[list[str]]:
    parts: list[list[str]] = [[]]
    for line in lines:
        if line == LEFT_OUT:
            parts.append([])
        else:
            parts[-1].append(line)
    return [part for part in parts if part]

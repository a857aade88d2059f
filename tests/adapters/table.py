"""Client × aspect, as a Markdown table: ``python -m tests.adapters.table``.

``--write`` puts it into docs/reference/clients.md; a test holds that the page says what the tests show.
"""

from importlib import import_module
from pathlib import Path

from tests.adapters.cells import ASPECTS, CLIENTS, SHOWN
from tests.support.tables import markdown, print_or_write

PAGE = Path(__file__).resolve().parents[2] / "docs" / "reference" / "clients.md"
MARK = "clients"
#: What a client has no place for, and why.
NOT_APPLICABLE = {
    ("azure-core", "401"): "azure-core answers claims challenges only",
    ("azure-core, async", "401"): "azure-core answers claims challenges only",
    ("azure-storage-blob", "claims challenge"): "its policy reads no claims",
    ("adlfs", "401"): "azure-storage-blob's, which it is made of",
    ("adlfs", "claims challenge"): "azure-storage-blob's",
    ("google-auth", "claims challenge"): "google-auth shows credentials no answer",
    ("google-auth, async", "claims challenge"): "google-auth shows credentials no answer",
    ("gcsfs", "401"): "gcsfs keeps what it was given until it ends",
    ("gcsfs", "claims challenge"): "google-auth shows credentials no answer",
    ("gcsfs", "async"): "gcsfs asks on fsspec's own event loop",
    ("pandas", "claims challenge"): "fsspec's, which reads for it",
    ("pandas", "async"): "pandas is synchronous",
}


def table() -> str:
    """The table, out of what the test modules say that they show."""
    for module in sorted(Path(__file__).parent.glob("test_*.py")):
        import_module(f"tests.adapters.{module.stem}")
    rows = [[f"**{client}**", *(cell(client, aspect) for aspect in ASPECTS)] for client in CLIENTS]
    return markdown(("Client", *ASPECTS), rows)


def cell(client: str, aspect: str) -> str:
    """What is shown, or why it cannot be."""
    shown, reason = SHOWN.get((client, aspect)), NOT_APPLICABLE.get((client, aspect))
    if (shown is None) == (reason is None):
        raise LookupError(f"{client}, {aspect}: either a test shows it, or there is a reason why none can")
    return shown or f"– ({reason})"


if __name__ == "__main__":
    print_or_write(MARK, table(), PAGE)

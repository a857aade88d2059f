"""All that was seen in the places where a secret might turn up, and the search in it."""

from collections import defaultdict
from collections.abc import Iterable

from tests.security.canaries import Canaries

#: in a kernel with a server
OBJECTS, MEMORY, PROCESSES, FRAMES = "kernel objects", "kernel memory", "processes", "socket frames"
#: at the browser
HTTP, CHANNELS, EVENTS = "HTTP answers", "kernel channels", "events"
#: what is left behind
LOGS, NOTEBOOKS, FILES = "logs", "notebooks", "files"
PLACES = (OBJECTS, MEMORY, PROCESSES, FRAMES, HTTP, CHANNELS, EVENTS, LOGS, NOTEBOOKS, FILES)

AROUND = 24  # bytes shown before a find, so that a report says where to look


class Evidence:
    """What was seen, by place; what is too large to keep is searched at once."""

    def __init__(self, canaries: Canaries) -> None:
        self.canaries = canaries
        self.sizes: defaultdict[str, int] = defaultdict(int)
        self._pieces: defaultdict[str, list[tuple[str, bytes]]] = defaultdict(list)
        self._finds: defaultdict[tuple[str, str], list[str]] = defaultdict(list)

    def add(self, place: str, where: str, data: str | bytes) -> None:
        """Keep what was seen."""
        raw = data if isinstance(data, bytes) else data.encode("utf-8", "surrogatepass")
        self.sizes[place] += len(raw)
        self._pieces[place].append((where, raw))

    def scan(self, place: str, where: str, chunks: Iterable[bytes], kinds: Iterable[str]) -> None:
        """Search for what is known by now, and keep the finds only."""
        needles = {kind: self.canaries.needles(kind) for kind in kinds}
        for chunk in chunks:
            self.sizes[place] += len(chunk)
            near = self.canaries.near(chunk)
            for kind, wanted in needles.items():
                for part in near if kind in self.canaries.marks else [chunk]:
                    self._finds[place, kind] += _finds(where, part, wanted)

    def found(self, place: str, kind: str) -> list[str]:
        """Where a secret of that kind was seen."""
        wanted = self.canaries.needles(kind)
        kept = [find for where, data in self._pieces[place] for find in _finds(where, data, wanted)]
        return kept + self._finds[place, kind]

    def text(self, place: str) -> str:
        """All that was kept of a place."""
        return b"\n".join(data for _, data in self._pieces[place]).decode("utf-8", "replace")


def _finds(where: str, data: bytes, wanted: Iterable[bytes]) -> list[str]:
    found = []
    for needle in wanted:
        at = data.find(needle)
        if at >= 0:
            found.append(f"{where}: {needle!r} after {data[max(0, at - AROUND) : at]!r}")
    return found

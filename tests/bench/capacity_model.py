"""From what was measured to what a hub needs: the tables of docs/capacity.md.

``python -m tests.bench.capacity_model --write`` brings them up to date from the JSON alone.
"""

import json
import sys
from pathlib import Path
from typing import Any

from jupyter_auth.core.freshness import JITTER, STALE_WINDOW
from tests.support import tables

PAGE = Path(__file__).resolve().parents[2] / "docs" / "capacity.md"
RESULTS = Path(__file__).with_name("capacity.json")

USERS = 10_000  # people, each with one server that runs
REQUESTS = 60  # calls of get_token an hour, of one person
TOKENS = 2  # access tokens that a person has in use at a time
LIFE = 3600  # seconds that an access token lives
STARTS = 0.5  # servers that a person starts in an hour
LOOKS = 1 / 5.0  # of each server at Redis in a second: ``redis_watch.LOOK_BESIDES``
TABLES = ((10, 5), (100, 20), (1_000, 20))  # tenants and resources of an application

Row = dict[str, Any]
MB = 1e6


def _n(number: float) -> str:
    """A number for people."""
    return f"{number:,.0f}".replace(",", "\N{NO-BREAK SPACE}")


def refreshes_per_hour() -> float:
    """Of one token in use: it is refreshed when it becomes stale, by chance up to a tenth of that earlier."""
    ahead = min(STALE_WINDOW, LIFE / 2)
    return 3600 / (LIFE - ahead * (1 + JITTER / 2))


def made(found: Row) -> dict[str, str]:
    """The tables by their marks."""
    return {"measured": _measured(found), "hub": _hub(found), "applications": _applications(found)}


def write(found: Row) -> None:
    """Put them into the page."""
    for mark, table in made(found).items():
        tables.write(mark, table, PAGE)


def _of_redis(act: Row) -> str:
    return f"{act['scripts']:.0f} / {act['cpu_us']:.0f} / {_n(act['bytes_in'])}, {_n(act['bytes_out'])}"


def _measured(found: Row) -> str:
    refresh, first, idle = found["refresh"], found["first_token"], found["idle"]
    rest, server = found["at_rest"], found["server"]
    rows = [
        ("connections of one server to Redis, idle", f"{found['connections_per_server']:g}"),
        ("Redis's memory for a connection: a server's own / one that only listens",
         f"{found['bytes_per_connection'] / 1e3:.0f} kB / {found['subscribers']['bytes_each'] / 1e3:.0f} kB"),
        (f"Redis's memory for a person who is signed in ({found['records_per_user']} records)",
         f"{found['bytes_per_user'] / 1e3:.1f} kB"),
        ("an idle server's looks: scripts a second / µs of Redis's processor each",
         f"{idle['scripts']:g} / {idle['cpu_us'] / idle['scripts']:.0f}"),
        ("a refresh: scripts / µs of Redis's processor / bytes in and out",
         _of_redis(refresh)),
        ("a server's first token: scripts / µs of Redis's processor / bytes in and out",
         _of_redis(first)),
        (f"refreshes a second, {found['conditions']['servers']} servers and Redis on two processors",
         f"{refresh['per_second']}"),
        (f"a clear until {found['fan_out']['servers'] - 1} other servers of that person have heard: "
         "median / most", f"{found['fan_out']['median_ms']:.1f} / {found['fan_out']['most_ms']:.1f} ms"),
        (f"a message while {found['subscribers']['connections']} others listen on their own channels / alone",
         f"{found['subscribers']['publish_us']:.0f} / {found['subscribers']['publish_us_alone']:.0f} µs"),
        (f"bytes of a record, of {_n(rest['records'])}: SQLite's file / Redis",
         f"{_n(rest['sqlite_bytes_each'])} / {_n(rest['redis_bytes_each'])}"),
        ("memory of a server's process: without / with the broker started / with the engines loaded",
         f"{server['without']:.0f} / {server['broker']:.0f} / {server['entra']:.0f} MB"),
    ]  # fmt: skip
    return tables.markdown(("what", "figure"), rows)


def _hub(found: Row) -> str:
    refreshes = USERS * TOKENS * refreshes_per_hour()
    looks, starts = USERS * LOOKS, USERS * STARTS / 3600
    look = found["idle"]["cpu_us"] / found["idle"]["scripts"]
    connections = USERS * found["connections_per_server"]
    # half of a server's connections listen
    linked = USERS * found["connections_per_server"] / 2
    memory = linked * (found["bytes_per_connection"] + found["subscribers"]["bytes_each"])
    cpu = {
        "looks": looks * look / 1e4,
        "refreshes": refreshes / 3600 * found["refresh"]["cpu_us"] / 1e4,
        "starts": starts * found["first_token"]["cpu_us"] / 1e4,
    }  # percent of a processor
    net = refreshes / 3600 * (found["refresh"]["bytes_in"] + found["refresh"]["bytes_out"])
    net += looks * (found["idle"]["bytes_in"] + found["idle"]["bytes_out"]) / found["idle"]["scripts"]
    grown = found["server"]["entra"] - found["server"]["without"]
    rows = [
        (
            "calls of `get_token`",
            f"{_n(USERS * REQUESTS)} an hour; none of them asks Redis while a token is good",
        ),
        ("token requests at the provider", f"{_n(refreshes)} an hour, {refreshes / 3600:.1f} a second"),
        ("connections to Redis", _n(connections)),
        (
            "Redis's memory: records / connections",
            f"{_n(USERS * found['bytes_per_user'] / MB)} MB / {_n(memory / MB)} MB",
        ),
        (
            "Redis's processor, percent of one: idle looks / refreshes / starts",
            " / ".join(f"{percent:.2g}" for percent in cpu.values()),
        ),
        ("scripts a second in Redis", _n(looks + refreshes / 3600 * found["refresh"]["scripts"])),
        ("network of Redis", f"{_n(net / 1e3)} kB a second"),
        ("memory of each server beyond what it takes without the broker", f"{grown:.0f} MB"),
    ]
    return tables.markdown(("of 10 000 people", "figure"), rows)


def _applications(found: Row) -> str:
    apps = found["at_rest"]["apps"]
    rows = []
    for tenants, resources in TABLES:
        count = tenants * resources
        asked = count * refreshes_per_hour()
        rows.append(
            (
                f"{_n(tenants)} × {resources}",
                _n(count),
                _n(asked),
                " / ".join(f"{count * apps[of]['bytes_each'] / MB:.1f}" for of in ("sqlite", "redis"))
                + " MB",
                f"{apps['sqlite']['hit_us']:.1f} µs",
                f"{apps['sqlite']['find_us']:.0f} / {apps['redis']['find_us']:.0f} µs",
                f"{apps['sqlite']['save_us'] / 1e3:.1f} / {apps['redis']['save_us'] / 1e3:.1f} ms",
            )
        )
    head = ("tenants × resources", "tokens", "requests an hour", "on disk / in Redis")
    return tables.markdown((*head, "hit in memory", "from the store", "save"), rows)


def main() -> None:
    """Print the tables, or write them into the page."""
    found: Row = json.loads(RESULTS.read_text(encoding="utf-8"))
    if "--write" in sys.argv[1:]:
        write(found)
    else:
        sys.stdout.write("\n".join(made(found).values()))


if __name__ == "__main__":
    main()

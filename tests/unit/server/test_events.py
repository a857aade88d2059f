"""Changes become events on the loop, in order, as their schemas say; a failure stays with the event."""

import asyncio
from dataclasses import asdict, fields
from typing import Any, Literal, get_args, get_origin, get_type_hints

import pytest
import yaml
from jsonschema import ValidationError
from jupyter_events.logger import EventLogger

from jupyter_auth.broker.changes import (
    AccountChanged,
    CacheChanged,
    Change,
    InteractionChanged,
    KernelChanged,
)
from jupyter_auth.core.audit import AuditRecord, Decision, Id
from jupyter_auth.server.events import AUDIT, SCHEMAS, TOPICS, ServerEvents

CHANGES: list[Change] = [
    InteractionChanged(id="i", profile="lake", state="pending", waiting=2),
    AccountChanged(home_account_id="a.b", profile="lake", action="signed_in"),
    CacheChanged(action="refreshed", profile="lake", home_account_id="a.b"),
    CacheChanged(action="cleared"),
    KernelChanged(kernel_id="k", action="first_use", profile="lake"),
]


class Heard(list[tuple[str, dict[str, Any]]]):
    async def listen(self, logger: EventLogger, schema_id: str, data: dict[str, Any]) -> None:
        self.append((schema_id, data))


def listening(*, is_shared: bool = False) -> tuple[EventLogger, ServerEvents, Heard]:
    logger, heard = EventLogger(), Heard()
    events = ServerEvents(logger, is_shared=is_shared)
    logger.add_listener(listener=heard.listen)
    return logger, events, heard


async def drained(logger: EventLogger) -> None:
    for _ in range(3):
        await asyncio.sleep(0)
    await logger.gather_listeners()


@pytest.mark.parametrize("kind", TOPICS)
def test_a_schema_has_the_fields_of_its_change(kind: type[Change]) -> None:
    (schema,) = [s for s in map(_load, SCHEMAS) if s["$id"] == TOPICS[kind]]
    names = [f.name for f in fields(kind)]
    assert list(schema["properties"]) == schema["required"] == names
    assert schema["additionalProperties"] is False and schema["version"] == "1"
    assert schema["personal-data"] is ("home_account_id" in names)
    for name, hint in get_type_hints(kind).items():
        if get_origin(hint) is Literal:
            assert schema["properties"][name]["enum"] == list(get_args(hint))


def _load(path: Any) -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
    return loaded


async def test_changes_arrive_from_the_loop_and_from_threads_in_order() -> None:
    logger, events, heard = listening()
    events(CHANGES[0])
    for change in CHANGES[1:]:
        await asyncio.to_thread(events, change)
    await drained(logger)
    assert heard == [(TOPICS[type(change)], asdict(change)) for change in CHANGES]


@pytest.mark.parametrize("change", CHANGES[:3], ids=lambda change: type(change).__name__)
async def test_a_stray_field_is_refused(change: Change) -> None:
    logger, _, _ = listening()
    with pytest.raises(ValidationError):
        logger.emit(schema_id=TOPICS[type(change)], data={**asdict(change), "user_code": "ABCD-EFGH"})


async def test_an_emission_that_fails_is_noted_and_forgotten(caplog: pytest.LogCaptureFixture) -> None:
    logger, events, heard = listening()

    def broken(schema_id: str, data: dict[str, Any]) -> dict[str, Any]:
        raise ValueError("CANARY")

    logger.add_modifier(schema_id=TOPICS[AccountChanged], modifier=broken)
    for change in CHANGES[:3]:
        events(change)
    await drained(logger)
    assert [schema_id for schema_id, _ in heard] == [TOPICS[InteractionChanged], TOPICS[CacheChanged]]
    assert "An event could not be emitted: ValueError" in caplog.text and "CANARY" not in caplog.text


@pytest.mark.parametrize("is_shared", [False, True])
async def test_where_people_share_a_server_none_says_whose_account_it_is(is_shared: bool) -> None:
    logger, events, heard = listening(is_shared=is_shared)
    for change in CHANGES:
        events(change)
    events.audit(AuditRecord(at=1, decision=Decision.SIGNED_IN, home_account_id=Id("a.b")))
    await drained(logger)
    told = [(schema_id, data["home_account_id"]) for schema_id, data in heard if "home_account_id" in data]
    accounts, cache = TOPICS[AccountChanged], TOPICS[CacheChanged]
    if is_shared:
        assert told == [(accounts, ""), (cache, ""), (cache, None)] and len(heard) == len(CHANGES)
    else:
        assert sorted(told[:-1]) == sorted([(AUDIT, "a.b"), (accounts, "a.b"), (cache, "a.b")])


def test_a_change_after_the_end_of_the_server_is_lost_without_a_word() -> None:
    async def made() -> ServerEvents:
        return listening()[1]

    asyncio.run(made())(CHANGES[0])

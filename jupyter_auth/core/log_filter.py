"""No log of this process shows a secret that it has in hand.

Every handler, whoever adds it and to whichever logger, passes its records through ``logging.Handler.handle``;
a filter would have to be added to each, and a record factory learns neither of what is added to a record
later nor of records that were made elsewhere. Warnings are texts before they are written or logged.
"""

from __future__ import annotations

import logging
import warnings
from collections.abc import Mapping
from typing import Any

from jupyter_auth.core import redaction

LONGEST = 65_536  # characters
_FIELDS = len(logging.makeLogRecord({}).__dict__) + 1  # with the next one
_SEEN = "_jupyter_auth_masked"
_is_on = False


def filter_logs() -> None:
    """Mask known secrets in all that is logged or warned of in this process from here on."""
    global _is_on  # noqa: PLW0603 -- one a process
    if _is_on:
        return
    _is_on = True
    handle, format_warning = logging.Handler.handle, warnings.formatwarning

    def handle_masked(self: logging.Handler, record: logging.LogRecord) -> Any:
        mask(record)
        return handle(self, record)

    def format_masked(*args: Any, **kwargs: Any) -> str:
        return _masked(format_warning(*args, **kwargs))

    def filter_masked(self: logging.Handler, record: logging.LogRecord) -> Any:
        passed: Any = logging.Filterer.filter(self, record)
        if passed and self.filters:
            mask(passed if isinstance(passed, logging.LogRecord) else record)
        return passed

    logging.Handler.filter = filter_masked  # type: ignore[method-assign, assignment]
    logging.Handler.handle = handle_masked  # type: ignore[method-assign]
    warnings.formatwarning = format_masked


def mask(record: logging.LogRecord) -> None:
    """Mask the secrets in a record, once, whatever handlers it comes to. Never raises."""
    about = record.__dict__
    if not redaction.knows_any():
        return
    fields = len(about.keys() - {_SEEN, "message", "asctime"})  # a handler's filter may add some later
    if about.get(_SEEN) == fields:
        return
    about[_SEEN] = fields
    try:
        is_plain = not (record.exc_info or record.exc_text or record.stack_info) and len(about) <= _FIELDS
        if is_plain and not redaction.near(record.getMessage()):
            return
    except Exception:  # noqa: BLE001, S110 -- the message and its arguments do not fit: a closer look
        pass
    try:
        looks = redaction.Looks()
        _mask_message(record, looks)
        if record.exc_info or record.exc_text:
            _mask_exception(record, looks)
        if record.stack_info:
            record.stack_info = _masked(record.stack_info, looks)
        if len(about) > _FIELDS:
            about.update(redaction.masked_in(about, starts=True, looks=looks))
    except Exception:  # noqa: BLE001, S110 -- what cannot be read here, its handler will complain of
        pass


def _mask_message(record: logging.LogRecord, looks: redaction.Looks) -> None:
    """Arguments stay arguments, which some formatters take apart."""
    try:
        message = record.getMessage()
    except Exception:  # noqa: BLE001 -- the handler says so, with the message and the arguments
        record.msg, record.args = _masked(str(record.msg), looks), _masked_arguments(record.args, looks)
        return
    shown = _masked(message, looks)
    if shown is message:
        return
    record.msg, record.args = _masked(str(record.msg), looks), _masked_arguments(record.args, looks)
    message = record.getMessage()
    if _masked(message, looks) is not message:
        record.msg, record.args = shown, None


def _masked_arguments(args: Any, looks: redaction.Looks) -> Any:
    if isinstance(args, Mapping):
        return {name: _masked_argument(value, looks) for name, value in args.items()}
    return tuple(_masked_argument(value, looks) for value in args) if isinstance(args, tuple) else args


def _masked_argument(value: Any, looks: redaction.Looks) -> Any:
    """The value, or a text in its place where that shows a secret."""
    if value is None or isinstance(value, int | float):
        return value
    for text in (str(value), repr(value)):
        shown = _masked(text, looks)
        if shown is not text:
            return shown
    return value


def _mask_exception(record: logging.LogRecord, looks: redaction.Looks) -> None:
    """With the exceptions that it came from. Where one shows a secret, its text is all that is left."""
    exc_info = record.exc_info if isinstance(record.exc_info, tuple) else None
    text = record.exc_text or (logging.Formatter().formatException(exc_info) if exc_info else "")
    shown = _masked(text, looks)
    if shown is not text:
        record.exc_text, record.exc_info = shown, None


def _masked(text: str, looks: redaction.Looks | None = None) -> str:
    """Of what is long and may hold a secret, the end is left out rather than looked at."""
    over = len(text) - LONGEST
    if over > 0 and redaction.near(text):
        text = f"{text[:LONGEST]}… ({over} more characters left out)"
    return redaction.masked(text, starts=True, looks=looks)

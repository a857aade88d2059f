"""Saying where an unforeseen exception came from, without saying what was in it."""

import traceback
from pathlib import PurePath


def where(problem: BaseException, frames: int = 6) -> str:
    """The exception's type and the last frames it passed; its message may hold a secret and stays out."""
    steps = traceback.extract_tb(problem.__traceback__)[-frames:]
    path = " < ".join(f"{PurePath(s.filename).name}:{s.lineno} {s.name}" for s in reversed(steps))
    return f"{type(problem).__name__} at {path}"

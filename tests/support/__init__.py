"""Real Jupyter servers and kernels for the tests."""

from tests.support.events import EventPage
from tests.support.kernel import CellError, Kernel
from tests.support.place import NO_PORTS, Place, place
from tests.support.process import Script
from tests.support.waiting import delays, until, without_a_processor

__all__ = [
    "NO_PORTS",
    "CellError",
    "EventPage",
    "Kernel",
    "Place",
    "Script",
    "delays",
    "place",
    "until",
    "without_a_processor",
]

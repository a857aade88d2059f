"""Real Jupyter servers and kernels for the tests."""

from tests.support.kernel import CellError, Kernel
from tests.support.place import Place, place
from tests.support.process import Script

__all__ = ["CellError", "Kernel", "Place", "Script", "place"]

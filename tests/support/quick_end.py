"""``python quick_end.py -m module …``: as ``python -m module …``, but looks for no garbage at its end.

A Python process that ends looks at every object it ever made, several times: a quarter of what a server or
a kernel of the tests costs, for most live only seconds. ``gc.freeze`` leaves it nothing to look at; whatever
a process has to do before its end is done by then. While it runs, the collector is what it is at people's.
"""

import atexit
import gc
import runpy
import sys

#: The same for kernels, in a configuration file of theirs; it leaves no name in a notebook.
OF_KERNELS = "import atexit, gc\natexit.register(gc.freeze)\n"

if __name__ == "__main__":
    atexit.register(gc.freeze)  # the first to come is the last to be called
    sys.argv = sys.argv[2:]
    runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)

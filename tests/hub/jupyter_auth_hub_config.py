"""The example's configuration of the service, whose process tells what it can reach when it is asked to."""

import os
from pathlib import Path

c = get_config()  # type: ignore[name-defined]  # noqa: F821 -- traitlets' own

load_subconfig(os.environ["EXAMPLE"])  # type: ignore[name-defined]  # noqa: F821 -- traitlets' own

folder = Path(os.environ["HUB_FOLDER"]).parent
exec(Path(os.environ["LOOK"]).read_text().replace("{path!r}", repr(f"{folder}/service-process")))  # noqa: S102 -- the tests' own

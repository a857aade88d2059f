"""How Sphinx builds the documentation: `python3 tasks.py docs`."""

import sys
from importlib.metadata import version as installed_version
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))  # for docs.generated

project = "jupyter_auth"
author = "the jupyter_auth developers"
project_copyright = "2026, the jupyter_auth developers"
release = version = installed_version("jupyter-token-broker")

extensions = ["myst_parser", "sphinx.ext.autodoc", "autodoc_traits", "docs.generated"]
exclude_patterns = ["_build"]
myst_enable_extensions = ["colon_fence", "deflist"]
myst_heading_anchors = 3

autodoc_member_order = "bysource"
autodoc_typehints = "signature"
# Names are documented where people import them from.
add_module_names = False
python_use_unqualified_type_names = True
python_maximum_signature_line_length = 90

html_theme = "furo"
html_static_path = ["_static"]
html_css_files = ["cards.css", "tables.css"]
html_title = f"jupyter_auth {release}"
html_theme_options = {"navigation_with_keys": True}

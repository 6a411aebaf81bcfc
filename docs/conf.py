"""Settings of the site: Sphinx reads the pages in Markdown, and the docstrings of the packages."""

import sys
from pathlib import Path

from qnet import __version__

sys.path.append(str(Path(__file__).parent / "_ext"))

project = "qnet"
author = "The qnet developers"
copyright = author
version = release = __version__

extensions = [
    "myst_parser",
    "sphinx.ext.autodoc",
    "sphinx.ext.autosummary",
    "sphinx.ext.napoleon",
    "sphinx_copybutton",
    "sphinxcontrib.bibtex",
    "bibliography",
    "reference",
]
source_suffix = {".md": "markdown"}
exclude_patterns = ["_build"]
nitpicky = True

myst_enable_extensions = ["colon_fence", "deflist", "dollarmath", "attrs_inline"]
myst_heading_anchors = 3

bibtex_bibfiles = ["../qnet/references.bib"]
bibtex_default_style = "keys"

html_theme = "furo"
html_title = f"qnet {version}"

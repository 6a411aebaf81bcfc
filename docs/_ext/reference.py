"""Pages of the reference that are made from the code, before the site is read."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

from experiments.reference import write_pages


def _write(app: Any) -> None:  # noqa: ANN401
    logging.getLogger("qiskit").setLevel(logging.WARNING)  # links of presets are compiled
    write_pages(Path(app.srcdir) / "reference")


def setup(app: Any) -> dict[str, Any]:  # noqa: ANN401
    """Write the pages when a build begins."""
    app.connect("builder-inited", _write)
    return {"parallel_read_safe": True}

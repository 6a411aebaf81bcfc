"""Reports on the command line: each kind of report as one JSON object, or as text for people."""

from __future__ import annotations

import argparse
import json
from functools import singledispatch
from importlib import import_module
from typing import Any

from experiments.cli.printer import as_json, as_text
from qnet.metrics.report import Report

__all__ = ["shown_as_json", "shown_as_text", "show"]

#: Module of a kind of report -> module that registers how it is shown, loaded with the first one.
_REGISTERED_IN = {
    "protocols.networks.report": "experiments.cli.network_text",
    "protocols.key_networks.report": "experiments.cli.key_network_text",
    "protocols.satellite.report": "experiments.cli.satellite_text",
    "protocols.applications.result": "experiments.cli.app_text",
}


def show(report: object, arguments: argparse.Namespace) -> None:
    """Print a report: as one JSON object with ``--json``, else as text."""
    import_module(_REGISTERED_IN.get(type(report).__module__, __name__))
    if arguments.json:
        print(json.dumps(shown_as_json(report), allow_nan=False))
    else:
        print(shown_as_text(report))


@singledispatch
def shown_as_json(report: Any) -> dict[str, Any]:  # noqa: ANN401 - each kind registers its own
    """What ``--json`` prints of a report; a new kind is one ``shown_as_json.register``."""
    raise TypeError(type(report).__name__)


@singledispatch
def shown_as_text(report: Any) -> str:  # noqa: ANN401
    """What is printed of a report for people."""
    raise TypeError(type(report).__name__)


shown_as_json.register(Report, as_json)
shown_as_text.register(Report, as_text)

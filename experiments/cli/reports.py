"""Reports on the command line: each kind of report as one JSON object, or as text for people."""

from __future__ import annotations

import argparse
import json
from functools import singledispatch
from typing import Any

from experiments.cli.network_text import network_text
from experiments.cli.printer import as_json, as_text
from protocols.networks.report import NetworkReport
from qnet.metrics.report import Report

__all__ = ["shown_as_json", "shown_as_text", "show"]


def show(report: object, arguments: argparse.Namespace) -> None:
    """Print a report: as one JSON object with ``--json``, else as text."""
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
shown_as_json.register(NetworkReport, NetworkReport.as_dict)
shown_as_text.register(NetworkReport, network_text)

"""Results of applications on the command line: as one JSON object, and as text for people."""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

from experiments.cli.printer import claim_lines, sentence
from experiments.cli.reports import shown_as_json, shown_as_text
from protocols.applications.figure_table import figure_lines
from protocols.applications.needs import Need
from protocols.applications.result import ApplicationResult
from qnet.versions import versions

__all__ = ["application_json", "application_text", "used_by_demand"]

_STATES = {"pair": "pair", "ghz": "GHZ state", "w": "W state", "singlet": "four-qubit singlet"}


def application_json(result: ApplicationResult) -> dict[str, Any]:
    """What ``--json`` prints; a number that is not finite becomes null, with a note."""
    infinite: list[str] = []
    found = _finite(result.as_dict(), "", infinite)
    said = [f"{name} is infinite, shown as null" for name in infinite]
    return {**found, "notes": [*found["notes"], *said], "versions": versions()}


def _finite(value: Any, path: str, infinite: list[str]) -> Any:  # noqa: ANN401 - JSON types
    if isinstance(value, dict):
        return {k: _finite(each, f"{path}.{k}".lstrip("."), infinite) for k, each in value.items()}
    if isinstance(value, list):
        return [_finite(each, f"{path}[{k}]", infinite) for k, each in enumerate(value)]
    if isinstance(value, float) and not math.isfinite(value):
        infinite.append(path)
        return None
    return value


def application_text(result: ApplicationResult) -> str:
    """What people read: figures beside their ideal, the entanglement of a round, and notes."""
    head = [f"{result.application}: {result.title}", _source(result), ""]
    return "\n".join([*head, *figure_lines(result.figures), "", *_below(result)]).rstrip("\n")


def used_by_demand(result: ApplicationResult) -> list[str]:
    """What is told of an application under the network whose demand it uses."""
    head = f"{result.source}: {result.application}, {result.title}"
    return [head, *figure_lines(result.figures), *_below(result)]


def _source(result: ApplicationResult) -> str:
    needs = "; ".join(map(_need, result.needs)) or "nothing delivered"
    how = (
        ""
        if result.seed is None
        else f", {result.rounds} rounds, seed {result.seed}; 95 % intervals"
    )
    return f"{needs}; {result.source}{how}"


def _need(need: Need) -> str:
    """One need in words."""
    called = _STATES[need.state]
    return f"{need.number} {called}{'s' * (need.number > 1)} of {', '.join(need.parties)}"


def _below(result: ApplicationResult) -> Iterator[str]:
    """Time, claim and notes."""
    if result.duration is not None:
        yield f"A round's entanglement is there after {result.duration} s in the mean."
    if result.security is not None:
        yield from claim_lines(result.security)
    for note in result.notes:
        yield sentence(note)


shown_as_json.register(ApplicationResult, application_json)
shown_as_text.register(ApplicationResult, application_text)

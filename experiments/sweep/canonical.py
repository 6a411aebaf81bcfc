"""Canonical form of a scenario: every parameter that changes the answer, as readable text."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from itertools import groupby
from numbers import Integral, Real
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from experiments.scenario import Scenario

__all__ = ["SCHEMA", "canonical", "canonical_text"]

#: Version of the canonical form. A change of the code that changes answers raises it.
SCHEMA = 1

#: Fields that are for people, of any description.
_SILENT = frozenset({"name", "title", "references", "sources", "notes"})

#: Fields of a scenario that are written in a way of their own, or change no answer of a task.
_ASIDE = _SILENT | {"seed", "shots", "search", "segments", "exact"}


def canonical(value: object) -> Any:  # noqa: ANN401
    """A description as JSON types: dataclasses become objects, defaults are written out.

    Names, titles and references are left out: they change no answer. Numbers that are not finite
    become text.

    Args:
        value: A dataclass, mapping, sequence, text, number, flag or None.

    Raises:
        TypeError: If something in it has no canonical form.

    Examples:
        >>> from qnet.hardware import Memory
        >>> canonical(Memory(t1_s=10.0))["t1_s"], canonical(Memory())["t1_s"]
        (10.0, 'inf')
    """
    if value is None or isinstance(value, str | bool):
        return value
    if isinstance(value, Integral):
        return int(value)
    if isinstance(value, Real):
        number = float(value) + 0.0  # no negative zero
        return number if math.isfinite(number) else str(number)
    if is_dataclass(value) and not isinstance(value, type):
        names = sorted(field.name for field in fields(value) if field.name not in _SILENT)
        return {name: canonical(getattr(value, name)) for name in names}
    if isinstance(value, Mapping):
        return {str(name): canonical(value[name]) for name in sorted(value)}
    if isinstance(value, list | tuple):
        return [canonical(each) for each in value]
    message = f"{type(value).__name__} has no canonical form"
    raise TypeError(message)


def canonical_text(scenario: Scenario, engine: str, batch_shots: int | None) -> str:
    """The text whose digest is the identity of a task: JSON with a line for each part.

    What an engine does not use is left out: the time grid of the exact engine for the others, and
    the size of the batches for the exact engine. Equal segments in a row are written once, after
    their number.

    Args:
        scenario: What is played.
        engine: Which engine plays it.
        batch_shots: Samples in a batch; None for the exact engine.

    Examples:
        >>> from experiments.scenario import load
        >>> scenario = load("experiments/scenarios/two-segments.toml")
        >>> for line in canonical_text(scenario, "sampled", 1000).splitlines()[:5]:
        ...     print(line)
        {"schema": 1,
         "engine": "sampled",
         "batch_shots": 1000,
         "scenario": {
          "chain": {"classical_latency": false, "lengths_km": null, "segments": 2, \
"strategy": "nested", "tree": []},
    """
    described = {
        field.name: canonical(getattr(scenario, field.name))
        for field in sorted(fields(scenario), key=lambda field: field.name)
        if field.name not in _ASIDE
    }
    described["segments"] = [
        [len(list(equal)), canonical(segment)] for segment, equal in groupby(scenario.segments)
    ]
    if engine == "exact":
        described["exact"] = canonical(scenario.exact)
    lines = (f'  "{name}": {json.dumps(part, allow_nan=False)}' for name, part in described.items())
    return (
        f'{{"schema": {SCHEMA},\n "engine": {json.dumps(engine)},\n'
        f' "batch_shots": {json.dumps(batch_shots)},\n "scenario": {{\n'
        + ",\n".join(lines)
        + "}}\n"
    )

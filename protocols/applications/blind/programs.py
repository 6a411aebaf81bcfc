"""Programs of blind computing: known patterns of angles, the user's rows of them, or a file."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

from protocols.applications.blind.pattern import Pattern, brickwork
from qnet.errors import ParameterError
from qnet.schema import read_text

__all__ = ["PROGRAMS", "program", "read_pattern", "rows_of_angles"]

#: Angles of brickwork states in units of pi/4, row by row. ``rotation`` turns |+> by pi in two
#: parts that are no multiples of pi/2; ``cnot`` is a CNOT on |+> (control) and |-> (target).
PROGRAMS: Mapping[str, tuple[tuple[int, ...], ...]] = MappingProxyType(
    {
        "rotation": ((1, 0, 3, 0),),
        "cnot": ((0, 0, 2, 0), (4, 2, 0, 6)),
    }
)


def program(name: str) -> Pattern:
    """A known program as a pattern.

    Examples:
        >>> program("cnot").vertices
        10
    """
    return brickwork(PROGRAMS[name])


def rows_of_angles(angles: tuple[int, ...], rows: int) -> Pattern:
    """A brickwork pattern from all its angles, row by row.

    Raises:
        ParameterError: If they do not fill the rows.

    Examples:
        >>> rows_of_angles((1, 0, 3, 0), 1).vertices
        5
    """
    if not angles or len(angles) % rows:
        hint = "give one angle, in units of pi/4, for each column but the last, row after row"
        raise ParameterError("angles", f"fill {rows} rows", angles, hint)
    length = len(angles) // rows
    return brickwork([angles[r * length : (r + 1) * length] for r in range(rows)])


def read_pattern(path: Path) -> Pattern:
    """A pattern from a JSON file: ``edges``, ``angles``, ``flow`` and ``outputs``.

    ``{"edges": [[0, 1], [1, 2]], "angles": {"0": 1, "1": 7}, "flow": {"0": 1, "1": 2},
    "outputs": [2]}``, angles in units of pi/4.

    Raises:
        ParameterError: If the file is not there, no JSON, or no pattern.
    """
    try:
        values: dict[str, Any] = json.loads(read_text(path))
        edges = tuple((int(one), int(other)) for one, other in values["edges"])
        angles = {int(vertex): int(steps) for vertex, steps in values["angles"].items()}
        flow = {int(vertex): int(successor) for vertex, successor in values["flow"].items()}
        outputs = tuple(int(vertex) for vertex in values["outputs"])
    except ParameterError:
        raise
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        hint = "edges, angles, flow and outputs, vertices counted from 0"
        raise ParameterError("pattern_file", "hold a pattern in JSON", repr(error), hint) from None
    return Pattern(edges=edges, angles=angles, flow=flow, outputs=outputs)

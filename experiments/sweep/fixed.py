"""Parameters that a sweep does not vary: what its figures and tables hold for."""

from __future__ import annotations

import ast
import re
import textwrap
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from experiments.sweep.result_rows import ResultRow, shown
from qnet.errors import ParameterError
from qnet.schema import override, parse
from qnet.schema.entries import unit_of

__all__ = ["fixed_parameters", "fixed_text", "words_of"]

#: What is no parameter of what is played: it names it, or says how long.
_BESIDE = ("kind", "name", "seed", "shots", "sweep", "figures")

_SET = re.compile(r"^# --set ([^=\n]+)=(.*)$", re.M)


def fixed_parameters(
    rows: Sequence[ResultRow], text: str = "", *, without: Sequence[str] = ()
) -> dict[str, Any]:
    r"""Keys of a sweep's file with the one value that all its points have, by path.

    Args:
        rows: Points, such as those that ``--where`` leaves.
        text: The file that the sweep was read from; without it only its axes are known.
        without: Columns that are not told: the axis of a figure, and what tells lines apart.

    Examples:
        >>> fixed_parameters([], '[chain]\nsegments = 2\n[sweep]\n"link.modes" = [1, 2]')
        {'chain.segments': 2}
    """
    axes = {name: row.axes[name] for row in rows for name in row.axes}
    varying = {name for name in axes if len({shown(row.axes.get(name)) for row in rows}) > 1} | set(
        without
    )
    found = {name: value for name, value in _of_file(text) if name not in (*axes, *varying)}
    return found | {name: axes[name] for name in axes if name not in varying}


def _of_file(text: str) -> Iterator[tuple[str, Any]]:
    """Path and value of every key of a sweep's file."""
    try:
        changes = {path: ast.literal_eval(value) for path, value in _SET.findall(text)}
        values = override(parse(text), changes)
    except (ParameterError, ValueError, SyntaxError):
        # A file of another version: what is not understood is not told.
        return
    for name, value in values.items():
        if name not in _BESIDE:
            yield from _leaves(name, value)


def _leaves(path: str, value: Any) -> Iterator[tuple[str, Any]]:  # noqa: ANN401
    if isinstance(value, Mapping):
        for name, each in value.items():
            yield from _leaves(f"{path}.{name}", each)
    elif not isinstance(value, list) or not any(isinstance(each, Mapping) for each in value):
        yield path, value


def words_of(name: str) -> str:
    """A key in words, without its table and its unit.

    Examples:
        >>> words_of("chain.length_km"), words_of("qber_z")
        ('length', 'QBER z')
    """
    words, unit = name.rpartition(".")[2], unit_of(name)
    if unit:
        words = re.sub(r"_(?:db_per_km|[a-z]+)$", "", words)
    return words.replace("_", " ").replace("qber", "QBER")


def fixed_text(fixed: Mapping[str, Any], *, width: int = 90, lines: int = 3) -> str:
    r"""Fixed parameters as lines of text, table by table; of more the last line says how many.

    Args:
        fixed: What `fixed_parameters` gives.
        width: Letters in a line.
        lines: Most lines.

    Examples:
        >>> fixed_text({"chain.segments": 2, "chain.length_km": 50.0, "link.preset": "ideal"})
        'chain: segments 2, length 50\xa0km; link: preset ideal'
    """
    tables: dict[str, list[str]] = {}
    for name, value in fixed.items():
        # A number and its unit stay in one line.
        size = "\N{NO-BREAK SPACE}".join(filter(None, [shown(value), unit_of(name)]))
        tables.setdefault(name.rpartition(".")[0], []).append(f"{words_of(name)} {size}")
    parts = [
        f"{table}: {', '.join(own)}" if table else ", ".join(own) for table, own in tables.items()
    ]
    wrapped = textwrap.wrap("; ".join(parts), width)
    if len(wrapped) > lines:
        last = textwrap.shorten(wrapped[lines - 1], width - 4, placeholder="")
        wrapped = [*wrapped[: lines - 1], f"{last} ..."]
    return "\n".join(wrapped)

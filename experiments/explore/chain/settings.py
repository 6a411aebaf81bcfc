"""Settings of the chain page that a static build works out, and what the page asks about them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from urllib.parse import parse_qsl, urlencode

from experiments.explore.chain.controls import CURVES, Controls, choices
from experiments.explore.chain.point import work_out
from protocols.repeaters.strategies import STRATEGIES
from qnet.hardware import PRESETS

__all__ = ["PARTS", "TURNS", "asked", "known", "next_asked", "part"]

#: Improvements of every preset that are worked out.
_IMPROVEMENTS = (1, 10)

#: Drawings of one delivery at a start: the page takes them in turn.
TURNS = 3

#: Counts of segments that are worked out at every distance.
_COUNTS = (1, 2, 4, 8, 16)

#: Moves that are tried where nothing comes; the page tries no others then.
_MOST_MOVES = 4

#: What a reduced build holds: of these presets the start, and these positions of these sliders.
_QUICK: Mapping[str, Sequence[Any]] = {"distance_km": [100.0, 300.0], "segments": [1, 4]}
_QUICK_PRESETS = ("blueprint", "luong")

#: Presets, each a part of the answers.
PARTS = tuple(PRESETS)


def known(*, quick: bool = False) -> dict[str, Any]:
    """What the page must know first: its sliders stop where there are answers, and only there.

    Examples:
        >>> known(quick=True)["scales"]["segments"]
        [1, 2, 4, 8]
    """
    found = choices()
    presets = _QUICK_PRESETS if quick else PARTS
    scales = {name: _stops(name, presets, quick=quick) for name in found["scales"]}
    return {
        **found,
        "scales": scales,
        "curves": {name: scales[name] for name in found["curves"]},
        "improvements": list(_factors(quick=quick)),
        "hardware": {name: found["hardware"][name] for name in presets},
    }


def asked(name: str, *, quick: bool = False) -> Iterator[str]:
    """Addresses that the page may ask of one preset: its points, and drawings of a delivery.

    The start, and every slider moved over its positions from there; and, of the hardware as it is,
    every strategy with every count of segments, and every distance with counts that double.

    Args:
        name: Name of the preset.
        quick: Whether to reduce them to a handful.

    Examples:
        >>> sum(address.startswith("point") for address in asked("luong", quick=True))
        5
    """
    if quick and name not in _QUICK_PRESETS:
        return
    drawn: dict[str, None] = {}
    for factor in _factors(quick=quick):
        start = _start(name, factor)
        drawn |= dict.fromkeys(_query(start | changed) for changed in _lines(quick=quick))
        yield from (f"diagram?{_query(start)}&seed={seed}" for seed in range(2, TURNS + 1))
    start = _start(name, 1)
    points: dict[str, None] = {}
    if not quick:
        for count in CURVES["segments"]:
            counted = [start | {"segments": count, "strategy": each} for each in STRATEGIES]
            drawn |= dict.fromkeys(map(_query, counted))
        for count in _COUNTS:
            gone = [start | {"segments": count, "distance_km": d} for d in CURVES["distance_km"]]
            points |= dict.fromkeys(map(_query, gone))
    yield from (f"point?{query}" for query in drawn | points)
    yield from (f"diagram?{query}&seed=1" for query in drawn)


def next_asked(address: str, answer: Mapping[str, Any]) -> Iterator[str]:
    """Addresses that the page goes on to ask once it shows a point.

    Of the first moves that may help where nothing comes, only the one that does.
    """
    path, _, query = address.partition("?")
    if path != "point":
        return
    if answer.get("grid", {}).get("is_coarse"):
        yield f"coarser?{query}"
    keyless = "no_key" in answer
    if keyless:
        yield f"why?{query}"
    for move in answer.get("moves", ())[:_MOST_MOVES]:
        moved = dict(parse_qsl(query)) | move
        figures = work_out(Controls.from_query({k: [v] for k, v in moved.items()})).get("figures")
        if figures and (not keyless or figures["secret_key_rate_hz"]["best"] > 0.0):
            yield f"point?{_query(moved)}"
            return


def part(address: str) -> str:
    """The preset that an address asks about."""
    return dict(parse_qsl(address.partition("?")[2]))["hardware"]


def _factors(*, quick: bool) -> Sequence[int]:
    return _IMPROVEMENTS[:1] if quick else _IMPROVEMENTS


def _start(name: str, factor: int) -> dict[str, Any]:
    """The setting at which a preset starts, improved by a factor."""
    found = choices(name)
    own = found["hardware"][name]["starts"][str(factor)]
    return {**found["start"], "improvement": factor, **own}


def _lines(*, quick: bool) -> Iterator[dict[str, Any]]:
    """Changes of one slider from a start, and none."""
    yield {}
    for slider in CURVES:
        for value in _QUICK.get(slider, ()) if quick else CURVES[slider]:
            yield {slider: value}


def _stops(slider: str, presets: Sequence[str], *, quick: bool) -> list[Any]:
    """Positions of a slider: those of its curve, or in a reduced build those and the starts'."""
    if not quick:
        return CURVES[slider]
    ends = [CURVES[slider][0], CURVES[slider][-1]]
    starts = [_start(name, 1)[slider] for name in presets]
    values = {_number(value) for value in (*starts, *_QUICK.get(slider, ends))}
    return sorted(values, key=lambda value: (isinstance(value, str), value))


def _number(text: Any) -> Any:  # noqa: ANN401 - of any slider
    """A number where a text is one, whole where it is."""
    try:
        value = float(text)
    except ValueError:
        return text
    return int(value) if value == int(value) else value


def _query(setting: Mapping[str, Any]) -> str:
    """The query of a setting, as the page writes it."""
    texts = {name: [str(value)] for name, value in setting.items()}
    return urlencode(Controls.from_query(texts).as_query())

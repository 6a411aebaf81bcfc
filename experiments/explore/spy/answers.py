"""Answers of the server for the page of BB84 with an eavesdropper."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Any

from experiments.explore.queries import seed_of
from experiments.explore.spy.controls import SpyControls, spy_choices
from experiments.explore.spy.point import spy_curve, work_out_spy
from experiments.explore.spy.rounds import spy_rounds
from experiments.pages.server import Query

__all__ = ["SPY_ANSWERS", "SPY_FILES"]

_FOLDER = "experiments.explore.spy"


def _point(_: object, query: Query) -> dict[str, Any]:
    seed, rest = seed_of(query)
    return work_out_spy(SpyControls.from_query(rest), seed)


def _rounds(_: object, query: Query) -> dict[str, Any]:
    seed, rest = seed_of(query)
    return spy_rounds(SpyControls.from_query(rest), seed)


def _curve(controls: SpyControls) -> dict[str, Any]:
    """The curve, which is kept for all shares and lengths of a run."""
    return spy_curve(replace(controls.of_one_signal(), share=SpyControls.share))


#: Path of an address -> file of its package.
SPY_FILES: Mapping[str, str] = MappingProxyType(
    {
        "/spy": f"{_FOLDER}/spy.html",
        "/spy.css": f"{_FOLDER}/spy.css",
        "/spy.js": f"{_FOLDER}/spy.js",
    }
)

#: Path of an address -> what works its numbers out.
SPY_ANSWERS: Mapping[str, Callable[[Any, Query], Any]] = MappingProxyType(
    {
        "/spy/choices": lambda _, __: spy_choices(),
        "/spy/point": _point,
        "/spy/rounds": _rounds,
        "/spy/curve": lambda _, query: _curve(SpyControls.from_query(query)),
    }
)

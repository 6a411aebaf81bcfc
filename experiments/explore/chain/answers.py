"""Answers of the server for the page of a chain."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from experiments.explore.chain.controls import Controls
from experiments.explore.chain.diagram import diagram
from experiments.explore.chain.point import coarser, why_no_key, work_out
from experiments.explore.queries import seed_of
from experiments.pages.server import Query

__all__ = ["CHAIN_ANSWERS", "CHAIN_FILES"]

_FOLDER = "experiments.explore.chain"


def _diagram(_: object, query: Query) -> dict[str, Any]:
    seed, rest = seed_of(query)
    return diagram(Controls.from_query(rest), seed)


#: Path of an address -> file of its package.
CHAIN_FILES: Mapping[str, str] = MappingProxyType(
    {
        "/": f"{_FOLDER}/chain.html",
        "/chain.css": f"{_FOLDER}/chain.css",
        "/chain.js": f"{_FOLDER}/chain.js",
        "/results.js": f"{_FOLDER}/results.js",
    }
)

#: Path of an address -> what works its numbers out.
CHAIN_ANSWERS: Mapping[str, Callable[[Any, Query], Any]] = MappingProxyType(
    {
        "/choices": lambda server, _: server.start,
        "/point": lambda _, query: work_out(Controls.from_query(query)),
        "/diagram": _diagram,
        "/coarser": lambda _, query: coarser(Controls.from_query(query)),
        "/why": lambda _, query: {"why": why_no_key(Controls.from_query(query))},
    }
)

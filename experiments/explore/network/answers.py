"""Answers of the server for the page of a network."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from experiments.explore.network.controls import NetControls, net_choices
from experiments.explore.network.map import net_map
from experiments.explore.network.routes import net_routes
from experiments.explore.network.shares import net_shares
from experiments.explore.queries import seed_of
from experiments.pages.server import Query

__all__ = ["NET_ANSWERS", "NET_FILES"]

_FOLDER = "experiments.explore.network"


def _shares(_: object, query: Query) -> dict[str, Any]:
    seed, rest = seed_of(query)
    return net_shares(NetControls.from_query(rest), seed)


#: Path of an address -> file of its package.
NET_FILES: Mapping[str, str] = MappingProxyType(
    {
        "/network": f"{_FOLDER}/network.html",
        "/network.css": f"{_FOLDER}/network.css",
        "/network.js": f"{_FOLDER}/network.js",
    }
)

#: Path of an address -> what works its numbers out.
NET_ANSWERS: Mapping[str, Callable[[Any, Query], Any]] = MappingProxyType(
    {
        "/network/choices": lambda _, __: net_choices(),
        "/network/map": lambda _, query: net_map(NetControls.from_query(query)),
        "/network/routes": lambda _, query: net_routes(NetControls.from_query(query)),
        "/network/shares": _shares,
    }
)

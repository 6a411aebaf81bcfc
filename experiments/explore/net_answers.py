"""Answers of the server for the page of a network."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from experiments.explore.net_controls import NetControls, net_choices
from experiments.explore.net_map import net_map
from experiments.explore.net_routes import net_routes
from experiments.explore.net_shares import net_shares
from experiments.explore.queries import seed_of
from experiments.pages.server import Query

__all__ = ["NET_ANSWERS", "NET_FILES"]


def _shares(_: object, query: Query) -> dict[str, Any]:
    seed, rest = seed_of(query)
    return net_shares(NetControls.from_query(rest), seed)


#: Path of an address -> file of the package.
NET_FILES: Mapping[str, str] = MappingProxyType(
    {"/network": "network.html", "/network.css": "network.css", "/network.js": "network.js"}
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

"""Links of a plan that is played: the file that a rate came from, so that its claim stays."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from protocols.key_networks.edge_rates import edge_rate
from protocols.key_networks.tables import KeyLink
from protocols.planning.design.case import SpanOption
from protocols.planning.playing.layout import LaidHop
from protocols.planning.technologies.tables import TechnologyTable
from qnet.errors import EngineError, ParameterError
from qnet.schema import values_of

__all__ = ["edge_table"]

#: Relative difference of rates that are the same.
_SAME = 1e-9


def edge_table(
    hop: LaidHop,
    option: SpanOption | None,
    technologies: Mapping[str, TechnologyTable],
    *,
    capacity_bits: int,
    folder: str = "",
) -> dict[str, Any]:
    """The table of an edge: its rate out of the file of its technology, or outright.

    The file is named where it gives the rate that the plan counts with, for all pairs of devices
    together; a shared satellite, a law or a rate that was given is written outright.

    Args:
        hop: The edge.
        option: What it is a hop of; None within a site.
        technologies: The technologies by name.
        capacity_bits: Most bits of its store.
        folder: Where the files of the technologies stand.
    """
    outright: dict[str, Any] = {"link": {"key_rate_hz": hop.key_rate_hz}}
    technology = None if option is None else technologies.get(option.technology)
    table = None
    if technology is not None and option is not None and option.source is None:
        table = _of_file(hop, technology, folder)
    length = {} if hop.length_km is None else {"length_km": hop.length_km}
    return {
        "ends": list(hop.ends),
        **length,
        **(table or outright),
        "store": {"capacity_bits": capacity_bits},
    }


def _of_file(hop: LaidHop, technology: TechnologyTable, folder: str) -> dict[str, Any] | None:
    """Link, fibre and classical channels of a technology's file, if they give the hop's rate."""
    name = "keyrate" if technology.keyrate is not None else "chain"
    file = getattr(technology, name)
    if file is None or hop.length_km is None:
        return None
    link: dict[str, Any] = {name: file, "fill": "even"}
    if hop.pairs > 1:
        link["pairs"] = hop.pairs
    fibre = {}
    if technology.loss_db_per_km is not None:
        fibre["loss_db_per_km"] = technology.loss_db_per_km
    try:
        found = edge_rate(
            KeyLink(**link), hop.ends, hop.length_km, fibre, technology.coexistence, folder=folder
        )
    except (ParameterError, EngineError):
        return None
    if not math.isclose(found.fill.rate_hz, hop.key_rate_hz, rel_tol=_SAME):
        return None
    table: dict[str, Any] = {"link": link}
    if fibre:
        table["fibre"] = fibre
    if technology.coexistence is not None:
        table["coexistence"] = values_of(technology.coexistence)
    return table

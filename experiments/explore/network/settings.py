"""Settings of the page of a network that a static build works out."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

from experiments.explore.network.controls import (
    NETWORKS,
    OWN,
    NetControls,
    net_choices,
    shipped_network,
    strategies_of,
)
from qnet.hardware import PRESETS

__all__ = ["PARTS", "TURNS", "asked", "known"]

#: Networks, each a part of the answers.
PARTS = tuple(NETWORKS)

#: Runs at a start, each with a seed: the page takes them in turn.
TURNS = 3

#: The network of a reduced build.
_QUICK = "line"


def known(*, quick: bool = False) -> dict[str, Any]:
    """What the page must know first.

    Examples:
        >>> known(quick=True)["start"]["network"]
        'line'
    """
    found = net_choices()
    if not quick:
        return found
    source, target = NetControls.users_of(_QUICK)
    start = NetControls(network=_QUICK, source=source, target=target)
    networks = {_QUICK: found["networks"][_QUICK]}
    return {**found, "networks": networks, "loads": [1], "start": start.as_query()}


def asked(network: str, *, quick: bool = False) -> Iterator[str]:
    """Addresses that the page may ask about one network.

    From its start: every strategy, hardware and load, each fibre cut, and either user with every
    other one.

    Args:
        network: Name of the network.
        quick: Whether to reduce them to a handful.

    Examples:
        >>> sum(address.startswith("network/map") for address in asked("line"))
        29
    """
    if quick and network != _QUICK:
        return
    queries = {}
    for changes in ({},) if quick else _changes(network):
        source, target = NetControls.users_of(network)
        setting = {"network": network, "source": source, "target": target, **changes}
        if setting["source"] != setting["target"]:
            queries[urlencode(NetControls(**setting).as_query())] = setting
    for query in queries:
        yield f"network/routes?{query}"
        yield f"network/map?{query}"
        yield f"network/shares?{query}&seed=1"
    for seed in () if quick else range(2, TURNS + 1):
        yield f"network/shares?{next(iter(queries))}&seed={seed}"


def _changes(network: str) -> Iterator[dict[str, Any]]:
    """What differs from the start, which comes first."""
    sites = shipped_network(network).sites
    yield {}
    yield from ({"strategy": name} for name in strategies_of(network))
    yield from ({"hardware": name} for name in (OWN, *PRESETS))
    yield from ({"load": load} for load in net_choices()["loads"])
    yield from ({"cuts": "~".join(span.ends)} for span in sites.spans)
    yield from ({"source": name} for name in sites.names)
    yield from ({"target": name} for name in sites.names)

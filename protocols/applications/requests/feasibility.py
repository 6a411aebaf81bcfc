"""Feasibility of requests: what a link layer refuses before it starts, with the reason."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from protocols.applications.requests.answers import RequestError
from qnet.engines.forecast import forecast
from qnet.errors import QnetError
from qnet.network.controllers import controller_class
from qnet.progress import duration

if TYPE_CHECKING:
    from protocols.applications.requests.create import CreateRequest
    from protocols.applications.requests.link_layer import LinkLayer
    from qnet.network import NetworkCase

__all__ = ["request_error"]


def request_error(layer: LinkLayer, number: int, request: CreateRequest) -> RequestError | None:
    """The error of a request that can never be served; None where it can.

    Args:
        layer: The link layer that it is put to.
        number: Its number.
        request: The request.
    """
    found = _meant(layer, request) or _served(layer, request)
    if found is None:
        return None
    code, reason = found
    return RequestError(code=code, request=number, reason=reason)


def _meant(layer: LinkLayer, request: CreateRequest) -> tuple[str, str] | None:
    """Whether it can be meant at all."""
    known = layer.base.network.node_number
    for name in (request.node, request.remote_node):
        if name not in known:
            return "CREATE", f"there is no node {name!r} in this network"
    if request.node == request.remote_node:
        return "CREATE", f"both ends of the request are {request.node!r}"
    drawn = (request.random_basis_local, request.random_basis_remote) != ("NONE", "NONE")
    turned = any(request.rotation_local) or any(request.rotation_remote)
    if not request.is_measured and (drawn or turned):
        return "CREATE", "bases are of pairs that are measured, and these are kept"
    late = [time for time in request.times_s if time > layer.base.run.duration_s]
    if request.rate_hz is None and late:
        return "CREATE", f"the network is played for {layer.base.run.duration_s:g} s only"
    return None


def _served(layer: LinkLayer, request: CreateRequest) -> tuple[str, str] | None:
    """Whether it can be served by a network that it has to itself."""
    demand = layer.demand(request)
    alone = replace(layer.base, demands=(demand,))
    (choice,) = alone.choices
    if not choice.routes:
        free = replace(alone, demands=(replace(demand, minimum_fidelity=0.0),))
        return ("UNSUPP" if free.choices[0].routes else "NORES"), choice.reason
    try:
        controller_class(alone.controller.allocation).check(alone)
    except QnetError as error:
        return "NORES", str(error)
    if request.max_time_s is None:
        return None
    expected = request.number * _delivery_s(alone)
    if expected <= request.max_time_s:
        return None
    return "NOTIME", (
        f"{request.number} pair{'s' * (request.number > 1)} take {duration(expected)} in the mean "
        f"with the network to itself, and max_time is {duration(request.max_time_s)}"
    )


def _delivery_s(alone: NetworkCase) -> float:
    """Expected time in s to a pair, on the best of its routes."""
    times = [forecast(alone.plan(route)).delivery_s for route in alone.routes(0)]
    if alone.controller.allocation != "share":
        return min(times)
    # Pairs are made ahead, and by several memories at once: the fastest that edges can be.
    edges = alone.network.edges
    return min(
        max(1.0 / edges[e].pair_rate_hz for e in alone.network.edges_of(route))
        for route in alone.routes(0)
    )

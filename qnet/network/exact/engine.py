"""Exact runs of a network: the first solver whose law fits the case."""

from __future__ import annotations

from typing import Any

from qnet.errors import EngineError
from qnet.lazy import loaded
from qnet.network.case import NetworkCase
from qnet.network.controllers import controller_class
from qnet.network.exact.table import NETWORK_SOLVERS
from qnet.network.result import NetworkResult

__all__ = ["play_exact_network"]


def play_exact_network(case: NetworkCase, **_: Any) -> NetworkResult:  # noqa: ANN401
    """Play a case where its law is known: nothing is drawn, and no figure has a width.

    Where the chain's exact engine brackets a figure, its bracket is kept.

    Args:
        case: What is played.

    Raises:
        ParameterError: If the controller cannot play the case on any engine.
        EngineError: If no solver knows the law, or there is no steady state; the message says why
            each that comes near does not fit.

    Examples:
        >>> from qnet import Link
        >>> from qnet.network import Demand, Network, NetworkCase, NetworkEdge, NetworkNode
        >>> from qnet.network import RunTimes
        >>> from qnet.states import werner
        >>> link = Link(success_probability=1.0, attempt_time_s=1.0, state=werner(0.98))
        >>> nodes = tuple(NetworkNode(name=name, kind="user") for name in "AB")
        >>> case = NetworkCase(
        ...     network=Network(nodes=nodes, edges=(NetworkEdge(ends=("A", "B"), link=link),)),
        ...     demands=(Demand(ends=("A", "B"), rate_hz=0.8),),
        ...     run=RunTimes(duration_s=1.0),
        ... )
        >>> print(play_exact_network(case).demands[0]["waiting_time_s"])
        2
    """
    controller_class(case.controller.allocation).check(case)
    if any(
        demand.arrivals == "in-turn" or demand.window_s or demand.longest_s
        for demand in case.demands
    ):
        message = (
            "the exact engine cannot play sessions that come in turn, each when the one before has "
            "its pairs, that end after max_time_s, or whose pairs have a window; use "
            "engine='sampled'"
        )
        raise EngineError(message)
    refusals = []
    for name in NETWORK_SOLVERS:
        solver = loaded(NETWORK_SOLVERS[name])()
        if solver.is_near(case):
            why = solver.refusal(case)
            if not why:
                return solver.solve(case)
            refusals.append(f"it plays {solver.plays}, but {why}")
    reasons = "; ".join(refusals) or "no solver knows a case of this kind"
    message = f"the exact engine cannot play this network: {reasons}; use engine='sampled'"
    raise EngineError(message)

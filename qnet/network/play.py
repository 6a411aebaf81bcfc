"""Engines of a network in one table, and one function that plays a case on any of them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from qnet.errors import check_one_of
from qnet.lazy import loaded
from qnet.network.case import NetworkCase
from qnet.network.result import NetworkResult
from qnet.progress import in_notebook, opened

__all__ = ["NETWORK_ENGINES", "play_network"]

#: Every engine of networks by name: ``module:function``, loaded when it is asked for.
NETWORK_ENGINES: dict[str, str | Callable[..., NetworkResult]] = {
    "sampled": "qnet.network.sampled:play_sampled_network",
    "exact": "qnet.network.exact:play_exact_network",
    "circuit": "qnet.network.circuit:play_circuit_network",
}


def play_network(
    case: NetworkCase,
    *,
    engine: str = "sampled",
    **how: Any,  # noqa: ANN401 - what the engine takes
) -> NetworkResult:
    """Play a case on an engine.

    Args:
        case: What is played.
        engine: ``sampled`` (replicas), ``exact`` (computed where a law is known, draws nothing) or
            ``circuit`` (replicas, each delivered pair as one joint circuit on Aer; slow).
        how: What the engine takes: ``workers``, ``progress``.

    Raises:
        ParameterError: If a number breaks its rule.
        EngineError: If the engine cannot play the case; the message names one that can.
    """
    play = loaded(NETWORK_ENGINES[check_one_of("engine", engine, NETWORK_ENGINES)])
    if shown := in_notebook(how.pop("progress", None), f"{engine} network", "replicas"):
        how["progress"] = shown
    with opened(shown):
        return play(case, **how)

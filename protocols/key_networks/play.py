"""Engines of key networks: by replicas in simulated time, or exact where the law is known."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import TYPE_CHECKING, Any

from qnet.errors import check_one_of

if TYPE_CHECKING:
    from protocols.key_networks.case import KeyNetworkCase
    from protocols.key_networks.result import KeyNetworkResult

__all__ = ["KEY_ENGINES", "play_key_network"]

#: Name -> where it is: ``module:function``, loaded when it is asked for.
KEY_ENGINES: dict[str, str] = {
    "sampled": "protocols.key_networks.sampled.engine:play_sampled",
    "exact": "protocols.key_networks.exact.engine:play_exact",
}


def play_key_network(
    case: KeyNetworkCase,
    *,
    engine: str = "sampled",
    **how: Any,  # noqa: ANN401 - what the engine takes
) -> KeyNetworkResult:
    """Play a key network in simulated time.

    Args:
        case: The network and its demands.
        engine: A name of ``KEY_ENGINES``.
        how: What the engine takes, such as ``workers`` and ``progress``.

    Raises:
        EngineError: If the engine cannot play the case; the message names one that can.
    """
    module, _, name = KEY_ENGINES[check_one_of("engine", engine, KEY_ENGINES)].partition(":")
    play: Callable[..., KeyNetworkResult] = getattr(import_module(module), name)
    return play(case, **how)

"""Elementary links: heralding schemes, compiled from their circuits.

Success probability, attempt time and state of a link come from the circuits of
:mod:`qnet.circuits.photonic` under the noise of the hardware. Each scheme takes a preset or a node
with the channel between two of them, or the numbers of an attempt (:class:`HeraldedAttempt`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from qnet.links.abstract import Abstract
    from qnet.links.attempt import HeraldedAttempt
    from qnet.links.direct import Direct
    from qnet.links.double_click import DoubleClick
    from qnet.links.herald import Herald
    from qnet.links.midpoint_source import MidpointSource
    from qnet.links.scheme import LinkScheme, PhotonicScheme
    from qnet.links.schemes import SCHEMES, scheme_of
    from qnet.links.single_click import SingleClick

#: Where each name lives, loaded on first use.
_HOMES = {
    "SCHEMES": "schemes",
    "Abstract": "abstract",
    "Direct": "direct",
    "DoubleClick": "double_click",
    "Herald": "herald",
    "HeraldedAttempt": "attempt",
    "LinkScheme": "scheme",
    "MidpointSource": "midpoint_source",
    "PhotonicScheme": "scheme",
    "SingleClick": "single_click",
    "scheme_of": "schemes",
}

__all__ = [
    "SCHEMES",
    "Abstract",
    "Direct",
    "DoubleClick",
    "Herald",
    "HeraldedAttempt",
    "LinkScheme",
    "MidpointSource",
    "PhotonicScheme",
    "SingleClick",
    "scheme_of",
]


def __getattr__(name: str) -> Any:  # noqa: ANN401 - any public name
    if name not in _HOMES:
        message = f"module 'qnet.links' has no attribute {name!r}"
        raise AttributeError(message)
    from importlib import import_module

    value = getattr(import_module(f"qnet.links.{_HOMES[name]}"), name)
    globals()[name] = value
    return value

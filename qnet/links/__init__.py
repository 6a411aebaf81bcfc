"""Elementary links: heralding schemes, compiled from their circuits.

Success probability, attempt time and state of a link come from the circuits of
:mod:`qnet.circuits.photonic` under the noise of the hardware. Each scheme takes a preset or a node
with the channel between two of them, or the numbers of an attempt (:class:`HeraldedAttempt`).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from qnet.lazy import lazy

if TYPE_CHECKING:
    from qnet.links.abstract import Abstract as Abstract
    from qnet.links.all_photonic import AllPhotonic as AllPhotonic
    from qnet.links.attempt import HeraldedAttempt as HeraldedAttempt
    from qnet.links.direct import Direct as Direct
    from qnet.links.double_click import DoubleClick as DoubleClick
    from qnet.links.herald import Herald as Herald
    from qnet.links.midpoint_source import MidpointSource as MidpointSource
    from qnet.links.one_way import OneWay as OneWay
    from qnet.links.relayed import RelayedLink as RelayedLink
    from qnet.links.scheme import LinkScheme as LinkScheme, PhotonicScheme as PhotonicScheme
    from qnet.links.schemes import SCHEMES as SCHEMES, scheme_of as scheme_of
    from qnet.links.single_click import SingleClick as SingleClick
else:
    __all__, __getattr__, __dir__ = lazy(__name__)

"""Schemes of elementary links: the interface, and what the photonic ones share."""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import KW_ONLY, dataclass, replace
from functools import lru_cache
from typing import ClassVar, Literal

import numpy as np

from qnet.errors import ParameterError, check_integer
from qnet.hardware import Channel, Fibre, Memory, Node, Preset
from qnet.links.attempt import HeraldedAttempt
from qnet.links.herald import MIXED, Herald
from qnet.plans import Link
from qnet.schema import Description
from qnet.states.typed import fano_rows

__all__ = ["Ends", "Hardware", "LinkScheme", "PhotonicScheme"]

Hardware = Preset | Node | HeraldedAttempt
"""What a photonic link can be made from."""

Ends = tuple[Memory, Memory]


class LinkScheme(Description, ABC):
    """A way to make pairs between two neighbouring nodes; a frozen description.

    Attributes:
        scheme: Name of the scheme in ``qnet.links.SCHEMES``.
        references: Keys of the papers on it in ``qnet.references.REFERENCES``.
        unused: Fields of `HeraldedAttempt` that play no part in it.
        needs: Parts that a node must have for it and may be without.
        joins: Whether the segments of a scenario's chain may be such links.
        detects: Where its photons are detected: at a ``station`` half way, at both ``ends``, or at
            the ``receiver``.
    """

    __slots__ = ()

    scheme: ClassVar[str]
    references: ClassVar[tuple[str, ...]] = ()
    unused: ClassVar[tuple[str, ...]] = ()
    needs: ClassVar[tuple[str, ...]] = ()
    joins: ClassVar[bool] = True
    detects: ClassVar[Literal["station", "ends", "receiver"]] = "station"

    @abstractmethod
    def heralds(self) -> tuple[Herald, ...]:
        """The patterns of clicks that herald a pair.

        Returns:
            One entry per pattern; probabilities are per attempt and mode, states follow the
            correction.
        """

    @abstractmethod
    def link(self) -> Link:
        """The link; its state is the average over the heralds, corrected to Phi+."""


@dataclass(frozen=True, slots=True, repr=False)
class PhotonicScheme(LinkScheme):
    """A scheme in which photons herald the pairs of two equal nodes.

    A scheme of its own says how an attempt follows from a node and a channel (``attempt_of``) and
    what an attempt can herald (``heralds_of``).

    Args:
        hardware: A preset, a node, or the numbers of an attempt.
        channel: From end to end; needed with a preset or a node. With the numbers of an attempt
            it is for the wait for the herald and for messages: without one there is no wait.
        memory: Memory of both ends, instead of the node's (of a perfect one, with numbers).
        modes: Modes tried per attempt; those of the memory unless given.

    Raises:
        ParameterError: If a number breaks its rule, the hardware is none of the three, or the
            channel is missing, or no channel.
    """

    hardware: Hardware
    channel: Channel | None = None
    _: KW_ONLY
    memory: Memory | None = None
    modes: int | None = None

    def __post_init__(self) -> None:
        _check_parts(self.hardware, self.channel)
        if self.modes is not None:
            check_integer("modes", self.modes)
        _ = self.attempt  # refuses what it cannot be worked out from

    @abstractmethod
    def attempt_of(self, node: Node, channel: Channel) -> HeraldedAttempt:
        """The numbers of an attempt between two such nodes."""

    @staticmethod
    @abstractmethod
    def heralds_of(attempt: HeraldedAttempt, ends: Ends, latency_s: float) -> tuple[Herald, ...]:
        """What an attempt can herald, after the memories have waited for the herald."""

    @property
    def node(self) -> Node:
        """The hardware of either end; perfect where the numbers of an attempt are given."""
        if isinstance(self.hardware, HeraldedAttempt):
            return Node()
        return self.hardware.node if isinstance(self.hardware, Preset) else self.hardware

    @property
    def path(self) -> Channel:
        """The channel; one of no length where none is given."""
        return Fibre() if self.channel is None else self.channel

    @property
    def attempt(self) -> HeraldedAttempt:
        """The numbers of one attempt: given outright, or worked out from node and channel."""
        if isinstance(self.hardware, HeraldedAttempt):
            return self.hardware
        return self.attempt_of(self.node, self.path)

    @property
    def ends(self) -> Ends:
        """The memories of the left and of the right end."""
        memory = self.node.memory if self.memory is None else self.memory
        return memory, memory

    @property
    def tried_modes(self) -> int:
        """Number of modes tried in one attempt."""
        return self.ends[0].modes if self.modes is None else self.modes

    def heralds(self) -> tuple[Herald, ...]:
        """The patterns of clicks that herald a pair, each with its probability and state."""
        return _heralds(type(self), self.attempt, self.ends, self.path.delay_s)

    def link(self) -> Link:
        """The link; its state is the average over the heralds, corrected to Phi+.

        What heralds more often with dark counts than without them is their share of the heralds.
        """
        attempt, path, (left, right) = self.attempt, self.path, self.ends
        heralds = light = self.heralds()
        if attempt.dark_count_probability > 0.0:
            without = replace(attempt, dark_count_probability=0.0)
            light = _heralds(type(self), without, self.ends, path.delay_s)
        total = sum((herald.probability for herald in heralds), 0.0)
        true = sum((herald.probability for herald in light), 0.0)
        state = MIXED
        if total > 0.0:
            state = fano_rows(np.sum([h.probability / total * h.fano for h in heralds], axis=0))
        return Link(
            success_probability=min(total, 1.0),
            attempt_time_s=attempt.attempt_time_s,
            state=state,
            left=left,
            right=right,
            modes=self.tried_modes,
            length_km=path.length_km,
            speed_km_per_s=path.speed_km_per_s,
            name=self.scheme,
            dark_herald_share=max(0.0, 1.0 - true / total) if total > 0.0 else 0.0,
        )


@lru_cache(maxsize=4096)
def _heralds(
    kind: type[PhotonicScheme], attempt: HeraldedAttempt, ends: Ends, latency_s: float
) -> tuple[Herald, ...]:
    return kind.heralds_of(attempt, ends, latency_s)


def _check_parts(hardware: object, channel: object) -> None:
    if not isinstance(hardware, Hardware):
        hint = "give a qnet.hardware Preset or Node, or a HeraldedAttempt"
        raise ParameterError("hardware", "describe an attempt", hardware, hint)
    if channel is None and not isinstance(hardware, HeraldedAttempt):
        hint = "give the channel between the nodes, such as Fibre(length_km=50)"
        raise ParameterError("channel", "be given with a preset or a node", None, hint)
    if isinstance(channel, type) or not isinstance(channel, Channel | None):
        hint = "give a qnet.hardware Fibre(length_km=...), FreeSpace(...) or one of your own"
        raise ParameterError("channel", "be a channel", channel, hint)

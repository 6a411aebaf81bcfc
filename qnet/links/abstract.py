"""Abstract links: their numbers given as they are, without hardware."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from qnet.errors import ParameterError, check_probability
from qnet.hardware import Channel, Fibre, Memory
from qnet.links.herald import Herald
from qnet.links.scheme import LinkScheme
from qnet.plans import Link
from qnet.states.pauli import werner
from qnet.states.reading import read_state
from qnet.states.typed import FanoRows, fano_rows

__all__ = ["Abstract"]


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Abstract(LinkScheme):
    """A link by its numbers, as in most of the theory of repeaters.

    Args:
        success_probability: Probability that one attempt of one mode heralds a pair.
        attempt_time_s: Duration of an attempt in s; 1 counts time in attempts.
        fidelity: Fidelity of its pairs, which are Werner states.
        state: The state instead of the fidelity: a Fano matrix (4, 4), or what ``Link`` accepts,
            which reads no array that could be a density matrix as well. With neither, a pair is
            Phi+.
        memory: Memory of both ends; perfect unless given.
        modes: Modes tried in one attempt.
        channel: What messages travel through; without it they take no time.
        name: What to call the link.

    Raises:
        ParameterError: If a number breaks its rule, or both fidelity and state are given.

    Examples:
        >>> Abstract(success_probability=0.1, fidelity=0.925).link().fano.diagonal().round(6)
        array([ 1. ,  0.9, -0.9,  0.9])
    """

    scheme: ClassVar[str] = "abstract"

    success_probability: float
    attempt_time_s: float = 1.0
    fidelity: float | None = None
    state: Any = None
    memory: Memory | None = None
    modes: int = 1
    channel: Channel | None = None
    name: str = "link"

    def __post_init__(self) -> None:
        if self.fidelity is not None:
            check_probability("fidelity", self.fidelity)
            if self.state is not None:
                hint = "give one of the two"
                rule = "be left out when a fidelity is given"
                raise ParameterError("state", rule, self.state, hint)
        if self.state is not None:
            object.__setattr__(self, "state", read_state("link.state", self.state))
        self.link()  # checks the other numbers

    @property
    def rows(self) -> FanoRows:
        """The state of a pair as the rows of a Fano matrix."""
        if isinstance(self.state, FanoRows):
            return self.state
        fidelity = 1.0 if self.fidelity is None else self.fidelity
        return fano_rows(werner((4.0 * fidelity - 1.0) / 3.0))

    def heralds(self) -> tuple[Herald, ...]:
        """The one herald, of a pair that needs no correction."""
        chance = self.success_probability
        return (Herald(clicks="herald", correction="I", probability=chance, state=self.rows),)

    def link(self) -> Link:
        """The link."""
        ends = Memory() if self.memory is None else self.memory
        channel = Fibre() if self.channel is None else self.channel
        return Link(
            success_probability=self.success_probability,
            attempt_time_s=self.attempt_time_s,
            state=self.rows,
            left=ends,
            right=ends,
            modes=self.modes,
            length_km=channel.length_km,
            speed_km_per_s=channel.speed_km_per_s,
            name=self.name,
        )

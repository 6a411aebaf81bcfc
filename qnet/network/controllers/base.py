"""Controller of a network: what it is told of, and what it may do about it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, ClassVar

if TYPE_CHECKING:
    from qnet.network.case import NetworkCase
    from qnet.network.replica import Replica
    from qnet.network.session import Session

__all__ = ["Controller"]


class Controller(ABC):
    """How sessions get their pairs, in one replica.

    A controller schedules events in ``replica.events``, counts in ``replica.tally``, draws from
    ``replica.stream(...)``, and hands over what it delivers by ``replica.deliver(...)``.

    Args:
        replica: The replica that it controls.
    """

    #: One line on it, for help and documentation.
    sentence: ClassVar[str]

    #: Whether it counts how long pairs of an edge are stored; a reserved chain keeps its own.
    counts_stored: ClassVar[bool] = True

    def __init__(self, replica: Replica) -> None:
        self.replica = replica
        self.case = replica.case

    @classmethod  # noqa: B027 - most controllers can play anything
    def check(cls, case: NetworkCase) -> None:
        """Raise a `ParameterError` or an `EngineError` for a case that it cannot play."""

    @classmethod
    def remarks(cls, case: NetworkCase) -> tuple[str, ...]:
        """What a reader of its results should know, one sentence each."""
        return ()

    @abstractmethod
    def start(self) -> None:
        """The run begins, at minus the time of warming up."""

    @abstractmethod
    def arrive(self, session: Session) -> None:
        """A session arrives; ``replica.refuse``, ``replica.begin`` and ``replica.end`` count it."""

    def edge_fails(self, edge: int) -> None:  # noqa: B027
        """An edge fails; nothing can be made or stored there until it is repaired."""

    def edge_works(self, edge: int) -> None:  # noqa: B027
        """An edge has been repaired."""

    def finish(self) -> None:  # noqa: B027
        """The run is over: what was kept back for a batch is handed over now."""

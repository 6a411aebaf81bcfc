"""Sharing: pairs are made all the time, and swapped for whoever can use them."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from qnet.network.controllers.base import Controller
from qnet.network.sharing.by_fibre import SharedByFibre
from qnet.network.sharing.checks import check_shared
from qnet.network.sharing.flows import SharedFlows
from qnet.network.sharing.fusions import Fusions
from qnet.network.sharing.memories import SharedMemories
from qnet.network.sharing.swaps import SwapsAtOnce

if TYPE_CHECKING:
    from qnet.network.case import NetworkCase
    from qnet.network.replica import Replica
    from qnet.network.session import Session

__all__ = ["Share"]


#: What is said of given pairs without a cut-off.
_BLOCKS = (
    "pairs that are given to one demand when they are made (sharing = 'dynamic') and never grow "
    "too old can fill all memories of an edge while their partners find none free elsewhere; then "
    "nothing more is made, unless a [cutoff] of the age frees them"
)


class Share(Controller):
    """Nobody reserves anything: every edge makes pairs whenever its memories are free.

    Pairs are swapped as soon as both are there, oldest first, for the demands (along each of their
    routes) that may use them; whose a pair is, is said by ``sharing``. A complete pair goes to the
    first session that waits, or is stored at the ends until one comes. A switch fuses the pairs of
    several users where GHZ states are asked for.
    """

    sentence: ClassVar[str] = "pairs are made all the time and swapped for whoever can use them"

    def __init__(self, replica: Replica) -> None:
        super().__init__(replica)
        self.room = _room(replica)
        #: What was made of all pairs.
        self.ledger = self.room.ledger

    @classmethod
    def check(cls, case: NetworkCase) -> None:
        """Raise for a case that it cannot play.

        Raises:
            ParameterError: If a cut-off is none of the age, memories have no limit and attempts
                neither, a flow has no memory of its own, a switch is no star, or a session wants
                more pairs together than there are memories.
        """
        check_shared(case)

    @classmethod
    def remarks(cls, case: NetworkCase) -> tuple[str, ...]:
        """Given pairs of several flows can fill all memories for ever."""
        if case.controller.sharing != "dynamic" or case.network.cutoff is not None:
            return ()
        crowded = any(len(flows) > 1 for flows in SharedFlows(case).of_edge)
        return (_BLOCKS,) if crowded and len(case.network.edges) > 1 else ()

    def start(self) -> None:
        """All channels begin to try."""
        self.room.start()

    def arrive(self, session: Session) -> None:
        """A session waits for its first pair."""
        self.room.arrive(session)

    def edge_fails(self, edge: int) -> None:
        """What is stored in its memories, or in the making, is lost."""
        self.room.edge_fails(edge)

    def edge_works(self, edge: int) -> None:
        """All its channels try anew."""
        self.room.edge_works(edge)

    def finish(self) -> None:
        """Hand over the pairs that were kept for a batch."""
        self.room.finish()

    def audit(self) -> None:
        """Look at every pair and every memory.

        Raises:
            EngineError: If a pair has no single owner, a memory is taken twice, or what was made is
                not what was delivered, stored, lost or swapped.
        """
        self.room.audit()


def _room(replica: Replica) -> SharedMemories:
    """What plays the memories of a case."""
    case, flows = replica.case, SharedFlows(replica.case)
    if flows.fused:
        return Fusions(replica, flows)
    if case.controller.signalling == "fibre":
        return SharedByFibre(replica, flows)
    return SwapsAtOnce(replica, flows)

"""Given states of an application's rounds: nothing is played."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from protocols.applications.delivered import Delivered, ideal_states, of_vectors
from protocols.applications.needs import state_names
from protocols.applications.services.service import EntanglementService

if TYPE_CHECKING:
    from qnet.progress import ProgressCallback

__all__ = ["GivenStates"]


@dataclass(frozen=True, kw_only=True)
class GivenStates(EntanglementService):
    """States as [state] describes them, all there at once; perfect ones without it."""

    def check(self) -> None:
        """Raise where the state is not one that is needed."""
        self.deliver()

    def deliver(
        self,
        *,
        engine: str = "exact",
        shots: int = 1,
        seed: int = 1,
        workers: int = 1,
        progress: ProgressCallback | None = None,
    ) -> Delivered:
        """The described states; no engine is needed."""
        needs, table = self.application.needs, self.application.state
        if table is None:
            return replace(ideal_states(needs), source="perfect states")
        return of_vectors(needs, table.vectors(state_names(needs)))

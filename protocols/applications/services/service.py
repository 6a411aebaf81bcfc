"""Services of entanglement: what every source of an application's states can be asked for."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from protocols.applications.application import Application
    from protocols.applications.delivered import Delivered
    from qnet.progress import ProgressCallback
    from qnet.schema import Scenario

__all__ = ["EntanglementService"]


@dataclass(frozen=True, kw_only=True)
class EntanglementService(ABC):
    """Where the states of an application come from.

    Args:
        application: Who asks.
    """

    application: Application

    def check(self) -> None:  # noqa: B027 - a service may have nothing to refuse
        """Raise when what is asked for cannot be delivered, before any long work."""

    @abstractmethod
    def deliver(
        self,
        *,
        engine: str = "exact",
        shots: int = 1,
        seed: int = 1,
        workers: int = 1,
        progress: ProgressCallback | None = None,
    ) -> Delivered:
        """The states of many rounds, or their exact mean.

        Args:
            engine: What plays the deliveries.
            shots: Rounds that are drawn.
            seed: Seed of what is drawn.
            workers: Number of processes.
            progress: Called with the rounds done and wanted.

        Raises:
            ParameterError: If what is asked for cannot be delivered.
            EngineError: If the engine cannot play it; the message names one that can.
        """

    def cited(self) -> Iterator[str]:
        """Keys of the bibliography."""
        yield from ()

    @property
    def delivering(self) -> tuple[Scenario, ...]:
        """The chain or network that it plays, whose works are cited as well."""
        return ()

    def canonical(self) -> dict[str, Any]:
        """What stands in the files that it reads, as JSON types by the name of their table."""
        return {}

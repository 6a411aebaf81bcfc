"""Deliveries and engines of a network as commands ask for them: one traced, or all compared."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Protocol, cast

from protocols.networks.check_names import check_no_shots
from protocols.networks.check_routes import check_routes

if TYPE_CHECKING:
    from matplotlib.figure import Figure

    from protocols.networks.scenario import NetworkScenario
    from qnet.engines.agree import Agreement
    from qnet.engines.timeline import TracedDelivery
    from qnet.network import NetworkCase
    from qnet.progress import ProgressCallback

__all__ = ["TracedNetwork"]


class _HasCase(Protocol):
    """A description that has a name, a seed and a case."""

    name: str
    seed: int

    @property
    def case(self) -> NetworkCase:
        """What is played."""

    def place_of(self, demand: int) -> str:
        """Where the file describes a demand."""

    def with_(self, **changes: Any) -> _HasCase:  # noqa: ANN401
        """Another description, with these keys otherwise."""


class TracedNetwork:
    """What a network offers to those who ask how its pairs came about."""

    __slots__ = ()

    def agree(
        self: _HasCase,
        *,
        shots: int | None = None,
        seed: int | None = None,
        circuit_shots: int | None = None,
        expect: Callable[..., None] | None = None,
        **how: Any,  # noqa: ANN401 - workers and progress
    ) -> Agreement:
        """Play it on every engine that can, and compare (`qnet.network.agree`).

        Args:
            shots: No network has a number of pairs: left out.
            seed: Seed of the first engine, unless as described.
            circuit_shots: Pairs of each demand and replica whose joint circuit is worked out.
            expect: Of a chain's run; it is not called.
            how: ``workers`` and ``progress``.

        Raises:
            ParameterError: If a demand has no route that is good enough, or ``shots`` is given.
        """
        from qnet.network.agree import agree_network
        from qnet.network.circuit import CIRCUIT_PAIRS

        check_no_shots(shots)
        case = self.case if seed is None else self.with_(seed=seed).case
        check_routes(case, self.place_of)
        return agree_network(case, circuit_pairs=circuit_shots or CIRCUIT_PAIRS, **how)

    def overview(self, **how: Any) -> Figure:  # noqa: ANN401
        """Its map with the loads of its edges (`protocols.networks.overview`).

        Args:
            how: ``replicas``, ``workers`` and ``progress``.

        Raises:
            ParameterError: If a demand has no route that is good enough.
            EngineError: If the engine cannot play the case.
        """
        from protocols.networks.overview import network_overview

        return network_overview(cast("NetworkScenario", self), **how)

    def delivery(
        self: _HasCase,
        number: int = 0,
        *,
        demand: int | None = None,
        replica: int = 0,
        expect: Callable[..., None] | None = None,
        progress: ProgressCallback | None = None,
    ) -> TracedDelivery:
        """One delivery of a replica in the measured time, with its history.

        Args:
            number: Which one by time, from 0: of those of the demand, or of all.
            demand: Number of the demand, from 0; all unless given.
            replica: Number of the replica, from 0.
            expect: Of a chain's run; it is not called.
            progress: Called with the blocks of the replica played and wanted.

        Raises:
            ParameterError: If there is no such demand, replica or delivery.
        """
        from qnet.network.circuit import traced_delivery
        from qnet.progress import opened

        case = self.case
        check_routes(case, self.place_of)
        with opened(progress):
            return traced_delivery(
                case, number, demand=demand, replica=replica, name=self.name, progress=progress
            )

"""Deliveries and engines of a chain as commands ask for them: one traced, or all compared."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Protocol

from qnet.errors import ParameterError

if TYPE_CHECKING:
    from qnet.engines.agree import Agreement
    from qnet.engines.timeline import TracedDelivery
    from qnet.plans import Plan
    from qnet.progress import ProgressCallback

__all__ = ["CIRCUIT_SHOTS", "TracedChain"]

#: Delivered pairs on the circuit engine: tenths of a second each, seconds for long chains.
CIRCUIT_SHOTS = 20


class _HasPlan(Protocol):
    """A description that has a name, seed, shots and a plan."""

    name: str
    seed: int
    shots: int

    def plan(self) -> Plan:
        """What is played."""


class TracedChain:
    """What a chain offers to those who ask how its pairs came about.

    A description that has a name, seed, shots and a plan inherits it.
    """

    __slots__ = ()

    def agree(
        self: _HasPlan,
        *,
        shots: int | None = None,
        seed: int | None = None,
        circuit_shots: int | None = None,
        expect: Callable[[Plan, int], None] | None = None,
        **how: Any,  # noqa: ANN401 - workers and progress
    ) -> Agreement:
        """Play it on every engine that can, and compare (`qnet.engines.agree`).

        Args:
            shots: Number of delivered pairs, unless as described.
            seed: Seed of the first engine, unless as described.
            circuit_shots: Delivered pairs on the circuit engine.
            expect: Called with the plan and the number of pairs before any is drawn.
            how: ``workers`` and ``progress``.

        Raises:
            InfeasiblePlanError: If no pair would come in a reasonable time.

        Examples:
            >>> import qnet
            >>> chain = qnet.load("experiments/scenarios/two-segments.toml")
            >>> chain.agree(shots=2000, circuit_shots=5).holds
            True
        """
        from qnet.engines.agree import agree

        plan, count = self.plan(), self.shots if shots is None else shots
        if expect is not None:
            expect(plan, count)
        return agree(
            plan,
            shots=count,
            seed=self.seed if seed is None else seed,
            circuit_shots=circuit_shots or CIRCUIT_SHOTS,
            **how,
        )

    def delivery(
        self: _HasPlan,
        number: int = 0,
        *,
        expect: Callable[[Plan, int], None] | None = None,
        progress: ProgressCallback | None = None,
        **which: object,
    ) -> TracedDelivery:
        """One delivery of its run, with its history.

        Args:
            number: Which one, from 0.
            expect: Called with the plan and the number of pairs that are drawn, before they are.
            progress: Called with the millions of elementary draws done, and 0 wanted.
            which: Nothing: what tells deliveries of a network apart has no meaning here.

        Raises:
            InfeasiblePlanError: If no pair would come in a reasonable time.
            ParameterError: If a demand or a replica is asked for.

        Examples:
            >>> import qnet
            >>> chain = qnet.load("experiments/scenarios/two-segments.toml")
            >>> [record.pair for record in chain.delivery(2).records]
            ['2.0', '2.1', '2']
        """
        from qnet.engines.sampled import batch_size, delivery
        from qnet.engines.timeline import TracedDelivery, records
        from qnet.progress import opened

        for name, value in which.items():
            field, hint = f"--{name}", "a chain has one pair of users and one run: leave it out"
            raise ParameterError(field, "be given for a network alone", value, hint)
        plan, shots = self.plan(), max(self.shots, number + 1)
        if expect is not None:
            expect(plan, min(shots, batch_size(plan)))
        with opened(progress):
            draw = delivery(plan, seed=self.seed, shot=number, shots=shots, progress=progress)
        return TracedDelivery(
            title=f"{self.name}: delivery {number}, seed {self.seed}",
            draw=draw,
            records=tuple(records(draw, pair=str(number))),
        )

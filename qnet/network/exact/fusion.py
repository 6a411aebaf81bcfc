"""Switches that fuse the pairs of n users as soon as n hold one: who holds pairs is a chain."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import ClassVar

from qnet.errors import EngineError
from qnet.estimate import Estimate
from qnet.network.case import NetworkCase
from qnet.network.exact.figures import GhzFigures, PairFigures
from qnet.network.exact.fused_states import fused_figures
from qnet.network.exact.markov import explored
from qnet.network.exact.switch import Star, SwitchFlow, SwitchSolver, counts_refusal
from qnet.network.ghz import GhzFusion

__all__ = ["FusionSwitch"]

Held = tuple[int, ...]


class FusionSwitch(SwitchSolver):
    """Pairs come at random times, and n users' pairs are fused into a GHZ state at once.

    States are the numbers of stored pairs of each user, of which fewer than n hold any. As soon as
    n do there is no choice: those n are fused.
    """

    plays: ClassVar[str] = "a switch that fuses the pairs of n users, which come at random times"
    is_continuous: ClassVar[bool] = True

    def switch_refusal(self, case: NetworkCase, star: Star) -> str:
        """Why it cannot play a switch, a clause."""
        if case.controller.ghz < 3:
            return "pairs of two users are swapped"
        if case.controller.ghz > len(star.users):
            return f"there are {len(star.users)} users, fewer than are fused"
        return counts_refusal(case, star)

    def flow(self, case: NetworkCase, star: Star) -> SwitchFlow:
        """The steady state of a switch.

        Raises:
            EngineError: If there are too many states.
        """
        size = case.controller.ghz
        rates, losses = star.rates, star.losses
        limits = [edge.memories or 1 for edge in star.edges]
        if not any(rates):
            raise EngineError("no edge of the switch makes pairs; give link.rate_hz")

        def moves(held: Held) -> Iterator[tuple[float, Held]]:
            for k, count in enumerate(held):
                if count < limits[k]:
                    yield rates[k], _fused(_with(held, k, 1), size)[0]
                if count:
                    yield count * losses[k], _with(held, k, -1)

        chain = explored((0,) * len(rates), moves)
        shares = chain.stationary()
        fused: dict[Held, float] = defaultdict(float)
        stored, made = [0.0] * len(rates), [0.0] * len(rates)
        for held, share in zip(chain.states, shares.tolist(), strict=True):
            for k, count in enumerate(held):
                stored[k] += share * count
                if count < limits[k]:
                    made[k] += share * rates[k]
                    users = _fused(_with(held, k, 1), size)[1]
                    if users:
                        fused[users] += share * rates[k]
        return SwitchFlow(rates=dict(fused), stored=tuple(stored), made_hz=tuple(made))

    def states(
        self, case: NetworkCase, star: Star, flow: SwitchFlow, ends: tuple[str, ...]
    ) -> PairFigures | GhzFigures | str:
        """Figures of the mean state that some users get, or why it is not known."""
        if any(edge.memories != 1 for edge in star.edges):
            return "the ages of fused pairs are known to this solver with one memory per user"
        users = [star.users.index(end) for end in ends]
        found = fused_figures(
            GhzFusion(star.station.gates, len(ends)),
            [star.edges[k].directed(end) for k, end in zip(users, ends, strict=True)],
            users,
            star.rates,
            star.losses,
        )
        fidelity, qber_x, qber_z = map(Estimate.exact, found)
        return GhzFigures(fidelity=fidelity, qber_x=qber_x, qber_z=qber_z)


def _with(held: Held, user: int, more: int) -> Held:
    return (*held[:user], held[user] + more, *held[user + 1 :])


def _fused(held: Held, size: int) -> tuple[Held, Held]:
    """What is stored after a fusion, and whose pairs were fused; nobody's before n hold one."""
    users = tuple(k for k, count in enumerate(held) if count)
    if len(users) < size:
        return held, ()
    return tuple(count - (count > 0) for count in held), users

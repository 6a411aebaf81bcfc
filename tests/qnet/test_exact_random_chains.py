"""300 random chains of durations without a common grid: enumeration, and the sampled engine."""

from __future__ import annotations

import math

import numpy as np
import pytest

from qnet import Cutoff, Distill, EngineError, InfeasiblePlanError, Link, Memory, Swap, play
from qnet.engines.exact import play_exact
from qnet.engines.exact.listed import play_bracketed
from qnet.engines.exact.representation import BellCarrier
from qnet.states import fano_from_weights
from tests.qnet.attempt_enumeration import mean_time_and_state
from tests.qnet.without_grid import station, wish, within

MEMORIES = (
    Memory(),
    Memory(depolarizing_time_s=25.0),
    Memory(dephasing_time_s=12.0),
    Memory(depolarizing_time_s=40.0, dephasing_time_s=30.0),
)


class Chains:
    """Random small plans, by a seed."""

    def __init__(self, seed):
        self.rng = np.random.default_rng(seed)

    def one_of(self, choices):
        return choices[self.rng.integers(len(choices))]

    def link(self):
        noise = self.rng.uniform(0.0, 0.06, 3)
        return Link(
            success_probability=float(self.one_of([1.0, *self.rng.uniform(0.6, 0.95, 4)])),
            attempt_time_s=float(self.rng.uniform(0.5, 2.0)),
            state=fano_from_weights([1.0 - noise.sum(), *noise]),
            left=self.one_of(MEMORIES),
            right=self.one_of(MEMORIES),
        )

    def cutoff(self):
        kind = self.one_of([None, None, "difference", "total"])
        if kind is None:
            return None
        # A total cut-off leaves time for two attempts one after the other.
        low, high = (0.5, 4.0) if kind == "difference" else (6.0, 12.0)
        return Cutoff(kind=kind, time_s=float(self.rng.uniform(low, high)))

    def swap(self, left, right, q, *, cutoff=None):
        return Swap(
            left=left,
            right=right,
            station=station(q, float(self.one_of([0.0, self.rng.uniform(0.05, 0.3)]))),
            order=self.one_of(["parallel", "parallel", "sequential"]),
            cutoff=cutoff,
        )

    def plan(self):
        q = self.one_of([1.0, 0.5, 0.8])
        kind = self.rng.integers(5)
        if kind == 0:
            return self.swap(self.link(), self.link(), q, cutoff=self.cutoff())
        if kind == 1:
            inner = self.swap(self.link(), self.link(), 1.0)
            return self.swap(inner, self.link(), q, cutoff=self.cutoff())
        if kind == 2:
            inner = self.swap(self.link(), self.link(), 0.8)
            return self.swap(inner, self.link(), q, cutoff=self.cutoff())
        if kind == 3:
            halves = [self.swap(self.link(), self.link(), self.one_of([1.0, 0.9])) for _ in "lr"]
            return self.swap(*halves, q)
        pair = self.one_of([self.link(), self.swap(self.link(), self.link(), 1.0)])
        scheme = self.one_of(["dejmps", "bbpssw"])
        return Distill(pair=pair, scheme=scheme, order=self.one_of(["parallel", "sequential"]))


@pytest.mark.parametrize("seed", range(10))
def test_random_chains_against_enumeration_and_sampling(seed):
    """Every attempt enumerated; 4 standard errors of the sampled engine. 30 chains a seed."""
    chains = Chains(seed)
    bracketed = shot = 0
    while shot < 30:
        plan = chains.plan()
        time_s, state = mean_time_and_state(plan, 1e-8)
        if time_s > 300.0:  # so little comes that the sampled engine takes long
            if time_s == math.inf:
                with pytest.raises(InfeasiblePlanError, match=r"never|no pair"):
                    play_exact(plan)
            continue
        shot += 1
        found = [play_exact(plan)]
        try:
            found.append(play_bracketed(plan, BellCarrier(), wish(0.05), ""))
            bracketed += found[-1].step_s > 0.0
        except EngineError:
            assert plan.cutoff is not None or isinstance(plan, Distill)
        fidelity = (1.0 + state.sum()) / 4.0
        errors = 0.5 - 0.5 * state
        drawn = play(plan, shots=2000, seed=1000 * seed + shot)
        for result in found:
            # The enumeration leaves out 1e-8 of every part.
            assert within(result.delivery_time_s, time_s, 1e-5 * time_s), plan
            assert within(result.fidelity, fidelity, 1e-6), plan
            for name, error in zip(("qber_x", "qber_y", "qber_z"), errors, strict=True):
                assert within(getattr(result, name), error, 1e-6), plan
            assert result.width <= 0.05
            for name in ("delivery_time_s", "fidelity"):
                exact, sampled = getattr(result, name), getattr(drawn, name)
                reach = 4.0 * (sampled.high - sampled.low) / 3.92 + 1e-9
                assert within(exact, sampled.best, reach), (name, exact, sampled, plan)
    assert bracketed >= 3

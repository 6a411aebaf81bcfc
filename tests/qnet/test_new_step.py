"""A step added from outside: one class, and one entry for each engine that plays it.

The oracles are closed forms of a stored pair, and the engines against each other.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
import pytest

from qnet import Cutoff, Distill, Link, Memory, Multiplex, Plan, Station, Swap, SwapAsap, play
from qnet.engines import circuit, exact, sampled, timeline
from qnet.engines.agree import agree
from qnet.engines.exact.listed import Wish, play_listed
from qnet.engines.forecast import forecast
from qnet.engines.result import Key
from qnet.errors import EngineError
from qnet.states import werner


@dataclass(frozen=True, slots=True, kw_only=True)
class Hold(Plan):
    """Keep a pair in its memories for a fixed time."""

    pair: Plan
    time_s: float

    @property
    def children(self) -> tuple[Plan, ...]:
        return (self.pair,)

    @property
    def overhead_s(self) -> float:
        return self.time_s

    def coarsened(self, step_s: float) -> Plan:
        time_s = round(self.time_s / step_s) * step_s
        return replace(self, pair=self.pair.coarsened(step_s), time_s=time_s)

    def words(self) -> str:
        return f"held for {self.time_s:g} s"


@sampled.STEPS.plays(Hold)
class SampledHold(sampled.SampledStep[Hold]):
    def draw(self, sampler, step, count, rng):
        part = sampler.draw(step.pair, count, rng)
        return sampled.Deliveries(step, part.time + step.time_s, {"ready_0": part.time}, (part,))

    def state(self, states, step, draw):
        pair = states.of(draw.parts[0])
        return states.algebra.idle(pair, step.ends, step.time_s, step.time_s)

    def uses(self, draw):
        return [(draw.time, draw.time)]


@exact.STEPS.plays(Hold)
class ExactHold(exact.ExactInRounds[Hold]):
    def join(self, carrier, step):
        return lambda pairs: pairs[0]


@circuit.STEPS.plays(Hold)
def hold(builder, draw, step, first, copy):
    pair = builder.pair(draw.parts[0], first, copy)
    builder.wait(step.time_s, *pair)
    return pair


@dataclass(frozen=True, slots=True, kw_only=True)
class Shelf(Plan):
    """Known to the sampled engine alone."""

    pair: Plan

    @property
    def children(self) -> tuple[Plan, ...]:
        return (self.pair,)


@dataclass(frozen=True, slots=True, kw_only=True)
class Unheard(Plan):
    """Known to no engine."""

    pair: Plan

    @property
    def children(self) -> tuple[Plan, ...]:
        return (self.pair,)


@sampled.STEPS.plays(Shelf)
class SampledShelf(sampled.SampledStep[Shelf]):
    def draw(self, sampler, step, count, rng):
        part = sampler.draw(step.pair, count, rng)
        return sampled.Deliveries(step, part.time, {}, (part,))


KEPT = Memory(depolarizing_time_s=40.0)
LINK = Link(success_probability=0.4, attempt_time_s=1.0, state=werner(0.96), left=KEPT, right=KEPT)
RELAXING = replace(LINK, left=Memory(t1_s=60.0), right=Memory(t1_s=80.0, t2_s=50.0))
HELD = Hold(pair=LINK, time_s=2.0)
HALF = Station(success_probability=0.5, perfect=True)


def test_of_one_link_every_figure_is_a_closed_form():
    """Mean time ``a / p + t``; a Werner parameter falls as ``exp(-2 t / T)`` in two memories."""
    result = play(HELD, engine="exact")
    assert result.delivery_time_s.best == pytest.approx(1.0 / 0.4 + 2.0)
    left = 0.96 * math.exp(-2.0 * 2.0 / 40.0)
    assert result.fidelity.best == pytest.approx((1.0 + 3.0 * left) / 4.0)
    assert forecast(HELD).delivery_s == pytest.approx(1.0 / 0.4 + 2.0)
    assert HELD.soonest_s == 3.0


@pytest.mark.parametrize(
    "plan",
    [
        HELD,
        Swap(left=HELD, right=LINK, station=HALF),
        Swap(left=HELD, right=LINK, order="sequential", classical_latency=True),
        Swap(left=HELD, right=HELD, cutoff=Cutoff(kind="age", time_s=5.0)),
        SwapAsap(segments=(HELD, LINK, LINK), stations=(Station(perfect=True),) * 2),
        Distill(pair=HELD),
        Multiplex(pair=HELD, copies=2),
        Hold(pair=Swap(left=LINK, right=LINK), time_s=1.0),
        Hold(pair=Distill(pair=Hold(pair=RELAXING, time_s=1.0)), time_s=3.0),
    ],
    ids=lambda plan: f"{type(plan).__name__}-{len(list(plan.nodes()))}",
)
def test_engines_agree_on_plans_with_it(plan):
    found = agree(plan, shots=4000, seed=7, circuit_shots=20)
    assert found.refusals == ()
    assert found.holds, str(found)


def test_without_a_grid_it_delivers_the_same():
    """Lists of times against the time grid."""
    plan = Swap(left=HELD, right=replace(LINK, attempt_time_s=1.5), station=HALF)
    on_grid = play(plan, engine="exact")
    wish = Wish(tolerance=1e-9, width=1e-3, key=Key())
    listed = play_listed(plan, exact.carrier_of(plan), wish)
    for name in ("delivery_time_s", "fidelity", "qber_z"):
        one, other = getattr(on_grid, name), getattr(listed, name)
        assert one.best == pytest.approx(other.best, rel=1e-7)


def test_a_coarse_estimate_is_near():
    """The exact figures of the same plan."""
    plan = Hold(pair=replace(LINK, success_probability=0.004), time_s=20.0)
    coarse = exact.play_gridded(plan, step_s=4.0).result
    outright = play(plan, engine="exact")
    assert coarse.delivery_time_s.best == pytest.approx(outright.delivery_time_s.best, rel=0.01)
    assert coarse.fidelity.best == pytest.approx(outright.fidelity.best, abs=0.01)


def test_it_is_drawn_and_told():
    assert (
        Swap(left=HELD, right=HELD)
        ._repr_html_()
        .startswith("<ul><li>swap<ul><li>2 × held for 2 s<ul><li>link")
    )
    link, held = timeline(HELD, seed=1)
    assert (link.step, held.step) == ("link", "hold")
    assert held.ready_s == pytest.approx(link.ready_s + 2.0)
    assert link.left_until_s == held.ready_s


def test_many_processes_play_it_too():
    """The figures of one process."""
    plan = Swap(left=HELD, right=LINK)
    one, two = (play(plan, shots=40_000, seed=3, workers=workers) for workers in (1, 2))
    assert np.array_equal(one.moments.mean, two.moments.mean)


def test_an_engine_that_does_not_know_a_step_names_those_that_do():
    shelf = Shelf(pair=LINK)
    assert play(shelf, shots=10, seed=1).moments.n == 10
    for engine in ("exact", "circuit"):
        refusal = f"the {engine} engine cannot play a Shelf; use engine='sampled'"
        with pytest.raises(EngineError, match=refusal):
            play(Swap(left=shelf, right=LINK), engine=engine, shots=2, seed=1)


def test_a_step_that_no_engine_knows_is_refused():
    for engine in ("sampled", "exact"):
        with pytest.raises(EngineError, match="cannot play a Unheard; no engine plays it"):
            play(Unheard(pair=LINK), engine=engine, shots=2, seed=1)

"""The exact engine at its limits: nearly equal attempts, rare links, cut-offs above rounding."""

from __future__ import annotations

import math

import numpy as np
import pytest

from qnet import (
    Cutoff,
    Distill,
    EngineError,
    InfeasiblePlanError,
    Link,
    Memory,
    Pump,
    Swap,
    SwapAsap,
)
from qnet.engines.agree import agree
from qnet.engines.exact import play_exact
from qnet.engines.exact.atoms import Waits
from qnet.engines.exact.listed import play_bracketed, play_outright
from qnet.engines.exact.representation import BellCarrier
from qnet.states import werner
from tests.qnet.without_grid import difference, link, station, wish, within

ROOT2 = math.sqrt(2.0)


def total(time_s):
    return Cutoff(kind="total", time_s=time_s)


def fidelity(correlator):
    return (1.0 + 3.0 * correlator) / 4.0


@pytest.mark.parametrize("gap", [9e-10, 1e-9, 3e-11])
def test_x1_attempts_that_hardly_differ(gap):
    """Closed form: a pair waits for ``gap`` seconds, a memory lasts for one of them or so."""
    rate = 0.3 / gap
    pairs = [link(1.0, tau, rate, rate) for tau in (1.0, 1.0 + gap)]
    result = play_exact(Swap(left=pairs[0], right=pairs[1]))
    waits = pairs[1].attempt_time_s - 1.0
    assert result.fidelity.best == pytest.approx(fidelity(math.exp(-2.0 * rate * waits)), rel=1e-9)
    assert result.fidelity.high - result.fidelity.low < 1e-12


def test_x1_attempts_that_hardly_differ_tried_often():
    """Series over the attempts in which both succeed; all other pairs are lost in storage."""
    p, gap, rate = 0.01, 9e-10, 5e7
    pairs = [link(p, tau, rate, rate) for tau in (1.0, 1.0 + gap)]
    k = np.arange(1.0, 4000.0)
    both = (p * (1.0 - p) ** (k - 1.0)) ** 2
    kept = both @ np.exp(-2.0 * rate * k * (pairs[1].attempt_time_s - 1.0))
    result = play_exact(Swap(left=pairs[0], right=pairs[1]))
    assert result.fidelity.best == pytest.approx(fidelity(kept), abs=1e-10)


def test_h1_attempts_that_hardly_differ_never_meet():
    """By hand: multiples of 1 and of 1 + 1e-8 meet only after a hundred million attempts."""
    pairs = [link(0.5, tau) for tau in (1.0, 1.0 + 1e-8)]
    with pytest.raises(InfeasiblePlanError, match=r"cutoff\.time_s"):
        play_exact(Swap(left=pairs[0], right=pairs[1], cutoff=difference(0.0)))
    # A pair exactly at the limit is used though, on every engine: .3 s is three times .1 s.
    tenth = [link(0.5, tau) for tau in (0.1, 0.2)]
    plan = Swap(left=tenth[0], right=tenth[1], cutoff=total(0.30000000000000004))
    for limit in (0.3, 0.1 * 3):
        same = Swap(left=tenth[0], right=tenth[1], cutoff=total(limit))
        mine, other = (play_exact(each).delivery_time_s.best for each in (plan, same))
        assert mine == pytest.approx(other, rel=1e-12)
    assert agree(plan, shots=4000, seed=1, engines=("sampled", "exact")).holds


@pytest.mark.parametrize("kind", ["difference", "age", "total"])
def test_cutoffs_beyond_everything_change_nothing(kind):
    """Against the plan without the cut-off, to the digits and in width."""
    pairs = {"left": link(0.3, 1.0, 0.05, 0.05), "right": link(0.3, ROOT2, 0.05, 0.05)}
    free = play_exact(Swap(**pairs))
    cut = play_exact(Swap(**pairs, cutoff=Cutoff(kind=kind, time_s=1e12)))
    for name in ("delivery_time_s", "fidelity"):
        assert getattr(cut, name).best == pytest.approx(getattr(free, name).best, rel=1e-13)
    assert cut.width < 1e-12


def test_rare_links_within_a_cutoff():
    """Closed forms: of a link that comes once in a billion attempts only the first ones count."""
    p, common = 1e-9, link(0.5, 1.0, 0.01, 0.01)
    rare = link(p, 1.0, 0.01, 0.01)
    plan = Swap(left=common, right=rare, order="sequential", cutoff=difference(2.5))
    waits = p + 2.0 * p * (1.0 - p) + 2.5 * (1.0 - p) ** 2
    chance = p * (2.0 - p)
    result = play_exact(plan)
    assert result.delivery_time_s.best == pytest.approx((2.0 + waits) / chance, rel=1e-12)
    kept = (math.exp(-0.02) + (1.0 - p) * math.exp(-0.04)) / (2.0 - p)
    assert result.fidelity.best == pytest.approx(fidelity(kept), rel=1e-12)
    assert result.width < 1e-12

    # In parallel, with everything given up after 3 s: coming by 1, 2 and 3 s, or never.
    q, steps = 1e-7, np.arange(4.0)
    slow, fast = 1.0 - (1.0 - q) ** steps, 1.0 - 0.7 ** np.floor(steps / ROOT2 + 1e-12)
    plan = Swap(left=link(q, 1.0), right=link(0.3, ROOT2), cutoff=total(3.0))
    times = sorted({1.0, 2.0, 3.0, ROOT2, 2.0 * ROOT2})
    by = [(1.0 - (1.0 - q) ** int(t)) * (1.0 - 0.7 ** int(t / ROOT2 + 1e-9)) for t in times]
    assert by[-1] == pytest.approx(slow[3] * fast[3])
    spent = np.diff([0.0, *by]) @ times + 3.0 * (1.0 - by[-1])
    assert play_exact(plan).delivery_time_s.best == pytest.approx(spent / by[-1], rel=1e-9)
    segments = (link(q, 1.0), link(1.0, 0.1), link(0.3, ROOT2))
    asap = SwapAsap(segments=segments, stations=(station(),) * 2, cutoff=total(3.0))
    assert play_exact(asap).delivery_time_s.best == pytest.approx(spent / by[-1], rel=1e-9)


def never_meeting():
    """A pair at multiples of 3 sqrt 2 only, after attempts of 1 s."""
    late = Swap(left=link(1.0, 3.0 * ROOT2), right=link(0.5, 1.0), classical_latency=True)
    return Swap(left=link(0.4, 1.0), right=late, order="sequential", cutoff=difference(1.0))


@pytest.mark.parametrize(
    "build",
    [
        lambda cut: cut,
        lambda cut: Swap(left=cut, right=link(0.5, 1.0), order="sequential"),
        lambda cut: Swap(left=link(0.5, 1.0), right=cut, order="sequential"),
        lambda cut: Distill(pair=cut, order="sequential"),
        lambda cut: Pump(pair=cut, steps=2),
        lambda cut: Swap(left=cut, right=link(0.5, 1.0)),
    ],
)
def test_never_is_said_in_sequence(build):
    """By hand: the right pair comes after 3 sqrt 2 s at the soonest, the left one waits for 1 s."""
    plan = build(never_meeting())
    with pytest.raises(InfeasiblePlanError):
        play_exact(plan)
    with pytest.raises((InfeasiblePlanError, EngineError)):
        play_outright(plan, BellCarrier(), wish())


def half(p, q, between):
    """Two links swapped with probability 1/2; the qubit next to the other half falls."""
    left, right = ((0.0, between), (between, 0.0))
    return [
        Swap(left=link(p, 1.0, 0.0, 0.0), right=link(q, ROOT2, *left), station=station(0.5)),
        Swap(left=link(q, 1.0, *right), right=link(p, ROOT2, 0.0, 0.0), station=station(0.5)),
    ]


@pytest.mark.parametrize("limit", [4.0, 30.0, 200.0])
@pytest.mark.parametrize("between", [0.1, 1.0])
@pytest.mark.parametrize("rule", [difference, total])
def test_brackets_of_cutoffs_count_what_falls_within_the_parts(rule, limit, between):
    """Against integer keys, which round nothing: a certain swap below the cut-off stores, too."""
    inner = half(0.5, 0.4, between)
    part = Swap(left=inner[0], right=inner[1])
    plan = Swap(left=part, right=link(0.3, 1.0, 0.002, 0.002), cutoff=rule(limit + 0.01))
    own = play_outright(plan, BellCarrier(), wish())
    for width in (1.5, 0.4):
        found = play_bracketed(plan, BellCarrier(), wish(width), "")
        assert found.width <= width
        assert found.step_s > 0.0
        for name in ("delivery_time_s", "fidelity", "qber_x", "qber_z"):
            value = getattr(own, name).best
            assert within(getattr(found, name), value, 1e-8 * max(1.0, value))


def test_brackets_of_total_cutoffs_narrow_to_the_width():
    """Against integer keys; a first width that is infinite says nothing of how it falls."""
    left, right = half(0.5, 0.4, 0.02)
    plan = Swap(left=left, right=right, station=station(0.5), cutoff=total(20.3))
    own = play_outright(plan, BellCarrier(), wish())
    found = play_bracketed(plan, BellCarrier(), wish(0.02), "")
    assert found.width <= 0.02
    assert within(found.delivery_time_s, own.delivery_time_s.best, 1e-8)
    assert within(found.fidelity, own.fidelity.best, 1e-9)


def test_agreement_fails_where_one_engine_is_wrong(monkeypatch):
    """Pairs that fall half as fast on one engine only."""
    pairs = [link(0.1, 1.0, 0.02, 0.02), link(0.07, ROOT2, 0.01, 0.01)]
    plan = Swap(left=pairs[0], right=pairs[1])
    engines = ("sampled", "exact")
    assert agree(plan, shots=4000, seed=3, engines=engines).holds
    right = Waits.sums
    monkeypatch.setattr(Waits, "sums", lambda self, rows, rates: right(self, rows, rates / 2.0))
    assert not agree(plan, shots=4000, seed=3, engines=engines).holds


def test_lists_beyond_the_memory_are_bracketed():
    """Eight links that relax: 1.8 million times of sixteen components would take five gigabytes.

    The mean of the largest of eight geometric times, by its survival, taken as continuous, which
    errs by no more than the longest attempt.
    """
    taus, p = [math.sqrt(prime) for prime in (2, 3, 5, 7, 11, 13, 17, 19)], 1e-4
    memory = Memory(t1_s=1e6, t2_s=1e6)
    parts = [
        Link(success_probability=p, attempt_time_s=tau, state=werner(0.98), left=memory)
        for tau in taus
    ]
    while len(parts) > 1:
        parts = [Swap(left=a, right=b) for a, b in zip(parts[::2], parts[1::2], strict=True)]
    result = play_exact(parts[0], width=0.01)
    assert result.width <= 0.01
    t = np.linspace(0.0, 2e6, 2_000_001)
    late = 1.0 - np.prod([-np.expm1(t / tau * math.log1p(-p)) for tau in taus], axis=0)
    mean = np.trapezoid(late, t)
    assert within(result.delivery_time_s, mean, max(taus))


def test_total_cutoffs_in_sequence_above_parts_that_restart():
    """Four standard errors of the sampled engine; a link is listed up to the cut-off only."""
    part = Swap(left=link(0.9, 1.0, 0.02, 0.02), right=link(0.8, ROOT2), station=station(0.8))
    second = link(0.7, 1.3, 0.03, 0.03)
    plan = Swap(left=part, right=second, order="sequential", cutoff=total(10.9))
    result = play_exact(plan)
    assert result.width < 1e-9
    drawn = agree(plan, shots=20_000, seed=2, engines=("sampled", "exact"))
    assert drawn.largest_difference <= 4.0

"""Cut-offs between links whose attempts lie on lattices: chances, refusals, and rounds that end."""

from __future__ import annotations

import itertools
import math
from functools import partial

import numpy as np
import pytest

from qnet import Cutoff, Distill, Multiplex, Pump, Station, Swap, SwapAsap, play
from qnet.engines.agree import agree
from qnet.engines.forecast import check_feasible, forecast
from qnet.engines.lattices import Lattice, lattice_of, passed_on_lattices
from qnet.engines.sampled import meter
from qnet.engines.sampled.sampler import Sampler
from qnet.errors import InfeasiblePlanError
from tests import catalog

link = partial(catalog.link, w=0.98)

PERFECT = Station(perfect=True)


def enumerated(parts, kind: str, limit: float, order: str, most: int = 500) -> float:
    """Sum over all numbers of attempts, one by one."""
    total = 0.0
    for numbers in itertools.product(range(1, most), repeat=len(parts)):
        times = [n * step for n, (_, step) in zip(numbers, parts, strict=True)]
        if order == "sequential":
            times = list(itertools.accumulate(times))
        if max(times) <= (0.0 if kind == "total" else min(times)) + limit + 1e-9:
            chances = (p * (1.0 - p) ** (n - 1) for n, (p, _) in zip(numbers, parts, strict=True))
            total += math.prod(chances)
    return total


@pytest.mark.parametrize(
    ("parts", "kind", "limit", "order"),
    [
        ([(0.3, 1.0), (0.3, 1.3)], "difference", 0.15, "parallel"),
        ([(0.3, 1.0), (0.3, 2.0)], "age", 0.0, "parallel"),
        ([(0.1, 1.0), (0.07, math.sqrt(2.0))], "difference", 3.3, "parallel"),
        ([(1.0, 1.0), (0.2, 1.3)], "difference", 1.8, "parallel"),
        ([(0.1, 1.0), (1.0, 7.3)], "difference", 4.4, "parallel"),
        ([(0.2, 1.0), (0.2, 1.3)], "total", 7.0, "parallel"),
        ([(0.2, 1.0), (0.3, 1.3)], "total", 7.0, "sequential"),
        ([(0.2, 1.0), (0.3, 1.3)], "difference", 3.0, "sequential"),
    ],
)
def test_two_links_pass_as_often_as_the_sum_over_all_attempts_says(parts, kind, limit, order):
    """Oracle: the double sum over both numbers of attempts, written out."""
    lattices = [Lattice(*part) for part in parts]
    found = passed_on_lattices(Cutoff(kind=kind, time_s=limit), lattices, order)
    assert found == pytest.approx(enumerated(parts, kind, limit, order), abs=1e-9)


@pytest.mark.parametrize(
    ("kind", "limit", "order"),
    [
        ("difference", 2.0, "parallel"),
        ("total", 6.0, "parallel"),
        ("difference", 5.0, "sequential"),
        ("total", 7.0, "sequential"),
    ],
)
def test_three_equal_links_pass_as_often_as_the_sum_over_all_attempts_says(kind, limit, order):
    """Oracle: the triple sum; beyond 60 attempts lies 0.6^60 = 5e-14."""
    parts = [(0.4, 1.0)] * 3
    lattices = [Lattice(*part) for part in parts]
    found = passed_on_lattices(Cutoff(kind=kind, time_s=limit), lattices, order)
    assert found == pytest.approx(enumerated(parts, kind, limit, order, 60), abs=1e-9)


def test_v2_two_links_with_a_cut_off():
    """Oracle: P = .20094086 by enumeration of both links in double precision."""
    plan = Swap(
        left=link(0.1),
        right=link(0.07, attempt_time_s=math.sqrt(2.0)),
        station=PERFECT,
        cutoff=Cutoff(kind="difference", time_s=3.3),
    )
    lattices = [lattice_of(part) for part in plan.children]
    assert passed_on_lattices(plan.cutoff, lattices, "parallel") == pytest.approx(
        0.20094086, abs=5e-9
    )
    # The forecast itself is good to a factor of two: E[T] = 49.35727128.
    assert 25.0 < forecast(plan).delivery_s < 100.0


@pytest.mark.parametrize(
    ("time_s", "exact"), [(1.3, 148.47509352), (1.5, 66.67181730), (2.0, 28.39841270)]
)
def test_n2_forecast_of_narrow_windows(time_s, exact):
    """Oracle: E[T] of two links at p = .3 and cut-off .15, by enumeration; to a factor of two."""
    plan = Swap(
        left=link(0.3),
        right=link(0.3, attempt_time_s=time_s),
        station=PERFECT,
        cutoff=Cutoff(kind="difference", time_s=0.15),
    )
    assert exact / 2.0 < forecast(plan).delivery_s < exact * 2.0


@pytest.mark.parametrize("apart", [1e-6, 1e-7, 1e-8, -1e-7])
@pytest.mark.parametrize("make", [Swap, SwapAsap])
def test_h1_attempts_that_are_nearly_equal_never_meet(apart, make):
    """Oracle: k and k (1 + d) differ by k d > 0 for every k, and a cut-off of 0 allows nothing."""
    cutoff, other = Cutoff(kind="difference", time_s=0.0), link(0.1, attempt_time_s=1.0 + apart)
    if make is Swap:
        plan = Swap(left=link(0.1), right=other, station=PERFECT, cutoff=cutoff)
    else:
        plan = SwapAsap(segments=(link(0.1), other), stations=(PERFECT,), cutoff=cutoff)
    for engine in ("sampled", "exact"):
        with pytest.raises(InfeasiblePlanError, match=r"never deliver|no pair would ever come"):
            play(plan, shots=10, seed=1, engine=engine)


def test_h1_attempts_that_differ_by_rounding_meet():
    """Oracle: p / (2 - p) of the rounds pass, each of which ends with the first of both links."""
    plan = Swap(
        left=link(0.1, attempt_time_s=0.1),
        right=link(0.1, attempt_time_s=0.3 - 0.2),
        station=PERFECT,
        cutoff=Cutoff(kind="difference", time_s=0.0),
    )
    assert plan.left.attempt_time_s != plan.right.attempt_time_s
    found = play(plan, shots=20_000, seed=1).delivery_time_s
    assert abs(found.best - 10.0) < 4.0 * 10.0 / math.sqrt(20_000)


def test_rare_links_are_summed_in_blocks():
    """Oracle: two million drawn pairs of arrival times, within four standard errors."""
    rng, count = np.random.default_rng(3), 2_000_000
    for limit, step in ((30_000.0, 1.3), (3_000.0, math.sqrt(2.0))):
        lattices = [Lattice(1e-5, 1.0), Lattice(2e-5, step)]
        found = passed_on_lattices(Cutoff(kind="difference", time_s=limit), lattices, "parallel")
        times = [rng.geometric(each.chance, count) * each.step_s for each in lattices]
        share = np.mean(np.abs(times[0] - times[1]) <= limit)
        assert abs(found - share) < 4.0 * math.sqrt(share / count) + 0.01 * share


def test_copies_of_a_link_are_a_better_link():
    """Oracle: the first of n arrivals on one lattice comes with 1 - (1 - p)^n."""
    found = lattice_of(Multiplex(pair=Multiplex(pair=link(0.1), copies=2), copies=2))
    assert found.chance == pytest.approx(1.0 - 0.9**4)
    assert lattice_of(Swap(left=link(0.1), right=link(0.1), station=PERFECT)) is None


def never(cutoff_s: float, kind: str = "difference") -> Swap:
    return Swap(
        left=link(0.1),
        right=link(0.1, attempt_time_s=1.41421356),
        station=PERFECT,
        cutoff=Cutoff(kind=kind, time_s=cutoff_s),
    )


@pytest.mark.parametrize("kind", ["difference", "age"])
@pytest.mark.parametrize("time_s", [0.0, 1e-3])
def test_h1_attempts_that_never_meet_are_refused_beforehand(kind, time_s):
    """Oracle: m and 1.41421356 n lie .001 apart first at m = 577, where .9^985 is 1e-45."""
    plan = never(time_s, kind)
    asap = SwapAsap(segments=plan.children, stations=(PERFECT,), cutoff=plan.cutoff)
    for each in (plan, asap, Distill(pair=plan, scheme="dejmps")):
        for engine in ("sampled", "circuit"):
            with pytest.raises(InfeasiblePlanError, match="hardly ever end within it") as caught:
                play(each, shots=10, seed=1, engine=engine)
            assert caught.value.field == "cutoff.time_s"
    with pytest.raises(InfeasiblePlanError, match="hardly ever end within it"):
        agree(plan, shots=10, seed=1)


def test_h1_attempts_that_meet_now_and_then_are_played():
    """Oracle: at p = .5 and cut-off .5 the mean of the first passing round, by the renewal law."""
    plan = Swap(
        left=link(0.5),
        right=link(0.5, attempt_time_s=1.41421356),
        station=PERFECT,
        cutoff=Cutoff(kind="difference", time_s=0.5),
    )
    passed, duration = 0.0, 0.0
    for m, n in itertools.product(range(1, 80), repeat=2):
        weight, times = 0.5 ** (m + n), (m * 1.0, n * 1.41421356)
        meets = max(times) <= min(times) + 0.5
        passed += weight * meets
        duration += weight * (max(times) if meets else min(times) + 0.5)
    found = play(plan, shots=20_000, seed=1).delivery_time_s
    error = (found.high - found.low) / (2.0 * 1.96)
    assert abs(found.best - duration / passed) < 4.0 * error


NEVER = Cutoff(kind="difference", time_s=0.0)
A, B = link(0.1), link(0.1, attempt_time_s=1.41421356)
EQUAL = Swap(left=A, right=A, station=PERFECT, cutoff=NEVER)
OTHER = Swap(left=B, right=B, station=PERFECT, cutoff=NEVER)
BARREN = {
    "nested": Swap(left=EQUAL, right=OTHER, station=PERFECT, cutoff=NEVER),
    "links": never(0.0),
    "age": Swap(
        left=Swap(left=A, right=B, station=PERFECT),
        right=B,
        station=PERFECT,
        cutoff=Cutoff(kind="age", time_s=0.0),
    ),
    "swap-asap": SwapAsap(segments=(A, B, A), stations=(PERFECT,) * 2, cutoff=NEVER),
    "distilled": Distill(pair=never(0.0), scheme="dejmps"),
    "pumped": Pump(pair=never(0.0), steps=1),
    "no swap": Swap(left=A, right=A, station=Station(success_probability=0.0, perfect=True)),
}


@pytest.mark.parametrize("plan", BARREN.values(), ids=BARREN)
def test_h1_rounds_that_come_to_nothing_end_with_a_sentence(plan, monkeypatch):
    """Oracle: both sides of each step lie on lattices that meet at 0 alone, so no round passes.

    (Chains that swap as soon as possible start segments anew off their lattices: some pass.) The
    limit is lowered, and the forecast is not asked: this is the limit of rounds itself.
    """
    monkeypatch.setattr(meter, "BARREN_DRAWS", 1 << 21)
    monkeypatch.setattr(meter, "_OVERDUE", 0.0)
    with pytest.raises(InfeasiblePlanError, match="before the engine gave up"):
        Sampler(plan).draw(plan, 50, np.random.default_rng(1))


def test_rounds_that_come_to_something_are_left_alone(monkeypatch):
    """Oracle: a step is given up at a hundred times its forecast, never at the forecast."""
    monkeypatch.setattr(meter, "BARREN_DRAWS", 1)
    cutoff = Cutoff(kind="difference", time_s=2.0)
    plan = Swap(left=EQUAL, right=EQUAL, station=PERFECT, cutoff=cutoff)
    assert len(Sampler(plan).draw(plan, 2000, np.random.default_rng(1))) == 2000


def test_more_than_a_day_of_work_ends(monkeypatch):
    """Oracle: the limit itself, lowered to less than this run draws."""
    monkeypatch.setattr(meter, "MOST_DRAWS", 1 << 22)
    with pytest.raises(InfeasiblePlanError, match="be playable in a day"):
        play(link(0.5), shots=1 << 23, seed=1)


def test_h1_progress_is_told_while_nothing_comes(monkeypatch):
    """Oracle: 60 pairs of some ten thousand rounds each, with a sign of life every 1,000 draws."""
    monkeypatch.setattr(meter, "_PULSE", 1000)
    told = []
    plan = Swap(
        left=link(0.01), right=link(0.01), station=PERFECT, cutoff=Cutoff(kind="age", time_s=0.0)
    )
    play(plan, shots=60, seed=1, progress=lambda done, wanted: told.append(done))
    assert told.count(0) > 3
    assert told[-1] == 60


def test_h2_four_trapped_ions_are_forecast():
    """Oracle: two levels of rounds at 5 ms, each a product of the windows' chances.

    A link of 10 km succeeds every p = 3.8e-4 attempts of 1.85 ms: five meet within the cut-off, so
    that a round of a half passes with some 5 p / 2, one of the whole with 4 p / 2 chances over the
    halves' mean times: 10^9 draws a pair.
    """
    from experiments.scenario import loads

    text = """
    kind = "chain"
    [chain]
    segments = 4
    length_km = 40.0
    [link]
    preset = "trapped-ion"
    [cutoff]
    kind = "difference"
    time_s = 5e-3
    """
    assert 1e8 < check_feasible(loads(text).plan(), 60).draws < 1e10

"""The exact engine on plans whose durations fit no time grid: values, enumeration, sampling."""

from __future__ import annotations

import math
from itertools import product

import numpy as np
import pytest

from qnet import (
    Cutoff,
    Distill,
    EngineError,
    InfeasiblePlanError,
    Link,
    Memory,
    Multiplex,
    Swap,
    SwapAsap,
    play,
)
from qnet.engines.agree import Comparison, agree
from qnet.engines.exact import play_exact
from qnet.engines.exact.bounded_times import times_of
from qnet.engines.exact.delivery_quantiles import PairCount, promised_bits
from qnet.engines.exact.engine import play_on_grid
from qnet.engines.exact.listed import play_bracketed, play_outright
from qnet.engines.exact.representation import BellCarrier, FullCarrier
from qnet.estimate import Estimate
from qnet.states import werner
from tests.qnet.attempt_enumeration import one_round
from tests.qnet.without_grid import difference, link, station, wish, within

ROOT2 = math.sqrt(2.0)


def correlator(result):
    return -result.mean_fano[2, 2]


def check(plan, time_s, value, digits=8):
    """Mean time and correlator to their digits, with no width beyond rounding."""
    result = play_exact(plan)
    assert result.delivery_time_s.best == pytest.approx(time_s, abs=0.51 * 10.0**-digits)
    if value is not None:
        assert correlator(result) == pytest.approx(value, abs=0.51 * 10.0**-digits)
    assert result.delivery_time_s.low <= time_s + 1e-8
    assert result.delivery_time_s.high >= time_s - 1e-8
    return result


V1 = {"left": link(0.1, 1.0, 0.025, 0.025), "right": link(0.07, ROOT2, 0.01, 0.01)}

V3 = [
    link(p, tau, left, right)
    for p, tau, left, right in zip(
        (0.6, 0.5, 0.55, 0.65),
        (1.0, ROOT2, 1.3, math.pi / 2.0),
        (0.03, 0.05, 0.02, 0.04),
        (0.06, 0.01, 0.07, 0.02),
        strict=True,
    )
]


def level_1(rate_hz):
    """V5: two links whose pairs fall at .05 and .02, joined to one that falls at ``rate_hz``."""
    first = link(0.5, 1.0, rate_hz - 0.01, 0.06 - rate_hz)
    return Swap(left=first, right=link(0.4, ROOT2, 0.01, 0.01), station=station(0.5))


def v5(cutoff=None):
    return Swap(left=level_1(0.03), right=level_1(0.04), station=station(0.5), cutoff=cutoff)


def test_v1_the_longer_of_two_times_and_its_storage():
    """Enumeration."""
    check(Swap(**V1), 23.24067177, 0.61361577)


def test_v2_difference_cutoff():
    """Enumeration."""
    plan = Swap(**V1, cutoff=difference(3.3))
    check(plan, 49.35727128, 0.94490243)
    assert one_round(plan)[0].parts[0].sum() == pytest.approx(0.20094086, abs=5e-9)


def test_v3_nested_and_swap_asap():
    """Enumeration."""
    nested = Swap(left=Swap(left=V3[0], right=V3[1]), right=Swap(left=V3[2], right=V3[3]))
    check(nested, 4.06607570, 0.73650858)
    check(SwapAsap(segments=tuple(V3), stations=(station(),) * 3), 4.06607570, 0.74870562)


def test_v4_unequal_stations():
    """Enumeration."""
    stations = tuple(station(1.0, time_s) for time_s in (0.7, 0.2, 0.9))
    check(SwapAsap(segments=tuple(V3), stations=stations), 4.87677925, 0.71881593)


def test_v5_rounds_that_fail_below_a_parent():
    """Integer keys; the bracket of split times holds them, at every width."""
    result = check(v5(), 22.49642634, 0.66932960)
    assert "integer keys" in result.how
    for width in (0.1, 1e-2, 1e-3, 1e-4):
        found = play_bracketed(v5(), BellCarrier(), wish(width), "")
        assert found.width <= width
        assert found.delivery_time_s.low <= 22.49642634 <= found.delivery_time_s.high
        fidelity = (1.0 + 3.0 * 0.66932960) / 4.0
        assert found.fidelity.low <= fidelity <= found.fidelity.high


def v5_part(size=220):
    """Deliveries of a part of V5, by how many attempts of 1 and of the square root of 2 they take.

    Every failed round adds to one of the two counts: recursion over both, no transform. Returns the
    times, the probabilities, and those times the correlator.
    """
    left, right = (p * (1 - p) ** np.arange(size - 1.0) for p in (0.5, 0.4))
    success, kept = np.zeros((size, size)), np.zeros((size, size))
    for j, k in product(range(1, size), repeat=2):
        longer = (j, 0) if j > ROOT2 * k else (0, k)
        wait = j - ROOT2 * k
        success[longer] += left[j - 1] * right[k - 1]
        fallen = math.exp(-0.02 * wait if wait > 0.0 else 0.05 * wait)
        kept[longer] += left[j - 1] * right[k - 1] * fallen
    rows, columns = success[1:, 0] / 2.0, success[0, 1:] / 2.0
    found, state = np.zeros((size, size)), np.zeros((size, size))
    for n, m in product(range(size), repeat=2):
        earlier = [
            rows[:n][::-1] @ part[:n, m] + columns[:m][::-1] @ part[n, :m]
            for part in (found, state)
        ]
        found[n, m] = 0.5 * success[n, m] + earlier[0]
        state[n, m] = 0.5 * kept[n, m] + earlier[1]
    times = np.add.outer(np.arange(size), ROOT2 * np.arange(size)).ravel()
    order = np.argsort(times)
    return times[order], found.ravel()[order], state.ravel()[order]


def v6(limit, slack):
    """P, E[T] and correlator of two parts within a limit, pair by pair of their times."""
    times, mass, kept = v5_part()
    seen = mass > 1e-16
    times, mass, kept = times[seen], mass[seen], kept[seen]
    chance = state = spent = 0.0
    for time, p, r in zip(times, mass, kept, strict=True):
        gap = times - time
        near = np.abs(gap) <= limit + slack
        chance += p * mass[near].sum()
        # The first to come waits: the left pair at .03, the right one at .04.
        rate = np.where(gap[near] > 0.0, -0.03, 0.04)
        state += r * (kept[near] * np.exp(rate * gap[near])).sum()
        spent += p * (mass[near] * np.maximum(times[near], time)).sum()
        spent += 2.0 * p * mass[gap > limit + slack].sum() * (time + limit)
    return chance, spent / (0.5 * chance), state / chance


def test_v6_cutoff_above_rounds_that_fail():
    """Enumeration; pairs that come exactly four seconds apart are at the limit, and used.

    Were differences of floats compared as they are, part of these pairs would be lost to rounding:
    P .43663114, E[T] 34.52100986, correlator .79920022.
    """
    found = v6(4.0, 1e-9)
    assert found == pytest.approx((0.43675283, 34.51139137, 0.79917379), abs=6e-9)
    assert v6(4.0, -1e-9)[0] == pytest.approx(0.43009807, abs=6e-9)
    check(v5(difference(4.0)), *found[1:])


@pytest.mark.parametrize("limit", [3.99, 4.01])
def test_v6_away_from_the_limit(limit):
    """Enumeration, where no pair comes exactly at the limit."""
    check(v5(difference(limit)), *v6(limit, 0.0)[1:])


@pytest.mark.parametrize("limit", [3.99, 4.0])
def test_v6_in_a_bracket_of_rounded_times(limit):
    """Enumeration. Of pairs exactly at the limit rounding cannot tell: the bracket stays wider."""
    chance, time_s, state = v6(limit, 1e-9)
    widths = []
    for width in (0.5, 0.2):
        found = play_bracketed(v5(difference(limit)), BellCarrier(), wish(width), "")
        assert "rounded down" in found.how
        assert found.width <= width
        assert within(found.delivery_time_s, time_s, 1e-8)
        assert within(found.fidelity, (1.0 + 3.0 * state) / 4.0, 1e-9)
        widths.append(found.width)
    assert widths[1] < widths[0]
    assert 0.0 < chance < 1.0


def v7():
    rows = zip(
        (0.05, 0.06, 0.04, 0.05),
        (1.0, 1.4, 1.2, 1.0),
        (0.0006, 0.0010, 0.0004, 0.0008),
        (0.0012, 0.0002, 0.0014, 0.0004),
        strict=True,
    )
    links = [link(*row) for row in rows]
    halves = [Swap(left=links[k], right=links[k + 1], station=station(0.5, 0.3)) for k in (0, 2)]
    return Swap(left=halves[0], right=halves[1], station=station(0.5))


def test_v7_on_its_grid_and_in_a_bracket():
    """Enumeration on the grid of .1 s; links and overhead split each for itself."""
    result = check(v7(), 204.26741918, 0.89033680)
    assert "steps of 0.1 s" in result.how
    found = play_bracketed(v7(), BellCarrier(), wish(), "")
    assert found.step_s > 0.0
    assert found.delivery_time_s.low <= 204.26741918 <= found.delivery_time_s.high
    fidelity = (1.0 + 3.0 * 0.89033680) / 4.0
    assert found.fidelity.low <= fidelity <= found.fidelity.high


def test_v8_distillation_of_swapped_pairs():
    """Enumeration."""
    rate = {"left": 0.015, "right": 0.015, "w": 0.97}
    pair = Swap(left=link(0.6, 1.0, **rate), right=link(0.5, ROOT2, **rate))
    plan = Distill(pair=pair, scheme="bbpssw")
    result = check(plan, 4.65183361, None)
    assert result.fidelity.best == pytest.approx(0.92837338, abs=5e-9)
    assert one_round(plan)[0].parts[0].sum() == pytest.approx(0.87900602, abs=5e-9)


def v13(scale=1.0):
    inner = Swap(
        left=link(0.1, 1.0, 0.01, 0.01),
        right=link(0.2, 1.5 * scale),
        order="sequential",
        station=station(0.5),
    )
    first = link(0.15, 0.7, 0.005, 0.005)
    return Swap(left=first, right=inner, order="sequential", station=station(0.5))


def test_v13_one_after_the_other():
    """Closed form: products of geometric series."""
    check(v13(), 79.33333333, 0.63945711)
    found = play_outright(v13(), BellCarrier(), wish())
    assert found.delivery_time_s.best == pytest.approx(238.0 / 3.0, rel=1e-13)
    assert correlator(found) == pytest.approx(0.63945711, abs=5e-9)
    # A duration on no grid, against the closed form of the mean.
    mean = 2.0 * (0.7 / 0.15 + 2.0 * (1.0 / 0.1 + 1.5 * ROOT2 / 0.2))
    result = play_exact(v13(ROOT2))
    assert result.how == "outright"
    assert result.delivery_time_s.best == pytest.approx(mean, rel=1e-13)
    assert result.truncated_mass < 1e-15


@pytest.mark.parametrize(
    ("tau", "time_s"), [(1.3, 148.47509352), (1.5, 66.67181730), (2.0, 28.39841270)]
)
def test_n2_longer_attempts_can_be_faster(tau, time_s):
    """Enumeration."""
    check(Swap(left=link(0.3, 1.0), right=link(0.3, tau), cutoff=difference(0.15)), time_s, 1.0)


@pytest.mark.parametrize(("limit", "time_s"), [(9.0, 20.0), (9.5, 20.5)])
def test_n3_longer_cutoffs_can_be_slower(limit, time_s):
    """By hand: half of the rounds end at 10, the others at 1 + limit."""
    plan = Swap(left=link(1.0, 1.0), right=link(0.5, 10.0), cutoff=difference(limit))
    check(plan, time_s, 1.0)


def coherent(p, attempt_time_s, w=0.98):
    """X1: a stored pair has a coherence time of .05 s."""
    half = Memory(t2_s=0.1)
    return Link(
        success_probability=p, attempt_time_s=attempt_time_s, state=werner(w), left=half, right=half
    )


def test_x1_sure_links_that_come_one_after_the_other():
    """Closed form: one pair waits .0077 s."""
    plan = Swap(left=coherent(1.0, 1.0), right=coherent(1.0, 1.0077))
    result = play_exact(plan)
    x, z = 0.98**2 * math.exp(-0.0077 / 0.05), 0.98**2
    assert result.fidelity.best == pytest.approx((1.0 + 2.0 * x + z) / 4.0, rel=1e-12)
    assert result.fidelity.best == pytest.approx(0.901762, abs=5e-7)
    assert result.fidelity.is_exact
    promise = promised_bits(result, 3600.0, 0.99)
    assert promise.pairs.best == pytest.approx(3600.0 / 1.0077, abs=1.0)
    assert 1525.0 < promise.bits.low <= promise.bits.high < 1535.0


def test_x1_delivery_at_the_later_attempt():
    """By hand."""
    result = play_exact(Swap(left=coherent(1.0, 1.0), right=coherent(1.0, 1.4142135)))
    assert result.delivery_time_s.best == pytest.approx(1.4142135, rel=1e-14)
    assert result.time_s.tolist() == pytest.approx([1.4142135])
    assert result.probability.tolist() == pytest.approx([1.0])


def test_x1_cutoff_shorter_than_attempts():
    """Enumeration of the attempts that meet within .01 s, far beyond the first thousand."""
    plan = SwapAsap(
        segments=(link(0.1, 1.0), link(0.1, 1.41421356)),
        stations=(station(),),
        cutoff=difference(0.01),
    )
    j = np.arange(1, 4000)
    k = np.round(j / 1.41421356)
    meets = np.abs(j - 1.41421356 * k) <= 0.01
    chance = float((0.01 * 0.9 ** (j + k - 2.0))[meets].sum())
    result = play_exact(plan)
    assert result.delivery_time_s.best > 1e10
    spent = _mean_of_round(0.1, 1.41421356, 0.01)
    assert result.delivery_time_s.best == pytest.approx(spent / chance, rel=1e-9)


def _mean_of_round(p, tau, limit):
    """Mean duration of a round of two links of attempts 1 and ``tau`` that hardly ever meet."""
    j, k = np.arange(1, 2000), np.arange(1, 2000)
    one, two = p * (1 - p) ** (j - 1.0), p * (1 - p) ** (k - 1.0)
    times = np.minimum.outer(1.0 * j, tau * k)
    return float((np.outer(one, two) * (times + limit)).sum())


@pytest.mark.parametrize("limit", [0.0, 0.001])
@pytest.mark.parametrize("tau", [ROOT2, 1.41421356])
def test_h1_lattices_that_never_meet(limit, tau):
    """Number theory: multiples of 1 and of sqrt 2 differ, and by less than .001 far out only."""
    plan = Swap(left=link(0.1, 1.0), right=link(0.1, tau), cutoff=difference(limit))
    with pytest.raises(InfeasiblePlanError) as caught:
        play_exact(plan)
    message = str(caught.value)
    assert "no pair would ever come" in message or "years" in message
    assert "no pair would ever come" in message or limit > 0.0
    assert len(message) < 300


def test_h1_lattices_of_composed_pairs_that_never_meet():
    """Number theory: the left pair comes at multiples of 1 only."""
    left = Swap(left=link(0.4, 1.0), right=link(0.5, 2.0))
    for right in (link(0.1, ROOT2), Swap(left=link(0.3, ROOT2), right=link(0.3, 2.0 * ROOT2))):
        plan = Swap(left=left, right=right, cutoff=difference(0.0))
        with pytest.raises(InfeasiblePlanError, match="it never delivers") as caught:
            play_exact(plan)
        assert caught.value.field == "cutoff.time_s"
        assert len(str(caught.value)) < 300


def test_parts_of_a_time_grid_too_long():
    """Closed forms of two links of rare success: E[M] = (3 - 2 p) / (p (2 - p)) attempts."""
    one = link(1e-6, 1e-5)
    for plan, attempts in ((one, 1e6), (Swap(left=one, right=one), None)):
        p = 1e-6
        mean = 1e-5 * (attempts or (3.0 - 2.0 * p) / (p * (2.0 - p)))
        result = play_exact(plan)
        time = result.delivery_time_s
        assert time.low * (1.0 - 1e-9) <= mean <= time.high * (1.0 + 1e-9)
        assert result.width <= 1e-3


def deep(q, attempts_s, p, memories, duration_s):
    """Eight links, nested."""
    pairs = [
        Link(success_probability=p, attempt_time_s=tau, state=werner(0.99), left=each, right=each)
        for tau, each in zip(attempts_s, memories, strict=True)
    ]
    while len(pairs) > 1:
        both = zip(pairs[::2], pairs[1::2], strict=True)
        pairs = [Swap(left=a, right=b, station=station(q, duration_s)) for a, b in both]
    return pairs[0]


@pytest.mark.parametrize("relaxing", [False, True])
@pytest.mark.parametrize(("q", "p"), [(0.5, 0.1), (0.8, 0.02), (1.0, 0.3)])
def test_brackets_of_deep_plans_hold_what_a_time_grid_gives(q, p, relaxing):
    """Against the engine's own time grid, of which the split steps are no multiple."""
    times = (1.0, 1.5, 2.0, 0.5, 1.0, 1.5, 2.0, 1.0)
    rates = (3e-4, 1e-3, 2e-4, 5e-4, 3e-4, 1e-4, 1e-3, 4e-4)
    kind = "t2_s" if relaxing else "dephasing_time_s"
    memories = [
        Memory(**({"t1_s": 3.0 / rate} if relaxing else {}), **{kind: 1.0 / rate}) for rate in rates
    ]
    plan = deep(q, times, p, memories, 0.5)
    own = play_on_grid(plan)
    carrier = FullCarrier() if relaxing else BellCarrier()
    for width in (0.05, 1e-3):
        found = play_bracketed(plan, carrier, wish(width), "")
        assert found.width <= width
        assert found.step_s > 0.0
        for name in ("delivery_time_s", "fidelity", "qber_x", "qber_y", "qber_z"):
            value = getattr(own, name).best
            assert within(getattr(found, name), value, 1e-7 * max(1.0, value))


def test_laws_of_bracketed_plans_bound_the_delivery_time():
    """Against the listed law of V5: early times never come later, late ones never earlier."""
    listed = play_exact(v5()).delivery_law
    bounds = play_bracketed(v5(), BellCarrier(), wish(), "").delivery_law
    assert listed.is_exact
    assert not bounds.is_exact
    at = np.searchsorted(listed.times, bounds.times * (1.0 + 1e-12), side="right")
    true = np.append(0.0, np.cumsum(listed.early))[at]
    assert (np.cumsum(bounds.early) >= true - 1e-8).all()
    assert (np.cumsum(bounds.late) <= true + 1e-8).all()
    assert 0.0 < bounds.time_width_s < 0.02 * 22.5
    # So do sums of them: the chance of ten pairs within the mean time of ten.
    chance, rough = (
        PairCount(times=times_of(law), time_s=225.0).at_least(10) for law in (listed, bounds)
    )
    assert rough.low <= chance.low <= chance.high <= rough.high
    assert chance.high - chance.low < 5e-3
    assert rough.high - rough.low < 5e-2


def test_agreement_counts_from_the_bracket():
    """By hand: what was drawn has a standard error, what was computed an interval for certain."""
    drawn = Estimate(9.0 - 1.96, 9.0, 9.0 + 1.96, 100)  # a standard error of 1
    for low, high, errors, agrees in (
        (8.0, 10.0, 0.0, True),
        (10.0, 12.0, 1.0, True),
        (12.9, 14.0, 3.9, True),
        (13.1, 14.0, 4.1, False),
        (1.0, 4.9, -4.1, False),
    ):
        exact = Estimate(low, (low + high) / 2.0, high)
        found = Comparison(figure="rate_hz", engine="exact", reference=drawn, value=exact)
        assert found.standard_errors == pytest.approx(errors, abs=1e-3)
        assert found.agrees is agrees
        turned = Comparison(figure="rate_hz", engine="sampled", reference=exact, value=drawn)
        assert turned.standard_errors == pytest.approx(-errors, abs=1e-3)


def test_engines_agree_on_a_plan_without_a_grid():
    """The sampled and the circuit engine."""
    found = agree(Swap(**V1, cutoff=difference(3.3)), shots=20_000, seed=4, circuit_shots=20)
    assert {each.engine for each in found.comparisons} == {"exact", "circuit"}
    assert found.holds, str(found)


def relaxing(p, attempt_time_s, length_km):
    both = Memory(t1_s=90.0, t2_s=50.0)
    return Link(
        success_probability=p,
        attempt_time_s=attempt_time_s,
        state=werner(0.97),
        left=both,
        right=both,
        length_km=length_km,
    )


X4_SEGMENTS = tuple(relaxing(p, p + k**0.5, 4e4 * k) for k, p in enumerate((0.4, 0.6, 0.5), 1))

X4 = {
    "latency and unequal stations": SwapAsap(
        segments=X4_SEGMENTS,
        stations=(station(1.0, 0.3), station(1.0, 0.1)),
        classical_latency=True,
    ),
    "a total cut-off": SwapAsap(
        segments=X4_SEGMENTS,
        stations=(station(), station()),
        cutoff=Cutoff(kind="total", time_s=8.0),
    ),
    "composed segments": SwapAsap(
        segments=(
            Swap(left=X4_SEGMENTS[0], right=X4_SEGMENTS[1], station=station(0.5)),
            Multiplex(pair=X4_SEGMENTS[2], copies=2),
            Distill(pair=X4_SEGMENTS[1]),
        ),
        stations=(station(), station()),
    ),
}


@pytest.mark.parametrize("name", X4)
def test_x4_swap_asap_with_what_was_refused(name):
    """Four standard errors of the sampled engine."""
    result, drawn = play_exact(X4[name], width=1e-2), play(X4[name], shots=20_000, seed=11)
    for figure in ("delivery_time_s", "fidelity", "qber_x", "qber_z"):
        sampled = getattr(drawn, figure)
        reach = 4.0 * (sampled.high - sampled.low) / 3.92
        assert within(getattr(result, figure), sampled.best, reach)


def test_x4_ages_that_would_take_minutes_are_refused():
    """The message names an engine that plays the plan."""
    links = [relaxing(0.01, 1.0, 2e5) for _ in range(4)]
    oldest = Cutoff(kind="age", time_s=400.0)
    halves = [
        Swap(left=links[k], right=links[k + 1], cutoff=oldest, classical_latency=True)
        for k in (0, 2)
    ]
    plan = Swap(left=halves[0], right=halves[1], cutoff=oldest, classical_latency=True)
    with pytest.raises(EngineError, match=r"steps of time and age; .*engine='sampled'"):
        play_exact(plan)

"""The exact engine: what must hold for any plan, and distributions that are known."""

from __future__ import annotations

import math
from decimal import Decimal, localcontext

import numpy as np
import pytest

from protocols import nested, pumped, sequential, swap_asap
from qnet import (
    Cutoff,
    Distill,
    EngineError,
    Gates,
    InfeasiblePlanError,
    Link,
    Memory,
    ParameterError,
    Swap,
    SwapAsap,
    play,
)
from qnet.engines.exact import play_exact
from qnet.engines.exact.grid import Grid, time_step
from qnet.engines.exact.representation import BellCarrier, FullCarrier
from qnet.engines.exact.solver import Solver
from qnet.states import is_physical, werner
from tests import catalog
from tests.catalog import NOISY, PLANS, difference, four_links, half


def link(p=0.3, state=NOISY, memory=None, **fields):
    memory = memory or Memory(depolarizing_time_s=200.0, dephasing_time_s=90.0)
    fields = {"right": Memory(dephasing_time_s=300.0), **fields}
    return catalog.link(p, state=state, memory=memory, **fields)


@pytest.mark.parametrize("name", PLANS)
def test_bell_diagonal_states_are_the_full_ones(name):
    plan = PLANS[name](four_links())
    grid = Grid(time_step(plan), 500)
    found = []
    for carrier in (BellCarrier(), FullCarrier()):
        sequence = Solver(carrier, grid).solve(plan).sequence
        found.append(carrier.to_fano(sequence))
    assert np.abs(found[0] - found[1]).max() < 1e-13
    assert isinstance(play_exact(plan, t_max_s=9.0).carrier, BellCarrier)


TWISTED = np.array(NOISY)
TWISTED[1, 3], TWISTED[0, 2], TWISTED[3, 0] = 0.03, 0.02, -0.04


@pytest.mark.parametrize("memory", [None, Memory(t1_s=60.0, t2_s=40.0), Memory(t1_s=20.0)])
@pytest.mark.parametrize("name", PLANS)
def test_probability_is_conserved_and_states_are_physical_at_every_step(name, memory):
    state = NOISY if memory is None else TWISTED
    plan = PLANS[name](four_links(memory=memory, state=state))
    result = play_exact(plan)
    assert isinstance(result.carrier, BellCarrier if memory is None else FullCarrier)
    assert result.probability.min() >= 0.0
    assert result.truncated_mass < 1e-9
    assert result.probability.sum() + result.truncated_mass == pytest.approx(1.0, abs=1e-12)
    assert np.array_equal(result.cumulative, np.cumsum(result.sequence[0]))
    assert result.time_s == pytest.approx(np.arange(len(result.time_s)) * result.grid.dt)
    seen = result.probability > 1e-9 * result.probability.max()
    states = result.states[seen]
    assert np.count_nonzero(seen) > 5
    assert is_physical(states, 1e-6)
    assert is_physical(result.states[result.probability > 1e-5], 1e-10)
    # Row by row weighted, whatever rounding leaves where nothing is delivered.
    leftover = result.carrier.to_fano(result.sequence)[~seen]
    assert np.abs(leftover).max(initial=0.0) < 2e-9
    assert is_physical(result.mean_fano, 1e-12)


@pytest.mark.parametrize("ps", [(0.1, 0.1), (0.5, 0.1), (0.02, 0.3)])
@pytest.mark.parametrize("memory", [Memory(depolarizing_time_s=40.0), Memory(t1_s=60.0)])
def test_for_two_segments_a_tighter_cutoff_is_better_and_slower(ps, memory):
    fidelities, rates = [], []
    for limit in (0, 1, 2, 3, 5, 8, 13, 30, 100):
        links = [link(p, memory=memory, right=memory) for p in ps]
        result = play_exact(nested(links, stations=half(), cutoffs=difference(limit)))
        fidelities.append(result.fidelity.best)
        rates.append(result.rate_hz.best)
    assert np.all(np.diff(fidelities) < 1e-12)
    assert np.all(np.diff(rates) > -1e-12)


def test_with_more_levels_a_tighter_cutoff_can_be_worse():
    # Below, pairs become so rare that those of the level above wait for each other too long.
    memory = Memory(depolarizing_time_s=50.0)
    links = [link(0.3, werner(1.0), memory, right=memory)] * 4
    fidelity = {
        limit: play_exact(nested(links, cutoffs=difference(limit, 30))).fidelity.best
        for limit in (4, 2, 0)
    }
    assert fidelity[4] < fidelity[2] - 0.01
    assert fidelity[0] < fidelity[2] - 0.03


BOUNDED = ["delivery_time_s", "rate_hz", "fidelity", "qber_x", "qber_y", "qber_z", "chsh"]


@pytest.mark.parametrize("name", PLANS)
def test_the_truth_lies_within_the_bounds_of_any_grid(name):
    plan = PLANS[name](four_links())
    truth = play_exact(plan, tolerance=1e-12)
    mean = truth.delivery_time_s.best
    widths = []
    for share in (0.1, 0.5, 1.0, 2.0, 4.0, 8.0):
        found = play_exact(plan, t_max_s=max(share * mean, 1.0))
        expected = 1.0 - truth.cumulative[found.grid.size - 1]
        assert found.truncated_mass == pytest.approx(expected, abs=1e-9)
        assert found.grid.dt == truth.grid.dt
        for figure in [*BOUNDED, "secret_key_fraction", "secret_key_rate_hz"]:
            low, high = getattr(found, figure).low, getattr(found, figure).high
            exact = getattr(truth, figure).best
            assert low - 1e-9 * abs(low) - 1e-12 <= exact <= high + 1e-9 * abs(high) + 1e-12
        for k, weight in enumerate(found.bell_diagonal):
            assert weight.low - 1e-9 <= truth.bell_diagonal[k].best <= weight.high + 1e-9
        widths.append(found.fidelity.high - found.fidelity.low)
    assert np.all(np.diff(widths) <= 1e-12)
    assert widths[-1] < 0.05


def test_bounds_narrow_to_the_tolerance():
    plan = PLANS["nested"](four_links())
    for tolerance in (1e-3, 1e-6, 1e-9):
        result = play_exact(plan, tolerance=tolerance)
        assert result.truncated_mass <= tolerance
        assert result.fidelity.high - result.fidelity.low <= 1.000001 * tolerance + 1e-15


def test_a_grid_that_ends_before_anything_comes():
    result = play_exact(sequential([link(0.5)] * 3), t_max_s=2.0)
    assert result.truncated_mass == 1.0
    assert (result.fidelity.low, result.fidelity.high) == pytest.approx((0.0, 1.0), abs=1e-15)
    assert (result.chsh.low, result.chsh.high) == pytest.approx((-math.sqrt(8), math.sqrt(8)))
    assert result.delivery_time_s.high == math.inf
    assert result.rate_hz.low == 0.0
    assert np.isnan(result.mean_fano).all()
    assert np.isnan(result.states).all()


def test_unequal_attempts_on_a_common_grid():
    one, two = link(0.3, attempt_time_s=1.5), link(0.2, attempt_time_s=1.0)
    result = play_exact(nested([one, two]))
    assert result.grid.dt == 0.5
    late = [0.3 * 0.7**k for k in range(400)], [0.2 * 0.8**k for k in range(400)]
    mean = sum(
        p * q * max(1.5 * (k + 1), 1.0 * (j + 1))
        for k, p in enumerate(late[0])
        for j, q in enumerate(late[1])
    )
    assert result.delivery_time_s.best == pytest.approx(mean, rel=1e-9)
    # The third attempt of the left link is the first that can end at 4.5.
    assert result.probability[result.time_s == 4.5] == pytest.approx(
        [0.3 * 0.7**2 * (1 - 0.8**4)], rel=1e-12
    )


def test_a_cutoff_between_two_attempts_ends_its_round_when_it_says():
    # Sure left link, right link 1/2: after 1.5 the round is lost at 2.5, not at 2 or 3.
    plan = nested([link(1.0), link(0.5)], cutoffs=difference(1.5))
    result = play_exact(plan)
    assert result.grid.dt == 0.5
    # Right pairs at 1 and 2 are in time; with probability 1/4 there is none, and 2.5 have passed.
    mean = (0.5 * 1.0 + 0.25 * 2.0 + 0.25 * 2.5) / 0.75
    assert result.delivery_time_s.best == pytest.approx(mean, rel=1e-9)
    sampled = play(plan, shots=50_000, seed=3).delivery_time_s
    assert abs(sampled.best - mean) < 5 * (sampled.high - sampled.low) / 3.92


@pytest.mark.parametrize("length", [1e5, 2e5, 3e5])
def test_latency_of_two_links_swapped_as_soon_as_possible(length):
    links = [link(1.0, length_km=length)] * 2
    travel = length / 2e5
    plan = swap_asap(links, stations=half(), classical_latency=True)
    assert play_exact(plan).delivery_time_s.best == pytest.approx(2 * (1.0 + travel), rel=1e-9)


def test_memory_kinds_in_closed_form():
    # P-C9: a sure link and one that needs ten attempts more; one pair is stored for ten seconds.
    for memory, fidelity in (
        (Memory(t1_s=100.0, t2_s=50.0), 0.792106691),
        (Memory(depolarizing_time_s=100.0), 0.25 + 0.75 * math.exp(-0.2)),
        (Memory(dephasing_time_s=100.0), 0.5 + 0.5 * math.exp(-0.2)),
    ):
        first = Link(
            success_probability=1.0,
            attempt_time_s=1.0,
            state=werner(1.0),
            left=memory,
            right=memory,
        )
        second = Link(success_probability=1.0, attempt_time_s=11.0, state=werner(1.0))
        result = play_exact(Swap(left=first, right=second))
        assert result.fidelity.best == pytest.approx(fidelity, rel=1e-8)


def two_segments(p, q, steps):
    """P(T = t): the maximum of two geometric times, repeated; two poles of its transform."""
    with localcontext(prec=60):
        p, q = Decimal(p), Decimal(q)
        x = 1 - p
        # The maximum: M(z) = 2 p z / (1 - x z) - (1 - x^2) z / (1 - x^2 z).
        above = [2 * p - (1 - x * x), -2 * p * x * x + (1 - x * x) * x]  # times z, z^2
        constant, linear, square = Decimal(1), -x - x * x, x**3
        linear, square = linear - (1 - q) * above[0], square - (1 - q) * above[1]
        spread = (linear * linear - 4 * square * constant).sqrt()
        terms = []
        for root in ((-linear - spread) / (2 * square), (-linear + spread) / (2 * square)):
            weight = -q * (above[0] * root + above[1] * root**2) / (linear + 2 * square * root)
            terms.append((float(weight), float(root.ln())))
    t = np.arange(1.0, steps)
    with np.errstate(under="ignore"):
        found = sum(weight * np.exp(-rate * (t + 1.0)) for weight, rate in terms)
    return np.concatenate([[0.0], found])


def test_the_known_distribution_gives_the_tabulated_values():
    known = two_segments(0.1, 0.5, 51)
    # P-A10.
    assert [known[1], known[:11].sum(), known.sum()] == pytest.approx(
        [0.005, 0.225651211, 0.837306377], rel=1e-8
    )


@pytest.mark.parametrize(("p", "q"), [(0.1, 0.5), (1e-3, 0.5), (1e-4, 0.5), (1e-5, 0.3)])
def test_180000_steps_lose_no_digits(p, q):
    steps = 180_000
    result = play_exact(nested([link(p)] * 2, stations=half(q)), t_max_s=steps - 1.0)
    known = two_segments(p, q, steps)
    assert len(result.probability) == steps
    assert np.isfinite(result.sequence).all()
    body = known > 1e-3 * known.max()
    assert np.allclose(result.probability[body], known[body], rtol=1e-8, atol=0.0)
    tail = known > 1e-9 * known.max()
    assert np.allclose(result.probability[tail], known[tail], rtol=1e-5, atol=0.0)
    assert result.cumulative[-1] == pytest.approx(known.sum(), abs=1e-10)
    if p >= 1e-3:
        mean = (3 - 2 * p) / (q * p * (2 - p))
        assert result.delivery_time_s.best == pytest.approx(mean, rel=1e-10)


def test_equal_halves_are_worked_out_once():
    solver = Solver(BellCarrier(), Grid(1.0, 64))
    solver.solve(nested([link(0.3)] * 64))
    assert len(solver._known) == 1 + 6
    unequal = Solver(BellCarrier(), Grid(1.0, 64))
    unequal.solve(nested([link(0.3 + 0.01 * k) for k in range(8)]))
    assert len(unequal._known) == 8 + 7


def test_nothing_is_drawn():
    plan = nested([link()] * 2)
    result = play(plan, engine="exact")
    assert (result.engine, result.seed, result.shots) == ("exact", None, 0)
    assert result.fidelity.n == 0
    again = play(plan, engine="exact", shots=5, seed=3)
    assert again.fidelity == result.fidelity
    seen = []
    play_exact(plan, progress=lambda done, wanted: seen.append((done, wanted)))
    assert seen[-1][0] == seen[-1][1]


def test_summary():
    text = play_exact(nested([link(0.1, werner(1.0))] * 2)).summary()
    assert "delivery time    14.7368 " in text


def slow(attempt_time_s):
    return link(attempt_time_s=attempt_time_s)


REFUSED = {
    "cut-off above sums of many durations": (
        lambda: nested(
            [link(1e-3, attempt_time_s=k**0.5) for k in (1, 2, 3, 5)],
            stations=half(),
            cutoffs=[None, difference(900.0)[0]],
        ),
        "reached a width of",
    ),
    "total cut-off above sums of many durations": (
        lambda: nested(
            [link(1e-3, attempt_time_s=k**0.5) for k in (1, 2, 3, 5)],
            stations=half(),
            cutoffs=[None, Cutoff(kind="total", time_s=5000.0)],
        ),
        "reached a width of",
    ),
    "ages without a grid": (
        lambda: nested(
            [slow(k**0.5) for k in (1, 2, 3, 5)], cutoffs=Cutoff(kind="age", time_s=9.0)
        ),
        "ages of composed pairs only on a time grid",
    ),
    "three one by one": (
        lambda: Distill(pair=link(), scheme="double-selection", order="sequential"),
        "only two pairs one after the other",
    ),
    "ages one by one": (
        lambda: sequential([link()] * 3, cutoffs=Cutoff(kind="age", time_s=5.0)),
        "no ages of composed pairs",
    ),
    "ages of a pump": (
        lambda: Swap(left=pumped(link()), right=link(), cutoff=Cutoff(kind="age", time_s=5.0)),
        "no ages of pairs",
    ),
    "unequal restarts": (
        lambda: swap_asap([link(length_km=2e5), link()], stations=half(), classical_latency=True),
        "unequal lengths",
    ),
    "total with restarts": (
        lambda: swap_asap(
            [link(length_km=2e5)] * 2,
            stations=half(),
            cutoff=Cutoff(kind="total", time_s=5.0),
            classical_latency=True,
        ),
        "a total cut-off",
    ),
    "age within an attempt": (
        lambda: swap_asap([link()] * 2, cutoff=Cutoff(kind="age", time_s=2.5)),
        "no multiple of equal attempts",
    ),
    "age and unequal attempts": (
        lambda: swap_asap([slow(1.0), slow(2.0)], cutoff=Cutoff(kind="age", time_s=4.0)),
        "no multiple of equal attempts",
    ),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_it_cannot_play_is_refused_with_one_that_can(name):
    """Every message names an engine, and that engine plays the plan."""
    build, message = REFUSED[name]
    plan = build()
    with pytest.raises(EngineError, match=message) as caught:
        play(plan, engine="exact")
    assert "engine='sampled'" in str(caught.value)
    assert play(plan, shots=10, seed=1).delivery_time_s.best > 0.0


TIGHT = {
    "total": lambda: nested([slow(1.5)] * 2, cutoffs=Cutoff(kind="total", time_s=1.25)),
    "one by one": lambda: sequential([slow(1.5)] * 2, cutoffs=difference(1.0)),
    "copies": lambda: Distill(
        pair=slow(1.5), order="sequential", cutoff=Cutoff(kind="total", time_s=2.25)
    ),
    "swap-asap": lambda: swap_asap([link(), slow(2.0)], cutoff=Cutoff(kind="total", time_s=1.0)),
}


@pytest.mark.parametrize("engine", ["exact", "sampled"])
@pytest.mark.parametrize("name", TIGHT)
def test_cutoffs_before_any_pair_are_refused_by_every_engine(name, engine):
    with pytest.raises(InfeasiblePlanError, match=r"cutoff.time_s .* no pair would ever come"):
        play(TIGHT[name](), engine=engine, shots=1, seed=1)


def test_attempts_that_never_meet():
    # Sure links that come at 1 and 1.5 of every round; the cut-off is 0.25.
    late = link(1.0, attempt_time_s=1.5)
    with pytest.raises(InfeasiblePlanError, match="no pair would ever come"):
        play(nested([link(1.0), late], cutoffs=difference(0.25)), engine="exact")
    # Of composed pairs no forecast knows the lattice.
    plan = Swap(left=nested([link(1.0)] * 2), right=late, cutoff=difference(0.25)[0])
    with pytest.raises(InfeasiblePlanError, match="none has come after"):
        play(plan, engine="exact")


@pytest.mark.parametrize("tolerance", [0.0, 1.0, -1e-9, math.nan, "1e-9"])
def test_bad_tolerance(tolerance):
    with pytest.raises(ParameterError, match=r"exact\.tolerance must"):
        play_exact(link(), tolerance=tolerance)


@pytest.mark.parametrize("t_max_s", [0.0, 0.5, -1.0, math.inf, math.nan])
def test_bad_end_of_the_grid(t_max_s):
    with pytest.raises(ParameterError, match=r"exact\.t_max_s must"):
        play_exact(link(), t_max_s=t_max_s)


def test_durations_that_the_grid_was_not_made_for():
    with pytest.raises(ValueError, match="no multiple"):
        Grid(1.0, 10).steps(0.5)
    assert Grid(0.1, 10).steps(0.3) == 3


def test_time_steps():
    swap = SwapAsap(
        segments=(link(length_km=1e5), link(length_km=3e5)),
        stations=(half(gates=Gates(readout_time_s=0.25)),),
        classical_latency=True,
    )
    # Attempts of 1 s, results after 0.25 s and 1.5 s of travel.
    assert time_step(swap) == pytest.approx(0.25)
    assert time_step(nested([slow(5.5e-6)] * 2, cutoffs=difference(1e9))) == 5.5e-6
    assert time_step(nested([slow(1.0), slow(1.0 / 3.0)])) == pytest.approx(1 / 3)
    assert time_step(nested([slow(0.7), slow(0.3)])) == pytest.approx(0.1)


@pytest.mark.parametrize("build", [nested, swap_asap, sequential])
def test_cutoffs_beyond_the_grid_are_none(build):
    """Oracle: no cut-off. A window of 10^15 steps would take petabytes."""
    rule = Cutoff(time_s=1e15, kind="difference")
    free = play_exact(build([link()] * 2))
    ruled = play_exact(build([link()] * 2, **{"cutoff" if build is swap_asap else "cutoffs": rule}))
    assert ruled.rate_hz.best == pytest.approx(free.rate_hz.best, rel=1e-12)
    assert ruled.fidelity.best == pytest.approx(free.fidelity.best, rel=1e-12)


@pytest.mark.parametrize("value", [10**400, -(10**400)])
def test_whole_numbers_beyond_floats_are_refused(value):
    """Oracle: they are no float."""
    with pytest.raises(ParameterError, match="length_km must be a finite number"):
        link(length_km=value)

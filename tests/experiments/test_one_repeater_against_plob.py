"""One memory node, from compiled circuits to key, against the formulas of Luong et al. 2016."""

import math
from dataclasses import replace

import pytest

from experiments.studies.one_repeater_against_plob import (
    AT_ONCE,
    HARDWARE,
    IN_TURN,
    KEY,
    LOADINGS,
    PAPER,
    STUDY,
    bare_key,
    closed_form,
    least_t2,
    node_key,
    node_plan,
    window_km,
)
from qnet.engines import play
from qnet.engines.result import Key
from tests.oracles import binary_entropy


def luong(arms_km, *, t2=1.0, tp=2e-6, e=0.01, dark=1e-8, ideality=0.98, f=1.16, total=0.7):
    """Yield, e_X, e_Z and key per use with both arms at once: equations 7, 10 to 24 of the paper.

    The defaults are those of set S2: 22 km attenuation length, 2e5 km/s, two users' misalignment.
    """
    eta_a, eta_b = (total * math.exp(-arm / 22.0) for arm in arms_km)
    travel_a, travel_b = (math.exp(-2 * arm / (2e5 * t2)) for arm in arms_km)
    either = eta_a + eta_b - eta_a * eta_b
    yield_ = 1 / (1 / eta_a + 1 / eta_b - 1 / either)
    y = math.exp(-(tp + 2 * arms_km[1] / 2e5) / t2)
    waits = eta_a * eta_b / either
    waits *= 1 / (1 - y * (1 - eta_a)) + 1 / (1 - y * (1 - eta_b)) - 1
    dephased = 0.5 - 0.5 * travel_a * travel_b * waits
    misaligned = 2 * e * (1 - e)
    good = ideality
    for eta in (eta_a, eta_b):
        good *= eta * (1 - dark) / (1 - (1 - eta) * (1 - dark) ** 2)
    e_x = misaligned * (1 - dephased) + (1 - misaligned) * dephased
    e_x = good * e_x + (1 - good) / 2
    e_z = good * misaligned + (1 - good) / 2
    return yield_, e_x, e_z, max(0.0, yield_ * (1 - binary_entropy(e_x) - f * binary_entropy(e_z)))


P_B5 = {"tp": 0.0, "e": 0.05, "dark": 0.0, "ideality": 1.0, "f": 1.0, "total": 0.3}
P_B5_VALUES = [0.131562015, 0.0952711693, 0.095, 0.0122660133]
P_B6_VALUES = [0.0486881801, 0.0330034969, 0.0294042516, 0.027691104]


def p_b5_hardware():
    node = HARDWARE.node
    gates = replace(
        node.gates, two_qubit_depolarizing=0.0, readout_flip_0=0.05, readout_flip_1=0.05
    )
    emitter = replace(node.emitter, collection_efficiency=0.3, preparation_time_s=0.0)
    detector = replace(node.detector, dark_count_probability=0.0)
    node = replace(node, gates=gates, emitter=emitter, detector=detector)
    return replace(HARDWARE, node=node)


def test_the_formulas_give_the_reference_values():
    """P-B5 and P-B6."""
    assert luong((10.0, 10.0), **P_B5) == pytest.approx(P_B5_VALUES, rel=1e-8)
    assert luong((50.0, 50.0)) == pytest.approx(P_B6_VALUES, rel=1e-8)


@pytest.mark.parametrize(
    ("length_km", "hardware", "key", "values"),
    [(20.0, p_b5_hardware(), Key(), P_B5_VALUES), (100.0, HARDWARE, KEY, P_B6_VALUES)],
    ids=["P-B5", "P-B6"],
)
def test_compiled_circuits_give_the_reference_values(length_km, hardware, key, values):
    """The paper leaves dark counts out of the yield: a relative 1e-6 in P-B6."""
    plan = node_plan(length_km, 1.0, AT_ONCE, hardware=hardware)
    result = play(plan, engine="exact", key=key)
    cycle = next(iter(plan.links())).attempt_time_s
    found = [
        cycle / result.delivery_time_s.best,
        result.qber_x.best,
        result.qber_z.best,
        result.secret_key_rate_per_attempt.best,
    ]
    assert found == pytest.approx(values, rel=1e-6)


@pytest.mark.parametrize(("length_km", "t2"), [(40.0, 0.2), (150.0, 0.3), (240.0, 3.0)])
def test_at_once_is_the_paper_at_other_distances_and_coherence_times(length_km, t2):
    """Half of the paper's key per use, for two modes; dark counts in the yield are 2e-8 / eta."""
    wanted = luong((length_km / 2, length_km / 2), t2=t2)[3] / 2
    assert node_key(length_km, t2, AT_ONCE).best == pytest.approx(wanted, rel=3e-5)
    assert closed_form(length_km, t2, AT_ONCE) == pytest.approx(wanted, rel=1e-12)


@pytest.mark.parametrize(("length_km", "share", "t2"), [(120.0, 0.5, 0.5), (160.0, 0.6, 0.3)])
def test_in_turn_sums_over_the_second_waiting_time(length_km, share, t2):
    """Key per attempt with the mean of exp(-N t / T2) over a geometric N, summed term by term."""
    arms = (share * length_km, (1 - share) * length_km)
    eta_a, eta_b = (0.7 * math.exp(-arm / 22.0) for arm in arms)
    attempt = 2e-6 + 2 * arms[1] / 2e5
    n = range(1, 20_000)
    stored = sum(eta_b * (1 - eta_b) ** (k - 1) * math.exp(-k * attempt / t2) for k in n)
    good = 0.98 * 0.98**2
    for eta in (eta_a, eta_b):
        good *= eta * (1 - 1e-8) / (1 - (1 - eta) * (1 - 1e-8) ** 2)
    coherent = good * stored * math.exp(-2 * length_km / (2e5 * t2))
    fraction = 1 - binary_entropy((1 - coherent) / 2) - 1.16 * binary_entropy((1 - good) / 2)
    wanted = fraction / (1 / eta_a + 1 / eta_b) / 2
    # Away from the middle the engine rounds attempts to 1/64 of the shorter one.
    rel = 1e-5 if share == 0.5 else 2e-3
    assert node_key(length_km, t2, IN_TURN, share).best == pytest.approx(wanted, rel=rel)


def test_the_ways_to_count_are_in_order():
    """Fewer uses counted, more key; a whole waiting time is longer than a difference of two.

    For a small transmission p, arms in turn need 2/p attempts, arms at once 3/(2 p).
    """
    at_once, in_turn, paper = (node_key(200.0, 10.0, loading).best for loading in LOADINGS)
    assert in_turn < paper < at_once
    assert paper / in_turn == pytest.approx(4 / 3, rel=5e-3)


@pytest.mark.parametrize("length_km", [0.0, 100.0, 250.0])
def test_bare_key_is_that_of_single_photons(length_km):
    """eta [1 - (1 + f) h(e)] / 2, with e from misalignment and dark counts of two detectors."""
    eta = 0.7 * math.exp(-length_km / 22.0)
    gain = 1 - (1 - eta) * (1 - 1e-8) ** 2
    error = 0.5 - 0.5 * eta * (1 - 1e-8) / gain * 0.98**2
    wanted = gain * (1 - 2.16 * binary_entropy(error)) / 2
    assert bare_key(length_km) == pytest.approx(wanted, rel=1e-6)


@pytest.mark.parametrize("bound", ["plob", "tgw"])
def test_windows_end_where_the_formulas_cross(bound):
    """At 1 s, by scanning the paper's formula every 0.05 km."""

    def wins(length):
        eta = math.exp(-length / 22.0)
        limit = -math.log2(1 - eta) if bound == "plob" else math.log2((1 + eta) / (1 - eta))
        return luong((length / 2, length / 2))[3] / 2 > limit

    inside = [0.05 * k for k in range(1000, 6000) if wins(0.05 * k)]
    assert window_km(1.0, AT_ONCE, bound) == pytest.approx((inside[0], inside[-1]), abs=0.11)


def test_the_shortest_coherence_time_closes_the_window():
    """A bit more has a window about the distance that is named, a bit less has none."""
    t2, at_km = least_t2(AT_ONCE)
    first, last = window_km(1.01 * t2, AT_ONCE)
    assert first < at_km < last
    assert window_km(0.99 * t2, AT_ONCE) == (None, None)


def test_sampled_rows_lie_on_the_exact_ones():
    """Within five standard errors, in the units of the table; the paper's count is not sampled."""
    drawn = [row for row in STUDY.rows(quick=True) if row.get("shots")]
    assert {row["loading"] for row in drawn} == {AT_ONCE, IN_TURN}
    for row in drawn:
        sampled = row["sampled_per_mode"]
        error = (sampled.high - sampled.low) / (2 * 1.96)
        assert abs(sampled.best - row["key_per_mode"].best) < 5 * error
    assert not any(each.get("shots") for each in STUDY.points(False) if each["loading"] == PAPER)


def test_two_engines():
    """Sampled key within five standard errors of the exact one (99.99994 % interval)."""
    for loading in (AT_ONCE, IN_TURN):
        plan = node_plan(100.0, 1.0, loading)
        drawn = play(plan, shots=20_000, seed=3, key=KEY).secret_key_rate_hz
        exact = play(plan, engine="exact", key=KEY).secret_key_rate_hz.best
        error = (drawn.high - drawn.low) / (2 * 1.96)
        assert abs(drawn.best - exact) < 5 * error < 0.1 * exact

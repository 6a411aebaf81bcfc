"""Closed forms of waiting times, storage and cut-offs, through the scenario file.

The values come from formulas and enumerations outside the package; a sampled figure must lie within
four of its standard errors, which its interval gives.
"""

from __future__ import annotations

import math

import numpy as np
import pytest

from tests.experiments.scenario_text import abstract, links

SHOTS = 100_000


def text(chain: str, link: str, rest: str = "", shots: int = SHOTS) -> str:
    return f'kind = "chain"\nseed = 20\nshots = {shots}\n[chain]\n{chain}\n[link]\n{link}\n{rest}\n'


def near(figure: dict, value: float) -> None:
    """Within four standard errors; a figure that does not fluctuate, to rounding."""
    error = (figure["high"] - figure["low"]) / (2.0 * 1.959964)
    assert abs(figure["best"] - value) <= max(4.0 * error, 1e-9 * abs(value))
    assert error <= 0.02 * abs(value)


def swap(q: float) -> str:
    return f"[swap]\nsuccess_probability = {q}"


def four_segments(p: float, a: float) -> float:
    """Mean waiting time of four segments by doubling (9-state Markov chain, solved)."""
    numerator = (
        4 * a**2 * p**6 - 10 * a**2 * p**5 + 6 * a**2 * p**4 - 20 * a * p**5 + 72 * a * p**4
        - 93 * a * p**3 + 53 * a * p**2 - 10 * a * p - 4 * a + 24 * p**4 - 108 * p**3
        + 186 * p**2 - 153 * p + 54
    )  # fmt: skip
    denominator = (
        a**2 * p * (p - 2) * (a * p**2 - a * p - 2 * p + 3)
        * (a * p**3 - 4 * p**2 + 6 * p - 4)
    )  # fmt: skip
    return numerator / denominator


def longest_of(n: int, p: float) -> float:
    """Mean of the largest of n geometric variables: the sum of its survival function."""
    t = np.arange(math.ceil(60.0 / p))
    return float(np.sum(1.0 - (1.0 - (1.0 - p) ** t) ** n))


def test_closed_form_gives_the_tabulated_values():
    assert four_segments(0.5, 0.5) == pytest.approx(21056 / 1395, rel=1e-12)
    assert four_segments(0.1, 0.5) == pytest.approx(84.8175804, rel=1e-8)
    assert longest_of(4, 0.1) == pytest.approx(20.2733782, rel=1e-8)


WAITING = {
    "P-A1": ("segments = 2", 0.5, 1.0, 8 / 3),
    "P-A2": ("segments = 2", 0.1, 1.0, 280 / 19),
    "P-A3": ("segments = 4", 0.1, 1.0, 20.2733782),
    "P-A4": ("segments = 8", 0.01, 1.0, 270.924509),
    "P-A4 swap-asap": ('segments = 8\nstrategy = "swap-asap"', 0.01, 1.0, 270.924509),
    "P-A5": ("segments = 2", 0.1, 0.5, 560 / 19),
    "P-A5 swap-asap": ('segments = 2\nstrategy = "swap-asap"', 0.1, 0.5, 560 / 19),
    "P-A6": ("segments = 4", 0.5, 0.5, 21056 / 1395),
    "P-A6 tree": ("segments = 4\ntree = [[0, 1], [2, 3]]", 0.5, 0.5, 21056 / 1395),
    "P-A9": ("segments = 3\ntree = [[0, 1], 2]", 0.5, 0.5, 1244 / 111),
    "P-A11": ("segments = 4", 0.3, 0.7, four_segments(0.3, 0.7)),
    "P-A12": ("segments = 4", 1e-6, 0.5, (27 - 2 * 0.5) / (12 * 0.5**2) / 1e-6),
    "sequential": ('segments = 5\nstrategy = "sequential"', 0.1, 1.0, 5 / 0.1),
    "64 nested": ("segments = 64", 0.1, 1.0, longest_of(64, 0.1)),
    "64 swap-asap": ('segments = 64\nstrategy = "swap-asap"', 0.1, 1.0, longest_of(64, 0.1)),
    "37 swap-asap": ('segments = 37\nstrategy = "swap-asap"', 0.2, 1.0, longest_of(37, 0.2)),
}


@pytest.mark.parametrize(("chain", "p", "q", "mean"), WAITING.values(), ids=list(WAITING))
def test_waiting_times(qnet_run, chain, p, q, mean):
    report = qnet_run(text(chain, abstract(p), swap(q)))
    near(report["delivery_time_s"], mean)
    near(report["rate_hz"], 1.0 / mean)
    assert report["delivery_time_s"]["n"] == SHOTS


def test_four_segments_with_a_million_pairs(qnet_run):
    """P-A7."""
    report = qnet_run(text("segments = 4", abstract(0.1), swap(0.5), shots=1_000_000))
    near(report["delivery_time_s"], 84.8175804)
    assert report["delivery_time_s"]["n"] == 1_000_000


def test_modes_are_tried_in_one_attempt(qnet_run):
    p = 1.0 - 0.9**5
    report = qnet_run(text("segments = 2", abstract(0.1) + "\nmodes = 5"))
    near(report["delivery_time_s"], (3 - 2 * p) / (p * (2 - p)))


@pytest.mark.parametrize(("m", "share"), [(1, 0.005), (10, 0.225651211), (50, 0.837306377)])
def test_distribution_of_the_waiting_time(qnet_run, m, share):
    """P-A10: P(T <= m) of two segments with q = 1/2.

    A third link comes after exactly m, and a total cut-off of m ends every round then: the rate is
    P(T <= m) / m.
    """
    pair = f"[[links]]\n{abstract(0.1)}\n"
    clock = f"[[links]]\n{abstract(1.0, attempt_time_s=float(m))}\n"
    rest = f'[cutoff]\nkind = "total"\ntime_s = [1e9, {m}]\n'
    text = links(pair * 2 + clock + rest + swap(0.5), "tree = [[0, 1], 2]")
    report = qnet_run(text, "--shots", f"{SHOTS}")
    # The outer swap succeeds in half of its tries too.
    near(report["rate_hz"], 0.5 * share / m)


def test_dephasing_of_two_segments(qnet_run):
    """P-B1: E[exp(-a |N1 - N2|)], read from the error rate in X of perfect pairs."""
    rest = "[memory]\npair_dephasing_time_s = 20.0"
    report = qnet_run(text("segments = 2", abstract(0.1), rest))
    near(report["qber_x"], (1 - 0.678903513) / 2)
    near(report["bell_diagonal"][0], (1 + 0.678903513) / 2)
    near(report["bell_diagonal"][3], (1 - 0.678903513) / 2)
    assert report["qber_z"]["high"] < 1e-9


def test_dephasing_of_unequal_segments(qnet_run):
    """P-B2."""
    unequal = f"[[links]]\n{abstract(0.1)}\n[[links]]\n{abstract(0.3)}\n"
    text = links(unequal + "[memory]\npair_dephasing_time_s = 5.0")
    report = qnet_run(text, "--shots", f"{SHOTS}")
    near(report["qber_x"], (1 - 0.416980305) / 2)


def test_dephasing_of_three_segments(qnet_run):
    """P-B3: every stored pair ages, a merged pair counts once."""
    chain = 'segments = 3\nstrategy = "swap-asap"'
    report = qnet_run(text(chain, abstract(0.2), "[memory]\npair_dephasing_time_s = 20.0"))
    near(report["qber_x"], (1 - 0.6989242) / 2)


def test_relaxation_acts_on_each_qubit(qnet_run):
    """With T2 alone both qubits of a pair dephase: the same as a dephasing time of T2 / 2."""
    report = qnet_run(text("segments = 2", abstract(0.1), "[memory]\nt2_s = 40.0"))
    near(report["qber_x"], (1 - 0.678903513) / 2)


def test_difference_cutoff(qnet_run):
    """P-B4: mean time, and mean Werner factor of what is delivered."""
    rest = '[memory]\npair_depolarizing_time_s = 30\n[cutoff]\nkind = "difference"\ntime_s = 5'
    report = qnet_run(text("segments = 2", abstract(0.1), rest))
    near(report["delivery_time_s"], 20.7511725)
    near(report["fidelity"], (1 + 3 * 0.922670838) / 4)


def test_cutoff_of_swap_asap_is_the_same_for_two_segments(qnet_run):
    """P-B4."""
    chain = 'segments = 2\nstrategy = "swap-asap"'
    rest = '[memory]\npair_depolarizing_time_s = 30\n[cutoff]\nkind = "difference"\ntime_s = 5'
    report = qnet_run(text(chain, abstract(0.1), rest))
    near(report["delivery_time_s"], 20.7511725)
    near(report["fidelity"], (1 + 3 * 0.922670838) / 4)


def luong(qnet_run, *, km, preparation_s, misalignment, dark, ideality, efficiency, factor):
    """One node half way, after Luong et al. 2016; memory coherence 1 s, 22 km attenuation length.

    Misalignment and dark counts whiten each link; its photons' travel dephases it.
    """
    eta = efficiency * math.exp(-km / 22.0)
    alpha = eta * (1 - dark) / (1 - (1 - eta) * (1 - dark) ** 2)
    white = alpha * (1 - 2 * misalignment)
    coherent = white * math.exp(-2 * km / 2e5)
    flip = (1 - white) / 4
    weights = [(1 + white + 2 * coherent) / 4, flip, flip, (1 + white - 2 * coherent) / 4]
    cycle = preparation_s + 2 * km / 2e5
    state = f"{{ bell_diagonal = {weights} }}"
    rest = (
        f"[memory]\npair_dephasing_time_s = 1.0\n[swap]\ncnot_depolarizing = {1 - ideality}\n"
        f"[key]\nerror_correction_efficiency = {factor}"
    )
    return cycle, qnet_run(text("segments = 2", abstract(eta, state, cycle), rest))


def test_one_node_against_the_repeaterless_bound(qnet_run):
    """P-B5."""
    cycle, report = luong(
        qnet_run,
        km=10.0,
        preparation_s=0.0,
        misalignment=0.05,
        dark=0.0,
        ideality=1.0,
        efficiency=0.3,
        factor=1.0,
    )
    near(report["rate_hz"], 0.131562015 / cycle)
    near(report["qber_x"], 0.0952711693)
    near(report["qber_z"], 0.095)
    near(report["secret_key_rate_per_attempt"], 0.0122660133)


def test_one_node_with_imperfect_measurement_and_dark_counts(qnet_run):
    """P-B6."""
    cycle, report = luong(
        qnet_run,
        km=50.0,
        preparation_s=2e-6,
        misalignment=0.01,
        dark=1e-8,
        ideality=0.98,
        efficiency=0.7,
        factor=1.16,
    )
    near(report["rate_hz"], 0.0486881801 / cycle)
    near(report["qber_x"], 0.0330034969)
    near(report["qber_z"], 0.0294042516)
    near(report["secret_key_rate_per_attempt"], 0.027691104)


def test_sequential_with_cutoff(qnet_run):
    """P-B7: the second link has ten attempts, or both start anew."""
    unequal = f"[[links]]\n{abstract(0.1)}\n[[links]]\n{abstract(0.05)}\n"
    rest = '[cutoff]\nkind = "difference"\ntime_s = 10'
    chain = 'segments = 2\nstrategy = "sequential"'
    report = qnet_run(links(unequal + rest, chain), "--shots", f"{SHOTS}")
    near(report["delivery_time_s"], 24.9213072 + 20.0)


def test_key_rate_with_cutoff(qnet_run):
    """P-B8: secret bits per step."""
    rest = '[memory]\npair_depolarizing_time_s = 30\n[cutoff]\nkind = "difference"\ntime_s = 5\n'
    link = abstract(0.1, "{ werner = 0.99 }")
    report = qnet_run(text("segments = 2", link, rest + swap(0.5)))
    near(report["secret_key_rate_hz"], 0.0107380998)


def test_classical_latency_of_a_failed_swap(qnet_run):
    """Every round waits for the swap's result over the longer arm: 60 km, 0.3 ms."""
    chain = "segment_lengths_km = [40, 60]\nclassical_latency = true"
    report = qnet_run(text(chain, abstract(1.0, attempt_time_s=1e-3), swap(0.5)))
    near(report["delivery_time_s"], (1e-3 + 60 / 2e5) / 0.5)


def exact(report: dict) -> list[float]:
    """Bell weights that do not fluctuate."""
    assert all(weight["n"] == 0 for weight in report["bell_diagonal"])
    return [weight["best"] for weight in report["bell_diagonal"]]


def test_noisy_swap(qnet_run):
    """P-I5."""
    one = abstract(0.5, "{ bell_diagonal = [0.9, 0.05, 0.02, 0.03] }")
    two = abstract(0.5, "{ bell_diagonal = [0.85, 0.03, 0.02, 0.10] }")
    rest = "[swap]\ncnot_depolarizing = 0.03\nreadout_flip = 0.01"
    report = qnet_run(links(f"[[links]]\n{one}\n[[links]]\n{two}\n{rest}"))
    expected = [0.741262475, 0.0838427248, 0.0482750752, 0.126619725]
    assert exact(report) == pytest.approx(expected, abs=1e-8)


@pytest.mark.parametrize("strategy", ["nested", "swap-asap", "sequential"])
def test_four_werner_links(qnet_run, strategy):
    """P-C3."""
    link = abstract(0.5, "{ fidelity = 0.95 }")
    report = qnet_run(text(f'segments = 4\nstrategy = "{strategy}"', link))
    assert exact(report)[0] == pytest.approx(0.819125926, abs=1e-8)


def test_bbpssw(qnet_run):
    """P-C5: fidelity, and the success probability from the time that failures cost."""
    link = abstract(1.0, "{ fidelity = 0.7 }")
    report = qnet_run(text("segments = 1", link, '[distill]\nscheme = "bbpssw"'))
    assert report["fidelity"]["best"] == pytest.approx(0.735294118, abs=1e-8)
    near(report["delivery_time_s"], 1 / 0.68)


def test_two_rounds_of_dejmps(qnet_run):
    """P-C7, and its success probability: a failed second round starts both first rounds anew."""
    link = abstract(1.0, "{ fidelity = 0.7 }")
    report = qnet_run(text("segments = 1", link, "[distill]\nrounds = 2"))
    # The table lists phi+, psi-, psi+, phi-.
    weights = [figure["best"] for figure in report["bell_diagonal"]]
    assert weights == pytest.approx(
        [0.845945946, 0.0675675676, 0.0189189189, 0.0675675676], abs=1e-8
    )
    p = 0.68
    near(report["delivery_time_s"], (3 - 2 * p) / (p * (2 - p)) / 0.640138408)

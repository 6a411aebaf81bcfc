"""Swaps, memories, heralds and gates out of counts: the values of the reference, and remarks."""

from __future__ import annotations

import numpy as np
import pytest

from protocols.characterisation import estimate
from protocols.characterisation.sequence_decay import fitted_survival

WERNER = {"AB": [0.95, 0.004], "BC": [0.94, 0.004], "AC": [0.86, 0.005]}


def test_a_swap_factor_is_that_of_the_reference():
    """Oracle: P-D4.3; the loss is 1 - f/(1 - 2 e)."""
    found = estimate({"werner": {**WERNER, "readout_flip": 0.01}})["werner"]
    factor = found["swap_factor"]
    assert factor["best"] == pytest.approx(0.963045913, abs=1e-6)
    assert factor["standard_error"] == pytest.approx(0.00803657793, abs=1e-6)
    # Percentiles of 4000 normal draws are known to about 3 % of the width; the ratio is bent.
    half = 1.96 * factor["standard_error"]
    assert factor["low"] == pytest.approx(factor["best"] - half, abs=0.12 * half)
    assert factor["high"] == pytest.approx(factor["best"] + half, abs=0.12 * half)
    loss = found["bell_measurement_loss"]["best"]
    assert loss == pytest.approx(1 - 0.963045913 / 0.98, abs=1e-6)
    # Both outcomes of a Bell measurement say YY, one each XX and ZZ.
    kept = (2 * 0.98 + 0.98**2) / 3
    assert found["cnot_depolarizing"]["best"] == pytest.approx(1 - 0.963045913 / kept, abs=1e-6)


def test_readout_of_the_station_is_the_flip_of_its_bell_measurement():
    """Oracle: the mean of four probabilities."""
    found = estimate({"werner": WERNER, "readout": {"B1": [0.01, 0.03], "B2": [0.0, 0.02]}})
    assert found["werner"]["readout_flip"] == pytest.approx(0.015)
    alone = estimate({"werner": WERNER, "readout": {"B": [0.01, 0.03]}})
    assert alone["werner"]["readout_flip"] == pytest.approx(0.02)
    none = estimate({"werner": WERNER})
    assert none["werner"]["readout_flip"] == 0.0
    assert "all that the swap loses" in none["remarks"][0]


def test_qubits_of_a_station_have_their_own_readout():
    """Oracle: counts of perfect pairs as each end would read them."""
    errors = {"A": (0.02, 0.05), "B1": (0.04, 0.0), "B2": (0.0, 0.06), "C": (0.01, 0.01)}
    ends = {"AB": ("A", "B1"), "BC": ("B2", "C"), "AC": ("A", "C")}
    matrices = {name: np.array([[1 - p, q], [p, 1 - q]]) for name, (p, q) in errors.items()}
    swap = {}
    for pair, (left, right) in ends.items():
        both = np.kron(matrices[left], matrices[right])
        equal, other = both @ [0.5, 0, 0, 0.5], both @ [0, 0.5, 0.5, 0]
        rows = {"XX": equal, "YY": other, "ZZ": equal}
        swap[pair] = {b: np.rint(10**6 * row).astype(int).tolist() for b, row in rows.items()}
    readout = {name: list(each) for name, each in errors.items()}
    found = estimate({"swap": swap, "readout": readout})["swap"]
    for pair in ends:
        assert found["werner"][pair]["best"] == pytest.approx(1.0, abs=1e-5)
    assert found["swap_factor"]["best"] == pytest.approx(1.0, abs=1e-5)
    assert found["factors"] == pytest.approx({"XX": 1.0, "YY": 1.0, "ZZ": 1.0}, abs=1e-5)


def test_coherence_out_of_two_contrasts_is_that_of_the_reference():
    """Oracle: P-D4.4."""
    table = {"times_s": [20e-6, 100e-6], "contrasts": [0.81, 0.55]}
    found = estimate({"memory": {"t2": table}})
    assert found["memory"]["t2_s"]["best"] == pytest.approx(0.000206656419, abs=1e-12)
    assert found["memory"]["t2_s"]["high"] is None
    assert "no interval" in found["remarks"][0]
    sure = estimate({"memory": {"t2": {**table, "errors": [0.01, 0.01]}}})["memory"]["t2_s"]
    rate_error = np.hypot(0.01 / 0.81, 0.01 / 0.55) / 80e-6
    best = 0.000206656419
    assert sure["standard_error"] == pytest.approx(rate_error * best**2, rel=1e-6)
    assert sure["low"] == pytest.approx(1 / (1 / best + 1.959963985 * rate_error), rel=1e-6)


def test_a_decay_of_many_delays_takes_its_error_from_the_scatter():
    """Oracle: SciPy's linear regression of the logarithms, with Student's t."""
    from scipy.stats import linregress, t

    times = np.array([1e-5, 3e-5, 6e-5, 1e-4, 1.4e-4])
    contrasts = np.array([0.93, 0.85, 0.72, 0.63, 0.48])
    fit = linregress(times, np.log(contrasts))
    half = t.ppf(0.975, 3) * fit.stderr
    table = {"times_s": times.tolist(), "contrasts": contrasts.tolist()}
    found = estimate({"memory": {"t2": table}})["memory"]["t2_s"]
    assert found["best"] == pytest.approx(-1 / fit.slope, rel=1e-9)
    assert found["low"] == pytest.approx(1 / (-fit.slope + half), rel=1e-9)
    assert found["high"] == pytest.approx(1 / (-fit.slope - half), rel=1e-9)


def test_what_does_not_decay_is_infinite_and_said_so():
    """Oracle: equal contrasts."""
    table = {"times_s": [1e-5, 1e-4], "counts": [[900, 100], [900, 100]]}
    found = estimate({"memory": {"t2": table}})
    assert found["memory"]["t2_s"]["best"] is None
    assert found["memory"]["t2_s"]["low"] > 0.0
    assert any("infinite" in remark for remark in found["remarks"])


def test_heralds_have_the_interval_of_the_reference():
    """Oracle: P-D4.5."""
    heralds = {"successes": 37, "attempts": 10**6, "attempt_time_s": 1e-5}
    found = estimate({"heralds": heralds})["heralds"]
    chance = found["success_probability"]
    assert [chance[end] for end in ("best", "low", "high")] == pytest.approx(
        [3.7e-05, 2.60515442e-05, 5.09992692e-05], rel=1e-7
    )
    assert found["rate_hz"]["best"] == pytest.approx(3.7)


def test_interleaved_benchmarking_is_that_of_the_reference():
    """Oracle: P-D4.6."""
    found = estimate({"benchmarking": {"p_ref": 0.985, "p_int": 0.975}})["benchmarking"]
    values = [found["infidelity"]["best"], found["depolarizing"]["best"]]
    assert values == pytest.approx([0.0076142132, 0.0101522843], abs=1e-9)
    # Magesan et al. (2012), eq. 5: 3/4 (|p - p_int/p| + 1 - p).
    bound = 0.75 * (0.975 / 0.985 - 0.985 + 0.015)
    assert found["infidelity_bound"] == pytest.approx(bound, rel=1e-9)
    with_errors = {"p_ref": [0.985, 0.001], "p_int": [0.975, 0.002]}
    found = estimate({"benchmarking": with_errors})["benchmarking"]["depolarizing"]
    wanted = 0.975 / 0.985 * np.hypot(0.001 / 0.985, 0.002 / 0.975)
    assert found["standard_error"] == pytest.approx(wanted, rel=1e-9)


def test_decays_of_sequences_are_fitted():
    """Oracle: SciPy's fit of the same counts."""
    from scipy.optimize import curve_fit

    rng, lengths = np.random.default_rng(2), np.array([1.0, 5.0, 20.0, 60.0, 150.0])
    shots = np.array([2000.0, 1000.0, 1000.0, 3000.0, 500.0])
    shares = rng.binomial(shots.astype(int), 0.7 * 0.97**lengths + 0.25) / shots

    def curve(m, a, p, b):
        return a * p**m + b

    fit, _ = curve_fit(curve, lengths, shares, [0.7, 0.95, 0.2], sigma=shots**-0.5, xtol=1e-14)
    found, fitted = fitted_survival(lengths, shares[None, :], shots)
    assert found[0] == pytest.approx(fit[1], rel=1e-6)
    assert fitted[0] == pytest.approx(curve(lengths, *fit), rel=1e-6)

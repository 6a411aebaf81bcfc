"""Round trip: counts drawn from known parameters, estimated, and how often intervals hold them.

Every oracle is the parameters that the counts were drawn from, by NumPy's multinomials alone. An
interval of 95 % holds them in 0.95 of the repeats; of 400, in 380 +- 4.36, and all brackets are
four such deviations wide.
"""

from __future__ import annotations

import numpy as np
import pytest

from protocols.characterisation import EstimationSettings, QubitReadout, parse_counts
from protocols.characterisation.memory import DecayTable, MeasuredMemory

REPEATS = 400
LEAST, MOST = 380 - 4 * 4.36, 380 + 4 * 4.36

READOUT = {"A": QubitReadout(0.01, 0.025), "B": QubitReadout(0.015, 0.02)}
DRAWS = 1000

#: Signs of the outcomes 00, 01, 10, 11, and of XX, YY, ZZ in Phi+, Psi+, Psi-, Phi-.
SIGNS = np.array([1, -1, -1, 1])
OF_BELL = np.array([[1, -1, 1], [1, 1, -1], [-1, -1, -1], [-1, 1, 1]])


def drawn(rng, weights, ends, shots):
    """Counts of a Bell-diagonal pair, read with errors."""
    means = np.asarray(weights) @ OF_BELL
    matrix = np.kron(*(np.eye(2) if each is None else each.matrix for each in ends))
    chances = ((1 + means[:, None] * SIGNS) / 4) @ matrix.T
    rows = rng.multinomial(shots, chances)
    return dict(zip(("XX", "YY", "ZZ"), rows.tolist(), strict=True))


def held(value, truth):
    return value.estimate.low <= truth <= value.estimate.high


def settings(seed, **readout):
    return EstimationSettings(readout=readout, seed=seed, draws=DRAWS)


@pytest.mark.parametrize("calibration", [0, 3000])
def test_intervals_of_a_pair_hold_the_truth(calibration):
    """Fidelity, Bell-diagonal vector and correlators, with readout known or calibrated."""
    rng, truth = np.random.default_rng(11), np.array([0.93, 0.03, 0.015, 0.025])
    means = truth @ OF_BELL
    hits = np.zeros(8)
    for seed in range(REPEATS):
        readout = {name: given(rng, each, calibration) for name, each in READOUT.items()}
        pair = drawn(rng, truth, READOUT.values(), 4000)
        table = parse_counts({"pair": pair}).tables["pair"]
        values = table.characterise(settings(seed, **readout)).values
        found = [values["fidelity"], *values["bell_diagonal"], *values["correlators"].values()]
        hits += [held(*each) for each in zip(found, [truth[0], *truth, *means], strict=True)]
    assert hits.min() >= LEAST
    assert hits.max() <= MOST


def given(rng, readout, calibration):
    """The readout, or what a calibration of so many shots finds."""
    if not calibration:
        return readout
    p = rng.binomial(calibration, readout.p1_given_0)
    q = rng.binomial(calibration, readout.p0_given_1)
    return QubitReadout(p / calibration, q / calibration, (calibration, calibration))


def test_intervals_of_a_pair_at_the_edge_of_states_hold_the_truth():
    """Two weights are zero: half of the linear estimates are no state. More is no fault there."""
    rng, truth = np.random.default_rng(12), np.array([0.95, 0.05, 0.0, 0.0])
    hits = np.zeros(4)
    for seed in range(REPEATS):
        pair = drawn(rng, truth, READOUT.values(), 4000)
        table = parse_counts({"pair": pair}).tables["pair"]
        found = table.characterise(settings(seed, **READOUT)).values["bell_diagonal"]
        hits += [held(*each) for each in zip(found, truth, strict=True)]
    assert hits.min() >= LEAST


def test_intervals_of_a_swap_factor_hold_the_truth():
    """Three Werner pairs, the last of them worse by a factor that is known."""
    rng, factor, parameters = np.random.default_rng(13), 0.96, (0.95, 0.93)
    ends = {
        "AB": (READOUT["A"], READOUT["B"]),
        "BC": (READOUT["B"], None),
        "AC": (READOUT["A"], None),
    }
    hits = 0
    for seed in range(REPEATS):
        each = (*parameters, factor * parameters[0] * parameters[1])
        tables = {
            name: drawn(rng, [(1 + 3 * w) / 4, *[(1 - w) / 4] * 3], ends[name], 4000)
            for name, w in zip(ends, each, strict=True)
        }
        table = parse_counts({"swap": tables}).tables["swap"]
        found = table.characterise(settings(seed, **READOUT)).values
        hits += held(found["swap_factor"], factor)
    assert LEAST <= hits <= MOST


@pytest.mark.parametrize("name", ["t1", "t2"])
def test_intervals_of_a_decay_hold_the_truth(name):
    """Relaxation of 1, and decay of a coherence that was imperfect from the start."""
    rng, time_s, readout = np.random.default_rng(14), 1.5e-4, READOUT["A"]
    times, shots = np.array([1e-5, 5e-5, 1e-4, 2e-4]), 3000
    left = 0.95 * np.exp(-times / time_s)
    ones = left if name == "t1" else (1 - left) / 2
    chances = ones * (1 - readout.p0_given_1) + (1 - ones) * readout.p1_given_0
    hits = 0
    for seed in range(REPEATS):
        read = rng.binomial(shots, chances).tolist()
        counts = [[shots - each, each] for each in read]
        decay = DecayTable(times_s=times.tolist(), counts=counts, qubit="A")
        found = MeasuredMemory(**{name: decay}).characterise(settings(seed, A=readout))
        hits += held(found.values[f"{name}_s"], time_s)
    assert LEAST <= hits <= MOST


def test_intervals_of_a_gate_hold_the_truth():
    """Decays of random sequences; the bootstrap fits again what it draws."""
    rng, lengths = np.random.default_rng(15), np.array([1, 5, 15, 40, 100])
    p_ref, p_int, shots = 0.985, 0.975, 4000
    hits, repeats = 0, 60
    for seed in range(repeats):
        rows = {
            name: [[int(k), shots - int(k)] for k in rng.binomial(shots, 0.72 * p**lengths + 0.25)]
            for name, p in {"reference": p_ref, "interleaved": p_int}.items()
        }
        table = parse_counts({"benchmarking": {"lengths": lengths.tolist(), **rows}})
        found = table.tables["benchmarking"].characterise(settings(seed)).values["depolarizing"]
        hits += held(found, 1 - p_int / p_ref)
    # Of 60, 57 +- 1.69.
    assert hits >= 57 - 4 * 1.69

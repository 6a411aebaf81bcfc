"""Pauli-frame samples of faulty circuits.

Oracles: the exact distribution over any number of faults; Stim and Aer's stabilizer method. Counts
lie within five standard errors of it.
"""

from __future__ import annotations

import sys

import numpy as np
import pytest

from qnet import Gates
from qnet.codes import (
    PauliChannel,
    block_bell_measurement,
    code_of,
    encoded_pair_by_syndromes,
    encoded_pair_by_teleportation,
    faulty_logical_map,
    parity_distribution,
    prepared_block,
    sample_frames,
    verification,
)
from qnet.errors import EngineError, ParameterError, UnknownNameError

STEANE = code_of("steane")
NOISE = Gates(
    single_qubit_depolarizing=0.002,
    two_qubit_depolarizing=0.02,
    initialisation_depolarizing=0.01,
    readout_flip_0=0.01,
    readout_flip_1=0.01,
)
PAIRS = PauliChannel(0.01, 0.002, 0.02)
CIRCUITS = {
    "swap": lambda: block_bell_measurement(STEANE, NOISE, PAIRS),
    "verified zero": lambda: prepared_block(STEANE, NOISE, "Z", verification(STEANE, "Z")),
    "pair": lambda: encoded_pair_by_teleportation(STEANE, NOISE, PAIRS),
    "pair by syndromes": lambda: encoded_pair_by_syndromes(code_of("repetition-3"), NOISE, PAIRS),
}
SHOTS = {"frames": 200_000, "stim": 100_000, "aer": 4_000}


@pytest.mark.parametrize("sampler", SHOTS)
@pytest.mark.parametrize("name", CIRCUITS)
def test_samples_follow_the_exact_distribution(name, sampler):
    """Oracle: every class of verdicts against its exact probability."""
    faulty = CIRCUITS[name]()
    shots = SHOTS[sampler]
    found = sample_frames(faulty, shots=shots, seed=11, sampler=sampler)
    assert found.shots == shots
    exact, verdicts = parity_distribution(faulty), faulty.verdicts
    for verdict in np.unique(verdicts):
        p = exact[verdicts == verdict].sum()
        count = found.counts[verdicts == verdict].sum()
        assert abs(count - shots * p) <= 5.0 * np.sqrt(shots * p * (1 - p)) + 5.0


def test_every_value_of_the_parities_has_its_share():
    """Oracle: chi-squared of all values that are expected five times or more."""
    faulty = CIRCUITS["swap"]()
    found = sample_frames(faulty, shots=400_000, seed=4)
    wanted = 400_000 * parity_distribution(faulty)
    often = wanted >= 5.0
    chi = ((found.counts[often] - wanted[often]) ** 2 / wanted[often]).sum()
    freedom = np.count_nonzero(often)
    assert abs(chi - freedom) <= 5.0 * np.sqrt(2.0 * freedom)


def test_intervals_hold_the_exact_numbers():
    """Oracle: intervals of 95 % of 60 seeds: at most 11 miss (binomial, 4 standard errors)."""
    faulty = CIRCUITS["pair"]()
    exact = faulty_logical_map(faulty)
    missed = 0
    for seed in range(60):
        found = sample_frames(faulty, shots=5_000, seed=seed)
        missed += not found.failure.low <= exact.failure <= found.failure.high
        assert 0.0 < found.accept.best < 1.0
    assert missed <= 3 + 4 * np.sqrt(60 * 0.05 * 0.95)
    assert found.logical_map.failure == pytest.approx(found.failure.best)


def test_the_answer_is_the_same_for_any_number_of_workers():
    faulty = CIRCUITS["swap"]()
    alone, together = (
        sample_frames(faulty, shots=200_000, seed=3, workers=workers) for workers in (1, 2)
    )
    assert np.array_equal(alone.counts, together.counts)
    other = sample_frames(faulty, shots=200_000, seed=4)
    assert not np.array_equal(alone.counts, other.counts)


def test_certain_faults_and_no_faults():
    """Oracle: every recorded bit flipped is none flipped for parities of even length."""
    certain = Gates(readout_flip_0=1.0, readout_flip_1=1.0)
    for gates in (Gates(), certain):
        found = sample_frames(block_bell_measurement(STEANE, gates), shots=1000, seed=1)
        exact = parity_distribution(found.faulty)
        assert found.counts[np.argmax(exact)] == 1000


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"shots": 0}, "shots must be"),
        ({"shots": 1.5}, "shots must be"),
        ({"seed": -1}, "seed must be"),
        ({"workers": 0}, "workers must be"),
    ],
)
def test_numbers_that_make_no_sense_are_refused(more, words):
    with pytest.raises(ParameterError, match=words):
        sample_frames(CIRCUITS["swap"](), **{"shots": 10, "seed": 1} | more)


def test_an_unknown_sampler_is_refused_by_name():
    with pytest.raises(UnknownNameError, match="frames"):
        sample_frames(CIRCUITS["swap"](), shots=10, seed=1, sampler="dice")


def test_without_stim_the_message_names_the_extra(monkeypatch):
    monkeypatch.setitem(sys.modules, "stim", None)
    with pytest.raises(EngineError, match=r"qnet-emulator\[codes\]"):
        sample_frames(CIRCUITS["swap"](), shots=10, seed=1, sampler="stim")

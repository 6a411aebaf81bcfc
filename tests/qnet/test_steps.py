"""Steps compiled from circuits, against the tables of swapping and purification."""

import numpy as np
import pytest
from qiskit.quantum_info import random_density_matrix

from qnet.hardware import Gates, Memory
from qnet.plans.maps import correction_maps, distill_map, frame_map, swap_map
from qnet.states import (
    bell_weights,
    correlators_from_weights,
    fano_from_density_matrix,
    fano_from_weights,
    fidelity,
    werner,
)

ONE = (0.9, 0.05, 0.02, 0.03)
TWO = (0.85, 0.03, 0.02, 0.10)
NOISE = Gates(two_qubit_depolarizing=0.03, readout_flip_0=0.01, readout_flip_1=0.01)


def swapped(gates, left, right, far_end=None, latency=0.0):
    return swap_map(gates, far_end or Memory(), latency).apply(left, right)


def of_fidelity(f):
    return werner((4 * f - 1) / 3)


def test_ideal_swap_is_the_convolution_of_bell_weights():
    found = bell_weights(swapped(Gates(), fano_from_weights(ONE), fano_from_weights(TWO)))
    assert found == pytest.approx([0.7699, 0.0721, 0.0409, 0.1171], rel=1e-6)  # P-C1


def test_swapped_werner_pairs_stay_werner():
    assert fidelity(swapped(Gates(), of_fidelity(0.9), of_fidelity(0.9))) == pytest.approx(
        0.813333333, rel=1e-6
    )  # P-C2
    chain = of_fidelity(0.95)
    for _ in range(3):
        chain = swapped(Gates(), chain, of_fidelity(0.95))
    assert fidelity(chain) == pytest.approx(0.819125926, rel=1e-6)  # P-C3


def test_swap_of_perfect_pairs_with_gate_and_readout_errors():
    gates = Gates(two_qubit_depolarizing=0.02, readout_flip_0=0.01, readout_flip_1=0.01)
    assert fidelity(swapped(gates, werner(1.0), werner(1.0))) == pytest.approx(0.965498, rel=1e-6)


def test_noisy_swap_of_bell_diagonal_pairs():
    expected = [0.741262475, 0.0838427248, 0.0482750752, 0.126619725]  # P-I5
    found = bell_weights(swapped(NOISE, fano_from_weights(ONE), fano_from_weights(TWO)))
    assert found == pytest.approx(expected, rel=1e-6)


def test_briegel_duer_chain_with_twirled_pairs():
    # Reliability p2 of the two-qubit gate, eta of each readout, Werner form after every swap.
    gates = Gates(two_qubit_depolarizing=0.01, readout_flip_0=0.01, readout_flip_1=0.01)
    chain = of_fidelity(0.98)
    for _ in range(3):
        chain = of_fidelity(float(fidelity(swapped(gates, chain, of_fidelity(0.98)))))
    assert fidelity(chain) == pytest.approx(0.852526967, rel=1e-6)  # P-C4


def test_correlator_factors_are_the_full_map():
    step = swap_map(NOISE, Memory(depolarizing_time_s=2.0, dephasing_time_s=1.0), 0.3)
    left, right = correlators_from_weights([ONE, TWO])
    full = step.apply(fano_from_weights(ONE), fano_from_weights(TWO))
    expected = [full[1, 1], -full[2, 2], full[3, 3]]
    assert step.correlator_factors * left * right == pytest.approx(expected, rel=1e-12)


def test_a_swap_that_is_not_bell_diagonal_says_so():
    # Relaxation before the correction is turned over by half of the corrections; biased readout
    # makes it less than half.
    relaxing, biased = Memory(t1_s=1.0), Gates(readout_flip_0=0.2)
    assert swap_map(Gates(), relaxing, 0.3).correlator_factors is not None
    assert swap_map(biased, Memory(), 0.0).correlator_factors is not None
    assert swap_map(biased, relaxing, 0.3).correlator_factors is None


def test_frame_of_every_outcome_is_undone_by_its_correction():
    left, right = (fano_from_density_matrix(random_density_matrix(4, seed=s)) for s in (1, 2))
    effects, corrections = frame_map(Gates()).effects, correction_maps(Gates())
    found = sum(left @ effects[m] @ right @ corrections[m].T for m in range(4))
    assert np.allclose(found, swapped(Gates(), left, right), atol=1e-12)
    assert [(left @ effect @ right)[0, 0] for effect in effects] != pytest.approx([0.25] * 4)


def distilled(scheme, *pairs, gates=None):
    probability, kept = distill_map(scheme, gates or Gates()).apply(list(pairs))
    return float(probability[0]), bell_weights(kept[0])


def test_bbpssw_of_werner_pairs():
    probability, weights = distilled("bbpssw", of_fidelity(0.7), of_fidelity(0.7))
    assert (weights[0], probability) == pytest.approx((0.735294118, 0.68), rel=1e-6)  # P-C5
    for before, after in ((0.75, 0.788461538), (0.85, 0.884146341)):  # P-C7b
        _, weights = distilled("bbpssw", of_fidelity(before), of_fidelity(before))
        assert weights[0] == pytest.approx(after, rel=1e-6)


def test_dejmps_of_werner_pairs_twice():
    # The table's order is Phi+, Psi-, Psi+, Phi-; ours is Phi+, Psi+, Psi-, Phi-.
    _, weights = distilled("dejmps", of_fidelity(0.7), of_fidelity(0.7))
    first = [0.735294118, 0.0294117647, 0.0294117647, 0.205882353]  # P-C6
    assert weights[[0, 2, 1, 3]] == pytest.approx(first, rel=1e-6)
    pair = fano_from_weights(weights)
    probability, weights = distilled("dejmps", pair, pair)
    second = [0.845945946, 0.0189189189, 0.0675675676, 0.0675675676]  # P-C7
    assert weights[[0, 2, 1, 3]] == pytest.approx(second, rel=1e-6)
    assert probability == pytest.approx(0.640138408, rel=1e-6)


def test_distillation_of_unequal_werner_pairs():
    probability, weights = distilled("dejmps", werner(0.8), werner(0.6))
    assert probability == pytest.approx(0.74, rel=1e-6)  # P-C8
    assert (4 * weights[0] - 1) / 3 == pytest.approx(0.747747748, rel=1e-6)


@pytest.mark.parametrize("scheme", ["dejmps", "bbpssw", "double-selection"])
def test_bell_diagonal_distillation_is_the_full_one(scheme):
    step = distill_map(scheme, NOISE)
    rng = np.random.default_rng(3)
    weights = rng.dirichlet([8, 1, 1, 1], size=(step.copies, 20))
    chance, kept = step.apply([fano_from_weights(w) for w in weights])
    bell_chance, bell_kept = step.apply_bell([correlators_from_weights(w) for w in weights])
    assert np.allclose(chance, bell_chance, atol=1e-12)
    assert np.allclose(
        bell_weights(kept),
        (1 + bell_kept @ np.array([[1, 1, 1], [1, -1, -1], [-1, 1, -1], [-1, -1, 1]]).T) / 4,
        atol=1e-12,
    )


def test_double_selection_beats_one_round_of_bbpssw():
    pair = of_fidelity(0.9)
    _, single = distilled("bbpssw", pair, pair)
    _, double = distilled("double-selection", pair, pair, pair)
    assert double[0] > single[0] > 0.9


def test_long_batches_are_worked_out_in_blocks():
    step = distill_map("dejmps", Gates())
    weights = np.random.default_rng(4).dirichlet([8, 1, 1, 1], size=5000)
    pairs = fano_from_weights(weights)
    chance, kept = step.apply([pairs, pairs])
    one_chance, one = step.apply([pairs[4321:4322], pairs[4321:4322]])
    assert chance[4321] == pytest.approx(one_chance[0], rel=1e-12)
    assert np.allclose(kept[4321], one[0], atol=1e-14)

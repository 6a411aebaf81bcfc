"""Tomography of a delivered pair: nine circuits of its history, their counts, and their state.

Oracle: the state of the joint density matrix, in which nothing is sampled.
"""

from __future__ import annotations

import numpy as np
import pytest

from protocols import Chain
from qnet import EngineError, Gates, Link, Memory, Station, UnknownNameError, load
from qnet.backends import fano_of_counts
from qnet.engines.circuit import joint_state, sampled_counts
from qnet.states import fano_from_density_matrix

SHOTS = 600

#: A pair whose correlators are not the same in any two bases.
SKEW = np.diag([0.5, 0.02, 0.08, 0.4]).astype(complex)
SKEW[0, 3], SKEW[3, 0] = 0.38 - 0.2j, 0.38 + 0.2j


@pytest.fixture(scope="module")
def delivery():
    memory = Memory(t1_s=30.0, t2_s=25.0)
    link = Link(
        success_probability=0.3,
        attempt_time_s=1.0,
        state=fano_from_density_matrix(SKEW),
        left=memory,
        right=memory,
    )
    gates = Gates(two_qubit_depolarizing=0.02, readout_flip_0=0.01, readout_flip_1=0.03)
    return Chain(segments=2, link=link, swap=Station(gates=gates)).delivery(3)


def test_counts_of_nine_bases_give_the_state(delivery):
    """Oracle: the exact joint state, 5 standard errors for each of its 15 numbers."""
    counts = delivery.tomography(shots=SHOTS, seed=1)
    assert {sum(each) for each in counts.values()} == {SHOTS}
    found, exact = fano_of_counts(counts), joint_state(delivery.draw)
    runs = np.full((4, 4), SHOTS)
    runs[0, :] = runs[:, 0] = 3 * SHOTS  # single qubits are measured in three of the bases
    assert np.all(np.abs(found - exact) <= 5.0 * np.sqrt((1.0 - exact**2) / runs))
    away = np.sqrt(SHOTS) * min(exact[1, 2], np.sqrt(3.0) * (exact[3, 0] - exact[0, 3]))
    assert away > 5.0  # or ends and bases that are mixed up would not be seen


def test_circuits_are_the_history_and_one_last_step(delivery):
    """Oracle: the circuit of the delivery, and a measurement of each of its ends."""
    whole, circuits = delivery.circuit(), delivery.tomography_circuits()
    assert list(circuits) == ["XX", "XY", "XZ", "YX", "YY", "YZ", "ZX", "ZY", "ZZ"]
    for basis, circuit in circuits.items():
        before = circuit.data[: len(whole.data)]
        assert [each.operation.name for each in before] == [e.operation.name for e in whole.data]
        after = [each.operation.name for each in circuit.data[len(whole.data) :]]
        assert after.count("h") == basis.count("X") + basis.count("Y")
        assert after.count("sdg") == basis.count("Y")
        assert after.count("measure") == 2
        assert [register.name for register in circuit.cregs[-2:]] == ["left_end", "right_end"]


def test_one_letter_is_that_of_both_ends(delivery):
    one = sampled_counts(delivery.draw, "X", shots=50, seed=2)
    assert one == sampled_counts(delivery.draw, "XX", shots=50, seed=2)
    with pytest.raises(UnknownNameError):
        sampled_counts(delivery.draw, "XI", shots=50, seed=2)


def test_a_state_of_three_ends_is_refused():
    case = load("networks/switch").delivery(0)
    object.__setattr__(case, "is_pair", False)
    with pytest.raises(EngineError, match=r"no nine bases: take its circuit"):
        case.tomography_circuits()

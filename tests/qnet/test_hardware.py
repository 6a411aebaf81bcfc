"""Hardware descriptions against closed forms, Aer and the tables of derived values."""

import copy
import dataclasses
import math
import pickle
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given, strategies as st
from numpy import inf

from qnet.errors import ParameterError
from qnet.hardware import (
    Detector,
    Emitter,
    Fibre,
    FreeSpace,
    FrequencyConversion,
    Gates,
    Memory,
    Node,
    PairSource,
)

PHI_PLUS = np.diag([1.0, 1.0, -1.0, 1.0])

PROBABILITIES = [
    (Memory, "efficiency"),
    (Gates, "single_qubit_depolarizing"),
    (Gates, "two_qubit_depolarizing"),
    (Gates, "readout_flip_0"),
    (Gates, "readout_flip_1"),
    (Gates, "initialisation_depolarizing"),
    (Emitter, "collection_efficiency"),
    (Emitter, "bright_state_population"),
    (Emitter, "visibility"),
    (Emitter, "double_excitation_probability"),
    (Emitter, "window_acceptance"),
    (PairSource, "pair_probability"),
    (PairSource, "fidelity"),
    (Detector, "efficiency"),
    (Detector, "dark_count_probability"),
    (FrequencyConversion, "efficiency"),
    (FrequencyConversion, "noise_probability"),
]
NON_NEGATIVE = [
    (Fibre, "length_km"),
    (Fibre, "loss_db_per_km"),
    (Gates, "single_qubit_time_s"),
    (Gates, "two_qubit_time_s"),
    (Gates, "readout_time_s"),
    (Emitter, "phase_noise_deg"),
    (Emitter, "preparation_time_s"),
]
POSITIVE = [
    (Fibre, "speed_km_per_s"),
    (PairSource, "rate_hz"),
    (FrequencyConversion, "wavelength_nm"),
]
DECAY_TIMES = [
    (Memory, "t1_s"),
    (Memory, "t2_s"),
    (Memory, "depolarizing_time_s"),
    (Memory, "dephasing_time_s"),
]
NO_NUMBER = [math.nan, -math.inf, "0.5", True, None, 1j]
REFUSED = (
    [(f, v) for f in PROBABILITIES for v in [*NO_NUMBER, inf, -0.1, 1.1]]
    + [(f, v) for f in NON_NEGATIVE for v in [*NO_NUMBER, inf, -1e-9]]
    + [(f, v) for f in POSITIVE for v in [*NO_NUMBER, inf, -1.0, 0.0]]
    + [(f, v) for f in DECAY_TIMES for v in [*NO_NUMBER, -1.0, 0.0]]
    + [((Memory, "modes"), v) for v in [*NO_NUMBER, inf, 0, -1, 1.5]]
    + [((Detector, "number_resolving"), v) for v in [1, 0.0, "yes", None]]
    + [((Node, n), v) for n in ("memory", "gates", "emitter", "detector") for v in [None, 1]]
    + [((Node, n), 0.3) for n in ("conversion", "source")]
)
REFUSED.remove(((Memory, "t2_s"), None))

EXAMPLES = [
    Fibre(),
    Fibre(loss_db_per_km=0.17, speed_km_per_s=2.04e5),
    Memory(),
    Memory(t1_s=0.1),
    Memory(t1_s=1.0, t2_s=0.3, depolarizing_time_s=7.0, dephasing_time_s=0.9, modes=4),
    Memory(t2_s=1.0, efficiency=0.5),
    Gates(single_qubit_depolarizing=0.01, readout_flip_0=0.02, two_qubit_time_s=5e-4),
    Emitter(collection_efficiency=0.1, phase_noise_deg=15.0),
    PairSource(pair_probability=0.02, fidelity=0.9),
    Detector(number_resolving=True),
    Detector.from_dark_count_rate(20.0, 25e-9, efficiency=0.8),
    FrequencyConversion(efficiency=0.57, wavelength_nm=1522.0),
    Node(),
    Node(memory=Memory(t2_s=1.0), conversion=FrequencyConversion(), source=PairSource()),
]


def two_sided_fidelity(memory, t, *, sides):
    transfer = memory.pauli_transfer(t)
    right = transfer.T if sides == 2 else np.eye(4)
    return float(np.sum(PHI_PLUS * (transfer @ PHI_PLUS @ right)) / 4.0)


@pytest.mark.parametrize(("where", "value"), REFUSED)
def test_a_bad_value_is_refused_with_field_and_value(where, value):
    kind, field = where

    with pytest.raises(ParameterError) as caught:
        kind(**{field: value})

    assert caught.value.field == field
    assert repr(value) in str(caught.value)


@pytest.mark.parametrize("example", EXAMPLES, ids=repr)
def test_repr_is_a_constructor_call_and_copies_are_equal(example):
    assert eval(repr(example)) == example
    assert pickle.loads(pickle.dumps(example)) == example
    assert copy.deepcopy(example) == example
    assert hash(copy.copy(example)) == hash(example)


def test_numbers_of_other_types_become_floats():
    memory = Memory(t1_s=np.float32(2.0), modes=np.int64(3))

    assert type(memory.t1_s) is float
    assert type(memory.modes) is int


# --- fibre -------------------------------------------------------------------------------------


def test_fibre_loses_one_decade_per_50_km_and_1_over_e_per_attenuation_length():
    fibre = Fibre()

    assert fibre.of_length(50.0).transmission == pytest.approx(0.1, rel=1e-12)
    assert fibre.of_length(fibre.attenuation_length_km).transmission == pytest.approx(math.exp(-1))
    assert fibre.of_length(1.0).delay_s == pytest.approx(5e-6)  # 5 us per km
    assert fibre.transmission == 1.0


def test_lossless_fibre_has_no_attenuation_length():
    assert Fibre(loss_db_per_km=0.0).attenuation_length_km == inf
    assert Fibre(length_km=1e4, loss_db_per_km=0.0).transmission == 1.0


@pytest.mark.parametrize("length", [-1.0, math.nan, inf, "10", True])
def test_a_bad_length_is_refused(length):
    with pytest.raises(ParameterError, match="length_km"):
        Fibre(length_km=length)
    with pytest.raises(ParameterError, match="length_km"):
        Fibre().of_length(length)


def test_light_in_fibre_is_slower_than_in_vacuum():
    with pytest.raises(ParameterError, match=r"299792\.458 km/s \(got 300000\.0\)"):
        Fibre(speed_km_per_s=3e5)


def test_free_space():
    """Oracle: the closed forms of a Gaussian beam, worked out by hand for a telescope."""
    beam = FreeSpace(
        length_km=400.0, wavelength_nm=780.0, waist_m=0.0827605704, receiver_radius_m=0.5
    )
    assert beam.transmission == pytest.approx(0.292189226, rel=1e-7)
    moving = dataclasses.replace(beam, pointing_urad=1.0)
    assert moving.transmission == pytest.approx(0.213053995, rel=1e-7)
    hazy = dataclasses.replace(beam, atmosphere=0.5)
    assert hazy.transmission == pytest.approx(0.5 * 0.292189226, rel=1e-7)
    assert beam.delay_s == pytest.approx(400.0 / 299_792.458)
    assert beam.of_length(0.0).transmission == pytest.approx(
        -math.expm1(-2 * (0.5 / 0.0827605704) ** 2)
    )


# --- memory ------------------------------------------------------------------------------------


def test_t2_above_twice_t1_is_refused_with_both_values():
    with pytest.raises(ParameterError, match=r"2 t1_s, t1_s = 0\.1 \(got 0\.3\)"):
        Memory(t1_s=0.1, t2_s=0.3)


def test_t2_is_twice_t1_unless_given():
    assert Memory(t1_s=0.1).t2_s == 0.2
    assert Memory().t2_s == inf


@pytest.mark.parametrize(("sides", "fidelity"), [(1, 0.885574731), (2, 0.792106691)])
def test_phi_plus_after_10_ms_has_the_tabulated_fidelity(sides, fidelity):
    """P-C9: t = 10 ms, T1 = 100 ms, T2 = 50 ms."""
    memory = Memory(t1_s=0.1, t2_s=0.05)

    assert two_sided_fidelity(memory, 0.01, sides=sides) == pytest.approx(fidelity, rel=1e-8)


def test_pauli_twirl_of_storage_has_the_tabulated_probabilities():
    """P-C10: t = 10 ms, T1 = 100 ms, T2 = 50 ms; the diagonal of the matrix fixes the twirl."""
    diagonal = np.diag(Memory(t1_s=0.1, t2_s=0.05).pauli_transfer(0.01))
    signs = np.array([[1, 1, 1, 1], [1, 1, -1, -1], [1, -1, 1, -1], [1, -1, -1, 1]])

    twirl = signs @ diagonal / 4.0

    assert twirl[1:] == pytest.approx([0.0237906455, 0.0237906455, 0.066843978], rel=1e-7)


@pytest.mark.parametrize(("t1", "t2"), [(0.1, 0.05), (0.1, 0.2), (1.0, 0.01)])
def test_relaxation_agrees_with_aer(t1, t2):
    from qiskit.quantum_info import PTM
    from qiskit_aer.noise import thermal_relaxation_error

    expected = PTM(thermal_relaxation_error(t1, t2, 0.03)).data.real

    assert Memory(t1_s=t1, t2_s=t2).pauli_transfer(0.03) == pytest.approx(expected, abs=1e-12)


def test_depolarizing_and_dephasing_agree_with_aer():
    from qiskit.quantum_info import PTM
    from qiskit_aer.noise import depolarizing_error, phase_damping_error

    t, time = 0.3, 0.7
    depolarizing = PTM(depolarizing_error(1.0 - math.exp(-t / time), 1)).data.real
    dephasing = PTM(phase_damping_error(1.0 - math.exp(-2.0 * t / time))).data.real

    matrix = Memory(depolarizing_time_s=time).pauli_transfer(t)
    assert matrix == pytest.approx(depolarizing, abs=1e-12)
    for memory in (Memory(dephasing_time_s=time), Memory(t2_s=time)):
        assert memory.pauli_transfer(t) == pytest.approx(dephasing, abs=1e-12)


def test_all_kinds_together_solve_the_bloch_equations():
    """Against small Euler steps' limit: the exponential of the generator."""
    from scipy.linalg import expm

    t1, t2, td, tphi = 0.9, 0.6, 2.0, 1.3
    generator = np.diag([0.0, 0.0, 0.0, -(1 / t1 + 1 / td)])
    generator[1, 1] = generator[2, 2] = -(1 / t2 + 1 / td + 1 / tphi)
    generator[3, 0] = 1 / t1
    memory = Memory(t1_s=t1, t2_s=t2, depolarizing_time_s=td, dephasing_time_s=tphi)

    assert memory.pauli_transfer(0.4) == pytest.approx(expm(0.4 * generator), abs=1e-12)


times = st.floats(1e-3, 1e3)
kinds = st.builds(
    lambda t1, share, td, tphi: Memory(
        t1_s=t1, t2_s=2 * t1 * share, depolarizing_time_s=td, dephasing_time_s=tphi
    ),
    t1=times | st.just(inf),
    share=st.floats(1e-2, 1.0),
    td=times | st.just(inf),
    tphi=times | st.just(inf),
)


@given(memory=kinds, t=st.floats(0, 100), u=st.floats(0, 100))
def test_storage_is_a_semigroup_of_channels(memory, t, u):
    first, second, both = memory.pauli_transfer(np.array([t, u, t + u]))

    assert both == pytest.approx(second @ first, abs=1e-9)
    x, z, shift = first[1, 1], first[3, 3], first[3, 0]
    # complete positivity of a phase-covariant qubit map
    assert abs(shift) + z <= 1.0 + 1e-12
    assert (1.0 + z) ** 2 - shift**2 >= 4.0 * x**2 - 1e-9


def test_times_of_any_shape_give_stacked_matrices():
    memory = Memory(t1_s=1.0, t2_s=0.5)
    t = np.array([[0.0, 0.1, 0.2], [0.3, 0.4, 0.5]])

    matrices = memory.pauli_transfer(t)

    assert matrices.shape == (2, 3, 4, 4)
    assert memory.pauli_transfer(0.0) == pytest.approx(np.eye(4), abs=0)
    for index in np.ndindex(t.shape):
        assert np.array_equal(matrices[index], memory.pauli_transfer(t[index]))


@pytest.mark.parametrize("t", [-1e-9, math.nan, inf, [0.1, -0.1]])
def test_a_bad_storage_time_is_refused(t):
    with pytest.raises(ParameterError, match="t must be finite"):
        Memory(t1_s=1.0).pauli_transfer(t)


@pytest.mark.parametrize(
    ("memory", "perfect", "unital"),
    [
        (Memory(), True, True),
        (Memory(modes=5, efficiency=0.1), True, True),
        (Memory(t2_s=1.0), False, True),
        (Memory(depolarizing_time_s=1.0), False, True),
        (Memory(dephasing_time_s=1.0), False, True),
        (Memory(t1_s=1.0), False, False),
    ],
)
def test_kinds_of_memory_are_told_apart(memory, perfect, unital):
    matrix = memory.pauli_transfer(0.5)

    assert memory.is_perfect is perfect is bool((matrix == np.eye(4)).all())
    assert memory.is_unital is unital is bool(matrix[3, 0] == 0.0)
    assert memory.is_bell_diagonal is unital


# --- detector, node ----------------------------------------------------------------------------


def test_dark_counts_of_20_hz_in_25_ns():
    """P-J3: 20 Hz x 25 ns = 5e-7 per window."""
    detector = Detector.from_dark_count_rate(20.0, 25e-9)

    assert detector.dark_count_probability == pytest.approx(5e-7, rel=1e-6)
    assert Detector.from_dark_count_rate(1e12, 1.0).dark_count_probability == 1.0


@pytest.mark.parametrize(("rate", "window"), [(-1.0, 1.0), (1.0, -1.0), (inf, 1.0), (1.0, None)])
def test_bad_dark_count_rates_are_refused(rate, window):
    with pytest.raises(ParameterError):
        Detector.from_dark_count_rate(rate, window)


def test_arm_efficiency_is_everything_but_fibre_memory_and_window():
    node = Node(
        memory=Memory(efficiency=0.1),
        emitter=Emitter(collection_efficiency=0.5, window_acceptance=0.1),
        detector=Detector(efficiency=0.75),
    )
    converted = Node(
        emitter=node.emitter,
        detector=node.detector,
        conversion=FrequencyConversion(efficiency=0.25),
    )

    assert node.arm_efficiency == 0.375
    assert converted.arm_efficiency == 0.09375


def test_target_errors_are_average_infidelities():
    from qiskit.quantum_info import average_gate_fidelity
    from qiskit_aer.noise import depolarizing_error

    node = Node(gates=Gates(single_qubit_depolarizing=0.03, two_qubit_depolarizing=0.07))
    target = node.to_target()

    one = 1.0 - average_gate_fidelity(depolarizing_error(0.03, 1))
    two = 1.0 - average_gate_fidelity(depolarizing_error(0.07, 2))
    assert target["h"][(0,)].error == pytest.approx(one)
    assert target["cx"][(1, 0)].error == pytest.approx(two)


def test_target_carries_readout_reset_and_memory():
    gates = Gates(readout_flip_0=0.03, readout_flip_1=0.01, initialisation_depolarizing=0.02)
    memory = Memory(t1_s=1.0, t2_s=0.5, depolarizing_time_s=4.0)
    target = Node(memory=memory, gates=gates).to_target(3)

    assert target.num_qubits == 3
    assert len(target["cx"]) == 6
    assert target["measure"][(2,)].error == pytest.approx(0.02)
    assert target["reset"][(0,)].error == pytest.approx(0.01)
    properties = target.qubit_properties[0]
    assert properties.t1 == pytest.approx(1.0 / 1.25)
    assert properties.t2 == pytest.approx(1.0 / 2.25)
    assert "delay" in target.operation_names
    assert Node().to_target().qubit_properties[1].t1 == inf


def test_target_has_durations_only_when_the_gates_have():
    timed = Node(gates=Gates(two_qubit_time_s=5e-4, readout_time_s=3.7e-6)).to_target()
    untimed = Node().to_target()

    assert timed["cx"][(0, 1)].duration == 5e-4
    assert timed["measure"][(0,)].duration == 3.7e-6
    assert timed["h"][(0,)].duration == 0.0
    assert untimed["cx"][(0, 1)].duration is None
    assert untimed["measure"][(0,)].duration is None


def test_a_circuit_compiles_to_the_target():
    from qiskit import QuantumCircuit, generate_preset_pass_manager

    circuit = QuantumCircuit(2, 2)
    circuit.swap(0, 1)
    circuit.measure([0, 1], [0, 1])
    target = Node(gates=Gates(two_qubit_depolarizing=0.01)).to_target()

    compiled = generate_preset_pass_manager(1, target=target, seed_transpiler=1).run(circuit)

    assert set(compiled.count_ops()) <= set(target.operation_names)


def test_a_node_of_one_qubit_has_no_cx_and_none_is_refused():
    assert "cx" not in Node().to_target(1).operation_names
    with pytest.raises(ParameterError, match="num_qubits"):
        Node().to_target(0)


def test_describing_hardware_loads_no_qiskit():
    code = "import sys, qnet.hardware; sys.exit('qiskit' in sys.modules or 'scipy' in sys.modules)"

    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


TIMES = ("t1_s", "t2_s", "depolarizing_time_s", "dephasing_time_s")


@pytest.mark.parametrize("field", TIMES)
@pytest.mark.parametrize("time", [5e-324, 1e-16, 1e302, 1e308])
def test_decay_times_beyond_what_rates_can_hold_are_refused(field, time):
    with pytest.raises(ParameterError, match=rf"^{field} must lie in 1e-15 to 1e\+301, or be inf"):
        Memory(**{field: time})


@pytest.mark.parametrize("field", TIMES)
@pytest.mark.parametrize("time", [1e-15, 1e300])
def test_extreme_decay_times_give_finite_matrices(field, time):
    matrix = Memory(**{field: time}).pauli_transfer([0.0, 1e-20, 1.0, 1e12])
    assert np.isfinite(matrix).all()
    assert np.abs(matrix).max() <= 1.0


def test_phase_noise_beyond_many_turns_is_refused():
    assert Emitter(phase_noise_deg=1000).phase_noise_deg == 1000.0
    for degrees in (1000.1, 1e308):
        with pytest.raises(ParameterError, match="phase_noise_deg must be at most 1000"):
            Emitter(phase_noise_deg=degrees)

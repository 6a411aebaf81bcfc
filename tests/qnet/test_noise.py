"""Noise: what Aer runs noiseless without a word is refused; what is named acts as in Aer."""

import subprocess
import sys

import numpy as np
import pytest
from qiskit import ClassicalRegister, QuantumCircuit, QuantumRegister, transpile
from qiskit.circuit import Delay
from qiskit.circuit.library import UnitaryGate, XGate
from qiskit.providers.fake_provider import GenericBackendV2
from qiskit.quantum_info import DensityMatrix, Operator, SuperOp
from qiskit_aer import AerSimulator
from qiskit_aer.noise import (
    NoiseModel,
    ReadoutError,
    amplitude_damping_error,
    depolarizing_error,
    pauli_error,
)

from qnet.errors import EngineError, MissingNoiseError, ParameterError
from qnet.hardware import Gates, Memory
from qnet.instrument import cache_info, clear_cache, compile, density_matrix, state, with_noise
from qnet.noise import Noise, as_noise, from_backend, from_gates
from qnet.noise.idle import memory_channel
from tests.qnet.branch_enumeration import pauli_vector

SIMULATOR = AerSimulator(method="density_matrix", max_parallel_threads=1, seed_simulator=5)


def aer_state(circuit, model):
    """Aer's own density matrix of a circuit without measurements."""
    saved = circuit.copy()
    saved.save_density_matrix()
    return SIMULATOR.run(saved, noise_model=model).result().data(0)["density_matrix"].data


def named(**errors):
    model = NoiseModel()
    for name, error in errors.items():
        model.add_all_qubit_quantum_error(error, [name])
    return model


# --- the guard: a gate that the noise does not name (Aer: noiseless, no warning)


def test_a_gate_that_the_model_does_not_name_is_refused_with_a_cure():
    circuit = QuantumCircuit(2)
    circuit.cx(0, 1)
    misnamed = named(cnot=depolarizing_error(0.5, 2))
    assert DensityMatrix(aer_state(circuit, misnamed)).purity() == pytest.approx(1.0)  # the trap
    with pytest.raises(MissingNoiseError) as caught:
        compile(circuit, misnamed)
    message = str(caught.value)
    assert "gate 'cx' on qubits [0, 1]" in message
    assert "names ['cnot']" in message
    assert "perfect={'cx'}" in message
    fano = state(circuit, misnamed, perfect={"cx"}).reshape(4, 4)
    assert fano[3, 3] == pytest.approx(1.0)


def test_a_gate_that_transpiling_renames_is_refused():
    circuit = QuantumCircuit(2)
    circuit.cx(0, 1)
    renamed = transpile(circuit, basis_gates=["cz", "rz", "sx"], optimization_level=0)
    noise = Noise(model=named(cx=depolarizing_error(0.5, 2)), perfect={"rz", "sx"})
    compile(circuit, noise)
    with pytest.raises(MissingNoiseError, match="'cz'"):
        compile(renamed, noise)


def test_a_label_that_the_model_does_not_name_is_refused():
    circuit = QuantumCircuit(1)
    circuit.append(XGate(label="frame"), [0])
    model = named(x=depolarizing_error(0.5, 1))
    assert DensityMatrix(aer_state(circuit, model)).purity() == pytest.approx(1.0)  # the trap
    with pytest.raises(MissingNoiseError, match="gate 'x' with label 'frame'"):
        compile(circuit, model)
    assert compile(circuit, model, perfect={"frame"}).channel()[3, 0] == pytest.approx(-1.0)


def test_a_label_chooses_the_error():
    model = named(x=depolarizing_error(0.5, 1), bright=amplitude_damping_error(0.2))
    circuit = QuantumCircuit(2)
    circuit.append(XGate(label="bright"), [0])
    circuit.append(UnitaryGate(Operator(XGate()), label="bright"), [1])
    np.testing.assert_allclose(density_matrix(circuit, model).data, aer_state(circuit, model))
    assert density_matrix(circuit, model).probabilities([1]) == pytest.approx([0.2, 0.8])


def test_the_guard_looks_inside_branches():
    circuit = QuantumCircuit(1, 1)
    circuit.measure(0, 0)
    with circuit.if_test((circuit.clbits[0], 1)):
        circuit.x(0)
    noise = Noise(model=named(h=depolarizing_error(0.1, 1)), perfect={"measure"})
    for refuse in (compile, density_matrix, with_noise):
        with pytest.raises(MissingNoiseError, match="gate 'x'"):
            refuse(circuit, noise)


def test_an_error_on_other_qubits_does_not_name_the_gate_here():
    model = NoiseModel()
    model.add_quantum_error(depolarizing_error(0.1, 2), ["cx"], [0, 1])
    circuit = QuantumCircuit(2)
    circuit.cx(1, 0)
    with pytest.raises(MissingNoiseError, match=r"qubits \[1, 0\]"):
        compile(circuit, model)


@pytest.mark.parametrize("name", ["measure", "reset"])
def test_measurement_and_reset_must_be_named_too(name):
    circuit = QuantumCircuit(1, 1)
    circuit.measure(0, 0) if name == "measure" else circuit.reset(0)
    model = named(h=depolarizing_error(0.1, 1))
    with pytest.raises(MissingNoiseError, match=name):
        compile(circuit, model)
    compile(circuit, model, perfect={name})
    compile(circuit, model, perfect="*")


def test_barriers_are_free():
    circuit = QuantumCircuit(2)
    circuit.barrier()
    assert len(compile(circuit, NoiseModel()).factors) == 2


# --- delays


def test_a_delay_under_a_self_built_model_decays():
    circuit = QuantumCircuit(1)
    circuit.x(0)
    circuit.delay(1.0, 0, unit="us")
    model = named(x=depolarizing_error(0.0, 1))
    assert aer_state(circuit, model)[1, 1].real == pytest.approx(1.0)  # the trap
    noise = Noise(model=model, idle={"q": Memory(t1_s=1e-6)}, perfect={"x"})
    assert density_matrix(circuit, noise).probabilities()[1] == pytest.approx(np.exp(-1.0))
    shots = 4000
    noisy, noise_model = with_noise(circuit.measure_all(inplace=False), noise, perfect={"measure"})
    counts = SIMULATOR.run(noisy, noise_model=noise_model, shots=shots).result().get_counts()
    p = np.exp(-1.0)
    assert abs(counts["1"] / shots - p) < 5 * np.sqrt(p * (1 - p) / shots)


def test_a_delay_without_a_memory_is_refused():
    circuit = QuantumCircuit(QuantumRegister(1, "left"))
    circuit.delay(1.0, 0, unit="us")
    noise = from_gates(Gates(two_qubit_depolarizing=0.1), memories={"right": Memory(t1_s=1.0)})
    with pytest.raises(MissingNoiseError, match=r"register 'left'.*\['right'\].*'delay'"):
        compile(circuit, noise)
    assert np.allclose(
        compile(circuit, noise, inputs=circuit.qubits, perfect={"delay"}).channel(), np.eye(4)
    )


def test_a_delay_inside_a_branch_is_refused():
    circuit = QuantumCircuit(1, 1)
    circuit.x(0)
    circuit.measure(0, 0)
    with circuit.if_test((circuit.clbits[0], 1)):
        circuit.delay(1.0, 0, unit="us")
    noise = Noise(idle={"*": Memory(t1_s=1e-6)})
    for refuse in (compile, density_matrix, with_noise):
        with pytest.raises(EngineError, match="in front of the block or behind it"):
            refuse(circuit, noise)
    assert density_matrix(circuit).probabilities() == pytest.approx([0, 1])


def test_each_register_has_its_memory_and_star_is_for_the_others():
    circuit = QuantumCircuit(QuantumRegister(1, "fast"), QuantumRegister(1, "slow"))
    circuit.x([0, 1])
    circuit.delay(250, 0, unit="ms")
    circuit.delay(0.25, 1, unit="s")
    noise = Noise(idle={"fast": Memory(t1_s=0.25), "*": Memory(t1_s=0.5)})
    found = density_matrix(circuit, noise)
    assert found.probabilities([0])[1] == pytest.approx(np.exp(-1.0))
    assert found.probabilities([1])[1] == pytest.approx(np.exp(-0.5))


@pytest.mark.parametrize(
    "memory",
    [
        Memory(),
        Memory(t1_s=0.3),
        Memory(t1_s=0.3, t2_s=0.2),
        Memory(t2_s=0.4),
        Memory(depolarizing_time_s=0.5),
        Memory(dephasing_time_s=0.5),
        Memory(t1_s=0.3, t2_s=0.5, depolarizing_time_s=0.7, dephasing_time_s=0.9),
    ],
)
def test_idle_channel_obeys_the_decay_of_the_memory(memory):
    time_s = 0.15
    channel = SuperOp(memory_channel(memory, time_s))
    assert channel.is_cptp()
    x_rate = 1 / memory.t2_s + 1 / memory.depolarizing_time_s + 1 / memory.dephasing_time_s
    z_rate = 1 / memory.t1_s + 1 / memory.depolarizing_time_s
    rest = (1 / memory.t1_s) / z_rate if z_rate else 0.0
    for label, component, rate, end in [
        ("+", 1, x_rate, 0),
        ("r", 2, x_rate, 0),
        ("1", 3, z_rate, rest),
    ]:
        start = pauli_vector(DensityMatrix.from_label(label).data)
        found = pauli_vector(DensityMatrix.from_label(label).evolve(channel).data)
        expected = end + (start[component] - end) * np.exp(-rate * time_s)
        assert found[component] == pytest.approx(expected, abs=1e-12)


FLIP = pauli_error([("X", 0.3), ("I", 0.7)])
HALF = pauli_error([("X", 0.5), ("I", 0.5)])
DAMPED = amplitude_damping_error(0.4)


def one_of_each(name):
    """A circuit with the operation outside and inside a branch that is played half of the time."""
    circuit = QuantumCircuit(2, 2)
    operations = {
        "x": circuit.x,
        "id": circuit.id,
        "reset": circuit.reset,
        "delay": lambda qubit: circuit.delay(1.0, qubit, unit="us"),
        "measure": lambda qubit: circuit.measure(qubit, 1),
        "barrier": circuit.barrier,
    }
    circuit.h(0)
    circuit.measure(0, 0)
    operations[name](1)
    with circuit.if_test((circuit.clbits[0], 1)):
        operations[name](1)
    operations[name](1)
    return circuit


@pytest.mark.parametrize("error", [HALF, FLIP, DAMPED], ids=["half", "flip", "damped"])
@pytest.mark.parametrize("name", ["x", "id", "reset", "delay", "measure", "barrier"])
def test_x6_every_error_that_aer_applies_is_applied(name, error):
    """Oracle: Aer's own runs, 4 standard errors; with ``perfect={"*"}`` nothing is dropped."""
    circuit = one_of_each(name)
    end = ClassicalRegister(1, "end")
    circuit.add_register(end)
    circuit.measure(1, end[0])
    model, shots = named(**{name: error}), 20_000
    instrument = compile(circuit, Noise(model=model, perfect={"*"}))
    expected = instrument.probability({"end": 1})
    counts = SIMULATOR.run(circuit, noise_model=model, shots=shots).result().get_counts()
    found = sum(count for bits, count in counts.items() if bits[0] == "1") / shots
    assert abs(found - expected) <= 4 * np.sqrt(expected * (1 - expected) / shots) + 1e-12


@pytest.mark.parametrize("where", ["all qubits", "one qubit"])
def test_x6_an_error_of_a_delay_acts_as_in_aer(where):
    """Oracle: Aer's density matrix; P(1) = .5 where the error was dropped before."""
    model = NoiseModel()
    if where == "all qubits":
        model.add_all_qubit_quantum_error(HALF, ["delay"])
    else:
        model.add_quantum_error(HALF, ["delay"], [0])
    circuit = QuantumCircuit(2)
    circuit.x([0, 1])
    circuit.delay(1.0, [0, 1], unit="us")
    for noise in (Noise(model=model, perfect={"*"}), Noise(model=model, perfect={"x", "delay"})):
        found = density_matrix(circuit, noise)
        np.testing.assert_allclose(found.data, aer_state(circuit, model), atol=1e-12)
    assert found.probabilities([0])[1] == pytest.approx(0.5)


def test_x6_an_error_names_the_delay():
    """Oracle: Aer's density matrix; a label of a delay counts for nothing in Aer."""
    model = named(delay=FLIP, wait=HALF)
    circuit = QuantumCircuit(1)
    circuit.append(Delay(1.0, "us"), [0])
    circuit.append(Delay(0.0, "us"), [0])
    labelled = Delay(2.0, "us")
    labelled.label = "wait"
    circuit.append(labelled, [0])
    found = density_matrix(circuit, model)
    np.testing.assert_allclose(found.data, aer_state(circuit, model), atol=1e-12)


def test_x6_error_and_relaxation_of_a_delay_come_in_aers_order():
    """Oracle: Aer's density matrix of a device's model with one more error on its delays."""
    backend = GenericBackendV2(2, seed=1)
    model = NoiseModel.from_backend(backend)
    model.add_all_qubit_quantum_error(FLIP, ["delay"])
    circuit = QuantumCircuit(2)
    circuit.x([0, 1])
    circuit.delay(100, 0, unit="us")
    noise = Noise(model=model, perfect={"*"})
    np.testing.assert_allclose(
        density_matrix(circuit, noise).data, aer_state(circuit, model), atol=1e-10
    )
    noisy, to_run = with_noise(circuit, noise)
    np.testing.assert_allclose(
        density_matrix(circuit, noise).data, aer_state(noisy, to_run), atol=1e-10
    )


def test_x6_error_of_a_delay_and_memory_both_act():
    """Oracle: P(1) = (1 - .3) e^-1 after x, flip with .3, and decay over T1."""
    circuit = QuantumCircuit(1)
    circuit.x(0)
    circuit.delay(1.0, 0, unit="us")
    noise = Noise(model=named(delay=FLIP), idle={"q": Memory(t1_s=1e-6)}, perfect={"x"})
    assert density_matrix(circuit, noise).probabilities()[1] == pytest.approx(0.7 * np.exp(-1.0))


def test_a_delay_needs_a_unit_of_time():
    circuit = QuantumCircuit(1)
    circuit.delay(100, 0, unit="dt")
    with pytest.raises(ParameterError, match="unit of time"):
        compile(circuit, Noise(idle={"*": Memory(t1_s=1.0)}))


# --- noise of a node, of a user, of a backend


def test_gate_errors_of_a_node_are_aers_depolarizing_errors():
    gates = Gates(single_qubit_depolarizing=0.03, two_qubit_depolarizing=0.07)
    circuit = QuantumCircuit(2)
    circuit.h(0)
    circuit.rx(0.3, 1)
    circuit.cx(0, 1)
    circuit.swap(0, 1)
    model = named(
        h=depolarizing_error(0.03, 1),
        rx=depolarizing_error(0.03, 1),
        cx=depolarizing_error(0.07, 2),
        swap=depolarizing_error(0.07, 2),
    )
    found = density_matrix(circuit, from_gates(gates))
    np.testing.assert_allclose(found.data, aer_state(circuit, model), atol=1e-12)


def test_a_perfect_node_declares_everything_perfect():
    noise = from_gates(Gates())
    assert {"h", "cx", "reset", "measure"} <= noise.perfect
    assert noise.model.is_ideal()
    circuit = QuantumCircuit(1)
    circuit.u(0.1, 0.2, 0.3, 0)
    with pytest.raises(MissingNoiseError, match="'u'"):
        compile(circuit, noise)


def test_a_users_model_acts_as_in_aer():
    model = NoiseModel()
    model.add_all_qubit_quantum_error(depolarizing_error(0.1, 1), ["h"])
    model.add_quantum_error(pauli_error([("X", 0.3), ("I", 0.7)]), ["s"], [0])
    model.add_quantum_error(amplitude_damping_error(0.4), ["s"], [1])
    model.add_quantum_error(pauli_error([("IX", 0.2), ("II", 0.8)]), ["cx"], [0, 1])
    model.add_quantum_error(pauli_error([("ZI", 0.1), ("II", 0.9)]), ["cx"], [1, 0])
    circuit = QuantumCircuit(2)
    circuit.h([0, 1])
    circuit.s([0, 1])
    circuit.cx(0, 1)
    circuit.cx(1, 0)
    found = density_matrix(circuit, model)
    np.testing.assert_allclose(found.data, aer_state(circuit, model), atol=1e-12)


def test_readout_of_a_qubit_goes_before_readout_of_all():
    model = NoiseModel()
    model.add_all_qubit_readout_error([[0.9, 0.1], [0.2, 0.8]])
    circuit = QuantumCircuit(2, 2)
    circuit.measure([0, 1], [0, 1])
    instrument = compile(circuit, model)
    assert instrument.probability({"c": "11"}) == pytest.approx(0.01)
    local = NoiseModel()
    local.add_readout_error([[0.7, 0.3], [0.0, 1.0]], [1])
    with pytest.raises(MissingNoiseError, match=r"'measure' on qubits \[0\]"):
        compile(circuit, local)
    assert compile(circuit, local, perfect={"measure"}).probability("10") == pytest.approx(0.3)


def test_correlated_readout_is_refused():
    model = NoiseModel()
    model.add_readout_error(ReadoutError(np.full((4, 4), 0.25)), [0, 1])
    circuit = QuantumCircuit(1, 1)
    circuit.measure(0, 0)
    with pytest.raises(ParameterError, match="one readout error per qubit"):
        compile(circuit, model)


def test_a_backend_as_noise_acts_as_in_aer():
    backend = GenericBackendV2(5, seed=7)
    circuit = QuantumCircuit(5)
    circuit.h(0)
    circuit.cx(0, 3)
    circuit.delay(111, 3, unit="us")
    circuit.delay(900, 0, unit="dt")
    circuit.rx(0.4, 3)
    native = transpile(circuit, backend, optimization_level=0, seed_transpiler=1)
    expected = aer_state(native, NoiseModel.from_backend(backend))
    np.testing.assert_allclose(density_matrix(native, backend).data, expected, atol=1e-10)
    with pytest.raises(MissingNoiseError, match="'h'"):
        compile(circuit, backend)


def test_readout_of_a_backend_and_a_circuit_that_is_too_wide():
    backend = GenericBackendV2(2, seed=7)
    circuit = QuantumCircuit(3, 1)
    circuit.measure(1, 0)
    error = NoiseModel.from_backend(backend)._local_readout_errors[(1,)].probabilities
    relaxed = compile(circuit, backend).probability("1")
    assert relaxed == pytest.approx(error[0][1], rel=1e-9)
    circuit.delay(1, 2, unit="us")
    with pytest.raises(ParameterError, match="as many qubits as the circuit"):
        compile(circuit, backend)


def test_what_is_no_noise_is_refused():
    assert as_noise(None).model is None
    assert isinstance(from_backend(GenericBackendV2(2, seed=1)), Noise)
    with pytest.raises(ParameterError, match="noise must describe noise"):
        as_noise(0.01)


# --- the cache


def noisy_halves():
    circuit = QuantumCircuit(QuantumRegister(4, "q"), ClassicalRegister(2, "c"))
    for first in (0, 2):
        circuit.cx(first, first + 1)
        circuit.measure(first + 1, first // 2)
    return circuit


def test_equal_models_built_twice_are_one_entry():
    circuit = QuantumCircuit(2)
    circuit.cx(0, 1)
    clear_cache()
    compile(circuit, named(cx=depolarizing_error(0.1, 2)))
    compile(circuit.copy(), named(cx=depolarizing_error(0.1, 2)))
    assert cache_info()[:2] == (1, 1)
    compile(circuit, named(cx=depolarizing_error(0.1 + 1e-9, 2)))
    assert cache_info()[:2] == (1, 2)
    compile(circuit, named(cx=depolarizing_error(0.1, 2)), outputs=circuit.qubits[:1])
    compile(circuit, named(cx=depolarizing_error(0.1, 2)), inputs=circuit.qubits)
    compile(circuit, named(cx=depolarizing_error(0.1, 2)), outputs=circuit.qubits[::-1])
    assert cache_info()[:2] == (1, 5)


def test_equal_halves_are_computed_once():
    clear_cache()
    circuit = noisy_halves()
    instrument = compile(circuit, None, inputs=circuit.qubits)
    assert cache_info()[:2] == (1, 1)
    assert instrument.factors[0].maps is instrument.factors[1].maps
    assert not instrument.factors[0].maps.flags.writeable


def test_conditions_readout_and_delays_enter_the_key():
    def circuit(value, time_s):
        made = QuantumCircuit(2, 1)
        made.h(0)
        made.measure(0, 0)
        made.delay(time_s, 1, unit="s")
        with made.if_test((made.clbits[0], value)):
            made.x(1)
        return made

    def noise(flip, t1_s):
        return from_gates(Gates(readout_flip_0=flip), memories={"*": Memory(t1_s=t1_s)})

    clear_cache()
    compile(circuit(0, 1.0), noise(0.1, 1.0))
    for other, other_noise in [
        (circuit(1, 1.0), noise(0.1, 1.0)),
        (circuit(0, 2.0), noise(0.1, 1.0)),
        (circuit(0, 1.0), noise(0.2, 1.0)),
        (circuit(0, 1.0), noise(0.1, 2.0)),
    ]:
        compile(other, other_noise)
    # Twice the time at twice T1 is the same channel.
    compile(circuit(0, 2.0), noise(0.1, 2.0))
    assert cache_info()[:2] == (1, 5)


def test_importing_loads_neither_aer_nor_quantum_info():
    code = (
        "import sys, qnet.noise, qnet.instrument;"
        "print([m for m in ('qiskit_aer', 'qiskit.quantum_info') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"

"""A device's noise in a station and on a line, against Aer's runs of transpiled circuits (U6)."""

import pickle

import numpy as np
import pytest
from qiskit import QuantumCircuit, transpile
from qiskit.providers.fake_provider import GenericBackendV2
from qiskit.quantum_info import (
    DensityMatrix,
    SuperOp,
    average_gate_fidelity,
    partial_trace,
    random_unitary,
)
from qiskit_aer import AerSimulator
from qiskit_aer.noise import NoiseModel

from protocols import nested, recurrence, swap_asap
from protocols.qkd import (
    B92,
    BB84,
    BBM92,
    E91,
    MDI,
    SARG04,
    SixState,
    TeleportedBB84,
    compile_settings,
)
from qnet import Abstract, EngineError, ParameterError, Station, Swap, play
from qnet.circuits import pauli_frame
from qnet.hardware import Memory
from qnet.instrument import DeviceGates, compile, density_matrix
from qnet.noise import Noise, from_backend, to_native
from qnet.plans.maps import swap_map
from qnet.states import fidelity, werner

SIMULATOR = AerSimulator(method="density_matrix", max_parallel_threads=1, seed_simulator=5)
DEFAULT = GenericBackendV2(5, seed=3)
BASES = {
    "cx": DEFAULT,
    "ecr": GenericBackendV2(5, ["ecr", "id", "rz", "sx", "x"], seed=4),
    "cz without id": GenericBackendV2(5, ["cz", "rz", "sx", "x"], seed=5),
    "one direction": GenericBackendV2(
        5, ["ecr", "id", "rz", "sx", "x"], coupling_map=[[0, 1], [2, 1], [3, 1], [3, 4]], seed=6
    ),
}
LINK = Abstract(success_probability=1.0, attempt_time_s=1e-6).link()


def aer_state(circuit, backend, qubits, start=None):
    """Aer's density matrix of a circuit that runs on these qubits of a backend, from ``start``."""
    native = transpile(circuit, backend, initial_layout=qubits, optimization_level=0)
    wide = QuantumCircuit(backend.num_qubits)
    if start is not None:
        wide.set_density_matrix(start)
    for step in native.data:
        wide.append(step.operation, [native.find_bit(qubit).index for qubit in step.qubits])
    wide.save_density_matrix()
    run = SIMULATOR.run(wide, noise_model=NoiseModel.from_backend(backend))
    return DensityMatrix(run.result().data(0)["density_matrix"].data)


def on_qubits(rho, where, count=5):
    """A state of some qubits of a register of ``count``, the others in |0>."""
    rest = [qubit for qubit in range(count) if qubit not in where]
    order = [*where, *rest]
    whole = np.zeros((2**count, 2**count), dtype=complex)
    whole[: len(rho), : len(rho)] = rho  # qubits ``where`` least significant, the others 0
    wires = [count - 1 - order.index(qubit) for qubit in reversed(range(count))]
    tensor = whole.reshape((2,) * (2 * count)).transpose([*wires, *(count + w for w in wires)])
    return tensor.reshape(2**count, 2**count)


def swapped_by_aer(backend, left, right):
    """Fidelity of the pair that a swap on two qubits of a backend makes from two perfect pairs."""
    a, b, _ = (qubit for qubit in range(5) if qubit not in (left, right))
    phi = np.outer([1, 0, 0, 1], [1, 0, 0, 1]) / 2
    pairs = on_qubits(np.kron(phi, phi), [a, left, right, b])
    bell = QuantumCircuit(2)
    bell.cx(0, 1)
    bell.h(0)
    rho = aer_state(bell, backend, [left, right], pairs)
    readout = NoiseModel.from_backend(backend)._local_readout_errors
    total = 0.0
    for recorded in np.ndindex(2, 2):  # bsm[0] of right, bsm[1] of left
        kept = np.zeros((4, 4), dtype=complex)
        for outcome in np.ndindex(2, 2):
            chance = np.prod(
                [
                    np.asarray(readout[(qubit,)].probabilities)[o, r]
                    for qubit, o, r in zip((right, left), outcome, recorded, strict=True)
                ]
            )
            ones = {right: outcome[0], left: outcome[1]}
            projector = on_all({q: np.diag([1 - v, v]) for q, v in ones.items()})
            part = projector @ rho.data @ projector
            kept += chance * partial_trace(DensityMatrix(part), [*{0, 1, 2, 3, 4} - {a, b}]).data
        # What is kept is ordered (a, b) by number: a < b. The correction runs on qubit ``left``.
        frame = pauli_frame(f"{recorded[1]}{recorded[0]}")
        correction = QuantumCircuit(1)
        if frame in "XY":
            correction.x(0)
        if frame in "ZY":
            correction.z(0)
        other = next(qubit for qubit in range(5) if qubit != left)
        weight = np.trace(kept).real
        start = on_qubits(kept / weight, [other, left])
        end = aer_state(correction, backend, [left], start)
        rest = [qubit for qubit in range(5) if qubit not in (other, left)]
        pair = partial_trace(end, rest).data
        total += weight * float(np.real(np.trace(pair @ phi)))
    return total


def on_all(operators, count=5):
    whole = np.eye(1)
    for qubit in range(count):
        whole = np.kron(operators.get(qubit, np.eye(2)), whole)
    return whole


@pytest.mark.parametrize(("left", "right"), [(3, 1), (1, 3)])
@pytest.mark.parametrize("name", BASES)
def test_u6_a_swap_on_a_backend_is_that_of_aer(name, left, right):
    """Oracle: Aer's density matrix of the Bell measurement and the correction, transpiled."""
    backend = BASES[name]
    gates = DeviceGates.from_backend(backend, qubits=(left, right))
    phi = werner(1.0)[None]
    found = fidelity(swap_map(gates, Memory(), 0.0).apply(phi, phi))[0]
    assert found == pytest.approx(swapped_by_aer(backend, left, right), abs=1e-9)
    assert 0.9 < found < 1.0


def test_u6_engines_agree_on_a_station_of_a_device():
    """Oracle: the compiled swap, composed by hand; links that always succeed leave one history."""
    gates = DeviceGates.from_backend(DEFAULT, qubits=(3, 1))
    station = Station(gates=gates)
    step, fano = swap_map(gates, Memory(), 0.0), werner(1.0)[None]
    for count in (2, 4):
        fano = step.apply(fano, fano)
        shot = play(nested([LINK] * count, stations=station), shots=100, seed=1)
        assert shot.fidelity.best == pytest.approx(fidelity(fano)[0], abs=1e-9)
    assert play(swap_asap([LINK] * 3, stations=station), shots=10, seed=1).fidelity.best < 1.0
    with pytest.raises(EngineError, match="gates of a device"):
        play(Swap(left=LINK, right=LINK, station=station), engine="circuit", shots=10, seed=1)


@pytest.mark.parametrize("scheme", ["dejmps", "bbpssw", "double-selection"])
def test_u6_distillation_runs_on_a_device(scheme):
    """Oracle: perfect gates are better, and the device's errors are small."""
    pair = Abstract(success_probability=1.0, attempt_time_s=1e-6, fidelity=0.9).link()
    noisy = play(
        recurrence(pair, scheme=scheme, gates=DeviceGates.from_backend(DEFAULT)), shots=50, seed=1
    )
    best = play(recurrence(pair, scheme=scheme), shots=50, seed=1)
    assert best.fidelity.best - 0.1 < noisy.fidelity.best < best.fidelity.best


def test_u6_the_numbers_are_those_of_the_device():
    """Oracle: Qiskit's average fidelity of Aer's errors; durations and readout of the target."""
    gates, target = DeviceGates.from_backend(DEFAULT, qubits=(3, 1)), DEFAULT.target
    error = NoiseModel.from_backend(DEFAULT)._local_quantum_errors["cx"][(3, 1)]
    infidelity = 1.0 - average_gate_fidelity(SuperOp(error))
    assert gates.two_qubit_infidelity == pytest.approx(infidelity, rel=1e-9)
    assert gates.two_qubit_time_s == target["cx"][(3, 1)].duration
    assert gates.readout_time_s == max(target["measure"][(q,)].duration for q in (3, 1))
    flips = [target["measure"][(q,)].error for q in (3, 1)]
    assert gates.readout_flip_0 == pytest.approx(np.mean(flips), rel=1e-9)
    times = gates.two_qubit_time_s + gates.single_qubit_time_s + gates.readout_time_s
    assert Station(gates=gates).duration_s == times


def test_u6_equal_devices_are_equal_and_travel():
    """Oracle: equality by errors, not by object; another pair or seed is another device."""
    one, same = (DeviceGates.from_backend(GenericBackendV2(5, seed=3), (3, 1)) for _ in range(2))
    assert one == same
    assert hash(one) == hash(same)
    assert pickle.loads(pickle.dumps(one)) == one
    assert one != DeviceGates.from_backend(DEFAULT, (1, 3))
    assert one != DeviceGates.from_backend(GenericBackendV2(5, seed=9), (3, 1))


@pytest.mark.parametrize(
    ("call", "part"),
    [
        (lambda: DeviceGates.from_backend("fake"), "backend must be a BackendV2"),
        (lambda: DeviceGates.from_backend(DEFAULT, (0, 5)), "different qubits of the backend"),
        (lambda: DeviceGates.from_backend(DEFAULT, (1, 1)), "different qubits of the backend"),
        (lambda: DeviceGates.from_backend(DEFAULT, (0, 1, 2)), "qubits must be two"),
        (lambda: DeviceGates.from_backend(BASES["one direction"], (0, 4)), "couples directly"),
    ],
)
def test_u6_what_cannot_be_a_station_is_refused(call, part):
    """Oracle: the rules of the arguments."""
    with pytest.raises(ParameterError, match=part):
        call()


@pytest.mark.parametrize("name", BASES)
def test_u6_a_native_circuit_is_the_circuit(name):
    """Oracle: the state of the circuit before, which is without noise."""
    backend = BASES[name]
    circuit = QuantumCircuit(2)
    circuit.unitary(random_unitary(2, seed=1), [0])
    circuit.cx(1, 0)
    circuit.rx(0.3, 1)
    circuit.swap(0, 1)
    circuit.sdg(1)
    native = to_native(circuit, backend, qubits=(1, 3))
    np.testing.assert_allclose(density_matrix(native).data, DensityMatrix(circuit).data, atol=1e-9)
    assert set(native.count_ops()) <= set(backend.operation_names)


PROTOCOLS = {
    "bb84": BB84,
    "six-state": SixState,
    "b92": B92,
    "sarg04": SARG04,
    "e91": E91,
    "bbm92": BBM92,
    "mdi": MDI,
    "teleported": TeleportedBB84,
}


@pytest.mark.parametrize("kind", PROTOCOLS)
def test_u6_a_line_with_a_backend_is_that_of_aer(kind):
    """Oracle: Aer's shots of each circuit, transpiled; 5 standard errors for some 50 outcomes."""
    protocol = PROTOCOLS[kind](noise=DEFAULT)
    assert protocol.run(10_000, seed=1).qber.best > 0.0
    table = compile_settings(protocol.settings(), DEFAULT)
    model = NoiseModel.from_backend(DEFAULT)
    for setting in protocol.settings()[:6]:
        native = transpile(setting.circuit, DEFAULT, optimization_level=0)
        shots = 20_000
        counts = SIMULATOR.run(native, noise_model=model, shots=shots).result().get_counts()
        names = [register.name for register in setting.circuit.cregs][::-1]
        for bits, count in counts.items():
            values = {n: int(b, 2) for n, b in zip(names, bits.split(), strict=True)}
            known = {k: v for k, v in {**setting.labels, **values}.items() if k in table.columns}
            p = table.probability(**known) / setting.probability
            assert abs(count / shots - p) <= 5 * np.sqrt(p * (1 - p) / shots) + 1e-9


def test_u6_the_guard_stays():
    """Oracle: a circuit that nobody translated is refused by the compiler, as before."""
    circuit = QuantumCircuit(1)
    circuit.h(0)
    with pytest.raises(ValueError, match="'h'"):
        compile(circuit, DEFAULT)
    assert to_native(circuit, Noise()) is circuit
    assert from_backend(DEFAULT).target is DEFAULT.target
    with pytest.raises(ParameterError, match="name a qubit of the device"):
        to_native(QuantumCircuit(6), DEFAULT)

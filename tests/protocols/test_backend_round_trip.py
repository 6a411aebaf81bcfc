"""Round trip with a device: measured counts, estimated parameters, and the chain they predict."""

import numpy as np
import pytest
from qiskit import QuantumCircuit
from qiskit_aer import AerSimulator
from qiskit_aer.noise import NoiseModel, depolarizing_error
from qiskit_ibm_runtime.fake_provider import FakeManilaV2

from protocols.characterisation import parse_counts, play_device
from protocols.repeaters import Chain, LinkDescription, PairState
from qnet import Abstract, Gates, ParameterError, Station, Swap, UnknownNameError, play
from qnet.backends import (
    characterisation_circuits,
    fano_of_counts,
    measured_counts,
    pair_tomography,
    translate,
)
from qnet.backends.characterisation_circuits import ALL_BASES
from qnet.circuits import repeater_chain
from qnet.instrument import compile
from qnet.noise import from_backend, to_native
from qnet.states import bell_weights, fano_from_weights

#: A device whose readout errors are those of its target.
DEVICE = AerSimulator.from_backend(FakeManilaV2())
LINE = [0, 1, 2, 3]
WAIT_S = 5e-6
PERFECT = AerSimulator(basis_gates=["cx", "rz", "sx", "x"])


def true_state(circuit, qubits):
    """Fano matrix of the ends of a circuit before they are measured, under the device's noise."""
    native = translate(circuit, DEVICE.target, qubits=qubits).circuit
    kept = native.copy_empty_like()
    for step in native.data[:-2]:
        kept.append(step)
    ends = [step.qubits[0] for step in native.data[-2:]]
    return compile(kept, from_backend(DEVICE), outputs=ends).channel().reshape(4, 4)


def true_pair(place, wait_s=0.0):
    """Fano matrix of a pair of the swap."""
    circuits = characterisation_circuits(["swap"], wait_s=wait_s)
    return true_state(circuits["swap", place, "ZZ"], LINE)


def fidelity(fano):
    return (1.0 + fano[1, 1] - fano[2, 2] + fano[3, 3]) / 4.0


@pytest.fixture(scope="module")
def fresh():
    counts = measured_counts(DEVICE, tables=["swap"], shots=4000, seed=11, qubits=LINE)
    return counts, parse_counts(counts).characterise()["swap"]


@pytest.fixture(scope="module")
def waited():
    counts = measured_counts(
        DEVICE, tables=["swap"], shots=4000, seed=12, qubits=LINE, wait_s=WAIT_S
    )
    return counts, parse_counts(counts).characterise()["swap"]


def estimated(counts, pair, ends):
    """What is estimated of one of the pairs of a swap."""
    readout = dict(zip("AB", (counts["readout"][name] for name in ends), strict=True))
    found = parse_counts({"pair": counts["swap"][pair], "readout": readout})
    return found.characterise(confidence=0.9999)["pair"]


@pytest.mark.parametrize(
    ("pair", "ends"), [("AB", ("A", "B1")), ("BC", ("B2", "C")), ("AC", ("A", "C"))]
)
def test_estimated_pairs_are_those_of_the_device(waited, pair, ends):
    # Oracle: the exact state of the native circuit; intervals of 99.99 % are 3.9 standard errors.
    truth = fidelity(true_pair(pair, WAIT_S))
    found = estimated(waited[0], pair, ends).values["fidelity"].estimate
    assert found.low < truth < found.high
    assert found.high - found.low < 0.08


def test_readout_that_errs_to_one_side_is_undone():
    # Oracle: the exact state, on a fake device that plays two flips of which its target states the
    # mean: 0 is read wrongly less often than 1. Without its undoing the fidelity is far off.
    counts = measured_counts(FakeManilaV2(), shots=4000, seed=8, qubits=[2, 3])
    found = parse_counts(counts).characterise(confidence=0.9999)["pair"].values
    flips = counts["readout"]["A"]
    assert flips["1"][0] > 1.3 * flips["0"][1]
    truth = fidelity(true_state(characterisation_circuits(["pair"])["pair", "ZZ"], [2, 3]))
    assert found["fidelity"].estimate.low < truth < found["fidelity"].estimate.high
    assert found["fidelity_raw"].estimate.high < truth - 0.05


def test_readout_is_that_of_the_target(fresh):
    # Oracle: the target's error of a measurement, the mean of both flips.
    for name, qubit in zip(("A", "B1", "B2", "C"), LINE, strict=True):
        table = fresh[0]["readout"][name]
        flips = (table["0"][1] + table["1"][0]) / 8000
        error = DEVICE.target["measure"][(qubit,)].error
        assert abs(flips - error) < 5 * np.sqrt(error / 8000) + 1e-3  # and the error of the X gate


def predicted(swap, left, right):
    """Fidelity of the chain A-B-C: estimated station, on pairs of these Bell weights."""
    strength, flip = swap["cnot_depolarizing"], swap["readout_flip"]
    gates = Gates(
        two_qubit_depolarizing=float(np.clip(strength, 0.0, 1.0)),
        readout_flip_0=float(flip),
        readout_flip_1=float(flip),
    )
    return swapped((left, right), Station(gates=gates))


def swapped(pairs, station):
    """Fidelity of the pair that a station makes of two pairs of these Bell weights."""
    links = [
        Abstract(success_probability=1.0, attempt_time_s=1e-6, state=fano_from_weights(each)).link()
        for each in pairs
    ]
    plan = Swap(left=links[0], right=links[1], station=station)
    return play(plan, engine="exact").fidelity.best


def test_an_estimated_swap_predicts_a_chain_of_three_nodes(fresh, waited):
    # Oracle: the pair AC that the device makes of pairs that waited, exactly. The swap was measured
    # on fresh pairs, the pairs that waited one by one, each with counts of its own.
    swap = fresh[1]
    parameters = {name: swap.parameters[name] for name in ("cnot_depolarizing", "readout_flip")}
    pairs = [
        estimated(waited[0], pair, ends).parameters["bell_diagonal"]
        for pair, ends in (("AB", ("A", "B1")), ("BC", ("B2", "C")))
    ]
    best = predicted({n: p.best for n, p in parameters.items()}, *(pair.best for pair in pairs))
    drawn = [
        predicted(
            {name: each.draws[k] for name, each in parameters.items()},
            *(pair.draws[k] for pair in pairs),
        )
        for k in range(60)
    ]
    truth = fidelity(true_pair("AC", WAIT_S))
    fresh_truth = fidelity(true_pair("AC"))
    spread = np.std(drawn)
    assert spread < 0.012
    assert abs(best - truth) < 4.0 * spread
    assert fresh_truth - truth > 8.0 * spread  # the wait matters
    # And the same pair, measured on the device.
    measured = estimated(waited[0], "AC", ("A", "C")).values["fidelity"]
    assert abs(best - measured.estimate.best) < 4.0 * np.hypot(spread, measured.standard_error)


def chain(segments):
    """A chain whose links are there at once, with nothing to wait for."""
    link = LinkDescription(
        scheme="abstract",
        success_probability=1.0,
        attempt_time_s=1e-6,
        state=PairState(werner=0.9),
    )
    return Chain(segments=segments, length_km=0.001, classical_latency=False, link=link)


def test_a_file_of_counts_is_played_as_a_chain(fresh):
    # Oracle: the exact pair AC of the device; twice the interval of 95 % is 3.9 standard errors.
    found = parse_counts(fresh[0]).characterise()
    played = play_device(found, chain(2), engine="exact", draws=40)
    estimate, truth = played.figures["fidelity"], fidelity(true_pair("AC"))
    assert abs(estimate.best - truth) < estimate.high - estimate.low < 0.04


def uniform_device():
    """Any qubits, all alike: depolarising gates, readout that errs to either side."""
    model = NoiseModel()
    model.add_all_qubit_quantum_error(depolarizing_error(0.02, 2), ["cx"])
    model.add_all_qubit_quantum_error(depolarizing_error(0.002, 1), ["x", "sx"])
    model.add_all_qubit_readout_error([[0.99, 0.01], [0.02, 0.98]])
    return AerSimulator(noise_model=model, basis_gates=["cx", "x", "sx", "rz"])


def test_one_swap_says_what_a_longer_chain_does():
    # Oracle: the exact end-to-end state of the circuit of three segments on the same device.
    device = uniform_device()
    counts = measured_counts(device, tables=["swap"], shots=4000, seed=3, qubits=LINE)
    played = play_device(parse_counts(counts).characterise(), chain(3), engine="exact", draws=40)
    circuit = repeater_chain(3, frame=False)
    native = to_native(circuit, device)
    ends = [native.qubits[0], native.qubits[-1]]
    noise = from_backend(device).declared_perfect({"rz"})
    truth = fidelity(compile(native, noise, outputs=ends).channel().reshape(4, 4))
    estimate = played.figures["fidelity"]
    assert truth < 0.92
    assert abs(estimate.best - truth) < estimate.high - estimate.low < 0.04


def test_the_station_of_the_noise_model_does_what_the_device_does(waited):
    # Oracle: counts of the device against Station(noise=...) on the exact pairs of its qubits.
    pairs = [bell_weights(true_pair(pair, WAIT_S)) for pair in ("AB", "BC")]
    found = swapped(pairs, Station(noise=DEVICE, qubits=(1, 2)))
    measured = estimated(waited[0], "AC", ("A", "C")).values["fidelity"]
    # The correction runs on C there, on the station's second qubit here: errors of one X at most.
    assert abs(found - measured.estimate.best) < 4.0 * measured.standard_error + 1e-3


def test_memory_times_are_those_of_the_target():
    # Oracle: T1 and T2 of the qubit in the target.
    delays = [1e-6, 20e-6, 60e-6]
    counts = measured_counts(
        DEVICE, tables=["memory"], shots=4000, seed=4, qubits=[0], delays_s=delays
    )
    found = parse_counts(counts).characterise(confidence=0.9999)["memory"].values
    truth = DEVICE.target.qubit_properties[0] if DEVICE.target.qubit_properties else None
    truth = truth or FakeManilaV2().target.qubit_properties[0]
    for name in ("t1", "t2"):
        estimate = found[f"{name}_s"].estimate
        assert estimate.low < getattr(truth, name) < estimate.high
        assert estimate.high / estimate.low < 2.0


def test_all_nine_bases_say_the_state_of_a_pair():
    # Oracle: the state vector; 5 standard errors of each of the sixteen means.
    circuit = QuantumCircuit(2)
    circuit.ry(0.8, 0)
    circuit.cx(0, 1)
    circuit.u(0.7, 0.3, 1.1, 0)
    circuit.u(1.9, 2.2, 0.4, 1)
    counts = pair_tomography(circuit, PERFECT, shots=4000, seed=6)
    truth = compile(circuit).channel().reshape(4, 4)
    assert np.abs(truth).min() > 0.01  # no letter is without meaning
    assert np.abs(fano_of_counts(counts) - truth).max() < 5.0 / np.sqrt(4000)
    assert list(counts) == list(ALL_BASES)
    # The second qubit first is the transpose.
    other = pair_tomography(circuit, PERFECT, ends=(1, 0), shots=4000, seed=6)
    assert np.abs(fano_of_counts(other) - truth.T).max() < 5.0 / np.sqrt(4000)


def test_readout_is_undone_in_the_state_of_a_pair():
    # Oracle: expected counts of Phi+ behind known flips.
    flips = (0.1, 0.02), (0.05, 0.08)
    matrices = [np.array([[1 - p, q], [p, 1 - q]]) for p, q in flips]
    phi = np.diag([1.0, 1.0, -1.0, 1.0])
    counts = {}
    for basis in ALL_BASES:
        mean = phi[1 + "XYZ".index(basis[0]), 1 + "XYZ".index(basis[1])]
        shares = (1.0 + mean * np.array([[1, -1], [-1, 1]])) / 4.0
        counts[basis] = list((matrices[0] @ shares @ matrices[1].T).ravel() * 1e6)
    assert np.allclose(fano_of_counts(counts, flips), phi)
    with pytest.raises(ParameterError, match="all bases"):
        fano_of_counts({"XX": [1, 0, 0, 1]})


@pytest.mark.parametrize(
    ("error", "text", "arguments"),
    [
        (UnknownNameError, "tables must be one of", {"tables": ["pairs"]}),
        (ParameterError, "tables must name", {"tables": []}),
        (ParameterError, "qubits must be coupled", {"qubits": [0, 2]}),
        (ParameterError, "qubits must be 2", {"qubits": [0, 1, 2]}),
        (ParameterError, "delays_s must be two", {"tables": ["memory"], "delays_s": [1e-6]}),
        (ParameterError, "wait_s must", {"wait_s": -1.0}),
        (ParameterError, "shots must", {"shots": 0}),
    ],
)
def test_what_cannot_be_measured_is_refused(error, text, arguments):
    with pytest.raises(error, match=text):
        measured_counts(DEVICE, **({"shots": 10, "seed": 1} | arguments))

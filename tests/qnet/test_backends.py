"""Circuits on devices: counts, layouts, samplers and refusals, against exact instruments."""

from collections import Counter
from itertools import permutations

import numpy as np
import pytest
from qiskit import ClassicalRegister, QuantumCircuit, QuantumRegister
from qiskit.circuit import Clbit, Gate, Parameter, Qubit
from qiskit.primitives import StatevectorSampler
from qiskit.providers.fake_provider import GenericBackendV2
from qiskit_aer import AerSimulator
from qiskit_aer.primitives import SamplerV2 as AerSampler
from qiskit_ibm_runtime.executor_sampler import Sampler as IbmSampler
from qiskit_ibm_runtime.fake_provider import FakeManilaV2, FakeTorino

from qnet import ParameterError, UnknownNameError
from qnet.backends import DeviceSampler, least_error_qubits, run_circuit, translate
from qnet.circuits import repeater_chain, swap_feed_forward, teleportation, with_bell_pairs
from qnet.instrument import compile
from qnet.noise import from_backend
from qnet.noise.calibration import best_pair, coupling_errors, readout_error
from tests.device_circuits import (
    BELL,
    CONDITIONAL,
    LINE,
    PERFECT,
    PLAIN,
    exact,
    measured,
    reset_midway,
    turned,
)

MANILA = FakeManilaV2()
#: The same with the readout errors of its target, which are the means of those that it plays.
MANILA_OF_TARGET = AerSimulator.from_backend(MANILA)


def expected_within(run, wanted, registers):
    """Whether all counts lie within five standard errors of their probabilities."""
    counts = {key.replace(" ", ""): number for key, number in run.of(*registers).items()}
    for key in set(counts) | set(wanted):
        chance = wanted[key]
        spread = 5.0 * np.sqrt(run.shots * chance * (1.0 - chance)) + 1e-9
        if abs(counts.get(key, 0) - run.shots * chance) > spread:
            return False
    return True


@pytest.mark.parametrize(
    ("device", "target", "way"),
    [(PERFECT, None, "device"), (AerSampler(seed=3), PLAIN.target, "frame")],
    ids=["if_else", "no if_else"],
)
def test_the_target_says_how_feed_forward_is_played(device, target, way):
    # Oracle: the instrument; a device without errors gives its probabilities (5 standard errors).
    circuit = with_bell_pairs(turned(teleportation(), 8), ("alice", "bob"))
    circuit = measured(circuit, "X")
    run = run_circuit(circuit, device, target=target, shots=4000, seed=3)
    assert run.feed_forward == way
    wanted = {key[:2][::-1] + key[2]: chance for key, chance in exact(circuit).items()}
    assert expected_within(run, Counter(wanted), ("bsm", "end"))


def test_the_same_seed_gives_the_same_counts():
    runs = [run_circuit(BELL, PERFECT, shots=2000, seed=seed).counts for seed in (3, 3, 4)]
    assert runs[0] == runs[1] != runs[2]


def test_deferred_on_a_device_needs_no_feed_forward():
    # Oracle: the instrument.
    circuit = measured(turned(swap_feed_forward()), "Y")
    run = run_circuit(circuit, PERFECT, shots=4000, seed=3, feed_forward="deferred")
    assert run.feed_forward == "deferred"
    assert "read out at the end" in run.note
    wanted = {key[:2][::-1] + key[2]: chance for key, chance in exact(circuit).items()}
    assert expected_within(run, Counter(wanted), ("bsm", "end"))


def test_a_wait_on_a_device_decays_as_its_target_says():
    # Oracle: exact instruments under the noise that Aer reads from the target, T1 and T2 in it.
    circuit = QuantumCircuit(QuantumRegister(1, "q"), ClassicalRegister(1, "bit"))
    circuit.x(0)
    circuit.delay(70e-6, 0, unit="s")
    circuit.measure(0, 0)
    device = MANILA_OF_TARGET
    run = run_circuit(circuit, device, shots=8000, seed=5, qubits=[2], optimization_level=0)
    native = run.native.circuit
    (wait,) = (s.operation for s in native.data if s.operation.name == "delay")
    assert wait.unit == "dt"
    assert wait.duration % 16 == 0
    assert wait.duration * device.target.dt == pytest.approx(70e-6, rel=1e-4)
    instrument = compile(native, from_backend(device), outputs=[])
    chance = float(instrument.probability({"bit": "1"}))
    assert 0.4 < chance < 0.85
    assert abs(run.of("bit")["1"] / 8000 - chance) < 5 * np.sqrt(chance * (1 - chance) / 8000)


class Recorder:
    """A sampler by its interface alone; it keeps what it was given."""

    def __init__(self, sampler):
        self.sampler, self.given = sampler, []

    def run(self, pubs, *, shots=None):
        self.given += pubs
        return self.sampler.run(pubs, shots=shots)


def test_samplers_get_native_circuits_of_the_target_that_is_named():
    # Oracle: Qiskit's own check of a native circuit, and the Bell pair's correlation.
    circuit = repeater_chain(2, frame=False, basis="X")
    sampler = Recorder(AerSampler(seed=4))
    run = run_circuit(circuit, sampler, target=MANILA, qubits=[0, 1, 2, 3], shots=500, seed=1)
    (pub,) = sampler.given
    for step in pub.circuit.data:
        on = tuple(pub.circuit.find_bit(qubit).index for qubit in step.qubits)
        if step.operation.name not in ("barrier", "if_else"):
            assert MANILA.target.instruction_supported(step.operation.name, on)
    assert run.feed_forward == "device"
    assert set(run.of("alice_bit", "bob_bit")) == {"0 0", "1 1"}
    plain = run_circuit(circuit, sampler, target=PLAIN.target, shots=500, seed=1)
    assert plain.feed_forward == "frame"
    assert set(plain.of("alice_bit", "bob_bit")) == {"0 0", "1 1"}


def test_samplers_that_know_their_backend_and_those_of_ideal_circuits():
    circuit = repeater_chain(2, frame=False, basis="Z")
    run = run_circuit(circuit, IbmSampler(mode=MANILA), shots=300, seed=1)
    assert run.feed_forward == "device"
    counts = run.of("alice_bit", "bob_bit")
    assert counts["0 0"] + counts["1 1"] > 200
    ideal = run_circuit(circuit, StatevectorSampler(seed=2), shots=300, seed=1)
    assert ideal.feed_forward == "frame"
    assert set(ideal.of("alice_bit", "bob_bit")) == {"0 0", "1 1"}


def test_several_circuits_with_shots_and_parameters_of_their_own():
    # Oracle: sin^2 of half the angle; and equal circuits are drawn apart.
    angle = Parameter("a")
    circuit = QuantumCircuit(1)
    circuit.ry(angle, 0)
    circuit.measure_all()
    sampler = DeviceSampler(PERFECT, seed=9)
    pubs = [(circuit, [[0.0], [1.0], [np.pi]], 2000), (circuit, [1.0], 1000), (circuit, [1.0])]
    many, one, rest = (answer.data.meas for answer in sampler.run(pubs, shots=2000).result())
    ones = [many[k].get_int_counts().get(1, 0) for k in range(3)]
    assert (ones[0], ones[2]) == (0, 2000)
    chance = np.sin(0.5) ** 2
    for found, shots in ((ones[1], 2000), (one.get_int_counts()[1], 1000)):
        assert abs(found - shots * chance) < 5 * np.sqrt(shots * chance * (1 - chance))
    assert many[1].get_bitstrings()[:1000] != rest.get_bitstrings()[:1000]
    assert one.get_bitstrings() != rest.get_bitstrings()[:1000]


def test_the_layout_of_least_error_is_the_best_of_all():
    # Oracle: every placement of three qubits on five, by the numbers of the target.
    circuit = QuantumCircuit(3, 3)
    circuit.cx(0, 1)
    circuit.cx(1, 2)
    circuit.cx(1, 2)
    circuit.measure([0, 1, 2], [0, 1, 2])
    target = GenericBackendV2(5, coupling_map=LINE, seed=11).target

    def success(places):
        found = np.prod([1.0 - target["measure"][(q,)].error for q in places])
        for pair, power in (((0, 1), 1), ((1, 2), 2)):
            a, b = (places[k] for k in pair)
            known = [target["cx"][on].error for on in ((a, b), (b, a)) if on in target["cx"]]
            found *= (1.0 - min(known)) ** power if known else 0.0
        return found

    best = max(permutations(range(5), 3), key=success)
    assert least_error_qubits(circuit, target) == list(best)
    run = run_circuit(
        circuit, GenericBackendV2(5, coupling_map=LINE, seed=11), shots=10, seed=1,
        qubits="least-error",
    )  # fmt: skip
    assert run.qubits == best
    circuit.cx(0, 2)
    assert least_error_qubits(circuit, target) is None


def test_the_best_pair_of_a_large_device():
    # Oracle: the same numbers, looked up one by one.
    target = FakeTorino().target
    scores = {}
    for on, properties in target["cz"].items():
        kept = 1.0 - properties.error
        for qubit in on:
            kept *= 1.0 - target["measure"][(qubit,)].error
        scores[tuple(sorted(on))] = kept
    assert best_pair(target) == max(scores, key=scores.get)
    assert set(coupling_errors(target)) == set(scores)
    assert readout_error(target, 3) == target["measure"][(3,)].error


def test_measurements_midway_need_a_device_that_has_them():
    assert run_circuit(reset_midway(), PERFECT, shots=50, seed=1).feed_forward == "none"
    with pytest.raises(ParameterError, match="cannot measure midway"):
        run_circuit(reset_midway(), StatevectorSampler(), shots=50, seed=1)
    run = run_circuit(reset_midway(), AerSampler(seed=1), shots=50, seed=1, mid_circuit=True)
    assert sum(run.counts.values()) == 50


PARAMETRISED = QuantumCircuit(1, 1)
PARAMETRISED.rx(Parameter("a"), 0)
PARAMETRISED.measure(0, 0)


@pytest.mark.parametrize(
    ("text", "arguments"),
    {
        "device must run circuits": {"device": 3},
        "circuit must be a QuantumCircuit": {"circuit": "bell"},
        "circuit must measure something": {"circuit": QuantumCircuit(2)},
        "circuit must fit on the 5 qubits": {"circuit": measured(QuantumCircuit(6))},
        "qubits must be different qubits": {"qubits": [0, 1, 7]},
        "qubits must be 3": {"qubits": [0, 1]},
        "qubits must be coupled": {"qubits": [0, 2, 4]},
        "qubits must be numbers": {"qubits": "best"},
        "shots must": {"shots": 0},
        "parameters of the circuit must be numbers": {"circuit": PARAMETRISED},
        "seed must": {"seed": -1},
        "target must be a Target": {"target": "manila"},
        "feed_forward must be one of": {"feed_forward": "never"},
        "qubits must come with a target": {"device": StatevectorSampler(), "qubits": [0, 1, 2]},
        "feed_forward must be had": {
            "circuit": CONDITIONAL["swap"],
            "feed_forward": "device",
        },
    }.items(),
)
def test_what_cannot_be_played_is_refused_in_one_sentence(text, arguments):
    given = {"circuit": BELL, "device": PLAIN, "shots": 10, "seed": 1} | arguments
    circuit, device = given.pop("circuit"), given.pop("device")
    with pytest.raises(ParameterError, match=text):
        run_circuit(circuit, device, **given)


def test_a_gate_that_nobody_can_make_is_told():
    circuit = QuantumCircuit(1, 1)
    circuit.append(Gate("strange", 1, []), [0])
    circuit.measure(0, 0)
    with pytest.raises(ParameterError, match=r"form in native gates.*strange"):
        translate(circuit, PLAIN.target)
    loose = QuantumCircuit([Qubit(), Clbit()])
    loose.measure(0, 0)
    with pytest.raises(ParameterError, match="circuit must measure something"):
        translate(loose, PLAIN.target)


def test_a_backend_stands_for_its_target():
    assert translate(BELL, PLAIN).circuit == translate(BELL, PLAIN.target).circuit
    with pytest.raises(ParameterError, match="device must say what it can"):
        translate(BELL, "manila")


def test_registers_have_names():
    with pytest.raises(UnknownNameError, match="register"):
        run_circuit(BELL, PERFECT, shots=5, seed=1).of("bms")

"""Circuits on devices: feed-forward kept, in software or deferred, against exact instruments."""

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
from qnet.backends.feed_forward import playable
from qnet.backends.pauli_corrections import corrected_bits
from qnet.circuits import (
    CIRCUITS,
    ghz_fusion,
    ghz_swap,
    repeater_chain,
    swap_feed_forward,
    teleportation,
    teleported_cnot,
    with_bell_pairs,
)
from qnet.instrument import compile
from qnet.noise import from_backend
from qnet.noise.calibration import best_pair, coupling_errors, readout_error

MANILA = FakeManilaV2()
#: The same with the readout errors of its target, which are the means of those that it plays.
MANILA_OF_TARGET = AerSimulator.from_backend(MANILA)
LINE = [[0, 1], [1, 2], [2, 3], [3, 4]]
TEN = GenericBackendV2(10, noise_info=False, seed=2)
PLAIN = GenericBackendV2(5, coupling_map=LINE, noise_info=False, seed=1)
#: What a device without errors answers; it has if_else.
PERFECT = AerSimulator(basis_gates=["cx", "rz", "sx", "x"], coupling_map=LINE)


def measured(circuit, bases=None):
    """The circuit, its qubits without a measurement read out, in X or Y where it says so."""
    done = {step.qubits[0] for step in circuit.data if step.operation.name == "measure"}
    rest = [qubit for qubit in circuit.qubits if qubit not in done]
    circuit = circuit.copy()
    bits = ClassicalRegister(len(rest), "end")
    circuit.add_register(bits)
    for qubit, bit, basis in zip(rest, bits, bases or "XYZZX", strict=False):
        if basis == "Y":
            circuit.sdg(qubit)
        if basis in "XY":
            circuit.h(qubit)
        circuit.measure(qubit, bit)
    return circuit


def turned(circuit, seed=5):
    """The circuit behind a random rotation of each qubit, so that no outcome is certain."""
    whole = circuit.copy_empty_like()
    rng = np.random.default_rng(seed)
    for qubit in circuit.qubits:
        whole.u(*rng.uniform(0.3, 2.8, 3), qubit)
    return whole.compose(circuit, circuit.qubits, circuit.clbits)


def exact(circuit):
    """Probability of each value of all bits, a row of 0 and 1, by the instrument."""
    found = Counter()
    instrument = compile(circuit, outputs=[])
    for outcome in instrument.outcomes():
        bits = "".join(outcome[register.name][::-1] for register in circuit.cregs)
        found[bits] += float(instrument.probability(outcome))
    return found


def probabilities_of(form):
    """The same of a playable form, with its corrections made."""
    found = Counter()
    for bits, chance in exact(form.circuit).items():
        row = np.array([[letter == "1" for letter in bits]])
        right = corrected_bits(row, form.corrections)[0]
        found["".join("01"[int(bit)] for bit in right)] += chance
    return found


def same(found, wanted):
    keys = set(found) | set(wanted)
    return max(abs(found[key] - wanted[key]) for key in keys) < 1e-9


CONDITIONAL = {
    "teleportation": measured(turned(teleportation())),
    "teleported CNOT": measured(turned(teleported_cnot())),
    "swap": measured(turned(swap_feed_forward())),
    "fusion": measured(turned(ghz_fusion())),
    "GHZ swap": measured(turned(ghz_swap(2))),
    "chain X": repeater_chain(3, frame=False, basis="X"),
    "chain Y": repeater_chain(2, frame=False, basis="Y"),
}


@pytest.mark.parametrize("way", ["frame", "deferred"])
@pytest.mark.parametrize("name", CONDITIONAL)
def test_forms_without_feed_forward_have_the_same_outcomes(name, way):
    # Oracle: the instrument of the circuit as it is drawn, with its conditional gates.
    form = playable(CONDITIONAL[name], None, way)
    assert (form.way, "if_else" in form.circuit.count_ops()) == (way, False)
    assert same(probabilities_of(form), exact(CONDITIONAL[name]))


BELL = measured(with_bell_pairs(teleportation(frame=True), ("alice", "bob")))


#: Circuits of the catalogue that an instrument holds with all their outcomes.
SMALL = [name for name, make in CIRCUITS.items() if make().num_qubits < 8]


@pytest.mark.parametrize("name", SMALL)
def test_every_circuit_of_the_catalogue_is_played_by_a_device_without_feed_forward(name):
    # Oracle: the instrument of the circuit as it is drawn; and the target, that all is native.
    circuit = measured(CIRCUITS[name](), "ZXYZXYZ")
    target = TEN.target
    assert "if_else" not in target.operation_names
    assert same(probabilities_of(playable(circuit, target)), exact(circuit))
    native = translate(circuit, target)
    assert set(native.circuit.count_ops()) <= {*target.operation_names, "barrier"}
    assert [each.name for each in native.circuit.cregs] == [each.name for each in circuit.cregs]


def conditional_on_register(alternative):
    """A correction on two bits, with another one where they differ, then more Clifford gates."""
    bits = ClassicalRegister(2 if not alternative else 1, "bits")
    circuit = QuantumCircuit(QuantumRegister(3, "q"), bits, ClassicalRegister(1, "end"))
    for qubit, angle in enumerate((0.7, 1.1, 0.4)):
        circuit.ry(angle, qubit)
    circuit.cx(0, 1)
    circuit.measure(range(len(bits)), bits)
    with circuit.if_test((bits, 1)) as otherwise:
        circuit.y(2)
        circuit.z(2)
    if alternative:
        with otherwise:
            circuit.z(2)
    circuit.sx(2)
    circuit.measure(2, 2 if not alternative else 1)
    return circuit


@pytest.mark.parametrize("alternative", [False, True])
@pytest.mark.parametrize("way", ["frame", "deferred"])
def test_conditions_on_registers_and_alternatives(alternative, way):
    # Oracle: the instrument of the circuit as it is drawn.
    circuit = conditional_on_register(alternative)
    assert same(probabilities_of(playable(circuit, None, way)), exact(circuit))


def test_a_correction_before_another_rotation_is_deferred():
    # Oracle: the instrument; a rotation by an odd angle makes no Pauli operator of X.
    circuit = turned(teleportation())
    circuit.rz(0.3, 2)
    circuit.rx(0.4, 2)
    circuit = measured(circuit)
    form = playable(circuit, PLAIN.target)
    assert form.way == "deferred"
    assert "rz" in form.reason
    assert "no if_else" in form.reason
    assert same(probabilities_of(form), exact(circuit))
    # A rotation about the axis of a correction leaves it alone.
    about_z = turned(swap_feed_forward())
    about_z.data.pop(-2)  # the correction X
    about_z.rz(0.3, 2)
    assert playable(measured(about_z), PLAIN.target).way == "frame"


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


def reset_midway():
    circuit = QuantumCircuit(1, 2)
    circuit.h(0)
    circuit.measure(0, 0)
    circuit.h(0)
    circuit.measure(0, 1)
    return circuit


def test_measurements_midway_need_a_device_that_has_them():
    assert run_circuit(reset_midway(), PERFECT, shots=50, seed=1).feed_forward == "none"
    with pytest.raises(ParameterError, match="cannot measure midway"):
        run_circuit(reset_midway(), StatevectorSampler(), shots=50, seed=1)
    run = run_circuit(reset_midway(), AerSampler(seed=1), shots=50, seed=1, mid_circuit=True)
    assert sum(run.counts.values()) == 50


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


def test_early_measurements_stay_early_where_the_device_measures_midway():
    # Oracle: the order of the drawn circuit; a device that cannot gets them last.
    circuit = CONDITIONAL["swap"]
    kept = [step.operation.name for step in playable(circuit, PLAIN.target).circuit.data]
    last = [step.operation.name for step in playable(circuit, None).circuit.data]
    assert kept.index("measure") < kept.index("h", kept.index("measure"))
    assert last[-3:] == ["measure"] * 3


def test_what_has_no_form_without_feed_forward_says_why():
    circuit = reset_midway()
    with circuit.if_test((circuit.clbits[0], 1)):
        circuit.h(0)
    circuit.measure(0, 1)
    with pytest.raises(ParameterError, match=r"no Pauli frame: .*'h'.*no deferred measurement"):
        translate(circuit, PLAIN.target)
    with pytest.raises(UnknownNameError, match="register"):
        run_circuit(BELL, PERFECT, shots=5, seed=1).of("bms")

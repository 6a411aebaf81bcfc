"""Forms of circuits without feed-forward, against exact instruments of those with it."""

import pytest
from qiskit import ClassicalRegister, QuantumCircuit, QuantumRegister
from qiskit.circuit.classical import expr
from qiskit.providers.fake_provider import GenericBackendV2

from qnet import ParameterError
from qnet.backends import run_circuit, translate
from qnet.backends.feed_forward import playable
from qnet.circuits import CIRCUITS, swap_feed_forward, teleportation
from tests.device_circuits import (
    CONDITIONAL,
    PERFECT,
    PLAIN,
    exact,
    measured,
    probabilities_of,
    reset_midway,
    same,
    turned,
)

TEN = GenericBackendV2(10, noise_info=False, seed=2)


@pytest.mark.parametrize("way", ["frame", "deferred"])
@pytest.mark.parametrize("name", CONDITIONAL)
def test_forms_without_feed_forward_have_the_same_outcomes(name, way):
    # Oracle: the instrument of the circuit as it is drawn, with its conditional gates.
    form = playable(CONDITIONAL[name], None, way)
    assert (form.way, "if_else" in form.circuit.count_ops()) == (way, False)
    assert same(probabilities_of(form), exact(CONDITIONAL[name]))


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


def undone(second):
    """A qubit that is measured, turned to 0 by its own outcome, and measured again."""
    circuit = QuantumCircuit(2, 2)
    circuit.ry(1.1, 0)
    circuit.measure(0, 0)
    with circuit.if_test((circuit.clbits[0], 1)):
        circuit.x(0)
    circuit.cx(0, 1)
    circuit.measure(second, 1)
    return circuit


@pytest.mark.parametrize("second", [0, 1])
def test_a_qubit_that_its_own_outcome_turns(second):
    # Oracle: the instrument; the second outcome is 0.
    form = playable(undone(second), PLAIN.target)
    assert form.way == "frame"
    found = probabilities_of(form)
    assert same(found, exact(undone(second)))
    assert found["00"] + found["10"] == pytest.approx(1.0)


def branch(build, bits=2):
    circuit = QuantumCircuit(QuantumRegister(3, "q"), ClassicalRegister(bits, "bits"))
    circuit.h(range(3))
    circuit.measure(range(bits), range(bits))
    build(circuit)
    return circuit


def with_expression(circuit):
    with circuit.if_test(expr.logic_not(circuit.clbits[0])):
        circuit.x(2)


def with_reset(circuit):
    with circuit.if_test((circuit.clbits[0], 1)):
        circuit.reset(2)


def with_alternative(circuit):
    with circuit.if_test((circuit.cregs[0], 1)) as otherwise:
        circuit.h(2)
    with otherwise:
        circuit.s(2)


def with_a_bit_twice(circuit):
    with circuit.if_test((circuit.clbits[0], 1)):
        circuit.x(2)
    circuit.measure(2, 0)


def with_its_own_qubit(circuit):
    with circuit.if_test((circuit.clbits[0], 1)):
        circuit.h(0)


@pytest.mark.parametrize(
    ("way", "build", "text"),
    [
        ("auto", with_expression, "a condition is an expression"),
        ("auto", with_reset, "'reset', which is no gate"),
        ("deferred", with_alternative, "alternative to a value of several bits"),
        ("frame", with_a_bit_twice, "a bit is measured twice"),
        ("deferred", with_a_bit_twice, "a bit is measured twice"),
        ("frame", with_its_own_qubit, "'h', which is no Pauli gate"),
        ("deferred", with_its_own_qubit, "used again"),
    ],
)
def test_branches_without_another_form_say_why(way, build, text):
    with pytest.raises(ParameterError, match=text):
        playable(branch(build), PLAIN.target, way)


def test_loops_and_choices_are_left_to_devices_that_have_them():
    circuit = QuantumCircuit(1, 1)
    with circuit.for_loop(range(2)):
        circuit.x(0)
    circuit.measure(0, 0)
    with pytest.raises(ParameterError, match="fixed steps"):
        playable(circuit, PLAIN.target)
    assert run_circuit(circuit, PERFECT, shots=20, seed=1).of("c") == {"0": 20}


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

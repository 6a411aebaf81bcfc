"""OpenQASM 3 of circuits: waits as delays or boxes, without the steps of a simulation."""

from collections import Counter

import openqasm3
import pytest
from openqasm3 import ast
from qiskit import QuantumCircuit, qasm3
from qiskit.circuit.library import Initialize
from qiskit_aer import AerSimulator
from qiskit_aer.noise import depolarizing_error

from experiments.cli.main import main
from qnet.circuits import (
    CIRCUITS,
    idle,
    openqasm,
    swap_feed_forward,
    with_stretched_waits,
    without_simulated_steps,
)

WAITING = [name for name, make in CIRCUITS.items() if "delay" in make().count_ops()]


def boxes(text):
    return [each for each in openqasm3.parse(text).statements if isinstance(each, ast.Box)]


@pytest.mark.parametrize("name", WAITING)
def test_every_wait_stands_in_a_box_of_its_duration(name):
    # Oracle: the delays of the circuit, and the grammar of OpenQASM 3 read by another program.
    circuit = CIRCUITS[name]()
    waits = [step for step in circuit.data if step.operation.name == "delay"]
    found = boxes(openqasm(circuit, stretch=True))
    assert sum(len(box.body) for box in found) == len(waits)
    names = set()
    for box in found:
        assert box.duration.value == pytest.approx(waits[0].operation.duration)
        names.add(box.body[0].duration.name)
        assert {wait.duration.name for wait in box.body} == {box.body[0].duration.name}
    assert len(names) == len(found)
    assert boxes(openqasm(circuit)) == []
    assert "stretch" not in openqasm(circuit)


def test_waits_for_different_messages_have_boxes_of_their_own():
    circuit = QuantumCircuit(3)
    circuit.delay(1e-3, [0, 1], unit="s")
    circuit.delay(1e-3, 0, unit="s")
    circuit.delay(2e-3, 1, unit="s")
    circuit.h(2)
    circuit.delay(2e-3, 2, unit="s")
    found = boxes(openqasm(circuit, stretch=True))
    assert [len(box.body) for box in found] == [2, 1, 1, 1]
    assert [box.duration.value for box in found] == [1e-3, 1e-3, 2e-3, 2e-3]
    assert circuit.count_ops()["delay"] == 5
    assert "box" not in circuit.count_ops()


def test_aer_plays_the_delays_that_the_boxes_stand_for():
    # Oracle: what the reference says of Aer: it plays delays, and no boxes.
    circuit = idle(1e-6)
    circuit.measure_all()
    assert AerSimulator().run(circuit, shots=5).result().get_counts() == {"0": 5}
    assert set(with_stretched_waits(circuit).count_ops()) == {"box", "barrier", "measure"}


def counted(circuit):
    """How often each gate comes; unitary matrices are numbered in OpenQASM."""
    return Counter(step.operation.name.split("_")[0] for step in circuit.data)


@pytest.mark.parametrize("name", CIRCUITS)
def test_the_text_is_read_back(name):
    # Oracle: Qiskit's importer, which is another program.
    circuit = CIRCUITS[name]()
    assert counted(qasm3.loads(openqasm(circuit))) == counted(circuit)


def test_steps_of_a_simulation_are_left_out_and_named():
    circuit = swap_feed_forward()
    circuit.append(depolarizing_error(0.1, 1).to_instruction(), [0])
    circuit.save_density_matrix(label="end")
    circuit.h(0)
    plain, left_out = without_simulated_steps(circuit)
    assert left_out[-1] == "end"
    assert len(left_out) == 2
    text = openqasm(circuit)
    assert text.startswith("// left out, of a simulation: ")
    assert qasm3.loads(text).count_ops() == plain.count_ops()
    assert plain.count_ops()["h"] == 2
    # A channel that is played stays; what is no simulation is left alone.
    name = next(step.operation.name for step in circuit.data if step not in plain.data)
    assert name in without_simulated_steps(circuit, [name])[0].count_ops()
    prepared = QuantumCircuit(1)
    prepared.append(Initialize([0.6, 0.8]), [0])
    assert without_simulated_steps(prepared) == (prepared, ())


SCENARIO = "experiments/scenarios/nested-cutoff.toml"


def test_a_delivery_is_written_as_openqasm(tmp_path, capsys):
    # Oracle: the joint circuit of the same delivery.
    import qnet

    out = tmp_path / "delivery.qasm"
    assert main(["draw", SCENARIO, "--shot", "117", "--out", str(out)]) == 0
    capsys.readouterr()
    circuit = qnet.load(SCENARIO).delivery(117).circuit()
    counted = {name: n for name, n in circuit.count_ops().items() if name != "kraus"}
    assert dict(qasm3.loads(out.read_text("utf-8")).count_ops()) == counted
    assert main(["draw", SCENARIO, "--shot", "117", "--stretch", "--out", str(out)]) == 0
    found = boxes(out.read_text("utf-8"))
    assert sum(len(box.body) for box in found) == counted["delay"]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ([SCENARIO, "--out", "a.png", "--stretch"], "--stretch must be given for OpenQASM alone"),
        ([SCENARIO, "--out", "a.qasm", "--frames", "5"], "--frames must be given for an animation"),
        (
            ["experiments/scenarios/key-networks/city.toml", "--out", "a.qasm"],
            "--out must be no circuit of a key network",
        ),
    ],
)
def test_what_cannot_be_written_is_refused(arguments, words, capsys):
    assert main(["draw", *arguments]) == 2
    assert words in capsys.readouterr().err

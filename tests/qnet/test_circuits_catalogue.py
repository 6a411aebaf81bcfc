"""Every circuit of the catalogue: OpenQASM 3, drawing, samplers, and what the package promises."""

import subprocess
import sys
from collections import Counter

import numpy as np
import pytest
from qiskit import ClassicalRegister, QuantumCircuit, qasm3
from qiskit.primitives import StatevectorSampler
from qiskit.quantum_info import DensityMatrix, random_statevector
from qiskit_aer.primitives import SamplerV2

from qnet import circuits
from tests.qnet.circuit_branches import branches

GATES = {
    *("h", "x", "y", "z", "s", "sdg", "t", "sx", "sxdg", "rx", "ry", "rz", "cx", "cz", "swap"),
    *("id", "delay", "reset", "measure", "barrier", "if_else"),
}
SHOTS = 2000

every_circuit = pytest.mark.parametrize("name", circuits.CIRCUITS)


def measured(circuit):
    """Measure into the register ``rest`` all qubits that the circuit leaves."""
    done = {i.qubits[0] for i in circuit.data if i.operation.name == "measure"}
    left = [qubit for qubit in circuit.qubits if qubit not in done]
    full = circuit.copy()
    if left:
        rest = ClassicalRegister(len(left), "rest")
        full.add_register(rest)
        full.measure(left, rest)
    return full


def check_sampled(circuit, data):
    """Compare sampled with enumerated outcomes, within five standard deviations each."""
    columns = [getattr(data, register.name).get_bitstrings() for register in circuit.cregs]
    counts = Counter(zip(*columns, strict=True))
    exact = {key: state.trace().real for key, state in branches(circuit).items()}
    assert set(counts) <= set(exact)
    for key, p in exact.items():
        margin = 5 * np.sqrt(SHOTS * p * (1 - p)) + 1e-9
        assert abs(counts[key] - SHOTS * p) <= margin, key


@every_circuit
def test_survives_openqasm3(name):
    circuit = circuits.CIRCUITS[name]()
    loaded = qasm3.loads(qasm3.dumps(circuit))
    assert [r.name for r in loaded.qregs] == [r.name for r in circuit.qregs]
    assert [r.name for r in loaded.cregs] == [r.name for r in circuit.cregs]
    state = DensityMatrix(random_statevector(2**circuit.num_qubits, seed=5))
    before, after = branches(circuit, state), branches(loaded, state)
    assert set(before) == set(after)
    for key, final in before.items():
        np.testing.assert_allclose(after[key].data, final.data, atol=1e-12)
    assert loaded.count_ops().get("delay") == circuit.count_ops().get("delay")


@every_circuit
def test_draws_all_its_registers(name):
    circuit = circuits.CIRCUITS[name]()
    drawing = str(circuit.draw("text"))
    for register in (*circuit.qregs, *circuit.cregs):
        assert register.name in drawing


@every_circuit
def test_runs_on_aer(name):
    circuit = measured(circuits.CIRCUITS[name]())
    data = SamplerV2(seed=11).run([circuit], shots=SHOTS).result()[0].data
    check_sampled(circuit, data)


@pytest.mark.parametrize(
    "name",
    [name for name, build in circuits.CIRCUITS.items() if not build().has_control_flow_op()],
)
def test_runs_on_the_statevector_sampler_without_feed_forward(name):
    circuit = measured(circuits.CIRCUITS[name]())
    data = StatevectorSampler(seed=12).run([circuit], shots=SHOTS).result()[0].data
    check_sampled(circuit, data)


@every_circuit
def test_uses_only_gates_that_noise_models_name_and_no_hidden_delay(name):
    circuit = circuits.CIRCUITS[name]()
    plain = {i.operation.name for i in circuit.data if not getattr(i.operation, "label", None)}
    assert plain <= GATES  # noise looks up the others by their label
    for instruction in circuit.data:
        if instruction.operation.name == "if_else":
            for block in filter(None, instruction.operation.blocks):
                assert set(block.count_ops()) <= {"x", "z"}


@every_circuit
def test_is_built_afresh(name):
    build = circuits.CIRCUITS[name]
    assert build() == build()
    assert build() is not build()


def test_the_catalogue_names_every_builder():
    built = {name.split()[0] for name in circuits.CIRCUITS}
    helpers = {"accepts", "pauli_frame", "frame_product", "frame_flips", "with_bell_pairs"}
    helpers |= {"in_plain_gates", "join", "openqasm"}  # of circuits that are there
    helpers |= {"with_stretched_waits", "without_simulated_steps"}
    helpers.add("double_click")  # resets qubits in the middle: see test_photonic
    functions = {name for name in circuits.__all__ if name.islower()}
    assert built == functions - helpers
    assert all(isinstance(build(), QuantumCircuit) for build in circuits.CIRCUITS.values())


def test_import_does_not_load_aer_or_matplotlib():
    code = (
        "import sys, qnet.circuits\n"
        "print(*({'qiskit_aer', 'matplotlib', 'scipy.stats'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == []

"""Tables and files of an application's chain: read, written, digested, and what is refused."""

from __future__ import annotations

import numpy as np
import pytest

import qnet
from experiments.cli.main import main
from protocols.applications import Need
from protocols.applications.effects import kept_states
from protocols.applications.processors.remote_cnot import RemoteCnot
from protocols.applications.services.joined_circuit import joined_circuit
from qnet.circuits import teleported_cnot
from qnet.engines.circuit import joint_state
from qnet.engines.sampled import delivery
from qnet.errors import EngineError, InfeasiblePlanError, ParameterError
from qnet.hardware import Gates
from qnet.noise import from_gates
from tests.protocols.applications.asked_states import Asking

HEAD = 'kind = "application"\nname = "remote-cnot"\n'
CHAIN = """
[chain]
segments = 2
[chain.link]
scheme = "abstract"
success_probability = 0.1
attempt_time_s = 1.0
state = { werner = 0.98 }
[chain.memory]
pair_depolarizing_time_s = 400.0
[chain.swap]
success_probability = 0.5
"""
FILE = '[chain]\nfile = "two-segments"\n'
STAR = Need(parties=("A", "B", "C"), state="ghz")


def test_a_chain_is_what_it_is_wherever_it_stands(tmp_path):
    """Oracle: the same chain as tables, a file of any name, and in Python, has one digest."""
    (tmp_path / "mine.toml").write_text(HEAD + '[chain]\nfile = "other.toml"\n')
    (tmp_path / "other.toml").write_text(qnet.load("two-segments").to_toml())
    found = [
        qnet.loads(HEAD + CHAIN),
        qnet.loads(HEAD + FILE),
        qnet.load(tmp_path / "mine.toml"),
        RemoteCnot(chain=qnet.load("two-segments")),
    ]
    assert len({each.digest for each in found}) == 1
    assert {each.play()["process_fidelity"].value.best for each in found} == {
        found[0].play()["process_fidelity"].value.best
    }
    for each in found:
        again = qnet.loads(each.to_toml(), folder=str(tmp_path))
        assert again.digest == each.digest
        changed = again.with_({"chain.swap": {"success_probability": 0.4}})
        assert changed.digest != each.digest


def test_keys_beside_a_file_take_the_place_of_its_own():
    """Oracle: the chain with that key."""
    four = qnet.loads(HEAD + FILE + "segments = 4\n")
    assert four.digest == RemoteCnot(chain=qnet.load("two-segments").with_(segments=4)).digest


@pytest.mark.parametrize(
    ("text", "field"),
    [
        (CHAIN.replace("segments = 2", "segmnts = 2"), "chain.segmnts"),
        (CHAIN.replace("segments = 2", "segments = 0"), "chain.segments"),
        (CHAIN.replace('scheme = "abstract"', 'schme = "abstract"'), "chain.link.schme"),
        (CHAIN.replace("attempt_time_s = 1.0", ""), "chain.link.attempt_time_s"),
        (CHAIN.replace("probability = 0.1", "probability = 2"), "chain.link.success_probability"),
        (CHAIN.replace("[chain.memory]", "[chain.memry]"), "chain.memry"),
        (CHAIN + '[chain.key]\nprotocol = "bb84"\n', "chain.key"),
        ("[chain]\n", "chain.file"),
        ('chain = "two-segments"\n', "chain"),
        (FILE + "[state]\nwerner = 0.9\n", "state"),
        ('[chain]\nfile = "nowhere"\n', "chain.file"),
        ('[chain]\nfile = "qkd/gys"\n', "chain.file: kind of qkd/gys"),
        (FILE + "segments = 0\n", "chain.segments"),
    ],
)
def test_what_is_wrong_is_named_by_its_path(text, field):
    """Oracle: the path of the key in the file of the application."""
    with pytest.raises(ParameterError) as caught:
        qnet.loads(HEAD + text).check()
    assert caught.value.field == field


def test_works_of_the_chain_are_cited(capsys, tmp_path):
    """Oracle: what is cited for the chain itself, and the fusion of a GHZ state."""
    text = 'kind = "application"\nname = "conference-key"\n[chain]\nfile = "trapped-ion"\n'
    (tmp_path / "keys.toml").write_text(text)
    assert main(["cite", str(tmp_path / "keys.toml")]) == 0
    found = capsys.readouterr().out
    assert main(["cite", "trapped-ion"]) == 0
    names = {line for line in capsys.readouterr().out.splitlines() if line.startswith("@")}
    assert names < set(found.splitlines())
    assert "{BrowneRudolph2005," in found


def test_command_line(capsys, tmp_path):
    """Oracle: --set chain.file is the file as an argument; the engines agree on it."""
    assert main(["app", "remote-cnot", "two-segments"]) == 0
    first = capsys.readouterr().out
    assert main(["app", "remote-cnot", "--set", "chain.file=two-segments"]) == 0
    assert capsys.readouterr().out == first
    (tmp_path / "app.toml").write_text(HEAD + FILE)
    arguments = ["--shots", "2000", "--circuit-shots", "2", "--seed", "5"]
    assert main(["agree", str(tmp_path / "app.toml"), *arguments]) == 0
    assert "the engines agree" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("asked", "more", "engine", "words"),
    [
        ((Need(number=2),), {"window_s": 9.0}, "exact", "window_s"),
        ((Need(number=2), STAR), {}, "exact", "every chain one"),
        ((Need(number=6),), {}, "exact", "too many components"),
    ],
)
def test_engines_that_cannot_say_who_can(asked, more, engine, words):
    """Oracle: the sentence names the engine that plays it, and that one does."""
    application = Asking(asked=asked, chain=qnet.load("two-segments"), **more)
    with pytest.raises(EngineError, match=words) as caught:
        application.deliver(engine=engine)
    assert "engine='sampled'" in str(caught.value)
    assert application.deliver(engine="sampled", shots=20, seed=1).rows == 20


def test_durations_on_no_common_grid_are_played_where_one_pair_is_enough():
    """Oracle: the exact figures of the chain itself."""
    chain = qnet.load("trapped-ion")
    one = Asking(asked=(Need(),), chain=chain)
    exact = chain.play(engine="exact")
    found = one.figures(one.deliver(engine="exact"))[0].value
    assert found.low <= exact.fidelity.high
    assert found.high >= exact.fidelity.low


@pytest.mark.parametrize(
    ("asked", "how", "field"),
    [
        ((Need(),), {"engine": "sampled", "shots": 10**9}, "shots"),
        ((Need(state="singlet", parties=tuple("ABCD")),), {"engine": "exact"}, "chain"),
    ],
)
def test_what_no_chain_delivers_is_refused(asked, how, field):
    """Oracle: the field that must change."""
    with pytest.raises(ParameterError) as caught:
        Asking(asked=asked, chain=qnet.load("two-segments")).deliver(**how)
    assert caught.value.field == field


def test_a_window_that_no_pairs_fit_is_found_out():
    """Oracle: swaps of two attempts leave no second pair within half a second."""
    application = Asking(asked=(Need(number=2),), chain=qnet.load("two-segments"), window_s=0.5)
    with pytest.raises(InfeasiblePlanError, match="window_s"):
        application.deliver(engine="sampled", shots=2, seed=1)


@pytest.mark.parametrize("name", ["two-segments", "swap-asap-8"])
def test_application_and_chain_are_one_circuit(name):
    """Oracle: effects of the application alone on the state of the chain's joint circuit.

    A remote CNOT on +0 with noisy gates, behind the whole history of a delivery.
    """
    plan = qnet.load(name).plan()
    gates = Gates(two_qubit_depolarizing=0.03, single_qubit_depolarizing=0.01, readout_flip_1=0.05)
    cnot = teleported_cnot()
    circuit = cnot.copy_empty_like()
    control, alice, bob, target = circuit.qubits
    circuit.h(control)
    circuit.compose(cnot, circuit.qubits, circuit.clbits, inplace=True)
    draw = delivery(plan, seed=5)
    joined = joined_circuit(draw, circuit, [alice, bob], gates)
    found = joined.state([0, 3]).diagonal().real

    state = joint_state(draw).reshape(16)
    rows = _populations(circuit, [alice, bob], [control, target], gates)
    assert found == pytest.approx(rows @ state, abs=1e-9)
    assert found[0b01] + found[0b10] > 0.02  # errors that the chain and the gates make


def _populations(circuit, inputs, kept, gates):
    """Effects of the two bits of a perfect readout behind a noisy circuit."""
    states = kept_states(circuit, from_gates(gates), inputs, kept)
    z = np.array([[0.5, 0.0, 0.0, 0.5], [0.5, 0.0, 0.0, -0.5]])
    # The first kept qubit is the least significant bit, and the most significant one of a vector.
    return np.array([np.kron(z[k & 1], z[k >> 1]) for k in range(4)]) @ states

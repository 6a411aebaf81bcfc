"""Distillation schemes of one's own: played by every engine as the project's are.

Oracles: closed forms of the parity checks, written out here, and the engines among each other.
"""

from __future__ import annotations

import numpy as np
import pytest
from qiskit import ClassicalRegister, QuantumCircuit, QuantumRegister

from qnet import Abstract, Distill, loads, play
from qnet.circuits import dejmps
from qnet.engines.agree import agree
from qnet.errors import ParameterError
from qnet.plans import (
    DISTILLATION_SCHEMES,
    Pump,
    register_distillation,
    unregister_distillation,
)
from qnet.states import fano_from_weights

NAME = "parity-check"

#: Weights of Phi+, Psi+, Psi-, Phi-.
WEIGHTS = (0.8, 0.05, 0.03, 0.12)


@pytest.fixture(autouse=True)
def _as_it_was():
    yield
    unregister_distillation(NAME)


def check_of(basis):
    """Compare the parities of the spent pair in one basis."""
    names = ("alice_keep", "alice_spend", "bob_keep", "bob_spend")
    qubits = [QuantumRegister(1, name) for name in names]
    circuit = QuantumCircuit(*qubits, ClassicalRegister(1, "alice"), ClassicalRegister(1, "bob"))
    for keep, spend in ((0, 1), (2, 3)):
        if basis == "X":
            circuit.cx(spend, keep)
            circuit.h(spend)
        else:
            circuit.cx(keep, spend)
    circuit.measure([1, 3], [0, 1])
    return circuit


def expected(basis):
    """Probability and fidelity: the pairs' errors have to be of equal kind for the check."""
    a, b, c, d = WEIGHTS
    good, bad = (a + b, c + d) if basis == "X" else (a + d, b + c)
    partner = b if basis == "X" else d
    chance = good**2 + bad**2
    return chance, (a**2 + partner**2) / chance


def distilled(pair):
    return Distill(pair=pair, scheme=NAME)


@pytest.mark.parametrize("basis", ["X", "Z"])
def test_a_scheme_of_ones_own_has_its_closed_form(basis):
    """Oracle: sums over the errors of both pairs. What is added again replaces what was."""
    link = Abstract(
        success_probability=1.0, attempt_time_s=1.0, state=fano_from_weights(np.array(WEIGHTS))
    ).link()
    register_distillation(NAME, lambda: check_of("Z" if basis == "X" else "X"))
    play(distilled(link), engine="exact")
    register_distillation(NAME, lambda: check_of(basis))
    chance, fidelity = expected(basis)
    result = play(distilled(link), engine="exact")
    assert result.fidelity.best == pytest.approx(fidelity)
    assert result.delivery_time_s.best == pytest.approx(1 / chance)
    assert play(Pump(pair=link, scheme=NAME), engine="exact").fidelity.best == pytest.approx(
        fidelity
    )


def test_the_engines_agree_on_it():
    """Oracle: three engines, of which one plays the whole circuit."""
    register_distillation(NAME, lambda: check_of("X"))
    link = Abstract(success_probability=0.5, attempt_time_s=1.0, fidelity=0.9).link()
    assert agree(distilled(link), shots=200, seed=3).holds


def test_files_name_it_as_they_name_the_others():
    """Oracle: DEJMPS under another name; and none under a name that is gone."""
    register_distillation(NAME, dejmps)
    text = 'kind = "chain"\n[chain]\nsegments = 2\nlength_km = 20\n[link]\npreset = "blueprint"\n'
    own, other = (
        loads(f'{text}[distill]\nscheme = "{scheme}"\n').play(engine="exact")
        for scheme in (NAME, "dejmps")
    )
    assert own.fidelity.best == other.fidelity.best
    unregister_distillation(NAME)
    assert NAME not in DISTILLATION_SCHEMES
    with pytest.raises(ParameterError, match=r"distill\.scheme must be one of"):
        loads(f'{text}[distill]\nscheme = "{NAME}"\n')


def test_what_is_no_round_of_distillation_is_refused():
    for name, circuit, field in (
        ("dejmps", dejmps, "name"),
        (NAME, lambda: QuantumCircuit(4, 2), "circuit"),
        (NAME, lambda: dejmps().reverse_bits(), "circuit"),
        (NAME, dejmps(), "circuit"),
        (NAME, lambda: None, "circuit"),
        (3, dejmps, "name"),
        ("", dejmps, "name"),
        ("two\nlines", dejmps, "name"),
    ):
        with pytest.raises(ParameterError, match=f"^{field} must"):
            register_distillation(name, circuit)
    with pytest.raises(ParameterError, match="name must"):
        unregister_distillation("bbpssw")

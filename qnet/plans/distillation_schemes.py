"""Table of distillation schemes: the circuit of a round, and how many pairs it takes."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from qnet.errors import ParameterError

if TYPE_CHECKING:
    from qiskit import QuantumCircuit

__all__ = [
    "DISTILLATION_SCHEMES",
    "distillation_circuit",
    "register_distillation",
    "unregister_distillation",
]

#: Distillation schemes and the number of pairs that each consumes and keeps one of.
DISTILLATION_SCHEMES = {"dejmps": 2, "bbpssw": 2, "double-selection": 3}

_OWN = frozenset(DISTILLATION_SCHEMES)

#: Circuits of the schemes that were added, which make them anew.
_ADDED: dict[str, Callable[[], QuantumCircuit]] = {}

_REGISTERS = ("alice_keep", "alice_spend", "bob_keep", "bob_spend")


def distillation_circuit(scheme: str) -> Callable[[], QuantumCircuit]:
    """The function that makes the circuit of a distillation scheme, such as ``dejmps``."""
    # Local import: it loads Qiskit, which only compiling needs.
    from qnet.circuits import bbpssw, dejmps, double_selection

    own = {"dejmps": dejmps, "bbpssw": bbpssw, "double-selection": double_selection}
    return {**own, **_ADDED}[scheme]


def register_distillation(name: str, circuit: Callable[[], QuantumCircuit]) -> None:
    """Add a distillation scheme, which plans and scenario files then name as they name the others.

    The kept pair is accepted when every bit of ``alice`` equals that of ``bob``
    (`qnet.circuits.accepts`).

    Args:
        name: What ``scheme = "..."`` says; one that was added before is replaced.
        circuit: Makes the circuit of a round: on the quantum registers ``alice_keep``,
            ``alice_spend``, ``bob_keep``, ``bob_spend`` (one qubit each to keep, as many to spend
            on both sides), with a bit of the classical registers ``alice`` and ``bob`` for each
            spent one.

    Raises:
        ParameterError: If the name is no text or one of the project's, or the circuit is not made
            by a function or has other registers.

    Examples:
        >>> from qnet.circuits import dejmps
        >>> register_distillation("my-own", dejmps)
        >>> DISTILLATION_SCHEMES["my-own"]
        2
        >>> unregister_distillation("my-own")
    """
    # Local import: it loads Qiskit, which only compiling needs.
    from qiskit import QuantumCircuit

    if not isinstance(name, str) or not name or name != name.strip() or not name.isprintable():
        raise ParameterError("name", "be a word of text", name, "such as my-own")
    if name in _OWN:
        raise ParameterError("name", "be new", name, "choose another name")
    made = circuit() if callable(circuit) else None
    if not isinstance(made, QuantumCircuit):
        hint = "qnet.circuits.dejmps is an example, without its brackets"
        raise ParameterError("circuit", "be a function that makes a circuit", circuit, hint)
    sizes = {register.name: register.size for register in (*made.qregs, *made.cregs)}
    spent = sizes.get("alice_spend", 0)
    ends = {"alice_keep": 1, "bob_keep": 1, "alice_spend": spent, "bob_spend": spent}
    wanted = {**ends, "alice": spent, "bob": spent}
    if sizes != wanted or tuple(each.name for each in made.qregs) != _REGISTERS or not spent:
        rule = f"have the registers {', '.join(_REGISTERS)}, alice and bob"
        raise ParameterError("circuit", rule, sizes, "qnet.circuits.dejmps is an example")
    _ADDED[name] = circuit
    DISTILLATION_SCHEMES[name] = spent + 1


def unregister_distillation(name: str) -> None:
    """Take an added scheme out of the table; nothing if it is not there.

    Raises:
        ParameterError: If it is one of the project's.
    """
    if name in _OWN:
        raise ParameterError("name", "be that of an added scheme", name, "leave it where it is")
    _ADDED.pop(name, None)
    DISTILLATION_SCHEMES.pop(name, None)

"""Codes by name as chains use them: recovery from loss, flips, and the works on them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from qnet.errors import ParameterError, UnknownNameError

if TYPE_CHECKING:
    from qnet.codes.code import StabilizerCode

__all__ = [
    "GKP",
    "NO_CODE",
    "Recovered",
    "check_code",
    "check_votes",
    "flip_of_outcome",
    "named",
    "recovered",
    "references_of",
    "squeezed_flip",
    "stabilizer_code",
]

#: In place of a code: one physical qubit for each logical one.
NO_CODE = "none"

#: A qubit in an oscillator: no stabilizer code of qubits.
GKP = "gkp"


#: Largest code of memories: its syndromes are looked up.
_MOST_STORED = 13

#: Largest code of light whose losses are counted pattern by pattern, and families with a way of
#: their own: of any size, and of up to so many qubits.
_MOST_SENT, _COUNTED, _MOST_CLUSTERED = 25, ("qpc", "repetition", "tree"), 81


def check_code(name: str, *, memories: bool = False) -> None:
    """Raise unless there is a code of this name, that a station can use.

    Args:
        name: As ``qnet code`` has it; ``none`` for memories without one, ``gkp`` for light.
        memories: Whether memories hold it, and outcomes are looked up; else light does.

    Raises:
        ParameterError: If there is none, or it is too large, or made for light.
    """
    from qnet.codes.catalogue import CODES

    if name == (NO_CODE if memories else GKP):
        return
    try:
        code = stabilizer_code(name)
    except UnknownNameError:
        families = sorted(family.pattern for family in CODES.values())
        hint = f"take {NO_CODE if memories else GKP} or one of {', '.join(families)}"
        raise ParameterError("code", "be the name of a code", name, hint) from None
    if not memories and code.is_detecting:
        hint = "take one that corrects: no message comes back from a station"
        raise ParameterError("code", "correct errors", name, hint)
    most = _MOST_CLUSTERED if code.family == "surface" else _MOST_SENT
    if not memories and code.n > most and code.family not in _COUNTED:
        hint = "its losses are counted exactly; take a smaller one, a qpc or a tree"
        rule = f"have at most {most} qubits"
        raise ParameterError("code", rule, f"{name}, {code.n} qubits", hint)
    if memories and code.n > _MOST_STORED:
        hint = "its syndromes are looked up in a table; take a smaller code"
        rule = f"have at most {_MOST_STORED} qubits"
        raise ParameterError("code", rule, f"{name}, {code.n} qubits", hint)


def check_votes(name: str) -> None:
    """Raise unless a station can vote out flips of the photons of a code.

    Args:
        name: As ``qnet code`` has it, or ``gkp``.

    Raises:
        ParameterError: If it is an oscillator, a tree, or too large.
    """
    code = None if name == GKP else stabilizer_code(name)
    if code is None or (code.n > _MOST_STORED and code.family not in ("qpc", "repetition")):
        rule = f"be a qpc, or have at most {_MOST_STORED} qubits, where outcomes are flipped"
        hint = "give logical_error in place of physical_flip, gate_error and readout_flip"
        raise ParameterError("code", rule, name, hint)


def flip_of_outcome(gate_error: float, readout_flip: float) -> float:
    """Probability that an outcome of a physical Bell measurement is flipped, from its circuit.

    Args:
        gate_error: Depolarising strength of its two-qubit gate.
        readout_flip: Probability of a wrong readout.

    Examples:
        >>> round(flip_of_outcome(0.01, 0.005), 9)
        0.00995
    """
    if gate_error == 0.0 and readout_flip == 0.0:
        return 0.0
    from protocols.repeaters.tables import GateErrors
    from qnet.plans.maps import read_factors

    gates = GateErrors(cnot_depolarizing=gate_error, readout_flip=readout_flip).gates_or(None)
    return float((1.0 - read_factors(gates, 0.0)[2]) / 2.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Recovered:
    """What a station makes of a block.

    Args:
        recovery: Probability that it recovers the logical qubit from loss.
        flip_x: Probability that its logical Z outcome is wrong then: an X is left.
        flip_z: Probability that its logical X outcome is wrong then: a Z is left.
    """

    recovery: float
    flip_x: float
    flip_z: float


@lru_cache(maxsize=4096)
def recovered(name: str, loss: float, flip: float = 0.0) -> Recovered:
    """The logical qubit of a block whose photons are lost, and whose outcomes are flipped.

    The station measures the block and a fresh one photon by photon, as in a transversal Bell
    measurement, and teleports (S. Muralidharan et al., Phys. Rev. Lett. 112, 250501 (2014)): both
    outcomes of a photon are lost together, and each is flipped apart. Every code by its own
    decoder: see `qnet.codes.recovered_map`.

    Args:
        name: As ``qnet code`` has it.
        loss: Probability to lose a photon.
        flip: Probability that an outcome is flipped.

    Examples:
        >>> found = recovered("qpc-7-4", 0.0635, 0.001)
        >>> round(found.recovery, 6), found.flip_x < 0.001 and found.flip_z < 0.001
        (0.999851, True)
    """
    from qnet.codes import PauliChannel, recovered_map

    once, both = flip * (1.0 - flip), flip * flip
    channel = PauliChannel(x=once, y=both, z=once)
    recovery, left = recovered_map(stabilizer_code(name), channel, loss)
    flip_x, flip_z = left.logical_x + left.logical_y, left.logical_z + left.logical_y
    return Recovered(recovery=recovery, flip_x=flip_x, flip_z=flip_z)


def references_of(name: str) -> tuple[str, ...]:
    """Keys of the works on a code.

    Args:
        name: As ``qnet code`` has it, or ``gkp``.
    """
    return ("GottesmanKitaevPreskill2001",) if name == GKP else stabilizer_code(name).references


def squeezed_flip(transmission: float, squeezing_db: float) -> float:
    """Flip of a quadrature of a GKP qubit after a lossy fibre and a correction.

    Args:
        transmission: Of the fibre; its loss is made good by amplification before it.
        squeezing_db: Of the state and of the ancilla.
    """
    from qnet.codes.gkp import flip_probability, loss_variance, squeezing_variance

    variance = loss_variance(transmission) + 2.0 * squeezing_variance(squeezing_db)
    return flip_probability(variance)


@contextmanager
def named(field: str) -> Iterator[None]:
    """Say an error in a code under the whole name of its key.

    Args:
        field: Such as ``optimize.codes[0]``.
    """
    try:
        yield
    except ParameterError as error:
        error.field = field
        raise


def stabilizer_code(name: str) -> StabilizerCode:
    """A code by its name; without a code, one qubit that stands for itself.

    Args:
        name: As ``qnet code`` has it, or ``none``.

    Examples:
        >>> stabilizer_code("none").n, stabilizer_code("steane").n
        (1, 7)
    """
    from qnet.codes.catalogue import code_of
    from qnet.codes.code import StabilizerCode

    if name == NO_CODE:
        return StabilizerCode(NO_CODE, (), ("X",), ("Z",), distance=1)
    return code_of(name)

"""Local measurements of parties in bases: effects of each party's circuit, joined to settings."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

import numpy as np

from protocols.applications.effects import outcome_effects
from protocols.qkd.bases import measure

if TYPE_CHECKING:
    from qnet.noise import Noise
    from qnet.states.pauli import Array

__all__ = ["joined", "local_effects", "sign_row", "signs_row"]


def local_effects(basis: str | float, noise: Noise | None) -> Array:
    """Effects of the outcomes 0 and 1 of one qubit that is measured in a basis.

    Args:
        basis: ``"X"``, ``"Y"``, ``"Z"``, or an angle in degrees from Z to X.
        noise: Noise of the gates that turn the qubit, and of the readout.

    Returns:
        Shape (2, 4).

    Examples:
        >>> local_effects("X", None).round(12) + 0.0
        array([[ 0.5,  0.5,  0. ,  0. ],
               [ 0.5, -0.5,  0. ,  0. ]])
    """
    from qiskit import QuantumCircuit

    circuit = QuantumCircuit(1, 1)
    measure(circuit, 0, 0, basis)
    outcomes, rows = outcome_effects(circuit, noise, circuit.qubits)
    order = np.argsort([int(outcome["c"]) for outcome in outcomes])
    return np.asarray(rows[order])


def sign_row(basis: str | float, noise: Noise | None) -> Array:
    """Effect (4,) of the sign that an outcome gives: +1 for 0, -1 for 1."""
    zero, one = local_effects(basis, noise)
    return np.asarray(zero - one)


def joined(rows: Iterable[Array]) -> Array:
    """Effect of a product of what the parties find, each by itself; first one most significant.

    Args:
        rows: One effect (4**n,) for each party's qubits.

    Returns:
        Shape (4**qubits,), with rounding errors near 0 removed.

    Examples:
        >>> joined([sign_row("Z", None), sign_row("Z", None)]).reshape(4, 4)[3]
        array([0., 0., 0., 1.])
    """
    whole = np.ones(1)
    for row in rows:
        whole = np.multiply.outer(whole, row).reshape(-1)
    return np.asarray(np.where(np.abs(whole) < 1e-15, 0.0, whole))


def signs_row(bases: Sequence[str | float], noise: Noise | None) -> Array:
    """Effect (4**n,) of the product of all parties' signs, party k in basis ``bases[k]``.

    Examples:
        >>> from protocols.applications.needs import ideal_vector
        >>> float((signs_row("YYX", None) @ ideal_vector("ghz", 3)).round(12))
        -1.0
    """
    found = {basis: sign_row(basis, noise) for basis in dict.fromkeys(bases)}
    return joined(found[basis] for basis in bases)

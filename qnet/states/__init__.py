"""Batches of two-qubit states in Fano form, the steps on them, and their figures of merit."""

from qnet.states.measures import (
    chsh,
    chsh_maximum,
    concurrence,
    fidelity,
    outcome_probabilities,
    qber,
)
from qnet.states.pauli import (
    BELL_NAMES,
    bell_weights,
    correlators_from_weights,
    fano_from_correlators,
    fano_from_density_matrix,
    fano_from_weights,
    is_bell_diagonal,
    is_physical,
    to_density_matrix,
    weights_from_correlators,
    werner,
)
from qnet.states.reading import fano_matrix, read_state
from qnet.states.typed import FanoMatrix, FanoRows

__all__ = [
    "BELL_NAMES",
    "FanoMatrix",
    "FanoRows",
    "bell_weights",
    "chsh",
    "chsh_maximum",
    "concurrence",
    "correlators_from_weights",
    "fano_from_correlators",
    "fano_from_density_matrix",
    "fano_from_weights",
    "fano_matrix",
    "fidelity",
    "is_bell_diagonal",
    "is_physical",
    "outcome_probabilities",
    "qber",
    "read_state",
    "to_density_matrix",
    "weights_from_correlators",
    "werner",
]

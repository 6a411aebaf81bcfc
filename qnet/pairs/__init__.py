"""Batches of two-qubit states in Fano form, the steps on them, and their figures of merit."""

from qnet.pairs.fano import (
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
from qnet.pairs.figures import (
    chsh,
    chsh_maximum,
    concurrence,
    fidelity,
    outcome_probabilities,
    qber,
)

__all__ = [
    "BELL_NAMES",
    "bell_weights",
    "chsh",
    "chsh_maximum",
    "concurrence",
    "correlators_from_weights",
    "fano_from_correlators",
    "fano_from_density_matrix",
    "fano_from_weights",
    "fidelity",
    "is_bell_diagonal",
    "is_physical",
    "outcome_probabilities",
    "qber",
    "to_density_matrix",
    "weights_from_correlators",
    "werner",
]

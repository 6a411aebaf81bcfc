"""Batches of two-qubit states in Fano form, the steps on them, and their figures of merit."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qnet.lazy import lazy

if TYPE_CHECKING:
    from qnet.states.measures import (
        chsh as chsh,
        chsh_maximum as chsh_maximum,
        concurrence as concurrence,
        fidelity as fidelity,
        outcome_probabilities as outcome_probabilities,
        qber as qber,
    )
    from qnet.states.pauli import (
        BELL_NAMES as BELL_NAMES,
        bell_weights as bell_weights,
        correlators_from_weights as correlators_from_weights,
        fano_from_correlators as fano_from_correlators,
        fano_from_density_matrix as fano_from_density_matrix,
        fano_from_weights as fano_from_weights,
        is_bell_diagonal as is_bell_diagonal,
        is_physical as is_physical,
        to_density_matrix as to_density_matrix,
        weights_from_correlators as weights_from_correlators,
        werner as werner,
    )
    from qnet.states.reading import fano_matrix as fano_matrix, read_state as read_state
    from qnet.states.typed import FanoMatrix as FanoMatrix, FanoRows as FanoRows
else:
    __all__, __getattr__, __dir__ = lazy(__name__)

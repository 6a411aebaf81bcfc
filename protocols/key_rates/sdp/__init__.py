"""Key rates by semidefinite programming: a described device, and proven bounds of its entropy."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qnet.lazy import lazy

if TYPE_CHECKING:
    from protocols.key_rates.sdp.bound import (
        EntropyBounds as EntropyBounds,
        KeyProblem as KeyProblem,
        entropy_bounds as entropy_bounds,
    )
    from protocols.key_rates.sdp.entropy import KeyEntropy as KeyEntropy
    from protocols.key_rates.sdp.qubits import (
        QubitReceiver as QubitReceiver,
        SiftedDevice as SiftedDevice,
        prepared_qubits as prepared_qubits,
        sifted_problem as sifted_problem,
    )
else:
    __all__, __getattr__, __dir__ = lazy(__name__)

"""The exact engine of networks: laws of contention, and small Markov chains."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qnet.lazy import lazy

if TYPE_CHECKING:
    from qnet.network.exact.engine import play_exact_network as play_exact_network
    from qnet.network.exact.solver import NetworkSolver as NetworkSolver
    from qnet.network.exact.table import NETWORK_SOLVERS as NETWORK_SOLVERS
else:
    __all__, __getattr__, __dir__ = lazy(__name__)

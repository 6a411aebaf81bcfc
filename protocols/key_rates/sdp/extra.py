"""Solver of semidefinite programmes: cvxpy with Clarabel, an optional part of the installation.

S. Diamond, S. Boyd, J. Mach. Learn. Res. 17, 1 (2016), arXiv:1603.00943; P. J. Goulart, Y. Chen,
arXiv:2405.12762 (Clarabel).
"""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec
from typing import Any

from qnet.errors import EngineError

__all__ = ["has_solver", "solver"]


def has_solver() -> bool:
    """Whether cvxpy and Clarabel are installed.

    Examples:
        >>> has_solver() in (True, False)
        True
    """
    return all(find_spec(name) is not None for name in ("cvxpy", "clarabel"))


def solver() -> Any:  # noqa: ANN401 - cvxpy has no usable types here
    """The module cvxpy, loaded when the first programme is solved.

    Raises:
        EngineError: If it is not installed.
    """
    if not has_solver():
        message = (
            "a key rate by semidefinite programming takes cvxpy and Clarabel: "
            "pip install 'qnet-emulator[sdp]'"
        )
        raise EngineError(message)
    return import_module("cvxpy")

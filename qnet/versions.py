"""Versions of what makes the numbers: qnet, Python and the libraries that compute."""

from __future__ import annotations

import platform
from functools import lru_cache
from importlib import metadata

from qnet import __version__

__all__ = ["versions"]


@lru_cache(maxsize=1)
def versions() -> dict[str, str]:
    """Versions by name; take it as read-only: it is kept.

    Examples:
        >>> list(versions())
        ['qnet', 'python', 'qiskit', 'qiskit-aer', 'numpy']
    """
    found = {"qnet": __version__, "python": platform.python_version()}
    return found | {name: metadata.version(name) for name in ("qiskit", "qiskit-aer", "numpy")}

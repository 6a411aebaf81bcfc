"""Checks on arrays of numbers that every figure of merit uses."""

from __future__ import annotations

from typing import Any, TypeVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from qnet.errors import ParameterError

__all__ = ["FloatArray", "FloatOrArray", "check_fractions", "like"]

FloatArray = NDArray[np.float64]
FloatOrArray = TypeVar("FloatOrArray", float, FloatArray)


def check_fractions(field: str, values: ArrayLike, hint: str) -> FloatArray:
    """Return ``values`` as an array of floats, all in [0, 1], or raise.

    Args:
        field: Name of the field, for the message.
        values: Numbers of any shape.
        hint: What to do about a value outside.

    Returns:
        An array of the same shape.

    Raises:
        ParameterError: If a value is outside [0, 1], not a number, or not real.

    Examples:
        >>> check_fractions("transmission", [0.1, 1], "give a power transmission")
        array([0.1, 1. ])
    """
    array: NDArray[Any] = np.asarray(values)
    if array.dtype.kind not in "iuf":
        raise ParameterError(field, "be made of real numbers", values, hint)
    outside = ~((array >= 0.0) & (array <= 1.0))
    if outside.any():
        raise ParameterError(field, "lie in [0, 1]", float(array[outside].flat[0]), hint)
    return array.astype(np.float64)


def like(given: FloatOrArray, found: FloatArray) -> FloatOrArray:
    """What was found for a number as a float, for an array as an array."""
    answer: Any = found if found.ndim else float(found)
    return answer

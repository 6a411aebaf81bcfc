"""Requests for entanglement as a link layer takes them: CREATE, with what is asked of the pairs."""

from __future__ import annotations

import math
from dataclasses import dataclass

from protocols.applications.requests.bases import RANDOM_BASES
from qnet import schema
from qnet.errors import ParameterError, check_non_negative, check_positive, check_probability
from qnet.schema import Description, Whole

__all__ = ["REQUEST_TYPES", "TIME_UNITS", "CreateRequest"]

#: What becomes of the pairs: kept at both nodes, measured at both, or measured at the first.
REQUEST_TYPES = {"K": "keep", "M": "measure", "R": "remote-state"}

#: Units of ``max_time`` in s.
TIME_UNITS = {"us": 1e-6, "ms": 1e-3, "s": 1.0}


def _type(field: str, value: object) -> str:
    """The type in words; its letter is taken as well."""
    found = REQUEST_TYPES.get(str(value), value)
    if found not in REQUEST_TYPES.values():
        hint = 'type = "keep", or its letter K; "measure" is M, "remote-state" is R'
        raise ParameterError(field, "be keep, measure or remote-state", value, hint)
    return str(found)


def _rotation(field: str, value: object) -> tuple[float, float, float]:
    """Three angles."""
    hint = "angles in rad of turns about X, Y and X: rotation_local = [0.0, -1.5708, 0.0] is X"
    angles = tuple(value) if isinstance(value, list | tuple) else ()
    if len(angles) != 3 or not all(
        isinstance(each, int | float) and math.isfinite(each) for each in angles
    ):
        raise ParameterError(field, "be three angles", value, hint)
    first, second, third = (float(each) for each in angles)
    return first, second, third


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class CreateRequest(Description):
    """A request for pairs between two nodes: [[request]].

    The keys are those of CREATE messages of link layers (A. Dahlberg et al., SIGCOMM 2019,
    arXiv:1903.09778); when requests come is said beside them.

    Args:
        node: The node that asks.
        remote_node: The node at the other end.
        type: What becomes of each pair: ``keep`` (K), ``measure`` (M) at both nodes, or
            ``remote-state`` (R): measured at the node that asks, which prepares the qubit at the
            other.
        number: How many pairs.
        purpose: A number by which the nodes know what the pairs are for.
        random_basis_local: Bases that are drawn evenly at the node that asks, of measured pairs:
            ``NONE``, ``XZ``, ``XYZ``, or ``CHSH``: Z turned by plus or minus 45 degrees.
        random_basis_remote: The same at the other node.
        rotation_local: Where no basis is drawn: angles in rad of turns about X, Y and X again
            before Z is measured, at the node that asks.
        rotation_remote: The same at the other node.
        minimum_fidelity: Least mean fidelity of the pairs.
        max_time: How long the request may take, in ``time_unit``; for ever unless given.
        time_unit: ``us``, ``ms`` or ``s``.
        priority: Higher goes first.
        atomic: Whether all pairs have to be there at the same time.
        consecutive: Whether they have to come one right after the other.
        rate_hz: Such requests per second, at random times (a Poisson process).
        at_s: Or the times in s at which they come; once, at 0, unless one of both is given.

    Raises:
        ParameterError: If a value is out of range, or does not go together.

    Examples:
        >>> request = CreateRequest(
        ...     node="A", remote_node="B", type="K", max_time=20, time_unit="ms"
        ... )
        >>> request.type, request.max_time_s
        ('keep', 0.02)
    """

    node: str = schema.key(example="A")
    remote_node: str = schema.key(example="B")
    type: str = schema.key("keep", read=_type, choices=tuple(REQUEST_TYPES.values()))
    number: int = schema.key(1, check=Whole(minimum=1))
    purpose: int = schema.key(0, check=Whole())
    random_basis_local: str = schema.key("NONE", choices=tuple(RANDOM_BASES))
    random_basis_remote: str = schema.key("NONE", choices=tuple(RANDOM_BASES))
    rotation_local: tuple[float, ...] = schema.key((0.0, 0.0, 0.0), read=_rotation)
    rotation_remote: tuple[float, ...] = schema.key((0.0, 0.0, 0.0), read=_rotation)
    minimum_fidelity: float = schema.key(0.0, check=check_probability)
    max_time: float | None = schema.key(None, check=check_positive, example=10.0)
    time_unit: str = schema.key("s", choices=tuple(TIME_UNITS))
    priority: int = schema.key(0, check=Whole(minimum=-(2**31), maximum=2**31))
    atomic: bool = False
    consecutive: bool = False
    rate_hz: float | None = schema.key(None, check=check_positive, excludes=("at_s",), example=0.05)
    at_s: tuple[float, ...] | None = schema.key(None, check=check_non_negative, example=[0.0, 5.0])

    def __post_init__(self) -> None:
        schema.check_fields(self)

    @property
    def max_time_s(self) -> float | None:
        """How long it may take, in s; None for ever."""
        return None if self.max_time is None else self.max_time * TIME_UNITS[self.time_unit]

    @property
    def times_s(self) -> tuple[float, ...]:
        """When it comes, in s, where it has no rate."""
        return (0.0,) if self.at_s is None else self.at_s

    @property
    def is_measured(self) -> bool:
        """Whether a qubit of each pair is measured at once."""
        return self.type != "keep"

"""Requirements and search of a plan: [require] and [solve]."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from protocols.planning.design.case import Requirements
from qnet.errors import ParameterError, check_positive
from qnet.schema import Description, Whole, Within, check_fields, key

__all__ = ["RequireTable", "SolveTable"]

#: What a plan without a limit on trusted nodes says.
_ANY = "any"

_SHARE = Within(
    low=0.0, high=1.0, rule="lie in [0, 1)", hint="0.99 is 99 of a hundred hours", is_open=False
)
_GAP = Within(low=0.0, high=1.0, rule="lie in [0, 1]", hint="0.05 is five per cent of the cost")


def _below_one(field: str, value: Any) -> float:  # noqa: ANN401
    share = _SHARE(field, value)
    if share == 1.0:
        raise ParameterError(field, _SHARE.rule, value, "nothing works always")
    return share


def _nodes(field: str, value: Any) -> str | int:  # noqa: ANN401
    """A number of nodes, or ``any``."""
    if value == _ANY:
        return _ANY
    if isinstance(value, str):
        hint = f'give a whole number, or "{_ANY}"'
        raise ParameterError(field, f'be a whole number or "{_ANY}"', value, hint)
    return Whole()(field, value)


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class RequireTable(Description):
    """What every demand of a plan must have: [require].

    Args:
        disjoint_paths: Ways that share nothing, each with the whole key rate.
        by: What disjoint ways must not share: ``edges`` or ``nodes``.
        maximum_trusted_nodes: Most trusted nodes of a demand, on all its ways, or ``any``.
        availability: Least share of time in which the key of a demand flows.

    Examples:
        >>> RequireTable(disjoint_paths=2).requirements().by
        'edges'
    """

    disjoint_paths: int = key(1, check=Whole(minimum=1, maximum=2))
    by: str = key("edges", choices=("edges", "nodes"))
    maximum_trusted_nodes: Any = key(_ANY, read=_nodes, range={"minimum": 0}, example=8)
    availability: float = key(0.0, check=_below_one, range={"minimum": 0, "exclusiveMaximum": 1})

    def __post_init__(self) -> None:
        check_fields(self)

    def requirements(self, *, splittable: bool = True) -> Requirements:
        """The same for a plan.

        Args:
            splittable: Whether the key of a demand may be split over several ways.
        """
        most = self.maximum_trusted_nodes
        return Requirements(
            disjoint_paths=self.disjoint_paths,
            by=self.by,
            maximum_trusted_nodes=None if most == _ANY else int(most),
            availability=self.availability,
            splittable=splittable,
        )


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class SolveTable(Description):
    """How long a plan is searched for: [solve].

    Args:
        gap: The search ends when the plan is at most so much dearer than the cheapest can be, as a
            share of its cost.
        time_limit_s: Longest search; what was found until then is kept, with its bound.
    """

    gap: float = key(1e-6, check=_GAP)
    time_limit_s: float = key(110.0, check=check_positive)

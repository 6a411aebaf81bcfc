"""Siting question as a scenario describes it: [site]."""

from __future__ import annotations

from dataclasses import dataclass

from qnet.errors import check_non_negative, check_positive
from qnet.schema import Description, Whole, check_fields, key
from qnet.schema.values import missing

__all__ = ["QUESTION_NAMES", "SitingTable"]

#: Every question, in the order of the page that explains them.
QUESTION_NAMES = (
    "p-median",
    "p-centre",
    "cover",
    "spanning-tree",
    "steiner",
    "two-connected",
    "shortest-pair",
    "line",
    "repeaters",
)

#: What each question needs, with an example.
_NEEDS: dict[str, dict[str, object]] = {
    "p-median": {"p": 3},
    "p-centre": {"p": 3},
    "cover": {"radius_km": 600.0},
    "steiner": {"terminals": ["A", "B"]},
    "shortest-pair": {"terminals": ["A", "B"]},
    "line": {"length_km": 500.0, "demand_hz": 10e3},
    "repeaters": {"terminals": ["A", "B"]},
}


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class SitingTable(Description):
    """What ``qnet site`` answers: [site].

    Args:
        question: ``p-median``: p sites near to all, in the mean; ``p-centre``: p sites of which one
            is near to each; ``cover``: fewest sites within a radius of each; ``spanning-tree``,
            ``steiner``, ``two-connected``: shortest trees and rings; ``shortest-pair``: two ways
            that share nothing; ``line``: cheapest line of trusted nodes; ``repeaters``: fewest
            repeaters.
        p: How many sites are chosen.
        radius_km: How far from a chosen site each may be.
        terminals: Sites that must be joined.
        weight: What a site counts: ``population`` or ``equal``.
        by: What two ways must not share, and what may fail of a two-connected network: ``edges`` or
            ``nodes``.
        length_km: Length of a line.
        demand_hz: Secret bits per second over a line.

    Raises:
        ParameterError: If what a question needs is missing, or a number is out of range.
    """

    question: str = key(choices=QUESTION_NAMES)
    p: int | None = key(None, check=Whole(minimum=1), example=3)
    radius_km: float | None = key(None, check=check_non_negative, example=600.0)
    terminals: tuple[str, ...] | None = key(None, example=["A", "B"])
    weight: str = key("population", choices=("population", "equal"))
    by: str = key("edges", choices=("edges", "nodes"))
    length_km: float | None = key(None, check=check_positive, example=500.0)
    demand_hz: float | None = key(None, check=check_positive, example=10e3)

    def __post_init__(self) -> None:
        check_fields(self)
        for name, example in _NEEDS.get(self.question, {}).items():
            if getattr(self, name) is None:
                raise missing(name, example)

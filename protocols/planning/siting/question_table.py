"""Siting question as a scenario describes it: [site]."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from qnet.errors import (
    ParameterError,
    check_non_negative,
    check_positive,
    check_probability,
)
from qnet.lazy import loaded
from qnet.schema import Description, Whole, check_fields, key
from qnet.schema.values import missing

__all__ = ["SitingTable"]

#: Where the questions are listed, each with what it needs.
_QUESTIONS = "protocols.planning.siting.questions:QUESTIONS"


def _names() -> tuple[str, ...]:
    questions: Mapping[str, Any] = loaded(_QUESTIONS)
    return tuple(questions)


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
        weight: What a site counts in a mean: ``population`` or ``equal``; the population unless no
            site has one.
        by: What two ways must not share, and what may fail of a two-connected network: ``edges`` or
            ``nodes``; as [require] says unless given.
        length_km: Length of a line.
        demand_hz: Secret bits per second over a line.
        ways: Ways between any two terminals that share no repeater.
        maximum_hop_km: Longest fibre between two repeaters; of a tree, between two relays, where it
            is that of the first technology unless given.
        maximum_repeaters: Most repeaters of a way.
        ways_per_repeater: Most ways over a repeater; any number unless given.
        chain: File of a repeater chain beside this one, from which both limits are found: it is
            played with more and more repeaters and longer and longer hops.
        minimum_fidelity: Least fidelity of the chain's pairs.
        minimum_rate_hz: Least rate of the chain's pairs.

    Raises:
        ParameterError: If what a question needs is missing, or a number is out of range.
    """

    question: str = key(choices=_names, example="p-median")
    p: int | None = key(None, check=Whole(minimum=1), example=3)
    radius_km: float | None = key(None, check=check_non_negative, example=600.0)
    terminals: tuple[str, ...] | None = key(None, example=["A", "B"])
    weight: str | None = key(None, choices=("population", "equal"))
    by: str | None = key(None, choices=("edges", "nodes"))
    length_km: float | None = key(None, check=check_positive, example=500.0)
    demand_hz: float | None = key(None, check=check_positive, example=10e3)
    ways: int = key(1, check=Whole(minimum=1, maximum=4))
    maximum_hop_km: float | None = key(None, check=check_positive, example=136.0)
    maximum_repeaters: int | None = key(None, check=Whole(), example=6)
    ways_per_repeater: int | None = key(None, check=Whole(minimum=1), example=4)
    chain: str | None = key(None, example="chain.toml")
    minimum_fidelity: float | None = key(None, check=check_probability, example=0.93)
    minimum_rate_hz: float | None = key(None, check=check_positive, example=1.0)

    def __post_init__(self) -> None:
        check_fields(self)
        needs: Mapping[str, object] = loaded(_QUESTIONS)[self.question].needs
        for name, example in needs.items():
            if getattr(self, name) is None:
                raise missing(name, example)
        if self.question == "repeaters":
            self._check_limits()

    def _check_limits(self) -> None:
        """Raise unless the limits of a way are given, or a chain that they are found with."""
        given = ("maximum_hop_km", "maximum_repeaters")
        found = ("minimum_fidelity", "minimum_rate_hz")
        names, others, examples = (
            (given, ("chain", *found), (136.0, 6))
            if self.chain is None
            else (("chain", *found), given, ("chain.toml", 0.93, 1.0))
        )
        for name, example in zip(names, examples, strict=True):
            if getattr(self, name) is None:
                raise missing(name, example)
        for name in others:
            value = getattr(self, name)
            if value is not None:
                hint = "give both limits, or a chain with fidelity and rate that they follow from"
                beside = "chain" if self.chain is not None else "maximum_hop_km"
                raise ParameterError(name, f"be left out beside {beside}", value, hint)

"""Solver of networks: which cases it knows the law of, and the figures of those."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import ClassVar

from qnet.network.case import NetworkCase
from qnet.network.result import DemandResult, EdgeResult, NetworkResult, SwitchResult

__all__ = ["NetworkSolver", "exact_network_result", "refusal_of_all"]

#: What every figure of the exact engine is of.
_STEADY = "figures are those of the steady state: warm-up and measured time play no part"


class NetworkSolver(ABC):
    """A kind of network whose figures follow from a known law, or from a small Markov chain."""

    #: What it plays, a noun phrase for messages.
    plays: ClassVar[str]

    @abstractmethod
    def is_near(self, case: NetworkCase) -> bool:
        """Whether a case is of its kind, so that a reader wants to know why it does not fit."""

    @abstractmethod
    def refusal(self, case: NetworkCase) -> str:
        """Why it cannot play a case of its kind, a clause; empty where it can."""

    @abstractmethod
    def solve(self, case: NetworkCase) -> NetworkResult:
        """The figures of a case that it can play.

        Raises:
            EngineError: If there is no steady state, or the chain is too large.
        """


def refusal_of_all(case: NetworkCase) -> str:
    """Why no solver plays a case, a clause; empty where one may."""
    if case.faults:
        return "here things fail and are repaired"
    if case.controller.signalling != "instantaneous":
        return "here messages take their time"
    return ""


def exact_network_result(
    case: NetworkCase,
    demands: tuple[DemandResult, ...],
    edges: tuple[EdgeResult, ...],
    *,
    switch: SwitchResult | None = None,
    warnings: tuple[str, ...] = (),
) -> NetworkResult:
    """The result of a case that was solved: nothing was drawn."""
    return NetworkResult(
        engine="exact",
        seed=None,
        replicas=0,
        duration_s=case.run.duration_s,
        demands=demands,
        edges=edges,
        switch=switch,
        warnings=(_STEADY, *dict.fromkeys(warnings)),
    )

"""Report on a network that was played."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from qnet.network import NetworkResult

if TYPE_CHECKING:
    from protocols.networks.scenario import NetworkScenario

__all__ = ["NetworkReport", "network_report"]


@dataclass(frozen=True, kw_only=True)
class NetworkReport:
    """What is shown of a result.

    Args:
        name: Of the scenario.
        result: What was found.
    """

    name: str
    result: NetworkResult


def network_report(scenario: NetworkScenario, result: NetworkResult) -> NetworkReport:
    """What is shown of a result of a network."""
    return NetworkReport(name=scenario.name, result=result)

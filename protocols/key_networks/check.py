"""Checks of a key network's scenario: what cannot be meant is refused, before any work."""

from __future__ import annotations

from typing import TYPE_CHECKING

from protocols.key_networks.build import edge_tables
from qnet.errors import check_one_of

if TYPE_CHECKING:
    from protocols.key_networks.scenario import KeyNetworkScenario

__all__ = ["check_scenario"]


def check_scenario(scenario: KeyNetworkScenario) -> None:
    """Raise for what the tables of a scenario say that does not go together.

    Raises:
        ParameterError: With the field, the rule, the value and a hint.
    """
    names = scenario.sites.names
    for k, demand in enumerate(scenario.demand):
        for end in demand.ends:
            check_one_of(f"demand[{k}].ends", end, names)
    for k, sae in enumerate(scenario.sae):
        check_one_of(f"sae[{k}].node", sae.node, names)
    list(edge_tables(scenario))

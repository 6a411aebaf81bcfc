"""Checks of a case whose pairs are shared, before it is played."""

from __future__ import annotations

from qnet.errors import EngineError, ParameterError
from qnet.network.case import NetworkCase
from qnet.network.ghz import LARGEST_GHZ
from qnet.network.sharing.flows import SharedFlows, hub_of
from qnet.network.sharing.purification import pumped

__all__ = ["check_shared"]


def check_shared(case: NetworkCase) -> None:
    """Raise for a case that cannot be shared.

    Raises:
        ParameterError: If a cut-off is none of the age, memories have no limit and attempts
            neither, a flow has no memory of its own, a switch is no star, purification takes no two
            pairs, or a session wants more pairs together than there are memories.
        EngineError: If pairs and GHZ states are asked for at once, or GHZ states of many ends.
    """
    network = case.network
    cutoff = network.cutoff
    if cutoff is not None and cutoff.kind != "age":
        hint = 'write kind = "age", or take allocation = "reserve"'
        raise ParameterError("cutoff.kind", "be 'age' where pairs are shared", cutoff.kind, hint)
    for edge in network.edges:
        endless = edge.memories is None and edge.attempts_at_once is None
        if endless and edge.generation_rate_hz is None:
            rule = f"have a limit on the edge {'-'.join(edge.ends)}, whose attempts have none"
            hint = "give link.rate_hz or link.attempts_at_once, or a number of memories"
            raise ParameterError("node.memories", rule, "unlimited", hint)
    if network.purification.probability > 0.0 and network.edges:
        pumped(network.purification, network.edges[0].link, 1)
    sizes = {len(demand.ends) for demand in case.demands}
    if len(sizes) > 1 and max(sizes) > 2:
        message = (
            "where pairs are shared, no engine plays demands of different numbers of ends at one "
            "switch; ask for pairs, or for GHZ states of one size"
        )
        raise EngineError(message)
    if max(sizes, default=2) > LARGEST_GHZ:
        message = (
            f"the state of a fusion of {max(sizes)} pairs is not worked out: ask for GHZ states of "
            f"{LARGEST_GHZ} ends or fewer"
        )
        raise EngineError(message)
    if case.any_pair and case.demands:
        hub_of(network, [demand.ends for demand in case.demands])
    _check_flows(case)


def _check_flows(case: NetworkCase) -> None:
    network, flows = case.network, SharedFlows(case)
    for edge, of_edge in zip(network.edges, flows.of_edge, strict=True):
        few = edge.memories is not None and edge.memories < len(of_edge)
        if few and case.controller.sharing == "buffer-space":
            rule = (
                f"be at least {len(of_edge)} on the edge {'-'.join(edge.ends)}, one for each route "
                "that shares it"
            )
            hint = "give more memories, or take another sharing"
            raise ParameterError("node.memories", rule, edge.memories, hint)
    for flow in flows.flows:
        demand = case.demands[flow.demand]
        if demand.window_s is not None and not demand.together:
            hint = "a window is of pairs that are taken at once: together = true"
            rule = "be left out where pairs are taken one by one"
            raise ParameterError("demand.window_s", rule, demand.window_s, hint)
        memories = [network.edges[flow.edges[k]].memories for k in (0, -1)]
        least = min((count for count in memories if count is not None), default=demand.pairs)
        if demand.together and demand.pairs > least:
            rule = f"be at most {least}, the memories at an end of {'-'.join(flow.route)}"
            hint = "give more memories, or together = false"
            raise ParameterError("demand.pairs", rule, demand.pairs, hint)

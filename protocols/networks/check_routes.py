"""Checks of the routes of a network's demands: each has one that is good enough."""

from __future__ import annotations

from qnet.errors import ParameterError
from qnet.network import NetworkCase

__all__ = ["check_routes"]


def check_routes(case: NetworkCase) -> None:
    """Raise when a demand has no route that is good enough, with the best there is.

    Raises:
        ParameterError: If it has none, or strategy, cut-offs and distillation do not fit one.
    """
    for k, (demand, choice) in enumerate(zip(case.demands, case.choices, strict=True)):
        if choice.routes or case.any_pair:
            continue
        ends = " and ".join(demand.ends)
        key = "minimum_fidelity" if demand.minimum_fidelity > 0.0 else "ends"
        value = demand.minimum_fidelity if demand.minimum_fidelity > 0.0 else demand.ends
        rule = f"be reached by a route between {ends}" if key != "ends" else "be joined by a route"
        field = f"demand[{k}].{key}"
        raise ParameterError(field, rule, value, choice.reason)

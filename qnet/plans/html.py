"""Plans as nested lists, for notebooks."""

from __future__ import annotations

from html import escape
from itertools import groupby

from qnet.plans.base import Plan
from qnet.plans.cutoff import Cutoff
from qnet.plans.distill import Distill, Pump
from qnet.plans.link import Link
from qnet.plans.multiplex import Multiplex
from qnet.plans.station import Station
from qnet.plans.swap import Swap
from qnet.plans.swap_asap import SwapAsap
from qnet.states.measures import fidelity

__all__ = ["plan_html"]


def plan_html(plan: Plan) -> str:
    """A plan as a nested HTML list; equal neighbours are written once, with their number.

    Examples:
        >>> from qnet.states import werner
        >>> link = Link(success_probability=0.1, attempt_time_s=1.0, state=werner(0.98))
        >>> print(plan_html(Swap(left=link, right=link)))
        <ul><li>swap<ul><li>2 × link: probability 0.1 per attempt of 1 s, fidelity 0.985</li></ul>\
</li></ul>
    """
    return f"<ul>{_item(plan, 1)}</ul>"


def _item(plan: Plan, count: int) -> str:
    words = escape((f"{count} × " if count > 1 else "") + _words(plan))
    parts = "".join(_item(part, len(list(same))) for part, same in groupby(plan.children))
    return f"<li>{words}<ul>{parts}</ul></li>" if parts else f"<li>{words}</li>"


def _words(plan: Plan) -> str:
    """What a step is, and what sets it apart from an ideal one."""
    words = []
    if isinstance(plan, Link):
        length = f" over {plan.length_km:g} km" if plan.length_km else ""
        chance = f"{plan.round_success_probability:.3g} per attempt of {plan.attempt_time_s:.3g} s"
        return f"{plan.name}{length}: probability {chance}, fidelity {fidelity(plan.fano):.4g}"
    if isinstance(plan, Swap):
        words = ["swap", *_order(plan.order), *_station(plan.station), *_cutoff(plan.cutoff)]
    elif isinstance(plan, SwapAsap):
        stations = [
            words for station in dict.fromkeys(plan.stations) for words in _station(station)
        ]
        words = ["swap as soon as possible", *stations, *_cutoff(plan.cutoff)]
    elif isinstance(plan, Distill):
        words = [f"{plan.scheme} of {plan.copies}", *_order(plan.order), *_cutoff(plan.cutoff)]
    elif isinstance(plan, Pump):
        words = [f"pumping, {plan.steps} steps"]
    elif isinstance(plan, Multiplex):
        words = [f"first of {plan.copies} copies"]
    else:
        words = [type(plan).__name__]
    return ", ".join(words)


def _order(order: str) -> list[str]:
    return [] if order == "parallel" else ["one part after the other"]


def _station(station: Station) -> list[str]:
    chance = station.success_probability
    return [] if chance == 1.0 else [f"succeeds with {chance:.3g}"]


def _cutoff(cutoff: Cutoff | None) -> list[str]:
    return [] if cutoff is None else [f"cut-off of the {cutoff.kind} at {cutoff.time_s:.3g} s"]

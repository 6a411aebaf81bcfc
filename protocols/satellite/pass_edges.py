"""Edges of a network over a satellite: when they are up, and the mean link of all passes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from protocols.satellite.link_passes import SlotPlans
from protocols.satellite.overpasses import find_overpasses
from protocols.satellite.slots import PAUSE_S, SlotTable, slots_of
from qnet.errors import ParameterError
from qnet.plans import Link, Plan
from qnet.space import covered
from qnet.states.typed import fano_rows

if TYPE_CHECKING:
    from protocols.satellite.scenario import SatelliteScenario

__all__ = ["PassEdge", "mean_link", "pass_edge"]


class PassEdge(NamedTuple):
    """An edge over a satellite.

    Args:
        link: Its mean link while it is up; the left memory is at the first of its ends.
        up_s: Times from and to, in s after the start of the period, at which it is up.
        period_s: Length of the period.
    """

    link: Link
    up_s: tuple[tuple[float, float], ...]
    period_s: float


def pass_edge(scenario: SatelliteScenario, maker: SlotPlans, ends: tuple[str, str]) -> PassEdge:
    """The edge of a network that a satellite makes.

    Of ``direct`` links it joins the satellite to the station at its other end, else two stations.
    The pairs that come in all passes are as many as those of the slots, where attempts rarely
    succeed; that they come more often high in the sky is averaged away.

    Args:
        scenario: The satellite, of the protocol ``heralded-pairs``.
        maker: Makes its links.
        ends: Names of the edge's nodes.

    Raises:
        ParameterError: If the nodes are not those of the scenario, or there is no pass.
    """
    names = [station.name for station in scenario.station]
    here = [names.index(end) for end in ends if end in names]
    direct = maker.segment.scheme == "direct"
    if len(here) != (1 if direct else 2) or scenario.period is None:
        hint = "name its nodes as [[station]] does; a satellite with memories is a node otherwise"
        rule = f"name {'one' if direct else 'two'} of the stations {', '.join(names)}"
        raise ParameterError("ends", rule, list(ends), hint)
    found = find_overpasses(scenario.orbit, scenario.station, scenario.period)
    if direct:
        kept = tuple(each for each in found.passes if each.seen.station == here[0])
        found = replace(found, passes=kept)
    slots = slots_of(found, scenario.light, pairs=not direct, slot_s=scenario.longest_slot_s)
    if not slots.passes:
        hint = "take a longer period, or a lower minimum_elevation_deg"
        reason = found.reason or "it is never usable over both stations at once"
        raise ParameterError("period", "have a pass", reason, hint)
    if direct:
        at = "left" if ends[1] in names else "right"
        links: Sequence[Plan] = [
            maker.arm_link(float(angle), float(far), at)
            for angle, far in zip(slots.elevation_deg[:, 0], slots.range_km[:, 0], strict=True)
        ]
    else:
        links = maker.plans(slots)
    mean = mean_link([each for each in links if isinstance(each, Link)], slots.width_s)
    mirrored = not direct and here != sorted(here)
    return PassEdge(mean.mirrored if mirrored else mean, _up(slots), scenario.period.duration_s)


def mean_link(links: Sequence[Link], weights: Sequence[float] | np.ndarray) -> Link:
    """One link in place of several: their mean rate of successes, and the mean state of these.

    Args:
        links: The links.
        weights: How long each is there.

    Examples:
        >>> from qnet.states import werner
        >>> often = Link(success_probability=0.03, attempt_time_s=1.0, state=werner(1.0))
        >>> found = mean_link([often, replace(often, success_probability=0.01)], [1.0, 1.0])
        >>> round(found.success_probability, 12)
        0.02
    """
    share = np.asarray(weights, dtype=float) / float(np.sum(weights))
    attempt = float(share @ np.array([each.attempt_time_s for each in links]))
    rates = np.array([each.success_probability / each.attempt_time_s for each in links])
    brought = share * rates
    total = float(brought.sum())
    state = np.einsum("k,kij->ij", brought / total, np.array([each.state for each in links]))
    length = float(share @ np.array([each.length_km for each in links]))
    return replace(
        links[0],
        success_probability=min(total * attempt, 1.0),
        attempt_time_s=attempt,
        state=fano_rows(state),
        length_km=length,
    )


def _up(slots: SlotTable) -> tuple[tuple[float, float], ...]:
    """Times at which a slot is, joined where they touch; passes of several satellites overlap."""
    half = 0.5 * slots.width_s
    ends = np.column_stack([np.maximum(slots.time_s - half, 0.0), slots.time_s + half])
    return tuple((begin, end) for begin, end in covered(ends, PAUSE_S).tolist())

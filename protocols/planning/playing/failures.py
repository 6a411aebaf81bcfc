"""Single failures of a plan, replayed as events: what each demand gets before, during and after."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from protocols.key_networks.case import KeyNetworkCase
from protocols.key_networks.sampled.asking import DEMAND_COUNTS
from protocols.key_networks.sampled.replica import play_key_replica
from protocols.planning.design.plan import NetworkPlan
from protocols.planning.operation.components import needs_of_way
from protocols.planning.playing.files import key_network_of
from protocols.planning.playing.layout import PlanLayout
from qnet.network import Fault, RunTimes
from qnet.progress import ProgressCallback

__all__ = ["FailingThing", "ReplayedFailure", "failing_things", "replay_failures"]

Array = npt.NDArray[np.float64]

#: Blocks of a replay, each of so many seconds; those of the time before, of the failure without its
#: first, while stores are used up, and of the time after the repair.
_BLOCKS, _BLOCK_S = 20, 1e6
_BEFORE, _DOWN, _AFTER = slice(0, 5), slice(7, 12), slice(14, 20)

#: When it begins and ends, in s.
_FROM_S, _TO_S = 5.0 * _BLOCK_S, 12.0 * _BLOCK_S

#: Share of a rate up to which two rates are the same.
_SAME = 1e-3


@dataclass(frozen=True, slots=True, kw_only=True)
class FailingThing:
    """A thing of a plan that may fail.

    Args:
        kind: ``span``, ``node``, ``relay`` or ``satellite``.
        name: What it is called.
        needs: What a way that needs it needs, as `protocols.planning.operation.components` names
            it.
        faults: The failure as events.
    """

    kind: str
    name: str
    needs: frozenset[Hashable]
    faults: tuple[Fault, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplayedFailure:
    """A single failure that was replayed.

    Args:
        kind: ``span``, ``node``, ``relay`` or ``satellite``.
        name: What failed.
        from_s: When it failed, in s.
        to_s: When it was repaired.
        before_hz: Secret bits per second of each demand before.
        during_hz: The same while it was down.
        after_hz: The same after the repair.
        expected_hz: What the plan's ways without it carry, by their sets of needed things.
    """

    kind: str
    name: str
    from_s: float
    to_s: float
    before_hz: tuple[float, ...]
    during_hz: tuple[float, ...]
    after_hz: tuple[float, ...]
    expected_hz: tuple[float, ...]

    @property
    def agrees(self) -> bool:
        """Whether each demand got what the plan's ways without it carry, and all again after."""
        rows = zip(self.before_hz, self.during_hz, self.after_hz, self.expected_hz, strict=True)
        return all(
            abs(during - expected) <= _SAME * before and abs(after - before) <= _SAME * before
            for before, during, after, expected in rows
        )

    @property
    def hit(self) -> tuple[int, ...]:
        """Numbers of the demands that got less while it was down."""
        rows = enumerate(zip(self.before_hz, self.during_hz, strict=True))
        return tuple(k for k, (before, during) in rows if during < before * (1.0 - _SAME))

    def as_dict(self) -> dict[str, Any]:
        """The form that goes into JSON; demands that lose nothing are left out."""
        return {
            "kind": self.kind,
            "name": self.name,
            "from_s": self.from_s,
            "to_s": self.to_s,
            "demands": [
                {
                    "demand": k,
                    "before_hz": self.before_hz[k],
                    "during_hz": self.during_hz[k],
                    "after_hz": self.after_hz[k],
                    "expected_hz": self.expected_hz[k],
                }
                for k in self.hit
            ],
            "agrees": self.agrees,
        }


def failing_things(layout: PlanLayout) -> tuple[FailingThing, ...]:
    """All things of a plan that may fail by themselves and that some way needs.

    A span fails as a cable, with all that is built over it; a satellite with all its spans.

    Args:
        layout: The plan.
    """
    return (*_spans(layout), *_nodes(layout), *_relays(layout), *_satellites(layout))


def _spans(layout: PlanLayout) -> Iterator[FailingThing]:
    spans: dict[int, list[int]] = {}
    for number in layout.loads:
        spans.setdefault(layout.case.options[number].span, []).append(number)
    for options in spans.values():
        yield _of_options("span", layout.span_name(options[0]), layout, options)


def _of_options(kind: str, name: str, layout: PlanLayout, options: list[int]) -> FailingThing:
    edges = [hop.ends for hop in layout.hops if hop.option in options]
    return FailingThing(
        kind=kind,
        name=name,
        needs=frozenset(("option", number) for number in options),
        faults=tuple(Fault(edge=ends, down_s=[[_FROM_S, _TO_S]]) for ends in edges),
    )


def _nodes(layout: PlanLayout) -> Iterator[FailingThing]:
    for number in layout.loads:
        if layout.case.options[number].nodes:
            for name in layout.nodes_of[number][1:-1]:
                yield FailingThing(
                    kind="node",
                    name=name,
                    needs=frozenset({("option", number)}),
                    faults=(Fault(node=name, down_s=[[_FROM_S, _TO_S]]),),
                )


def _relays(layout: PlanLayout) -> Iterator[FailingThing]:
    for site in layout.used_at:
        if layout.case.sites[site].source is None:
            name = layout.sites[site]
            yield FailingThing(
                kind="relay",
                name=name,
                needs=frozenset({("site", site)}),
                faults=(Fault(node=name, down_s=[[_FROM_S, _TO_S]], relay_only=True),),
            )


def _satellites(layout: PlanLayout) -> Iterator[FailingThing]:
    for number, source in enumerate(layout.case.sources):
        options = [k for k in layout.loads if layout.case.options[k].source == number]
        if options:
            yield _of_options("satellite", source.name, layout, options)


def replay_failures(
    plan: NetworkPlan,
    *,
    seed: int = 1,
    progress: ProgressCallback | None = None,
) -> tuple[ReplayedFailure, ...]:
    """Replay each single failure of a plan as an event in a network that otherwise works.

    Args:
        plan: The plan.
        seed: Seed of the runs; nothing in them comes by chance but the times of looks.
        progress: Called with the number of failures done and there are.

    Raises:
        ParameterError: If there is no plan to play.
    """
    layout = PlanLayout(plan)
    run = RunTimes(duration_s=_BLOCKS * _BLOCK_S, warm_up_s=_BLOCK_S, replicas=1)
    case = key_network_of(plan, seed=seed, run=run, faults=()).case
    case = _with_small_stores(case, layout)
    things = failing_things(layout)
    found = []
    for number, thing in enumerate(things):
        found.append(_replayed(case, layout, thing))
        if progress is not None:
            progress(number + 1, len(things))
    return tuple(found)


def _with_small_stores(case: KeyNetworkCase, layout: PlanLayout) -> KeyNetworkCase:
    """The case with stores that last a second, so that failures are felt at once."""
    edges = [
        replace(edge, store=replace(edge.store, capacity_bits=max(1, round(hop.load_hz))))
        for edge, hop in zip(case.edges, layout.hops, strict=True)
    ]
    return replace(case, edges=tuple(edges))


def _replayed(case: KeyNetworkCase, layout: PlanLayout, thing: FailingThing) -> ReplayedFailure:
    tally = play_key_replica(replace(case, faults=thing.faults), 0)
    bits = tally.demands[:, :, DEMAND_COUNTS.index("bits")] / _BLOCK_S
    demands = range(len(layout.plan.demands))
    places = [[k for k, part in enumerate(layout.parts) if part.demand == d] for d in demands]

    def rates(blocks: slice) -> tuple[float, ...]:
        mean = bits[blocks].mean(axis=0)
        return tuple(float(mean[of].sum()) for of in places)

    return ReplayedFailure(
        kind=thing.kind,
        name=thing.name,
        from_s=_FROM_S,
        to_s=_TO_S,
        before_hz=rates(_BEFORE),
        during_hz=rates(_DOWN),
        after_hz=rates(_AFTER),
        expected_hz=_expected(layout, thing.needs),
    )


def _expected(layout: PlanLayout, down: frozenset[Hashable]) -> tuple[float, ...]:
    """Key of each demand over ways that need nothing of what is down."""
    found: list[float] = []
    for planned in layout.plan.demands:
        rate = 0.0
        for part in planned.parts:
            ways: Sequence[frozenset[Hashable]] = [
                needs_of_way(sites, options)
                for sites, options in zip(part.ways, part.options, strict=True)
            ]
            if any(down.isdisjoint(way) for way in ways):
                rate += part.key_rate_hz
        found.append(rate)
    return tuple(found)

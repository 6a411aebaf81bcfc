"""Conditions of an edge over a replica: when it works, fails, is attacked, and stops by alarm.

None of it depends on who asks for keys, so that it is drawn before anything is played.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise

import numpy as np

from protocols.key_networks.attacks import attacked_error_rate, attacked_key_share, watch_of
from protocols.key_networks.case import KeyEdge, KeyNetworkCase
from protocols.key_networks.tables import InterceptTable
from qnet.metrics.sequential_tests import WatchedLink
from qnet.network import Fault
from qnet.network.faults import fault_spells
from qnet.network.streams import named_stream

__all__ = [
    "AWAY",
    "FAILED",
    "SHUT",
    "WORKS",
    "EdgeConditions",
    "Spell",
    "edge_conditions",
    "numbered_faults",
    "spells_of",
]

#: States of an edge: it makes key; another edge has its device; it fails, but its store may be
#: used, as while the device is away; nothing may be used.
WORKS, AWAY, FAILED, SHUT = range(4)


@dataclass(frozen=True, slots=True)
class Spell:
    """A time during which an edge does not change.

    Args:
        begin: When it begins, in s.
        end: When it ends, in s.
        state: ``WORKS``, ``AWAY``, ``FAILED`` or ``SHUT``.
        share: Its key rate over that of the undisturbed edge.
        attacked: Whether a spy is on it.
    """

    begin: float
    end: float
    state: int
    share: float
    attacked: bool = False


@dataclass(frozen=True, slots=True)
class EdgeConditions:
    """All that befalls an edge in a replica.

    Args:
        spells: Without gaps, first to last.
        alarms: When it alarmed, in s.
        qber: Error rate of the last bits that its ends compared in the measured time.
    """

    spells: tuple[Spell, ...]
    alarms: tuple[float, ...]
    qber: float

    @property
    def is_quiet(self) -> bool:
        """Whether nothing befalls it."""
        return len(self.spells) == 1 and self.spells[0].share == 1.0


def edge_conditions(
    case: KeyNetworkCase, number: int, replica: int, horizon: float
) -> EdgeConditions:
    """Draw what befalls an edge.

    Args:
        case: What is played.
        number: Number of the edge.
        replica: Number of the replica.
        horizon: Time in s up to which it is drawn.
    """
    edge = case.edges[number]
    attacks = [each for each in case.attacks if frozenset(each.edge) == frozenset(edge.ends)]
    begin = -case.run.warm_up_s
    faults = [*_fault_spells(case, edge, replica, horizon), *_away_spells(edge, begin, horizon)]
    cuts = {begin, horizon}
    cuts.update(t for down in faults for t in down[:2])
    cuts.update(t for each in attacks for t in (each.from_s, each.to_s or horizon))
    times = sorted(t for t in cuts if begin <= t <= horizon)
    rng = named_stream(case.seed, replica, "compared", *sorted(edge.ends))
    walk = _Walk(edge, watch_of(edge, case.alarm), case.alarm.restart_s, case.run.duration_s, rng)
    for (one, two), state in zip(pairwise(times), _states(faults, times), strict=True):
        walk.add(one, two, state, _intercept(attacks, one))
    return EdgeConditions(tuple(walk.spells), tuple(walk.alarms), walk.qber)


def _states(spells: Sequence[tuple[float, float, int]], times: Sequence[float]) -> list[int]:
    """The worst state from each of the times to the next."""
    states, moments = np.full(len(times) - 1, WORKS), np.asarray(times)
    for begin, end, state in spells:
        part = slice(*np.searchsorted(moments, [begin, end]))
        np.maximum(states[part], state, out=states[part])
    return [int(state) for state in states]


def _away_spells(edge: KeyEdge, begin: float, end: float) -> list[tuple[float, float, int]]:
    """When other edges have the device of an edge, or it recovers from being switched."""
    turn = edge.fill.turn
    if turn is None:
        return []
    ends = [begin, *(time for window in turn.windows(begin, end) for time in window), end]
    return [(one, two, AWAY) for one, two in zip(ends[::2], ends[1::2], strict=True) if two > one]


def _intercept(attacks: Sequence[InterceptTable], time: float) -> float:
    """Fraction of the pulses that a spy takes at a time; no two are on an edge at once."""
    on = [a.intercept for a in attacks if a.from_s <= time and (a.to_s is None or time < a.to_s)]
    return max(on, default=0.0)


def _fault_spells(
    case: KeyNetworkCase, edge: KeyEdge, replica: int, horizon: float
) -> list[tuple[float, float, int]]:
    """When an edge fails: begin, end, and whether its store may still be used."""
    found: list[tuple[float, float, int]] = []
    for fault, number in numbered_faults(case):
        of_node = fault.node in edge.ends
        if fault.relay_only or not (of_node or set(fault.edge or ()) == set(edge.ends)):
            continue
        for begin, end in spells_of(case, fault, number, replica, horizon):
            found.append((begin, end, SHUT if of_node else FAILED))
    return found


def numbered_faults(case: KeyNetworkCase) -> Iterator[tuple[Fault, int]]:
    """The faults of a case, each with how many of the same thing are listed before it."""
    seen: dict[str, int] = {}
    for fault in case.faults:
        thing = str(fault.node or sorted(fault.edge or ()))
        seen[thing] = seen.get(thing, -1) + 1
        yield fault, seen[thing]


def spells_of(
    case: KeyNetworkCase, fault: Fault, number: int, replica: int, horizon: float
) -> Iterator[tuple[float, float]]:
    """Times in s, up to a horizon, at which a fault comes and goes; drawn from its own stream."""
    thing: object = fault.node or sorted(fault.edge or ())
    rng = named_stream(case.seed, replica, "fault", thing, number)
    for begin, end in fault_spells(fault, -case.run.warm_up_s, rng):
        if begin >= horizon:
            break
        yield begin, min(end, horizon)


@dataclass
class _Walk:
    """A walk along the time of an edge: what is compared is drawn, and may stop it."""

    edge: KeyEdge
    watch: WatchedLink
    restart_s: float | None
    end: float
    rng: np.random.Generator
    spells: list[Spell] = field(default_factory=list)
    alarms: list[float] = field(default_factory=list)
    stopped_until: float = -math.inf
    #: Bits of the block that has begun that were compared, and errors among them.
    bits: float = 0.0
    errors: int = 0

    def __post_init__(self) -> None:
        self.qber = self.edge.qber
        self.test = self.watch.test
        self.powers: dict[float, float] = {}

    def add(self, begin: float, end: float, state: int, intercept: float) -> None:
        """A time in which faults and spies do not change."""
        share, attacked = attacked_key_share(self.edge.qber, intercept), intercept > 0.0
        error = attacked_error_rate(self.edge.qber, intercept)
        while begin < end:
            if begin < self.stopped_until:
                until = min(end, self.stopped_until)
                self._spell(Spell(begin, until, SHUT, 0.0, attacked))
                begin = until
            elif state != WORKS:
                self._spell(Spell(begin, end, state, 0.0))
                return
            else:
                if begin < self.end:
                    self.qber = error
                alarm = self._compare(begin, end, error)
                until = end if alarm is None else alarm
                self._spell(Spell(begin, until, WORKS, share, attacked))
                begin = until
                if alarm is not None:
                    self._stop(alarm)

    def _stop(self, alarm: float) -> None:
        self.alarms.append(alarm)
        self.bits, self.errors = 0.0, 0
        self.stopped_until = math.inf if self.restart_s is None else alarm + self.restart_s

    def _spell(self, spell: Spell) -> None:
        if spell.end > spell.begin:
            if self.spells:
                joined = replace(spell, begin=self.spells[-1].begin)
                if joined == replace(self.spells[-1], end=spell.end):
                    self.spells[-1] = joined
                    return
            self.spells.append(spell)

    def _compare(self, begin: float, end: float, error: float) -> float | None:
        """Time in s of the first alarm while bits are compared at an error rate, if there is one.

        A block that began under another error rate is drawn bit for bit of both; of whole blocks
        the number up to the first alarm is geometric.
        """
        speed, block = self.watch.compared_rate_hz, self.watch.block
        if self.bits > 0.0:
            full = begin + (block - self.bits) / speed
            if full > end:
                self._partial((end - begin) * speed, error)
                return None
            errors = self.errors + self.rng.binomial(block - round(self.bits), error)
            self.bits, self.errors, begin = 0.0, 0, full
            if errors > self.test.above:
                return full
        blocks = math.floor((end - begin) * speed / block * (1.0 + 1e-12))
        if error not in self.powers:
            self.powers[error] = self.test.power(error)
        waits = _geometric(self.powers[error], self.rng)
        if waits <= blocks:
            return min(begin + waits * block / speed, end)
        self._partial(max((end - begin) * speed - blocks * block, 0.0), error)
        return None

    def _partial(self, bits: float, error: float) -> None:
        """Compare bits of a block that is not over; less than half a bit is none."""
        before = round(self.bits)
        self.bits = self.bits + bits if self.bits + bits > 0.5 else 0.0
        self.errors += self.rng.binomial(max(round(self.bits) - before, 0), error)


def _geometric(chance: float, rng: np.random.Generator) -> float:
    """Number of trials up to the first that hits; infinite where none can."""
    if chance <= 0.0:
        return math.inf
    if chance >= 1.0:
        return 1.0
    return math.ceil(-rng.standard_exponential() / math.log1p(-chance))

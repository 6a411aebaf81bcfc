"""Settings of a network's run: its measured time, its controller, its faults."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from qnet.errors import ParameterError, check_non_negative, check_positive, check_probability
from qnet.network.sharing.rules import SHARING_RULES
from qnet.schema import Description, Whole, check_fields, key, missing

__all__ = ["ControllerSettings", "Fault", "RunTimes"]

DISCIPLINES = ("drop", "fifo", "priority")
ROUTINGS = ("shortest", "evaluated", "disjoint", "fidelity")
METRICS = ("hops", "length", "delivery-time", "key-rate")
SIGNALLINGS = ("instantaneous", "fibre")


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class RunTimes(Description):
    """How long a network is played, and how often: [run].

    Args:
        duration_s: Measured time of each replica in s.
        warm_up_s: Time in s that is played before, and not counted.
        replicas: Independent runs; with fewer than ten each is cut into blocks, so that intervals
            rest on twenty values or more.
    """

    duration_s: float = key(example=1000.0, check=check_positive)
    warm_up_s: float = key(0.0, check=check_non_negative)
    replicas: int = key(20, check=Whole(minimum=1, maximum=100_000))

    @property
    def blocks(self) -> int:
        """Number of blocks that the measured time of a replica is cut into."""
        return 1 if self.replicas >= 10 else -(-20 // self.replicas)


def _purify(field: str, value: Any) -> float:  # noqa: ANN401
    """A probability, or never (0) or always (1)."""
    if isinstance(value, str):
        if value not in ("never", "always"):
            hint = 'write purify = "always", "never" or a number such as 0.5'
            raise ParameterError(field, "be never, always or a probability", value, hint)
        return float(value == "always")
    return check_probability(field, value, 'give "never", "always" or a probability')


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class ControllerSettings(Description):
    """How pairs are given to those who ask: [controller].

    Args:
        allocation: ``reserve`` (a session holds memories along its route), ``tdma`` (a periodic
            schedule) or ``share`` (pairs are made all the time); what else is registered.
        discipline: Of ``reserve``, when a session does not fit: ``drop`` refuses it, ``fifo`` and
            ``priority`` let it wait.
        sharing: Of ``share``, whose the pairs of an edge are: ``statistical`` (of whoever needs one
            first), ``buffer-space`` (each demand owns memories), ``dynamic`` (given to a demand
            when they are made).
        routing: How a demand's route is found: ``shortest`` by the metric, ``evaluated`` (the best
            of candidates that are each played by the engine: by key with ``key-rate``, else by
            time), ``disjoint`` (no common edge, shortest together), ``fidelity`` (the best).
            Users do not relay.
        metric: What candidates have least of in sum: hops, km, seconds to a pair or to a key bit.
        routes: Number of routes that are taken if ``shortest`` or ``disjoint`` (two at least), of
            candidates if ``evaluated`` or ``fidelity`` (five at least; the best is taken).
        strategy: How a reserved route joins its links.
        signalling: Whether messages travel at the fibre's speed.
        overtaking: Of ``fifo``: whether a session may start before an earlier one that shares an
            edge with it.
        frame_slots: Of ``tdma``: number of slots that repeat.
        slot_s: Of ``tdma``: duration of a slot in s.
        ghz: Of a switch: number of users whose pairs are fused; 0 swaps the pairs of two.
        purify: How often a stored pair is purified with a fresh one: ``never``, ``always``, or with
            a probability.
        place: Node of the controller where messages travel; the most central one unless given.
    """

    allocation: str = key("reserve", choices=lambda: _allocations())
    discipline: str = key("fifo", choices=DISCIPLINES)
    sharing: str = key("statistical", choices=lambda: tuple(SHARING_RULES))
    routing: str = key("shortest", choices=ROUTINGS)
    metric: str = key("hops", choices=METRICS)
    routes: int = key(1, check=Whole(minimum=1, maximum=1000))
    strategy: str = "swap-asap"
    signalling: str = key("instantaneous", choices=SIGNALLINGS)
    overtaking: bool = False
    frame_slots: int | None = key(None, check=Whole(minimum=1, maximum=100_000), example=5)
    slot_s: float | None = key(None, check=check_positive, example=1.0)
    ghz: int = key(0, check=Whole(maximum=16))
    purify: float | str = key(0.0, read=_purify, range={"minimum": 0, "maximum": 1})
    place: str | None = key(None, example="S")

    def __post_init__(self) -> None:
        check_fields(self)
        if self.allocation == "tdma":
            for name, example in (("frame_slots", 5), ("slot_s", 1.0)):
                if getattr(self, name) is None:
                    raise missing(name, example)


def _allocations() -> tuple[str, ...]:
    from qnet.network.controllers import CONTROLLERS

    return tuple(CONTROLLERS)


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Fault(Description):
    """A link or node that fails and is repaired: [[fault]].

    Args:
        edge: Ends of the edge that fails.
        node: The node that fails, with all its edges.
        mtbf_s: Mean time between repair and the next failure in s, exponential; with ``mttr_s``.
        mttr_s: Mean time to repair in s, exponential.
        down_s: Times [from, to) in s at which it is down, instead.
        relay_only: Of a node of a key network: keys of others are not passed on, its own go on.

    Raises:
        ParameterError: If it is not said what fails and when, once each.
    """

    edge: tuple[str, ...] | None = key(None, excludes=("node",), example=["A", "S"])
    node: str | None = key(None, example="S")
    mtbf_s: float | None = key(None, check=check_positive, excludes=("down_s",), example=1000.0)
    mttr_s: float | None = key(None, check=check_positive, excludes=("down_s",), example=10.0)
    down_s: Any = key(
        None, read=lambda field, value: _spells(field, value), example=[[100.0, 130.0]]
    )
    relay_only: bool = key(False, quiet=True)

    def __post_init__(self) -> None:
        check_fields(self)
        if self.relay_only and self.node is None:
            raise ParameterError("relay_only", "come with node", True, "an edge relays nothing")
        if self.edge is None and self.node is None:
            raise missing("edge", ["A", "S"])
        if self.edge is not None and len(self.edge) != 2:
            raise ParameterError("edge", "name two nodes", self.edge, 'write edge = ["A", "S"]')
        if self.down_s is None:
            for name in ("mtbf_s", "mttr_s"):
                if getattr(self, name) is None:
                    raise missing(name, 1000.0)


def _spells(field: str, value: Any) -> tuple[tuple[float, float], ...]:  # noqa: ANN401
    """Times from and to, ascending and apart."""
    hint = "write down_s = [[10.0, 20.0]]"
    if not isinstance(value, list | tuple) or not value:
        raise ParameterError(field, "be a list of [from, to]", value, hint)
    spells: list[tuple[float, float]] = []
    for k, each in enumerate(value):
        place = f"{field}[{k}]"
        if not isinstance(each, list | tuple) or len(each) != 2:
            raise ParameterError(place, "be [from, to]", each, hint)
        begin, end = (check_non_negative(place, time) for time in each)
        if not (begin < end and (not spells or spells[-1][1] <= begin)):
            rule = "begin after the one before it, and end later"
            raise ParameterError(place, rule, each, hint)
        spells.append((begin, end))
    return tuple(spells)

"""Figures of requests: throughput, latency, fidelity and queues, by request and by priority."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from protocols.applications.requests.answers import PairAnswer, RequestError
from protocols.applications.requests.create import CreateRequest
from protocols.applications.requests.handed_over import HandedOver
from qnet.estimate import Estimate
from qnet.metrics.jackknife import jackknife
from qnet.network.estimates import mean, mean_time, rate, share

if TYPE_CHECKING:
    from qnet.network import NetworkCase, RunTimes
    from qnet.network.session_records import SessionRecords
    from qnet.states.pauli import Array

__all__ = ["REQUEST_FIGURES", "LinkLayerResult", "RequestResult", "link_layer_result"]

#: Figures by name, and what each says (A. Dahlberg et al., SIGCOMM 2019, arXiv:1903.09778).
REQUEST_FIGURES = {
    "throughput_hz": "pairs that were handed over, per second",
    "latency_s": "mean time from the request to its last pair",
    "scaled_latency_s": "the same, divided by the number of pairs asked for",
    "completed_fraction": "share of the requests that got all their pairs in time",
    "fidelity": "mean fidelity of the pairs when they were handed over",
    "queue_length": "mean number of requests that wait or are served",
}

#: What is counted by unit.
_COLUMNS = ("came", "done", "pairs", "latency_s", "scaled_s", "fidelity", "queue_s")


@dataclass(frozen=True, slots=True, kw_only=True)
class RequestResult:
    """How one request, or all of one priority, fared.

    Args:
        figures: By the names of ``REQUEST_FIGURES``; None where nothing was served, or played.
        counts: Comings, and how they ended, by name: ``came``, ``done``, and the codes of errors.
        priority: Its priority.
        request: Number of the request; None of several together.
    """

    figures: Mapping[str, Estimate | None]
    counts: Mapping[str, int] = field(default_factory=dict)
    priority: int = 0
    request: int | None = None

    def __getitem__(self, name: str) -> Any:  # noqa: ANN401
        """A figure by its name."""
        return self.figures[name]

    def as_dict(self) -> dict[str, Any]:
        """As JSON types."""
        return {
            "request": self.request,
            "priority": self.priority,
            **{k: None if each is None else each.as_dict() for k, each in self.figures.items()},
            "counts": dict(self.counts),
        }


@dataclass(frozen=True, kw_only=True)
class LinkLayerResult:
    """What requests got that were put to a network together.

    Args:
        requests: Each request's figures, in their order.
        priorities: Figures of all requests of one priority, highest first.
        fairness: Jain's index of the shares of what they asked for that the requests got: 1 where
            these are equal, 1/n where one of n has all; None where nobody got anything.
        answers: Answers of the first replica, one by one; errors that no run was needed for first.
        seed: Seed of the run.
        replicas: Number of replicas.
        duration_s: Measured time of each.
    """

    requests: tuple[RequestResult, ...]
    priorities: tuple[RequestResult, ...]
    fairness: Estimate | None
    answers: tuple[PairAnswer | RequestError, ...]
    seed: int
    replicas: int
    duration_s: float

    @property
    def errors(self) -> tuple[RequestError, ...]:
        """The errors among the answers."""
        return tuple(each for each in self.answers if isinstance(each, RequestError))

    @property
    def pairs(self) -> tuple[PairAnswer, ...]:
        """The pairs among the answers."""
        return tuple(each for each in self.answers if isinstance(each, PairAnswer))

    def as_dict(self) -> dict[str, Any]:
        """As JSON types."""
        return {
            "requests": [each.as_dict() for each in self.requests],
            "priorities": [each.as_dict() for each in self.priorities],
            "fairness": None if self.fairness is None else self.fairness.as_dict(),
            "answers": [each.as_dict() for each in self.answers],
            "seed": self.seed,
            "replicas": self.replicas,
            "duration_s": self.duration_s,
        }

    def __str__(self) -> str:
        names = list(REQUEST_FIGURES)
        rows = [["request", "priority", *names]]
        for each in self.requests:
            cells = ["-" if each[name] is None else str(each[name]) for name in names]
            rows.append([str(each.request), str(each.priority), *cells])
        widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
        lines = ["  ".join(map(str.ljust, row, widths)).rstrip() for row in rows]
        found = [f"request {each.request}: {each.code}: {each.reason}" for each in self.errors[:5]]
        return "\n".join([*lines, f"fairness {self.fairness}", *found])


def link_layer_result(
    case: NetworkCase,
    requests: Sequence[CreateRequest],
    numbers: Sequence[int],
    records: Sequence[Sequence[SessionRecords]],
    answers: Sequence[PairAnswer | RequestError],
) -> LinkLayerResult:
    """The figures of all replicas together.

    Args:
        case: What was played.
        requests: All requests.
        numbers: Numbers of those that were played.
        records: Of each replica, the records of each of these.
        answers: Of the first replica, after the errors before it.
    """
    units: dict[int, Array] = {}
    results: dict[int, RequestResult] = {}
    for place, number in enumerate(numbers):
        request = requests[number]
        handed = [HandedOver.of(case, request, each[place]) for each in records]
        units[number] = np.concatenate([_counted(each, request, case.run) for each in handed])
        results[number] = RequestResult(
            figures=_figures(units[number], case.run),
            counts=_ended(handed),
            priority=request.priority,
            request=number,
        )
    nothing: dict[str, Estimate | None] = dict.fromkeys(REQUEST_FIGURES)
    ranks = sorted({requests[number].priority for number in numbers}, reverse=True)
    return LinkLayerResult(
        requests=tuple(
            results.get(k) or RequestResult(figures=nothing, priority=each.priority, request=k)
            for k, each in enumerate(requests)
        ),
        priorities=tuple(
            RequestResult(
                figures=_figures(
                    np.sum([units[k] for k in numbers if requests[k].priority == rank], axis=0),
                    case.run,
                ),
                priority=rank,
            )
            for rank in ranks
        ),
        fairness=_fairness([(units[k], requests[k].number) for k in numbers]),
        answers=tuple(answers),
        seed=case.seed,
        replicas=len(records),
        duration_s=case.run.duration_s,
    )


def _counted(handed: HandedOver, request: CreateRequest, run: RunTimes) -> Array:
    """What a request got by unit: a block of the measured time; (blocks, len(_COLUMNS))."""
    records = handed.records
    found = np.zeros((run.blocks, len(_COLUMNS)))
    done = np.array([not code for code in handed.codes], dtype=bool)
    counts = (records.arrivals > 0.0) & (records.arrivals <= run.duration_s)
    blocks = _blocks(records.arrivals, run)
    latency = np.where(done, records.ends - records.arrivals, 0.0)
    inside = handed.is_ok & (handed.times > 0.0) & (handed.times <= run.duration_s)
    of_pair = _blocks(handed.times[inside], run)
    columns = (
        (blocks[counts], None),
        (blocks[counts & done], None),
        (of_pair, None),
        (blocks[counts & done], latency[counts & done]),
        (blocks[counts & done], latency[counts & done] / request.number),
        (of_pair, handed.fidelities[inside]),
    )
    for column, (where, values) in enumerate(columns):
        found[:, column] = np.bincount(where, values, run.blocks)
    ends = np.where(np.isnan(records.ends), np.inf, np.minimum(records.ends, handed.limits))
    bounds = np.linspace(0.0, run.duration_s, run.blocks + 1)
    for block, (low, high) in enumerate(pairwise(bounds.tolist())):
        spent = np.minimum(ends, high) - np.maximum(records.arrivals, low)
        found[block, -1] = spent.clip(0.0).sum()
    return found


def _blocks(times: Array, run: RunTimes) -> Any:  # noqa: ANN401 - an array of integers
    found = (times * (run.blocks / run.duration_s)).astype(np.intp)
    return found.clip(0, run.blocks - 1)


def _ended(handed: Sequence[HandedOver]) -> dict[str, int]:
    """How the comings in the measured time ended."""
    found: dict[str, int] = {"came": 0, "done": 0}
    for each in handed:
        for code, arrival in zip(each.codes, each.records.arrivals.tolist(), strict=True):
            if arrival > 0.0:
                found["came"] += 1
                found[code or "done"] = found.get(code or "done", 0) + 1
    return found


def _figures(units: Array, run: RunTimes) -> dict[str, Estimate | None]:
    """The figures of counts by unit (u, len(_COLUMNS))."""
    named = dict(zip(_COLUMNS, units.T, strict=True))
    unit_s = run.duration_s / run.blocks
    return {
        "throughput_hz": rate(named["pairs"], unit_s),
        "latency_s": mean_time(named["latency_s"], named["done"]),
        "scaled_latency_s": mean_time(named["scaled_s"], named["done"]),
        "completed_fraction": share(named["done"], named["came"]),
        "fidelity": mean(named["fidelity"], named["pairs"], high=1.0),
        "queue_length": mean(named["queue_s"], np.full(len(units), unit_s)),
    }


def _fairness(found: Sequence[tuple[Array, int]]) -> Estimate | None:
    """Jain's index of the shares that requests got (R. Jain, D. Chiu, W. Hawe, DEC-TR-301, 1984).

    Args:
        found: Of each request its counts by unit, and the pairs of each coming.
    """
    count = len(found)
    asked = [units[:, 0] * number for units, number in found]
    got = [units[:, 2] for units, _ in found]
    if not count or not all(each.any() for each in asked) or not any(each.any() for each in got):
        return None

    def index(sums: Array) -> Array:
        shares = sums[..., :count] / sums[..., count:]
        return np.asarray(shares.sum(axis=-1) ** 2 / (count * (shares**2).sum(axis=-1)))

    low, best, high = jackknife(index, np.column_stack([*got, *asked]))
    best = min(best, 1.0)
    return Estimate(min(max(low, 1.0 / count), best), best, max(min(high, 1.0), best))

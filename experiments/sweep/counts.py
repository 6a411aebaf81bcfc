"""Counts of a batch that add up, from which every figure of merit is worked out late."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, fields
from numbers import Real
from typing import Any, Self

from protocols.applications import ApplicationResult
from protocols.key_networks.result import KeyNetworkResult
from protocols.satellite import SatelliteResult
from qnet.engines.result import ChainResult, Key, SampledFigures, SampledResult
from qnet.errors import ParameterError, check_one_of
from qnet.estimate import Estimate
from qnet.metrics import Moments
from qnet.metrics.figures import figures_in
from qnet.network import NetworkResult
from qnet.schema import canonical

__all__ = [
    "Answer",
    "BatchMoments",
    "Counts",
    "NetworkAnswer",
    "RowAnswer",
    "counts_of",
    "from_json",
    "network_figures",
]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class BatchMoments:
    """Moments of the delivered pairs of one or more batches; counts of one task add up.

    Args:
        moments: Moments of delivery time and correlators.
        attempt_time_s: Attempt of the slowest link, in s.
        modes: Most modes of a link.

    Examples:
        >>> pairs = [[1.0, 0.9, -0.9, 0.9], [3.0, 0.9, -0.9, 0.9]]
        >>> one = BatchMoments(moments=Moments.from_samples(pairs), attempt_time_s=1.0, modes=1)
        >>> both = one + one
        >>> both.samples, both.figure("rate_hz", Key()).best
        (4, 0.5)
    """

    moments: Moments
    attempt_time_s: float
    modes: int

    @property
    def samples(self) -> int:
        """Number of delivered pairs."""
        return self.moments.n

    def __add__(self, other: BatchMoments) -> BatchMoments:
        mine, others = (self.attempt_time_s, self.modes), (other.attempt_time_s, other.modes)
        if mine != others:
            raise ParameterError("counts", "be of one task", (mine, others), "add equal tasks only")
        moments = self.moments + other.moments
        return BatchMoments(moments=moments, attempt_time_s=self.attempt_time_s, modes=self.modes)

    def figure(self, name: str, key: Key) -> Estimate:
        """A figure of merit by name, with its interval.

        Raises:
            UnknownNameError: If there is no figure of that name.
        """
        figure = figures_in("sweep")[check_one_of("figure", name, figures_in("sweep"))]
        own = {each.name: getattr(self, each.name) for each in fields(self)}
        return figure.estimate(SampledFigures(**own, key=key))

    def to_json(self) -> str:
        """One line; floats are written so that they are read back bit for bit."""
        m = self.moments
        found = {"n": m.n, "mean": m.mean.tolist(), "scatter": m.scatter.tolist(), "fixed": m.fixed}
        found |= {"attempt_time_s": self.attempt_time_s, "modes": self.modes}
        return json.dumps(found, allow_nan=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What an engine that draws nothing found: its figures themselves. There is one per task.

    Args:
        figures: Estimates by name.

    Examples:
        >>> answer = Answer(figures={"fidelity": Estimate.exact(0.9)})
        >>> from_json(answer.to_json()) == answer
        True
    """

    figures: Mapping[str, Estimate]

    @property
    def samples(self) -> int:
        """None were drawn."""
        return 0

    def figure(self, name: str, key: Key) -> Estimate | None:
        """A figure of merit by name; None of one that was not known when it was played.

        The key is that of the task.

        Raises:
            UnknownNameError: If there is no figure of that name.
        """
        return self.figures.get(check_one_of("figure", name, figures_in("sweep")))

    def to_json(self) -> str:
        """One line; numbers that are not finite become text."""
        ends = {
            name: [repr(value) for value in (figure.low, figure.best, figure.high)]
            for name, figure in self.figures.items()
        }
        return json.dumps({"figures": ends})


@dataclass(frozen=True, slots=True, kw_only=True)
class NetworkAnswer(Answer):
    """What was found of a network: its figures themselves, of all demands and of each.

    A total has the name of the figure, that of a demand also its ends: ``A-B.fidelity``.

    Args:
        figures: Estimates by name.
        replicas: Number of replicas behind them; 0 where nothing was drawn.

    Examples:
        >>> answer = NetworkAnswer(figures={"A-B.fidelity": Estimate(0.8, 0.9, 1.0, 7)}, replicas=4)
        >>> from_json(answer.to_json()) == answer
        True
    """

    replicas: int

    @property
    def samples(self) -> int:
        """Number of replicas."""
        return self.replicas

    def figure(self, name: str, key: Key) -> Estimate | None:
        """A figure by name; None of one that is not known here. The key is that of the task."""
        return self.figures.get(name)

    def to_json(self) -> str:
        """One line; numbers that are not finite become text."""
        ends = {
            name: [*(repr(value) for value in (figure.low, figure.best, figure.high)), figure.n]
            for name, figure in self.figures.items()
        }
        return json.dumps({"network": self.replicas, "figures": ends})


@dataclass(frozen=True, slots=True, kw_only=True)
class RowAnswer(Answer):
    """What was found at a point of a study or a search: a row, whatever its columns.

    Its figures are its estimates and its numbers; what is not a number (NaN) is a cell and no more.

    Args:
        row: Estimates, numbers, texts, flags, None, and JSON of them.

    Examples:
        >>> answer = RowAnswer.of({"rate_hz": Estimate(0.8, 0.9, 1.0, 7), "reason": ""})
        >>> from_json(answer.to_json()) == answer, answer.figure("rate_hz", Key()).n
        (True, 7)
    """

    row: Mapping[str, Any]

    @classmethod
    def of(cls, row: Mapping[str, Any]) -> Self:
        """The answer that a row is."""
        exact = Estimate.exact
        found = {
            name: exact(value) if isinstance(value, int | float) else value
            for name, value in row.items()
            if isinstance(value, Estimate | int | float) and not isinstance(value, bool)
            if isinstance(value, Estimate) or not math.isnan(value)
        }
        return cls(figures=found, row=row)

    @property
    def samples(self) -> int:
        """Most samples behind an estimate."""
        return max((int(figure.n) for figure in self.figures.values()), default=0)

    def figure(self, name: str, key: Key) -> Estimate | None:
        """A figure by name; None of one that is not known here."""
        return self.figures.get(name)

    def to_json(self) -> str:
        """One line; estimates become objects of four numbers, and infinities are told from text.

        Raises:
            ParameterError: If a value is none of these.
        """
        return json.dumps({"row": {name: _told(name, self.row[name]) for name in self.row}})


#: What is kept of a batch.
Counts = BatchMoments | Answer

#: Networks of more demands keep the figures of all demands together, not of each.
MOST_DEMANDS = 200


def network_figures(result: NetworkResult | KeyNetworkResult) -> dict[str, Estimate]:
    """Figures of a network by name: those of all demands, then those of each, as far as known."""
    found: dict[str, Any] = dict(result.totals)
    if isinstance(result, KeyNetworkResult):
        dry = [edge.dry_fraction for edge in result.edges]
        found["greatest_dry_fraction"] = max(dry, key=lambda part: part.best, default=None)
    else:
        uses = [edge.use for edge in result.edges if edge.use is not None]
        found["greatest_use"] = max(uses, key=lambda use: use.best, default=None)
        if result.switch is not None:
            found |= {"swap_rate_hz": result.switch.swap_rate_hz, "stored": result.switch.stored}
    seen: dict[str, int] = {}
    for demand in result.demands if len(result.demands) <= MOST_DEMANDS else ():
        ends = "-".join(demand.ends)
        seen[ends] = seen.get(ends, 0) + 1
        label = ends if seen[ends] == 1 else f"{ends}#{seen[ends]}"
        found |= {f"{label}.{name}": value for name, value in demand.figures.items()}
    return {name: value for name, value in found.items() if isinstance(value, Estimate)}


def counts_of(
    result: ChainResult | NetworkResult | KeyNetworkResult | SatelliteResult | ApplicationResult,
) -> Counts:
    """What is kept of a result: moments that add up of one that was drawn, else its figures."""
    if isinstance(result, SatelliteResult | ApplicationResult):
        return RowAnswer.of(result.row())
    if isinstance(result, NetworkResult | KeyNetworkResult):
        return NetworkAnswer(figures=network_figures(result), replicas=result.replicas)
    if not isinstance(result, SampledResult):
        sweep = figures_in("sweep")
        return Answer(figures={name: figure.estimate(result) for name, figure in sweep.items()})
    return BatchMoments(
        moments=result.moments, attempt_time_s=result.attempt_time_s, modes=result.modes
    )


def _estimate(low: float, best: float, high: float) -> Estimate:
    return Estimate(low, best, high)


#: The one name of the object that is a number which JSON has not.
_NOT_FINITE = "not finite"


def _told(name: str, value: object) -> Any:  # noqa: ANN401
    """A value of a row as JSON types."""
    if isinstance(value, Real) and not math.isfinite(value):
        return {_NOT_FINITE: str(float(value))}
    try:
        return canonical(value)
    except TypeError as error:
        rule = "be an estimate, number, text, flag, None, or JSON of them"
        hint = f"{error}: convert it where the row is made"
        raise ParameterError(name, rule, type(value).__name__, hint) from None


def _cell(value: Any) -> Any:  # noqa: ANN401
    """A value of a row as it was: an estimate where it has the fields of one."""
    if isinstance(value, dict) and set(value) == {"low", "best", "high", "n"}:
        return Estimate(**value)
    if isinstance(value, dict) and set(value) == {_NOT_FINITE}:
        return float(value[_NOT_FINITE])
    return value


def from_json(text: str) -> Counts:
    """What ``to_json`` wrote."""
    values: dict[str, Any] = json.loads(text)
    if "row" in values:
        return RowAnswer.of({name: _cell(value) for name, value in values["row"].items()})
    if "network" in values:
        found = {
            name: Estimate(float(low), float(best), float(high), n)
            for name, (low, best, high, n) in values["figures"].items()
        }
        return NetworkAnswer(figures=found, replicas=values["network"])
    if "figures" in values:
        ends = values["figures"]
        return Answer(figures={name: _estimate(*map(float, ends[name])) for name in ends})
    own = {name: values[name] for name in ("attempt_time_s", "modes")}
    names = ("n", "mean", "scatter", "fixed")
    return BatchMoments(moments=Moments(**{name: values[name] for name in names}), **own)

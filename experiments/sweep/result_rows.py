"""Results of a store: for each point the counts that count, merged, and the figures they give."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from experiments.sweep.counts import Answer, BatchMoments, Counts, RowAnswer
from experiments.sweep.database import named
from experiments.sweep.schedule import merge
from experiments.sweep.store import Store, StoredPoint, StoredSweep
from protocols.key_networks.result import KEY_DEMAND_FIGURES
from qnet.engines.result import Key
from qnet.errors import ParameterError, UnknownNameError, check_one_of
from qnet.estimate import Estimate
from qnet.metrics.figures import FIGURES, figures_in
from qnet.metrics.security import SecurityClaim, chain_claim
from qnet.network.result import DEMAND_FIGURES, TOTALS
from qnet.progress import ProgressCallback, opened
from qnet.schema.entries import unit_of

__all__ = ["UNTOLD", "ResultRow", "chosen_sweeps", "matching", "results", "shown", "unit_of_figure"]

#: Facts that are no columns: how a key is taken, and what it claims.
UNTOLD = ("key", "claim")

#: Most values of a column that an error tells.
_MOST_TOLD = 12


@dataclass(frozen=True, slots=True, kw_only=True)
class ResultRow:
    """A point and what was found there.

    Args:
        sweep: Name of the sweep.
        position: Number of the point, from 0.
        axes: What is varied -> its value here.
        facts: What its task says of it: segments, length, strategy, bound and key of a chain.
        task: Identity of the task.
        engine: Which engine played it.
        root: Seed of the sweep.
        finished: Whether a stop rule was met, or it was given up.
        reason: Why it was given up; empty where it was not.
        batches: Number of batches that count.
        wall_s: Computing time of them, in s.
        versions: Versions of what made the numbers; several, joined by a slash, where they differ.
        counts: Their counts; None of none.
    """

    sweep: str
    position: int
    axes: Mapping[str, Any]
    facts: Mapping[str, Any]
    task: str
    engine: str
    root: int
    finished: bool
    reason: str
    batches: int
    wall_s: float
    versions: Mapping[str, str]
    counts: Counts | None = field(repr=False)

    @property
    def is_chain(self) -> bool:
        """Whether it is a point of a chain, whose figures are those of the table of figures."""
        return "plob_bits_per_use" in self.facts

    @property
    def is_network(self) -> bool:
        """Whether it is a point of a network."""
        return "allocation" in self.facts

    @property
    def is_key_network(self) -> bool:
        """Whether it is a point of a key network."""
        return "relay" in self.facts

    @property
    def figures(self) -> tuple[str, ...]:
        """Names of the figures that are known of it."""
        if self.is_chain:
            return tuple(figures_in("sweep"))
        if isinstance(self.counts, Answer):
            return tuple(name for name in self.counts.figures if name not in (*self.axes, "seed"))
        if self.is_key_network:
            return tuple(KEY_DEMAND_FIGURES)
        return TOTALS if self.is_network else ()

    @property
    def cells(self) -> Mapping[str, Any]:
        """What else was found: the columns of a study or a search that are no figures."""
        if not isinstance(self.counts, RowAnswer):
            return {}
        row = self.counts.row
        return {name: row[name] for name in row if name not in self.counts.figures}

    @property
    def samples(self) -> int:
        """Number of delivered pairs, or of a network's replicas."""
        return 0 if self.counts is None else self.counts.samples

    @property
    def key(self) -> Key:
        """How a secret key is taken."""
        return Key(**self.facts.get("key", {}))

    def figure(self, name: str) -> Estimate | None:
        """A figure of merit by name; None where nothing is known of it.

        Raises:
            UnknownNameError: If there is no figure of that name.
        """
        if self.is_chain:
            check_one_of("figure", name, figures_in("sweep"))
        return None if self.counts is None else self.counts.figure(name, self.key)

    @property
    def security(self) -> SecurityClaim | None:
        """What the key of this point claims; None where there is none, or no counts."""
        if isinstance(self.counts, RowAnswer):
            said = self.counts.row.get("security")
            return SecurityClaim.from_dict(said) if said else None
        if self.is_key_network:
            return SecurityClaim.from_dict(self.facts["claim"])
        if self.is_network:
            total = self.figure("secret_key_rate_hz")
            none = self.reason or "no secret key: no demand has pairs that are good enough"
            return None if total is None else chain_claim(total.best, "" if total.best else none)
        fraction = self.figure("secret_key_fraction")
        return None if fraction is None else chain_claim(fraction.best, self.reason)

    def value(self, name: str) -> Any:  # noqa: ANN401
        """An axis or a fact by name; of a figure the best value.

        Raises:
            UnknownNameError: If nothing has that name.
        """
        if name in self.axes:
            return self.axes[name]
        if name in self.figures:
            found = self.figure(name)
            return None if found is None else found.best
        others = {"engine": self.engine, "sweep": self.sweep, "samples": self.samples}
        known = others | {name: self.facts[name] for name in self.facts if name not in UNTOLD}
        known |= self.cells
        if name not in known:
            names = dict.fromkeys([*self.axes, *known, *self.figures])
            raise UnknownNameError("column", name, list(names))
        return known[name]


def unit_of_figure(name: str) -> str:
    """Unit of a figure of a chain or of a network, whose last name says it.

    Examples:
        >>> unit_of_figure("swap_rate_hz"), unit_of_figure("A-B.waiting_time_s")
        ('Hz', 's')
    """
    if name in FIGURES:
        return FIGURES[name].unit
    last = name.rpartition(".")[2]
    known = {**KEY_DEMAND_FIGURES, **DEMAND_FIGURES}
    unit = known[last].unit if last in known else ""
    return unit if unit not in ("", "1/s") else unit_of(last)


def matching(rows: Sequence[ResultRow], wanted: str) -> list[ResultRow]:
    """The rows with a value in a column.

    Args:
        rows: What `results` gives.
        wanted: ``COLUMN=VALUE``: an axis or a fact, and its value as ``qnet results`` shows it.

    Raises:
        ParameterError: If it is no such text, there is no such column, or no row has that value.
    """
    column, equals, value = wanted.partition("=")
    if not equals:
        raise ParameterError("--where", "be COLUMN=VALUE", wanted, "such as chain.strategy=nested")
    found = [row.value(column) for row in rows]
    chosen = [row for row, own in zip(rows, found, strict=True) if _is(own, value)]
    if not chosen:
        values = list(dict.fromkeys(map(shown, found)))
        more = f" and {len(values) - _MOST_TOLD} more" if len(values) > _MOST_TOLD else ""
        told = ", ".join(f"{each:.60}" for each in values[:_MOST_TOLD])
        raise ParameterError("--where", "be true of a point", wanted, f"{column} is {told}{more}")
    return chosen


def shown(value: object) -> str:
    """A value of an axis or a fact for people.

    Examples:
        >>> shown(12.0), shown([1, 2.5]), shown(True), shown(None)
        ('12', '1 2.5', 'yes', '-')
    """
    if isinstance(value, list | tuple):
        return " ".join(map(shown, value)) or "none"
    if isinstance(value, dict):
        return " ".join(f"{name} {shown(each)}" for name, each in value.items())
    if value is None or isinstance(value, bool):
        return {None: "-", True: "yes", False: "no"}[value]
    return f"{value:.6g}" if isinstance(value, float) else str(value)


def _is(value: object, text: str) -> bool:
    """Whether a value is what a text says: a number by its size, all as it is shown or reads."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        with suppress(ValueError):
            if float(text) == value:
                return True
    return text in (shown(value), str(value))


def chosen_sweeps(store: Store, name: str | None = None) -> list[StoredSweep]:
    """The sweeps of a store: of each name the one begun last.

    Args:
        store: Where to look.
        name: Only this one; a name, or the beginning of an identity.

    Raises:
        ParameterError: If there is none.
    """
    known = store.sweeps()
    if name is None:
        chosen = list({sweep.name: sweep for sweep in known}.values())
    else:
        chosen = [sweep for sweep in known if sweep.name == name][-1:]
        chosen = chosen or [sweep for sweep in known if sweep.identity.startswith(name)]
    if not chosen:
        names = ", ".join(sorted({sweep.name for sweep in known})) or "none"
        hint = f"the store has these sweeps: {names}"
        raise ParameterError("--sweep", "be in the store", name, hint)
    return chosen


def results(
    store: Store, name: str | None = None, *, progress: ProgressCallback | None = None
) -> list[ResultRow]:
    """A row for each point, in the order of the sweep.

    Of a point that is not finished, what there is so far.

    Args:
        store: Where to look.
        name: Only this sweep; a name, or the beginning of an identity.
        progress: Called with the number of points read and wanted.

    Raises:
        ParameterError: If there is no such sweep.
    """
    chosen = chosen_sweeps(store, name)
    points = [(sweep, point) for sweep in chosen for point in store.points(sweep.identity)]
    rows = []
    with opened(progress):
        for sweep, point in points:
            rows.append(_row(store, sweep, point))
            if progress is not None:
                progress(len(rows), len(points))
    return rows


def _row(store: Store, sweep: StoredSweep, point: StoredPoint) -> ResultRow:
    batches = store.batches(point.task, sweep.root)
    whole = [batch for number, batch in enumerate(batches) if batch.number == number]
    counting = whole[: point.used]
    counts = merge(counting)
    if counts is not None and "key" not in point.facts and not isinstance(counts, RowAnswer):
        # What a point of a scenario is, its facts say.
        with named(store.path):
            raise LookupError("facts")
    versions: dict[str, dict[str, None]] = {}
    for batch in counting:
        for program, version in batch.versions.items():
            versions.setdefault(program, {})[version] = None
    counts = merge(counting)
    if isinstance(counts, BatchMoments) and "key" not in point.facts:
        hint = f"it is damaged (point {point.position} has no key): restore a copy"
        raise ParameterError("store", "be a store of qnet sweep", store.path, hint)
    return ResultRow(
        sweep=sweep.name,
        position=point.position,
        axes=point.axes,
        facts=point.facts,
        task=point.task,
        engine=point.engine,
        root=sweep.root,
        finished=point.used is not None and len(counting) == point.used,
        reason=point.reason,
        batches=len(counting),
        wall_s=sum(batch.wall_s for batch in counting),
        versions={program: "/".join(found) for program, found in versions.items()},
        counts=counts,
    )

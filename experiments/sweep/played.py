"""Sweeps from Python: axes over a scenario, played at once; points to draw and to tabulate."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

from experiments.sweep.collector import collect
from experiments.sweep.export import records, to_dataframe
from experiments.sweep.measured import read_measured
from experiments.sweep.plot import draw
from experiments.sweep.read import loads
from experiments.sweep.result_rows import ResultRow, results
from experiments.sweep.store import Store
from experiments.sweep.sweep import Sweep
from qnet.engines import DEFAULT_ENGINE
from qnet.errors import ParameterError
from qnet.figures.style import any_letters, new_axes, style
from qnet.pool import Workers
from qnet.schema import Scenario
from qnet.schema.write import to_toml

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

__all__ = ["PlayedSweep", "play_sweep", "sweep_over"]

_WIDTH_IN, _HEIGHT_IN = 7.0, 4.6


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class PlayedSweep(Sequence[ResultRow]):
    """The points of a sweep that was played, in its order.

    Args:
        rows: One for each point.
        text: The file that the sweep was read from; empty when it was not.
    """

    rows: tuple[ResultRow, ...]
    text: str = field(default="")

    def __len__(self) -> int:
        return len(self.rows)

    def __getitem__(self, index: Any) -> Any:  # noqa: ANN401 - a row, or a slice of them
        return self.rows[index]

    def __iter__(self) -> Iterator[ResultRow]:
        return iter(self.rows)

    def __repr__(self) -> str:
        axes = ", ".join(dict.fromkeys(name for row in self.rows for name in row.axes))
        samples = sum(row.samples for row in self.rows)
        return f"<PlayedSweep: {len(self.rows)} points over {axes}; {samples} samples>"

    def plot(
        self,
        x: str,
        y: str,
        *,
        by: Sequence[str] | None = None,
        data: str | Path | None = None,
        ax: Axes | None = None,
    ) -> Axes:
        """Draw a figure of merit over an axis, as ``qnet plot`` does.

        Args:
            x: Axis, such as ``chain.length_km``.
            y: Figure of merit.
            by: A line for each value of these; all other axes when None.
            data: CSV file of measured points, drawn beside the model: `read_measured`.
            ax: Where to draw; a new figure when None.

        Raises:
            ParameterError: If a name is unknown, or the file cannot be read.
        """
        measured = [] if data is None else [read_measured(Path(data))]
        with style(), any_letters():
            ax = new_axes(_WIDTH_IN, _HEIGHT_IN) if ax is None else ax
            draw(ax, self.rows, x=x, y=y, by=by, text=self.text, measured=measured)
        return ax

    def to_dataframe(self) -> pd.DataFrame:
        """The points as a table of pandas: axes, facts, figures with their intervals.

        Raises:
            ParameterError: If pandas is not installed.
        """
        return to_dataframe(records(self.rows))


def sweep_over(
    scenario: Scenario, axes: Mapping[str, Sequence[Any]], *, engine: str = DEFAULT_ENGINE
) -> Sweep:
    """A sweep of a scenario made in Python: every value of an axis with every one of the others.

    It is that of the scenario's file with a table ``[sweep]``, and has the same identity.

    Args:
        scenario: A chain, network, application or pass, whose seed and shots are those of the
            sweep.
        axes: Path of a key, such as ``chain.length_km``, -> its values.
        engine: What plays each point.

    Raises:
        ParameterError: If a part of the scenario cannot stand in a file, or an axis is no list.

    Examples:
        >>> from qnet.schema import load
        >>> sweep = sweep_over(load("two-segments"), {"chain.length_km": [20.0, 40.0]})
        >>> sweep.size, sweep.axes
        (2, ('chain.length_km',))
    """
    for name, values in axes.items():
        if isinstance(values, str) or not isinstance(values, Sequence):
            raise ParameterError(name, "have a list of values", values, "such as [50, 100, 200]")
    table = {"engine": engine, **{name: list(values) for name, values in axes.items()}}
    text = f"{scenario.to_toml()}\n{to_toml({'sweep': table})}"
    return loads(text, name=getattr(scenario, "name", "sweep"))


def play_sweep(
    sweep: Sweep, store: str | Path | None = None, *, workers: Workers | None = None
) -> PlayedSweep:
    """Play a sweep, or what a store has not of it, to its end.

    Args:
        sweep: What to play.
        store: File that keeps every finished batch, made where there is none; None keeps nothing.
        workers: Who plays; this process alone when None.

    Raises:
        ParameterError: If a point is malformed; then nothing has been played.
        EngineError: If a task was refused that must not be; what is finished is kept.

    Examples:
        >>> from qnet.schema import load
        >>> axes = {"link.success_probability": [0.5, 1.0], "chain.segments": [1, 2]}
        >>> play_sweep(sweep_over(load("two-segments"), axes, engine="exact"))
        <PlayedSweep: 4 points over link.success_probability, chain.segments; 0 samples>
    """
    place = ":memory:" if store is None else store
    with Store(place, create=True) as opened:
        collect(sweep, opened, workers=workers)
        return PlayedSweep(rows=tuple(results(opened, sweep.identity)), text=sweep.text)

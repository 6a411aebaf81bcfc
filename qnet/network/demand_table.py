"""Results of networks as tables of their demands: text, a notebook's table, data frame, picture."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from html import escape
from typing import TYPE_CHECKING, Any, ClassVar

from qnet.errors import check_one_of
from qnet.estimate import Estimate
from qnet.lazy import loaded
from qnet.metrics.dataframe import dataframe_of_several
from qnet.metrics.figures import Figure, Value

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.axes import Axes

__all__ = ["DemandTable", "ShownFigure"]

#: A figure: with its interval, several of them, or not known.
ShownFigure = Estimate | tuple[Estimate, ...] | None

#: Of so many demands at most a table for people has a row, and a picture a line.
_FEW = 30

#: What draws a result: the figures know the results, so that they are loaded when asked for.
_DRAWN_BY = "qnet.figures.demand_picture:draw_demands"


class DemandTable:
    """What every result of a network can do: be printed, shown, drawn and tabulated by demand."""

    #: Figures of a demand by name.
    demand_figures: ClassVar[Mapping[str, Figure]]
    #: Those that people are shown.
    shown_figures: ClassVar[tuple[str, ...]]
    #: Those that are drawn unless another is asked for: the first that any demand has some of.
    drawn_figures: ClassVar[tuple[str, ...]]

    engine: str
    seed: int | None
    replicas: int
    duration_s: float
    demands: tuple[Any, ...]

    @property
    def provenance(self) -> str:
        """How the figures came about, and what their intervals mean."""
        seed = "" if self.seed is None else f", seed {self.seed}"
        return f"{self._run}{seed}; 95 % intervals" if self.replicas else self._run

    def __repr__(self) -> str:
        count = "1 demand" if len(self.demands) == 1 else f"{len(self.demands)} demands"
        return f"<{type(self).__name__}: {count}; {self.provenance}>"

    def __str__(self) -> str:
        rows = list(self._rows(lambda value: "-" if value is None else str(value)))
        widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
        lines = ["  ".join(map(str.ljust, row, widths)).rstrip() for row in rows]
        return "\n".join([*lines, self._caption])

    def _repr_html_(self) -> str:
        rows = [[escape(ends), *cells] for ends, *cells in self._rows(_html)]
        lines = "".join(f"<tr>{''.join(f'<td>{cell}</td>' for cell in row)}</tr>" for row in rows)
        caption = escape(self._caption)
        return f"<table><caption style='caption-side:bottom'>{caption}</caption>{lines}</table>"

    def to_dataframe(self) -> pd.DataFrame:
        """The figures of all demands as a table of pandas, a row for each demand and figure.

        Raises:
            ParameterError: If pandas is not installed.
        """
        tables: list[tuple[str, Mapping[Figure, Value]]] = [
            (name, {self.demand_figures[each]: demand.figures[each] for each in demand.figures})
            for name, demand in zip(self._names, self.demands, strict=True)
        ]
        return dataframe_of_several(tables, "demand")

    def plot(self, ax: Axes | None = None, *, figure: str | None = None) -> Axes:
        """Draw a figure of merit of each demand, with its interval.

        Args:
            ax: Where to draw; a new figure when None.
            figure: Its name, such as ``fidelity``; when None, the rate of keys, or of pairs where
                nobody has a key.

        Raises:
            UnknownNameError: If there is no such figure.
            ParameterError: If no demand has it.
        """
        name = next(filter(self._has, self.drawn_figures), self.drawn_figures[-1])
        if figure is not None:
            name = check_one_of("figure", figure, self.demand_figures)
        found = dict(
            zip(self._names, (each.figures.get(name) for each in self.demands), strict=True)
        )
        draw: Callable[..., Axes] = loaded(_DRAWN_BY)
        return draw(found, self.demand_figures[name], ax, title=self.provenance, most=_FEW)

    def _has(self, name: str) -> bool:
        """Whether some demand has some of a figure."""
        values = (demand.figures.get(name) for demand in self.demands)
        return any(isinstance(value, Estimate) and value.best > 0.0 for value in values)

    @property
    def _names(self) -> Sequence[str]:
        """Ends of each demand; numbered where several have the same."""
        plain = [" - ".join(demand.ends) for demand in self.demands]
        return [
            f"{name} ({plain[:k].count(name) + 1})" if plain.count(name) > 1 else name
            for k, name in enumerate(plain)
        ]

    def _rows(self, cell: Callable[[ShownFigure], str]) -> Iterator[list[str]]:
        """A row of titles, and one for each demand."""
        heads = [self.demand_figures[name] for name in self.shown_figures]
        titles = (f"{each.title} ({each.unit})" if each.unit else each.title for each in heads)
        yield ["demand", *titles]
        for demand in self.demands[:_FEW]:
            figures = (cell(demand.figures.get(name)) for name in self.shown_figures)
            yield [" - ".join(demand.ends), *figures]

    @property
    def _run(self) -> str:
        """Where the figures come from."""
        runs = f"{self.replicas} runs of {self.duration_s:g} s" if self.replicas else "computed"
        return f"engine {self.engine}, {runs}"

    @property
    def _caption(self) -> str:
        """Where the figures come from, and what the keys claim."""
        left = len(self.demands) - _FEW
        more = f"; {left} more demands" if left > 0 else ""
        claims = dict.fromkeys(demand.security.sentence for demand in self.demands)
        return f"{self._run}{more}; keys: {'; '.join(claims)}"


def _html(value: ShownFigure) -> str:
    """A figure for a notebook; a dash where it is not known."""
    return value._repr_html_() if isinstance(value, Estimate) else "-"

"""Figures of merit in one table: name, title, unit, formula, and the places that show each.

A new figure of merit of delivered pairs is one `register_figure`: results as text, JSON and HTML,
sweeps and their plots, ``qnet agree`` and the page of ``qnet explore`` read the table.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from html import escape
from typing import Any, Protocol, runtime_checkable

from qnet.errors import ParameterError, check_one_of
from qnet.estimate import Estimate
from qnet.metrics.security import SecurityClaim

__all__ = [
    "FIGURES",
    "PLACES",
    "Figure",
    "Result",
    "Value",
    "figures_in",
    "html_table",
    "register_figure",
    "rows_of",
    "shown_in",
    "text_table",
]

#: What a figure may be: with its interval, several of them, a plain number, or not known.
Value = Estimate | tuple[Estimate | None, ...] | float | None

#: Where figures are shown: tables for people (``text``, and HTML), JSON, sweeps (results, export,
#: plots, stopping rules), ``agree``, and the page of ``qnet explore``.
PLACES = ("text", "json", "sweep", "agree", "page")


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """A figure of merit: what it is called, its unit, how it is computed, and where it is shown.

    Args:
        name: In JSON and in the columns of a sweep.
        title: In tables for people.
        unit: Its unit; empty for a plain number.
        of: Computes it from a result; the result's attribute of that name when None. Sweeps,
            ``agree`` and the page take an `Estimate`, such as ``result.fidelity.map(...)``.
        places: Some of ``PLACES``; all unless said.
        text_unit: Its unit in the tables of the command line, where it is another.
        meaning: What it is, for the reference.
        formula: How it is worked out, for the reference.
        notion: In which sense its bits are secret, where it counts secret bits: one of
            ``qnet.metrics.security.NOTIONS``, or several with "or" between them.

    Raises:
        UnknownNameError: If there is no such place.

    Examples:
        >>> FIGURES["secret_key_rate_hz"].title, FIGURES["secret_key_rate_hz"].unit
        ('secret-key rate', 'bit/s')
    """

    name: str
    title: str
    unit: str = ""
    of: Callable[[Any], Value] | None = None
    places: tuple[str, ...] = PLACES
    text_unit: str | None = None
    meaning: str = ""
    formula: str = ""
    notion: str = ""

    def __post_init__(self) -> None:
        for place in self.places:
            check_one_of("figure.places", place, PLACES)

    def value(self, result: object) -> Value:
        """The figure of a result."""
        if self.of is not None:
            return self.of(result)
        return getattr(result, self.name)

    def estimate(self, result: object) -> Estimate:
        """The figure of a result, where it is one number with its interval.

        Raises:
            ParameterError: If it is not.
        """
        found = self.value(result)
        if not isinstance(found, Estimate):
            hint = "return an Estimate, or show it in a table and in JSON only"
            raise ParameterError(self.name, "be an Estimate", found, hint)
        return found


@runtime_checkable
class Result(Protocol):
    """What every result says, whatever was played, sampled or worked out."""

    @property
    def reason(self) -> str:
        """Why there is no key, one sentence; empty where there is one."""

    @property
    def security(self) -> SecurityClaim:
        """What its secret bits claim."""

    @property
    def notes(self) -> tuple[str, ...]:
        """What a reader of the figures should know, one sentence each."""

    def table(self, place: str | None = None) -> Mapping[Figure, Value]:
        """The figures of merit that are shown in a place; all of them when None."""


def _table(*figures: Figure) -> dict[str, Figure]:
    return {figure.name: figure for figure in figures}


#: Figures of merit of delivered pairs by name, in the order in which they are shown.
FIGURES: dict[str, Figure] = _table(
    Figure(
        name="delivery_time_s",
        title="delivery time",
        unit="s",
        meaning="mean time to a delivered pair, with the messages that take time",
        formula="E[T]",
    ),
    Figure(
        name="rate_hz",
        title="rate",
        unit="Hz",
        text_unit="pairs/s",
        meaning="delivered pairs per second",
        formula="1/E[T]",
    ),
    Figure(
        name="fidelity",
        title="fidelity",
        meaning="mean fidelity of the delivered pairs with the Bell state Phi+",
        formula="<Phi+|rho|Phi+>",
    ),
    Figure(
        name="qber_x",
        title="QBER X",
        meaning="share of differing outcomes where both ends measure X",
        formula="(1 - <XX>)/2",
    ),
    Figure(
        name="qber_y",
        title="QBER Y",
        places=("text", "json", "sweep", "agree"),
        meaning="share of equal outcomes where both ends measure Y",
        formula="(1 + <YY>)/2",
    ),
    Figure(
        name="qber_z",
        title="QBER Z",
        meaning="share of differing outcomes where both ends measure Z",
        formula="(1 - <ZZ>)/2",
    ),
    Figure(
        name="bell_diagonal",
        title="Bell-diagonal",
        places=("json",),
        meaning="mean weights of Phi+, Psi+, Psi-, Phi-; the first one is the fidelity",
        formula="<B|rho|B> for each Bell state B",
    ),
    Figure(
        name="chsh",
        title="CHSH",
        places=("sweep",),
        meaning="mean CHSH value at the settings that are best for Phi+; no local model is above 2",
        formula="sqrt(2) (<XX> + <ZZ>)",
    ),
    Figure(
        name="secret_key_fraction",
        title="secret fraction",
        unit="bit/pair",
        places=("text", "json", "sweep", "page"),
        meaning="secret bits per delivered pair, key from Z, without a factor for sifting",
        formula="bb84: max(0, 1 - h(QBER X) - f h(QBER Z)); six-state: see KEY_PROTOCOLS",
        notion="asymptotic",
    ),
    Figure(
        name="secret_key_rate_hz",
        title="secret-key rate",
        unit="bit/s",
        places=("text", "json", "sweep", "page"),
        meaning="secret bits per second",
        formula="secret fraction x rate",
        notion="asymptotic",
    ),
    Figure(
        name="secret_key_rate_per_attempt",
        title="key per attempt",
        unit="bit/attempt",
        places=("json", "sweep"),
        meaning="secret bits per attempt of the slowest link, a use of the channel, all modes",
        formula="secret-key rate x duration of an attempt",
        notion="asymptotic",
    ),
    Figure(
        name="secret_key_rate_per_mode",
        title="key per use",
        unit="bit/(attempt mode)",
        places=("json", "sweep"),
        meaning="secret bits per attempt and mode: what the bounds per use of one mode limit",
        formula="key per attempt / modes",
        notion="asymptotic",
    ),
)


def register_figure(figure: Figure) -> Figure:
    """Add a figure of merit of delivered pairs to the table.

    Args:
        figure: Its name must be new.

    Raises:
        ParameterError: If there is a figure of that name.

    Examples:
        >>> half = Figure(name="half_rate_hz", title="half the rate", unit="Hz",
        ...               of=lambda result: 0.5 * result.rate_hz)
        >>> register_figure(half) is FIGURES.pop("half_rate_hz")
        True
    """
    if figure.name in FIGURES:
        hint = "choose another, or change the one that is there"
        raise ParameterError("figure.name", "be new", figure.name, hint)
    FIGURES[figure.name] = figure
    return figure


def figures_in(place: str) -> dict[str, Figure]:
    """The figures of merit of delivered pairs that are shown in a place, by name.

    Args:
        place: One of ``PLACES``.

    Raises:
        UnknownNameError: If there is no such place.

    Examples:
        >>> "bell_diagonal" in figures_in("json"), "bell_diagonal" in figures_in("sweep")
        (True, False)
    """
    check_one_of("place", place, PLACES)
    return {name: figure for name, figure in FIGURES.items() if place in figure.places}


def shown_in(place: str | None, table: Mapping[Figure, Value]) -> dict[Figure, Value]:
    """The figures of a table that are shown in a place; all of them when None.

    Examples:
        >>> shown_in("page", {Figure(name="a", title="a", places=("json",)): 1.0})
        {}
    """
    return {each: value for each, value in table.items() if place is None or place in each.places}


def rows_of(table: Mapping[Figure, Value]) -> Iterator[tuple[Figure, str, Estimate | float]]:
    """The rows of a table: a figure, its title, one number; numbered where it has several.

    What is not known has no row.

    Args:
        table: As a result gives it.

    Examples:
        >>> found = {Figure(name="yields", title="yield"): (Estimate.exact(0.1), None)}
        >>> [(title, str(value)) for _, title, value in rows_of(found)]
        [('yield 1', '0.1')]
    """
    for figure, value in table.items():
        if isinstance(value, tuple):
            for number, each in enumerate(value, start=1):
                if each is not None:
                    yield figure, f"{figure.title} {number}", each
        elif value is not None:
            yield figure, figure.title, value


def text_table(table: Mapping[Figure, Value], remark: str = "") -> str:
    """A table as text with a line per figure, and a remark below it.

    Args:
        table: As a result gives it.
        remark: A sentence; none when empty.

    Examples:
        >>> print(text_table({FIGURES["rate_hz"]: Estimate(1.0, 2.0, 4.0, 9)}))
        rate             2.0 [1.0, 4.0]                       Hz
    """
    rows = [
        f"{title:<16} {_as_estimate(value)!s:<36} {figure.unit}".rstrip()
        for figure, title, value in rows_of(table)
    ]
    return "\n".join([*rows, *([f"{'security':<16} {remark}"] if remark else [])])


def html_table(table: Mapping[Figure, Value], remark: str = "") -> str:
    """A table for notebooks with a line per figure, and a remark below it.

    Args:
        table: As a result gives it.
        remark: A sentence; none when empty.

    Examples:
        >>> print(html_table({FIGURES["rate_hz"]: Estimate(1.0, 2.0, 4.0, 9)}))
        <table><tr><th>rate</th><td><b>2</b> <small>[1, 4]</small></td><td>Hz</td></tr></table>
    """
    rows = "".join(
        f"<tr><th>{escape(title)}</th><td>{_as_estimate(value)._repr_html_()}</td>"
        f"<td>{escape(figure.unit)}</td></tr>"
        for figure, title, value in rows_of(table)
    )
    below = f"<caption style='caption-side:bottom'>{escape(remark)}</caption>" if remark else ""
    return f"<table>{below}{rows}</table>"


def _as_estimate(value: Estimate | float) -> Estimate:
    return value if isinstance(value, Estimate) else Estimate.exact(value)

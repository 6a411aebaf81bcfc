"""Frame of a reproduction: numbers that a paper gives, the same worked out here, the difference.

A script states a `Paper`: its published numbers, each with how it is known, and a study whose rows
set the number of this project beside each of them.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Self

from experiments.studies.rows import StudyRow, column, known
from experiments.studies.study import Study, StudyPoint
from qnet.engines.exact import play_exact
from qnet.engines.result import ChainResult
from qnet.errors import ParameterError, check_one_of
from qnet.estimate import Estimate
from qnet.figures import plain_numbers
from qnet.figures.style import COLOURS
from qnet.plans import Plan

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = [
    "KNOWN_BY",
    "Paper",
    "Published",
    "agreement",
    "beside",
    "draw_band",
    "draw_ratios",
    "draw_theirs",
    "line_points",
    "played",
    "played_figure",
    "points_of",
    "side_by_side",
]

#: How a published number is known here.
KNOWN_BY: Mapping[str, str] = MappingProxyType(
    {
        "printed": "as printed in the paper or its abstract",
        "data": "in data that the authors published",
        "code": "from formulas or code that were published for the paper",
        "quoted": "as others quote it from the print",
        "recalled": "from memory, not compared with the print",
    }
)

#: Look of a paper's numbers.
_THEIRS: dict[str, Any] = {"fmt": "o", "color": "0.0", "mfc": "1.0", "capsize": 2.0, "ms": 6.0}


#: Look of a bar.
_PLAIN: dict[str, Any] = {"ls": "-", "solid_capstyle": "butt", "marker": ""}


#: Ticks of ratios.
_TICKS = (0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 20.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Published:
    """A number of a paper.

    Args:
        item: What it is, in a few words; no two of a paper are the same.
        value: The number.
        known_by: How it is known: a name of `KNOWN_BY`.
        low: Lower end of the interval that the paper gives, or that its wording allows.
        high: Its upper end.
        unit: Its unit; empty for a bare number.
        at: Where it holds: parameters by name.

    Raises:
        ParameterError: If how it is known is no name, or the number is not in its interval.

    Examples:
        >>> Published(item="reach", value=142.0, known_by="recalled", unit="km").has_interval
        False
    """

    item: str
    value: float
    known_by: str
    low: float | None = None
    high: float | None = None
    unit: str = ""
    at: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        check_one_of("known_by", self.known_by, KNOWN_BY)
        low, high = self.low, self.high
        if (low is None) != (high is None) or (
            low is not None and high is not None and not low <= self.value <= high
        ):
            hint = "give both ends of the interval, or none"
            raise ParameterError("low, value, high", "rise", (low, self.value, high), hint)

    @property
    def has_interval(self) -> bool:
        """Whether the paper says how well it is known."""
        return self.low is not None


@dataclass(frozen=True, slots=True, kw_only=True)
class Paper:
    """A paper of which a figure or table is redone.

    Args:
        reference: Key of the paper in :data:`qnet.references.REFERENCES`.
        title: What was redone, in a few words.
        study: Works it out and draws it.
        published: The numbers that are compared.
        unknown: What could not be known of its parameters.
        finding: What the difference comes from.
    """

    reference: str
    title: str
    study: Study
    published: tuple[Published, ...]
    unknown: str
    finding: str

    @classmethod
    def of_script(
        cls,
        module: str,
        title: str,
        published: Sequence[Published],
        **more: Any,  # noqa: ANN401
    ) -> Self:
        """The paper of a script with the functions ``points``, ``work``, ``answer``, ``draw``.

        Args:
            module: The script.
            title: What was redone.
            published: The numbers that are compared.
            more: ``reference``, ``unknown`` and ``finding``; the rest is of the study.
        """
        told = {name: more.pop(name) for name in ("reference", "unknown", "finding")}
        question = f"How close does a replay come to the published {title}?"
        study = Study.of_script(module, question, **more)
        return cls(title=title, study=study, published=tuple(published), **told)

    @property
    def name(self) -> str:
        """Its name for ``qnet study``."""
        return f"papers/{self.study.name}"

    def known_by(self) -> list[str]:
        """How its numbers are known, each way once."""
        return list(dict.fromkeys(each.known_by for each in self.published))


def points_of(published: Sequence[Published]) -> list[StudyPoint]:
    """A point for each number.

    Examples:
        >>> points_of([Published(item="reach", value=142.0, known_by="recalled", at={"n": 2})])
        [{'item': 'reach', 'n': 2}]
    """
    return [{"item": each.item, **each.at} for each in published]


def line_points(plan: str, parameter: str, values: Sequence[float]) -> list[StudyPoint]:
    """Points of a line: fidelity and rate of a plan over one of its parameters.

    Examples:
        >>> line_points("node", "cutoff_s", [0.1])[1]
        {'item': 'line', 'of': 'rate', 'plan': 'node', 'cutoff_s': 0.1}
    """
    return [
        {"item": "line", "of": of, "plan": plan, parameter: each}
        for of in ("fidelity", "rate")
        for each in values
    ]


@lru_cache(maxsize=64)
def played(plan: Plan) -> ChainResult:
    """A plan on the exact engine, once for all of its figures."""
    return play_exact(plan)


def played_figure(plan: Plan, of: str) -> Estimate:
    """The ``fidelity``, the ``rate`` in Hz or the mean ``time`` in s of a plan, exact.

    Examples:
        >>> from qnet import Link
        >>> from qnet.states import werner
        >>> link = Link(success_probability=0.5, attempt_time_s=1.0, state=werner(0.96))
        >>> [round(played_figure(link, of).best, 6) for of in ("fidelity", "rate", "time")]
        [0.97, 0.5, 2.0]
    """
    result = played(plan)
    figures = {"fidelity": result.fidelity, "rate": result.rate_hz, "time": result.delivery_time_s}
    return figures[of]


def beside(
    published: Sequence[Published], point: StudyPoint, ours: Estimate | float, **more: object
) -> StudyRow:
    """The row of a point: the number of the paper, ours, the difference and the ratio.

    Args:
        published: The numbers of the paper; a point that is none of them has ours alone.
        point: The point.
        ours: The number worked out here.
        more: Further columns.

    Examples:
        >>> reach = Published(item="reach", value=142.0, known_by="recalled", unit="km")
        >>> row = beside([reach], {"item": "reach"}, 142.71)
        >>> row["theirs"], round(row["difference"], 2), round(row["ratio"], 3), row["known_by"]
        (142.0, 0.71, 1.005, 'recalled')
    """
    own = ours if isinstance(ours, Estimate) else Estimate.exact(ours)
    by_item = {each.item: each for each in published}
    theirs = by_item.get(point["item"])
    row: dict[str, Any] = {"ours": own, "theirs": None, "theirs_low": None, "theirs_high": None}
    row |= {"difference": None, "ratio": None, "unit": "", "known_by": None}
    if theirs is not None:
        row |= {"theirs": theirs.value, "theirs_low": theirs.low, "theirs_high": theirs.high}
        row |= {"difference": own.best - theirs.value, "ratio": own.best / theirs.value}
        row |= {"unit": theirs.unit, "known_by": theirs.known_by}
    return row | more


def agreement(rows: Sequence[StudyRow]) -> str:
    """How far ours are from the paper's numbers, in one sentence.

    Examples:
        >>> reach = Published(item="reach", value=100.0, known_by="printed", low=99.0, high=101.0)
        >>> agreement([beside([reach], {"item": "reach"}, 102.0)])
        '1 number, ours over theirs 1.02; 0 of 1 within the published interval'
    """
    compared = known(rows, "theirs")
    ratios = sorted(row["ratio"] for row in compared)
    far = [_ratio_text(ratios[0]), _ratio_text(ratios[-1])]
    text = f"{len(compared)} number{'s' * (len(compared) > 1)}, ours over theirs "
    if far == ["1", "1"]:
        text += "1 to six digits"
    else:
        text += far[0] if far[0] == far[1] else f"from {far[0]} to {far[1]}"
    stated = known(compared, "theirs_low")
    if stated:
        inside = sum(row["theirs_low"] <= row["ours"].best <= row["theirs_high"] for row in stated)
        text += f"; {inside} of {len(stated)} within the published interval"
    return text


def side_by_side(rows: Sequence[StudyRow]) -> str:
    """Each item with our number and, in brackets, the paper's.

    Examples:
        >>> reach = Published(item="reach", value=100.0, known_by="printed", unit="km")
        >>> side_by_side([beside([reach], {"item": "reach"}, 102.0) | {"item": "reach"}])
        'reach 102 km (100)'
    """
    told = [
        f"{row['item']} {row['ours'].best:.3g} {row['unit']}".rstrip() + f" ({row['theirs']:g})"
        for row in known(rows, "theirs")
    ]
    return ", ".join(told)


def _ratio_text(ratio: float) -> str:
    """A ratio with as many digits as its distance from 1 needs, six at most."""
    away = abs(ratio - 1.0)
    digits = 3 if away >= 0.1 else min(6, 2 - math.floor(math.log10(max(away, 1e-6))))
    if ratio >= 2.0 or ratio < 0.1:
        return f"{ratio:.3g}"
    return f"{ratio:.{digits}f}".rstrip("0").rstrip(".")


def draw_theirs(axes: Axes, rows: Sequence[StudyRow], x: str, label: str = "published") -> None:
    """Draw the paper's numbers over a column, with their intervals where it gives some."""
    own = known(rows, "theirs")
    values = [row["theirs"] for row in own]
    ends = [(row["theirs_low"], row["theirs_high"]) for row in own]
    low = [v - (v if end[0] is None else end[0]) for v, end in zip(values, ends, strict=True)]
    low = [0.0 if end[0] is None else gap for gap, end in zip(low, ends, strict=True)]
    high = [0.0 if e[1] is None else e[1] - v for v, e in zip(values, ends, strict=True)]
    bars = [low, high] if any(low) or any(high) else None
    axes.errorbar([row[x] for row in own], values, yerr=bars, label=label, zorder=3, **_THEIRS)


def draw_ratios(axes: Axes, rows: Sequence[StudyRow]) -> None:
    """Draw ours over theirs, a line an item; grey bars are the paper's own intervals."""
    own = known(rows, "theirs")[::-1]
    for place, row in enumerate(own):
        if row["theirs_low"] is not None:
            ends = [row[end] / row["theirs"] for end in ("theirs_low", "theirs_high")]
            axes.plot(ends, [place] * 2, lw=7.0, color="0.8", **_PLAIN)
        ours = row["ours"]
        span = [ours.low / row["theirs"], ours.high / row["theirs"]]
        axes.plot(span, [place] * 2, color=COLOURS[1], **_PLAIN)
        axes.plot([row["ratio"]], [place], marker="o", color=COLOURS[1])
    axes.axvline(1.0, color="0.0", lw=0.8)
    names = [f"{row['item']}\n{row['theirs']:g} {row['unit']}".rstrip() for row in own]
    axes.set_yticks(range(len(own)), names)
    axes.set(xlabel="ours over theirs", ylim=(-0.6, len(own) - 0.4))
    furthest = max(max(row["ratio"], 1.0 / max(row["ratio"], 1e-3)) for row in own)
    if furthest > 3.0:
        axes.set_xscale("log")
        low, high = axes.get_xlim()
        axes.set_xticks([x for x in _TICKS if low < x < high], minor=False)
        axes.minorticks_off()
        plain_numbers(axes.xaxis)


def draw_band(
    axes: Axes, rows: Sequence[StudyRow], x: str, theirs: Published, factor: float = 1.0
) -> None:
    """Draw the fidelities of a line over a column, and the interval of a published number.

    Args:
        axes: Where.
        rows: All rows; those of the line are found among them.
        x: The column.
        theirs: The number.
        factor: Of the column, for its unit.
    """
    own = [row for row in rows if row["item"] == "line" and row["of"] == "fidelity"]
    places = [factor * each for each in column(own, x)]
    axes.plot(places, [row["ours"].best for row in own], color=COLOURS[0], label="ours")
    if theirs.low is not None and theirs.high is not None:
        axes.axhspan(theirs.low, theirs.high, color="0.8", lw=0, label="published")
    axes.set_xscale("log")
    axes.legend()

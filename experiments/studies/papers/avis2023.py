"""Links by one click and by two, and the rule by which hardware is improved.

G. Avis, F. Ferreira da Silva and others, npj Quantum Inf. 9, 100 (2023), arXiv:2207.10579: how good
a repeater between Delft and Eindhoven must be, by a search over improved hardware. The requirements
themselves could not be had; what the search stands on can be recalled and is compared: heralded
links by clicks half way, and "improved k times", by which the k-th root is taken of the probability
that an imperfection does not happen.

Run: ``qnet study papers/avis2023 [--quick] [--out DIR]``, a second on one core.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from math import sqrt
from typing import TYPE_CHECKING, Any

from experiments.studies.papers.paper import (
    Paper,
    Published,
    agreement,
    beside,
    draw_ratios,
    points_of,
)
from experiments.studies.rows import StudyRow, column, where
from experiments.studies.study import StudyPoint
from qnet.figures.style import COLOURS
from qnet.hardware import Detector, Gates, Memory, improved
from qnet.links import DoubleClick, HeraldedAttempt, SingleClick
from qnet.states.measures import fidelity

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["PAPER", "STUDY", "clicked"]

#: Visibility of two photons, and bright-state population of the single clicks.
VISIBILITY, BRIGHT = 0.9, 0.1

#: Transmission of an arm: 20 km of fibre; with memories and detectors of a tenth.
CLEAR, LOSSY = 0.4, 0.01

#: How many times hardware is improved.
FACTOR = 10.0


def _published() -> Iterator[Published]:
    known: dict[str, Any] = {"known_by": "recalled"}
    for name, kept in (("clear", CLEAR), ("lossy", LOSSY)):
        two: dict[str, Any] = {"scheme": "two", "kept": kept}
        one: dict[str, Any] = {"scheme": "one", "kept": kept}
        items = {
            f"two clicks, {name} arms, success": (0.5 * kept**2, two | {"of": "success"}),
            f"two clicks, {name} arms, fidelity": (0.5 * (1.0 + VISIBILITY), two),
            f"one click, {name} arms, success": (2.0 * BRIGHT * kept, one | {"of": "success"}),
            f"one click, {name} arms, fidelity": (
                0.5 * (1.0 - BRIGHT) * (1.0 + sqrt(VISIBILITY)),
                one,
            ),
        }
        for item, (value, at) in items.items():
            yield Published(item=item, value=value, at={"of": "fidelity"} | at, **known)
    yield Published(
        item="coherence time of 1 s, improved", value=FACTOR, unit="s", at={"of": "t2"}, **known
    )
    rules = {"gate error of 0.1": ("gate", 1.0 - 0.9 ** (1.0 / FACTOR))}
    rules["detector efficiency of 0.1"] = ("detector", 0.1 ** (1.0 / FACTOR))
    for item, (of, value) in rules.items():
        yield Published(item=f"{item}, improved", value=value, at={"of": of}, **known)


PUBLISHED = tuple(_published())


def clicked(scheme: str, kept: float, visibility: float) -> SingleClick | DoubleClick:
    """A link by one click or by two, of arms that keep a photon with some probability.

    Args:
        scheme: ``one`` or ``two``.
        kept: Transmission of an arm.
        visibility: Of the two photons.

    Examples:
        >>> round(clicked("two", 0.4, 1.0).link().success_probability, 6)
        0.08
    """
    attempt = HeraldedAttempt(
        transmission=kept,
        attempt_time_s=1e-4,
        visibility=visibility,
        bright_state_population=BRIGHT,
        number_resolving=True,
    )
    return SingleClick(attempt) if scheme == "one" else DoubleClick(attempt)


def _improved(of: str) -> float:
    """A figure of hardware that was improved."""
    if of == "t2":
        return improved(Memory(t2_s=1.0), FACTOR).t2_s
    if of == "gate":
        return improved(Gates(two_qubit_depolarizing=0.1), FACTOR).two_qubit_depolarizing
    return improved(Detector(efficiency=0.1), FACTOR).efficiency


def points(quick: bool) -> list[StudyPoint]:
    """The recalled numbers, and the fidelity over the visibility."""
    places = (0.5, 1.0) if quick else (0.0, 0.25, 0.5, 0.7, 0.8, 0.9, 0.95, 1.0)
    line = [
        {"item": "line", "scheme": scheme, "of": "fidelity", "kept": LOSSY, "visibility": each}
        for scheme in ("one", "two")
        for each in places
    ]
    return [*points_of(PUBLISHED), *line]


def work(point: StudyPoint, seed: int) -> StudyRow:
    """A probability or a fidelity of compiled clicks, or a figure of improved hardware."""
    if "scheme" not in point:
        return beside(PUBLISHED, point, _improved(point["of"]))
    visibility = point.get("visibility", VISIBILITY)
    link = clicked(point["scheme"], point["kept"], visibility).link()
    if point["of"] == "success":
        return beside(PUBLISHED, point, link.success_probability)
    return beside(PUBLISHED, point, float(fidelity(link.fano)))


def answer(rows: Sequence[StudyRow]) -> str:
    """How far from the formulas."""
    return f"{agreement(rows)}; the formulas of one click are those of arms with much loss."


def draw(figure: Figure, rows: Sequence[StudyRow]) -> None:
    """Ours over theirs, and the fidelity over the visibility beside the formulas."""
    left, right = figure.subplots(1, 2, width_ratios=(1.1, 1.0))
    draw_ratios(left, rows)
    for place, (scheme, label) in enumerate((("one", "one click"), ("two", "two clicks"))):
        own = where(rows, item="line", scheme=scheme)
        x = column(own, "visibility")
        right.plot(x, [row["ours"].best for row in own], color=COLOURS[place], label=label)
        share = 0.5 * (1.0 - BRIGHT) if scheme == "one" else 0.5
        formula = [share * (1.0 + (sqrt(v) if scheme == "one" else v)) for v in x]
        mark = "formulas, recalled" if place == 0 else ""
        right.plot(x, formula, ls="", marker="o", mfc="1.0", color="0.0", label=mark)
    right.set(xlabel="visibility of the photons", ylabel="fidelity of a heralded pair")
    right.legend()


PAPER = Paper.of_script(
    __name__,
    "heralded links and improved hardware (models behind the requirements)",
    PUBLISHED,
    reference="Avis2023",
    unknown=(
        "the requirements, the targets and the lengths between the sites of the fibre: no text or "
        "data of these could be had, so that they are not redone; formulas are recalled; dark "
        "counts are left out"
    ),
    finding=(
        "two clicks and the rule of improvement agree; the formulas of one click leave out that "
        "both photons may come, which clear arms show: more heralds are refused there, and those "
        "that are kept are better"
    ),
    size_in=(10.4, 4.6),
)

STUDY = PAPER.study

if __name__ == "__main__":
    raise SystemExit(STUDY.main())

"""One decoy against two in blocks of finite size.

D. Rusca, A. Boaron, F. Gruenenfelder, A. Martin and H. Zbinden, Appl. Phys. Lett. 112, 171104
(2018), arXiv:1801.03443: for blocks of up to 1e8 bits one decoy gives more key than two, for almost
all experimental settings. Everything is optimised for both, with the lower limits of counts as in
the two papers, below zero where counts are few, and cut at zero, which is as safe.

Run: ``qnet study papers/rusca2018 [--quick] [--out DIR]``, half a minute on one core.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from experiments.studies.papers.paper import Paper, Published, agreement, beside, points_of
from experiments.studies.rows import StudyRow, column, grouped, where
from experiments.studies.study import StudyPoint
from protocols.key_rates import AfterpulsingChannel, Security, optimised
from qnet.figures.style import COLOURS
from qnet.hardware import Detectors, Line

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["PAPER", "STUDY"]

BLOCKS = (1e5, 1e6, 1e7, 1e8)
LOSSES_DB = (5.0, 20.0, 35.0)

_LIMITS = {"as published": True, "cut at zero": False}

PUBLISHED = tuple(
    Published(
        item=f"share of settings where one decoy wins, limits {limits}",
        value=1.0,
        low=0.9,
        high=1.0,
        known_by="printed",
        at={"limits": limits},
    )
    for limits in _LIMITS
)

_SECURITY = Security(
    epsilon_secrecy=1e-9, epsilon_correctness=1e-15, error_correction_efficiency=1.16
)


def _gain(block: float, loss_db: float, limits: str) -> float:
    """Key with one decoy over key with two."""
    line = Line(
        transmission=0.5 * 10.0 ** (-loss_db / 10.0),
        detectors=Detectors(dark_count_probability=1e-8),
        misalignment=0.01,
    )
    one, two = (
        optimised(
            model,
            AfterpulsingChannel(line),
            block_size=block,
            security=_SECURITY,
            negative_limits=_LIMITS[limits],
        ).rate.value
        for model in ("rusca2018", "lim2014")
    )
    return one / two


def points(quick: bool) -> list[StudyPoint]:
    """The two shares, and the ratio of the keys over the block."""
    losses = (20.0,) if quick else LOSSES_DB
    blocks = BLOCKS[::3] if quick else (*BLOCKS, 1e9, 1e10)
    line = [
        {"item": "ratio", "limits": limits, "loss_db": loss, "block_size": block}
        for limits in _LIMITS
        for loss in losses
        for block in blocks
    ]
    return [*points_of(PUBLISHED), *line]


def work(point: StudyPoint, seed: int) -> StudyRow:
    """A ratio of keys, or the share of all settings at which it is above 1; nothing is drawn."""
    limits = point["limits"]
    if point["item"] == "ratio":
        return beside(PUBLISHED, point, _gain(point["block_size"], point["loss_db"], limits))
    gains = [_gain(block, loss, limits) for block in BLOCKS for loss in LOSSES_DB]
    return beside(PUBLISHED, point, sum(gain > 1.0 for gain in gains) / len(gains))


def answer(rows: Sequence[StudyRow]) -> str:
    """At what share of the settings one decoy gives more."""
    shares = {row["limits"]: row["ours"].best for row in rows if row["theirs"]}
    told = [f"{share:.0%} with limits {name}" for name, share in shares.items()]
    return f"{agreement(rows)}: one decoy gives more at {', at '.join(told)}."


def draw(figure: Figure, rows: Sequence[StudyRow]) -> None:
    """Key of one decoy over that of two, over the block."""
    axes = figure.subplots()
    curves = grouped(where(rows, item="ratio"), "limits", "loss_db")
    for place, ((limits, loss), own) in enumerate(curves.items()):
        look: dict[str, Any] = {
            "ls": "-" if limits == "as published" else "--",
            "marker": "os^"[place % 3],
        }
        label = f"{loss:g} dB, limits {limits}"
        colour = COLOURS[0 if limits == "as published" else 2]
        ours = [row["ours"].best for row in own]
        axes.plot(column(own, "block_size"), ours, color=colour, label=label, **look)
    axes.axhline(1.0, color="0.0", lw=0.8)
    axes.axvspan(1e5, 1e8, color="0.93", lw=0)
    axes.text(1e6, 0.997, "published: above this line", fontsize=8, va="top")
    axes.set(xscale="log", xlabel="block (sifted bits)", ylabel="key, one decoy over two")
    axes.legend(fontsize=8)


PAPER = Paper.of_script(
    __name__,
    "one decoy against two (ratio of keys over the block)",
    PUBLISHED,
    reference="Rusca2018",
    unknown=(
        "which settings the paper counts: here losses of 5, 20 and 35 dB and blocks of 1e5 to 1e8; "
        "detectors (50 %, 1e-8 dark, 1 % errors) as others quote them, without dead time"
    ),
    finding=(
        "with limits as published one decoy wins everywhere, also beyond 1e8; with limits cut at "
        "zero, which is sound too, two decoys win in the smallest blocks"
    ),
)

STUDY = PAPER.study

if __name__ == "__main__":
    raise SystemExit(STUDY.main())

"""Cut-off of a two-segment link: how long should a pair wait for its partner?

Question: what does the best cut-off of a two-segment link gain, and where does it lie?

Answer: at 200 km it is a seventh of the coherence time, 0.14 s, and gives half as much key again;
up to 150 km it gains hardly anything. Without one there is no key from 250 km on, with it the chain
stays above the bound of the bare fibre from 162.5 to 350 km, where the look ends.

How: hardware near that of D. Luong et al., Appl. Phys. B 122, 96 (2016), arXiv:1508.02811, here
with a heralding station in each segment; pairs that wait longer than the cut-off are dropped (F.
Rozpedek et al., Quantum Sci. Technol. 3, 034002 (2018)). Lines by the exact engine, points with 95
% intervals by the sampled engine on the same plans, the bound of the bare fibre by S. Pirandola et
al., Nat. Commun. 8, 15043 (2017).

Run: ``qnet study optimal-cutoff [--quick] [--out DIR]``, half a minute on one core.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from experiments.studies.rows import StudyRow, column, grouped, known, line, positive
from experiments.studies.study import Study, StudyPoint, sampled
from protocols.planning.optimise import (
    Candidate,
    Evaluator,
    Objective,
    Problem,
    SearchSpace,
    optimise,
)
from qnet.figures import bound, curve, points as bars
from qnet.figures.style import COLOURS, time_unit
from qnet.hardware import preset
from qnet.metrics.bounds import plob

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["STUDY"]

HARDWARE = preset("luong")
NO_CUTOFF = Candidate(segments=2)

#: A double click takes two optical modes per attempt.
MODES = 2

#: Distance of the second panel in km.
CLOSE_UP_KM = 200.0

#: Elementary draws that a sampled point may cost, and the fewest shots worth a point.
_BUDGET, _FEWEST = 2e8, 100

#: Look of sampled points.
_DRAWN: dict[str, Any] = {"color": COLOURS[0], "capsize": 2, "label": "sampled, 95 %"}


def work(point: StudyPoint, seed: int) -> StudyRow:
    """Bits per attempt and mode with a cut-off, the best one unless given, and without."""
    length = point["length_km"]
    problem = Problem.of_hardware(HARDWARE, length)
    if point["of"] == "distance":
        candidate = optimise(problem, SearchSpace(segments=(2,))).best.candidate
    else:
        candidate = Candidate(segments=2, cutoffs_s=(point["cutoff_s"],))
    evaluate = Evaluator(problem, Objective())
    exact = [evaluate.proven(each).figures["secret_key_rate_hz"] for each in (candidate, NO_CUTOFF)]
    # Seconds per attempt, over modes.
    attempt_s = max(link.attempt_time_s for link in problem.plan(NO_CUTOFF).links())
    per_mode = attempt_s / MODES
    plan, shots = problem.plan(candidate), point["shots"]
    drawn = sampled(plan, seed=seed, shots=shots, draws=_BUDGET, fewest=_FEWEST)
    return {
        "cutoff_s": candidate.cutoff_s,
        "key_per_mode": exact[0] * per_mode,
        "without_cutoff_per_mode": exact[1] * per_mode,
        "plob_per_mode": float(plob(HARDWARE.channel(length).transmission)),
        "sampled_per_mode": None if drawn is None else drawn * per_mode,
    }


def points(quick: bool) -> list[StudyPoint]:
    """The best cut-off at many distances; many cut-offs at one."""
    shots = 400 if quick else 20_000
    lengths = np.linspace(50.0, 250.0, 3) if quick else np.linspace(50.0, 350.0, 25)
    every = 2 if quick else 4
    found: list[StudyPoint] = [
        {"of": "distance", "length_km": float(length), "shots": 0 if k % every else shots}
        for k, length in enumerate(lengths)
    ]
    unit = HARDWARE.node.emitter.preparation_time_s + CLOSE_UP_KM / 2.0 / 2e5
    steps = np.unique(np.geomspace(20, 3000, 7 if quick else 50).astype(int))
    first, every = 2, 3 if quick else 7
    for k, step in enumerate(steps):
        drawn = shots if k >= first and (k - first) % every == 0 else 0
        place = {"of": "cut-off", "length_km": CLOSE_UP_KM, "cutoff_s": float(step) * unit}
        found.append({**place, "shots": drawn})
    return found


def answer(rows: Sequence[StudyRow]) -> str:
    """Where the best cut-off lies and what it gains, and how far key reaches without one."""
    parts = grouped(rows, "of")
    close_up = max(parts["cut-off"], key=lambda row: row["key_per_mode"].best)
    gain = close_up["key_per_mode"].best / close_up["without_cutoff_per_mode"].best
    keyed = positive(parts["distance"], "key_per_mode")
    dark = [row["length_km"] for row in keyed if row["without_cutoff_per_mode"].best == 0.0]
    above = [row["length_km"] for row in keyed if row["key_per_mode"].best > row["plob_per_mode"]]
    share = close_up["cutoff_s"] / HARDWARE.node.memory.t2_s
    text = (
        f"At {CLOSE_UP_KM:g} km the best cut-off is {close_up['cutoff_s']:.2g} s, {share:.2g} of "
        f"the coherence time, and gives {gain:.2f} times the key"
    )
    if dark:
        reach = max(column(keyed, "length_km"))
        text += f"; without one there is none from {min(dark):g} km on, with one there is at "
        text += f"{reach:g} km"
    if above:
        where = "at" if min(above) == max(above) else f"from {min(above):g} to"
        text += f", and more than bare fibre can give {where} {max(above):g} km"
    return f"{text}."


def draw(figure: Figure, rows: Sequence[StudyRow]) -> None:
    """Key over distance, and over the cut-off."""
    parts = grouped(rows, "of")
    left, right = figure.subplots(1, 2)
    _by_distance(left, parts["distance"])
    _by_cutoff(right, parts["cut-off"])


def _by_distance(axes: Axes, rows: Sequence[StudyRow]) -> None:
    for name, label, colour, dashes in (
        ("key_per_mode", "best cut-off", COLOURS[0], "-"),
        ("without_cutoff_per_mode", "no cut-off", COLOURS[2], "--"),
    ):
        look = {"color": colour, "ls": dashes, "marker": "", "label": label}
        line(axes, positive(rows, name), "length_km", name, curve, **look)
    line(axes, rows, "length_km", "plob_per_mode", bound, label="bare fibre, at most (PLOB)")
    line(axes, known(rows, "sampled_per_mode"), "length_km", "sampled_per_mode", bars, **_DRAWN)
    smallest = min(value.best for value in column(positive(rows, "key_per_mode"), "key_per_mode"))
    axes.set(yscale="log", ylim=(0.3 * smallest, None), xlabel="distance (km)")
    axes.set(ylabel="asymptotic secret key\n(bit/(attempt mode))")
    axes.set(title="two segments, by distance")
    axes.legend()


def _by_cutoff(axes: Axes, rows: Sequence[StudyRow]) -> None:
    scale, unit = time_unit(rows[-1]["cutoff_s"] / 10.0)
    names = ("key_per_mode", "sampled_per_mode")
    scaled: list[StudyRow] = [
        {
            "place": row["cutoff_s"] / scale,
            **{name: row[name] and 1e4 * row[name] for name in names},
        }
        for row in rows
    ]
    line(axes, scaled, "place", "key_per_mode", curve, color=COLOURS[0], marker="", label="exact")
    line(axes, known(scaled, "sampled_per_mode"), "place", "sampled_per_mode", bars, **_DRAWN)
    without = 1e4 * rows[0]["without_cutoff_per_mode"].best
    axes.axhline(without, color=COLOURS[2], linestyle="--", label="no cut-off")
    top = max(scaled, key=lambda row: row["key_per_mode"].best)
    peak = top["place"], top["key_per_mode"].best
    above: dict[str, Any] = {"xytext": (0, 8), "textcoords": "offset points", "ha": "center"}
    axes.annotate(f"best: {peak[0]:.3g} {unit}", peak, **above)
    axes.set(xscale="log", ylim=(0.0, 1.2 * peak[1]), xlabel=f"cut-off ({unit})")
    axes.set(ylabel="asymptotic secret key\n($10^{-4}$ bit/(attempt mode))")
    axes.set(title=f"at {CLOSE_UP_KM:g} km, by cut-off")
    axes.legend(loc="lower center")


STUDY = Study.of_script(
    __name__,
    "What does the best cut-off of a two-segment link gain, and where does it lie?",
    keys=("key_per_mode", "without_cutoff_per_mode"),
    fixed="hardware near Luong 2016 (preset luong), a heralding station in each segment",
    size_in=(9.0, 3.8),
)

if __name__ == "__main__":
    raise SystemExit(STUDY.main())

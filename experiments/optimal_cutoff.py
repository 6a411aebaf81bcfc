"""How long should a pair wait for its partner?

Question: what does the best cut-off gain, and where does it lie? Two segments, the hardware of D.
Luong et al., Appl. Phys. B 122, 96 (2016), arXiv:1508.02811; pairs that wait longer than the
cut-off are dropped (F. Rozpedek et al., Quantum Sci. Technol. 3, 034002 (2018)).

Answer: up to 150 km it hardly matters; beyond, the best cut-off lies well inside (0.14 s at 200 km,
a seventh of the coherence time, where it gains half as much again), and without one there is no key
from 250 km on, while with it the chain stays above the bound of the bare fibre.

Exact lines by the exact engine, points with 95 % intervals by the sampled engine on the same plans,
the bound of the bare fibre by S. Pirandola et al., Nat. Commun. 8, 15043 (2017). Run it with
``python -m experiments.optimal_cutoff [--quick] [--out DIR]``; it writes optimal-cutoff.png, .svg
and .csv.
"""

from __future__ import annotations

import argparse
import csv
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from protocols.optimise import Candidate, Evaluator, Objective, SearchSpace, Setting, optimise
from qnet.engines import play
from qnet.engines.sampled.forecast import forecast
from qnet.estimate import Estimate
from qnet.hardware import preset
from qnet.merit.bounds import plob

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["Curves", "draw", "main", "work_out"]

HARDWARE = preset("luong")

#: A double click takes two optical modes per attempt.
MODES = 2

#: Distance of the second panel in km.
CLOSE_UP_KM = 200.0

#: Elementary draws that a sampled point may cost.
_BUDGET = 2e8

Point = tuple[float, Estimate]


@dataclass(frozen=True, slots=True, kw_only=True)
class Curves:
    """The data of both panels; key rates in bits per attempt and optical mode.

    Args:
        best: By distance in km, with the best cut-off.
        best_cutoff_s: That cut-off; None where none is better.
        without: By distance, without a cut-off.
        bound: By distance, of the bare fibre.
        sampled: By distance, sampled with the best cut-off.
        close_up: By cut-off in s, at one distance.
        close_up_sampled: The same, sampled.
        close_up_without: Without a cut-off at that distance.
    """

    best: list[Point]
    best_cutoff_s: list[float | None]
    without: list[Point]
    bound: list[Point]
    sampled: list[Point]
    close_up: list[Point]
    close_up_sampled: list[Point]
    close_up_without: Estimate


def main(argv: Sequence[str] | None = None) -> int:
    """Work out, draw, write.

    Examples:
        >>> main(["--help"])  # doctest: +ELLIPSIS
        Traceback (most recent call last):
        ...
        SystemExit: 0
    """
    parser = argparse.ArgumentParser(description="Secret-key rate with the best cut-off.")
    parser.add_argument("--quick", action="store_true", help="fewer points and shots")
    parser.add_argument("--out", type=Path, default=Path("results"), metavar="DIR")
    arguments = parser.parse_args(argv)
    arguments.out.mkdir(parents=True, exist_ok=True)
    curves = work_out(quick=arguments.quick)
    write_csv(curves, arguments.out / "optimal-cutoff.csv")
    draw(curves, [arguments.out / f"optimal-cutoff.{kind}" for kind in ("png", "svg")])
    print(f"optimal-cutoff.png, .svg and .csv are in {arguments.out}")
    return 0


def work_out(*, quick: bool = False) -> Curves:
    """The data of both panels."""
    lengths = np.linspace(50.0, 350.0, 5 if quick else 25)
    chosen = set(lengths[:: 2 if quick else 4])
    shots = 400 if quick else 20_000
    best, cutoffs, without, bound, sampled = [], [], [], [], []
    for length in map(float, lengths):
        optimum = optimise(_setting(length), SearchSpace(segments=(2,)))
        candidate = optimum.best.candidate
        best.append((length, _exact(length, candidate)))
        cutoffs.append(candidate.cutoffs_s[0] if candidate.cutoffs_s else None)
        without.append((length, _exact(length, Candidate(segments=2))))
        fibre = HARDWARE.fibre.transmission(length)
        bound.append((length, Estimate.exact(float(plob(fibre)))))
        if length in chosen:
            sampled += _sampled(length, length, candidate, shots)
    unit = HARDWARE.node.emitter.preparation_time_s + CLOSE_UP_KM / 2.0 / 2e5
    steps = np.unique(np.geomspace(20, 3000, 7 if quick else 50).astype(int))
    candidates = [Candidate(segments=2, cutoffs_s=(float(m) * unit,)) for m in steps]
    close_up = [(c.cutoffs_s[0], _exact(CLOSE_UP_KM, c)) for c in candidates]
    close_up_sampled = []
    for candidate in candidates[2 :: 3 if quick else 7]:
        close_up_sampled += _sampled(candidate.cutoffs_s[0], CLOSE_UP_KM, candidate, shots)
    return Curves(
        best=best,
        best_cutoff_s=cutoffs,
        without=without,
        bound=bound,
        sampled=sampled,
        close_up=close_up,
        close_up_sampled=close_up_sampled,
        close_up_without=_exact(CLOSE_UP_KM, Candidate(segments=2)),
    )


def _setting(length_km: float) -> Setting:
    return Setting.of_hardware(HARDWARE, length_km)


def _exact(length_km: float, candidate: Candidate) -> Estimate:
    """Bits per attempt and mode."""
    evaluate = Evaluator(_setting(length_km), Objective())
    return evaluate.play(candidate).result.secret_key_rate_hz * _per_mode(length_km)


def _sampled(
    place: float, length_km: float, candidate: Candidate, shots: int
) -> list[tuple[float, Estimate]]:
    """One point, or none where it would take too long."""
    plan = _setting(length_km).plan(candidate)
    affordable = int(min(shots, _BUDGET / forecast(plan).draws))
    if affordable < 100:
        return []
    found = play(plan, shots=affordable, seed=1)
    return [(place, found.secret_key_rate_hz * _per_mode(length_km))]


def _per_mode(length_km: float) -> float:
    """Seconds per attempt, over modes."""
    plan = _setting(length_km).plan(Candidate(segments=2))
    return max(link.attempt_time_s for link in plan.links()) / MODES


def write_csv(curves: Curves, path: Path) -> None:
    """One row per point: curve, place, low, best, high, cut-off."""
    rows: list[tuple[object, ...]] = []

    def add(name: str, points: Iterable[Point], cutoffs: Sequence[float | None] = ()) -> None:
        for k, (place, value) in enumerate(points):
            cutoff = cutoffs[k] if cutoffs else None
            shown = "" if cutoff is None else cutoff
            rows.append((name, place, value.low, value.best, value.high, shown))

    add("best cut-off, by km", curves.best, curves.best_cutoff_s)
    add("no cut-off, by km", curves.without)
    add("PLOB, by km", curves.bound)
    add("sampled, by km", curves.sampled)
    add(f"at {CLOSE_UP_KM:g} km, by cut-off in s", curves.close_up)
    add(f"sampled at {CLOSE_UP_KM:g} km, by cut-off in s", curves.close_up_sampled)
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(("curve", "place", "low", "best", "high", "cutoff_s"))
        writer.writerows(rows)


def draw(curves: Curves, paths: Iterable[Path]) -> None:
    """Both panels."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    from qnet.figures import style

    with style():
        figure = Figure(figsize=(9.0, 3.8))
        FigureCanvasAgg(figure)
        left, right = figure.subplots(1, 2)
        _by_distance(left, curves)
        _by_cutoff(right, curves)
        for path in paths:
            figure.savefig(path)


def _by_distance(axes: Axes, curves: Curves) -> None:
    from qnet.figures.style import COLOURS

    lines = (
        (curves.best, "best cut-off", COLOURS[0], "-"),
        (curves.without, "no cut-off", COLOURS[2], "--"),
        (curves.bound, "bare fibre, at most (PLOB)", "0.5", ":"),
    )
    for points, label, colour, line in lines:
        shown = [(place, value.best) for place, value in points if value.best > 0.0]
        axes.plot(*zip(*shown, strict=True), line, color=colour, label=label, marker="")
    _points(axes, curves.sampled, COLOURS[0])
    smallest = min(value.best for _, value in curves.best if value.best > 0.0)
    axes.set(
        yscale="log",
        ylim=(0.3 * smallest, None),
        xlabel="distance (km)",
        ylabel="secret bits per attempt and mode",
        title="two segments, by distance",
    )
    axes.legend()


def _by_cutoff(axes: Axes, curves: Curves) -> None:
    from qnet.figures.style import COLOURS, time_unit

    scale, unit = time_unit(curves.close_up[-1][0] / 10.0)
    places = [place / scale for place, _ in curves.close_up]
    values = [1e4 * value.best for _, value in curves.close_up]
    sampled = [(place / scale, 1e4 * value) for place, value in curves.close_up_sampled]
    axes.plot(places, values, color=COLOURS[0], marker="", label="exact")
    _points(axes, sampled, COLOURS[0])
    without = 1e4 * curves.close_up_without.best
    axes.axhline(without, color=COLOURS[2], linestyle="--", label="no cut-off")
    top = int(np.argmax(values))
    axes.annotate(
        f"best: {places[top]:.3g} {unit}",
        (places[top], values[top]),
        xytext=(0, 8),
        textcoords="offset points",
        ha="center",
    )
    axes.set(
        xscale="log",
        ylim=(0.0, 1.2 * values[top]),
        xlabel=f"cut-off ({unit})",
        ylabel="secret bits per $10^4$ attempts and mode",
        title=f"at {CLOSE_UP_KM:g} km, by cut-off",
    )
    axes.legend(loc="lower center")


def _points(axes: Axes, points: Sequence[Point], colour: str) -> None:
    if not points:
        return
    places = [place for place, _ in points]
    best = np.array([value.best for _, value in points])
    below = best - [value.low for _, value in points]
    above = np.array([value.high for _, value in points]) - best
    axes.errorbar(
        places, best, yerr=[below, above], fmt="o", color=colour, capsize=2, label="sampled, 95 %"
    )


if __name__ == "__main__":
    raise SystemExit(main())

"""Requirements of hardware for a link of 500 km: how much better must it become?

Question: how much better must hardware become to give one secret bit per second over 500 km?

Answer: 10 to 52 times better than its model in everything, by platform; rare earths 166 times. With
sixteen segments, the best of four, eight, sixteen and thirty-two, silicon vacancies must become 9.8
times better, atoms 19, ions 33 and colour centres 52 times; rare earths 166 times, with four. A
factor for each parameter costs 1.3 to 2 times less in sum (eight segments): most is asked of the
coherence time of ions and atoms (88 and 53 times), and of the light that colour centres and silicon
vacancies send into the fibre (78 and 21 times). Four segments are out of reach of all but atoms
(5700 times) and rare earths, however good they are.

How: ``protocols.planning.requirements``. An improvement by k raises a probability p of no
imperfection to p^(1/k), and the sum of all factors is its cost: G. Avis et al., npj Quantum Inf. 9,
100 (2023), arXiv:2207.10579; F. Ferreira da Silva et al., arXiv:2303.03234. Durations, modes and
fibre stay. Every hardware is judged by the exact engine with the best cut-off of a nested chain,
with the choices of ``protocols/repeaters/platforms.py``. The single factor is found by bisection;
the factors of their own are a local minimum of the cost, with the cut-off of the single factor: no
factor of them can be lowered alone, but another mixture may cost less. What an improvement takes in
the laboratory no such cost knows.

Run: ``qnet study requirements-500-km [--quick] [--out DIR]``, six to eight minutes on one core.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from experiments.studies.rows import StudyRow, column, grouped, known
from experiments.studies.study import Study, StudyPoint
from protocols.planning.optimise import Problem, SearchSpace
from protocols.planning.requirements import Requirement, Target, smallest_improvement
from protocols.repeaters.platforms import HARDWARE, KEY, Platform
from qnet.figures import plain_numbers
from qnet.figures.style import look
from qnet.hardware import Preset, preset

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["STUDY", "factors", "requirement", "work"]

TARGET, TARGET_TEXT = Target(key_rate_hz=1.0), "one secret bit per second"

LENGTH_KM = 500.0
SEGMENTS = (4, 8, 16, 32)

#: Number of segments with which each parameter gets a factor of its own.
ITEMISED = 8

#: Models of today's platforms: all but the target parameters.
PLATFORMS = tuple(name for name in HARDWARE if name != "blueprint")

#: Longest grid of the exact engine, and the column of a parameter's factor.
_STEPS, _FACTOR = 1 << 13, "factor of "


def points(quick: bool) -> list[StudyPoint]:
    """Platform, distance and number of segments."""
    if quick:
        return [_point(name, 20.0, 1, name == "siv") for name in ("trapped-ion", "siv")]
    return [_point(name, LENGTH_KM, n, n == ITEMISED) for name in PLATFORMS for n in SEGMENTS]


def _point(name: str, length_km: float, segments: int, itemised: bool) -> StudyPoint:
    where = {"hardware": name, "length_km": length_km}
    return {**where, "segments": segments, "itemised": itemised}


def requirement(
    name: str, length_km: float, segments: int, *, itemised: bool = False, target: Target = TARGET
) -> Requirement:
    """The smallest improvement of a platform that reaches the target.

    Args:
        name: Name of the preset.
        length_km: Length of the chain.
        segments: Number of its segments.
        itemised: Whether each parameter gets a factor of its own.
        target: What must be reached.
    """

    def setting(hardware: Preset) -> Problem:
        return Problem.of_platform(Platform(name=name, given=hardware), length_km, KEY)

    space = SearchSpace(segments=(segments,))
    return smallest_improvement(
        preset(name), setting, target, space, per_parameter=itemised, most_steps=_STEPS
    )


def work(point: StudyPoint, seed: int) -> StudyRow:
    """The single factor, and those of the parameters; exact, so the seed plays no part."""
    itemised = point["itemised"]
    found = requirement(point["hardware"], point["length_km"], point["segments"], itemised=itemised)
    candidate = found.trial.candidate
    count = len(found.factors)
    row = {
        "common_factor": found.uniform_factor if found.reached else None,
        "common_cost": found.uniform_factor * count if found.reached else None,
        "cost": found.cost if found.reached and itemised else None,
        "parameters": count,
        "cutoff_s": candidate.cutoff_s,
        "key_hz": found.trial.secret_key_rate_hz,
        "rate_hz": found.trial.rate_hz,
        "fidelity": found.trial.fidelity,
        "reason": found.reason,
    }
    if found.reached and itemised:
        row |= {f"{_FACTOR}{path}": factor for path, factor in found.factors.items()}
    return row


def factors(row: StudyRow) -> dict[str, float]:
    """The factors of a row by parameter, the largest first; empty where there are none."""
    found = {
        name.removeprefix(_FACTOR): float(value)
        for name, value in row.items()
        if name.startswith(_FACTOR) and value is not None
    }
    return dict(sorted(found.items(), key=lambda item: (-item[1], item[0])))


def answer(rows: Sequence[StudyRow]) -> str:
    """The best number of segments and factor for each platform, and what must improve most."""
    told = []
    for name, own in grouped(rows, "hardware").items():
        reached = known(own, "common_factor")
        title = HARDWARE[name].lower()
        if not reached:
            told.append(f"{title}: out of reach")
            continue
        best = min(reached, key=lambda row: float(row["common_factor"]))
        text = f"{title}: {best['common_factor']:.3g} times with {best['segments']} segments"
        for row in reached:
            most = list(factors(row).items())[:2]
            if most:
                which = " and ".join(f"{path} {factor:.3g}" for path, factor in most)
                saved = row["common_cost"] / row["cost"]
                text += f" ({which} times at {row['segments']}, at a cost {saved:.2g} times lower)"
        told.append(text)
    return f"For {TARGET_TEXT} over {rows[0]['length_km']:g} km: {'; '.join(told)}."


def draw(figure: Figure, rows: Sequence[StudyRow]) -> None:
    """The single factor by number of segments, and the factors of the parameters."""
    left, right = figure.subplots(1, 2, width_ratios=(1.0, 1.3))
    _single(left, rows)
    _itemised(right, rows)
    figure.suptitle(f"{TARGET_TEXT} over {rows[0]['length_km']:g} km")


def _single(axes: Axes, rows: Sequence[StudyRow]) -> None:
    from matplotlib.ticker import FixedLocator

    for name, own in grouped(rows, "hardware").items():
        reached = known(own, "common_factor")
        label = HARDWARE[name] + ("" if reached else ": out of reach")
        axes.plot(column(reached, "segments"), column(reached, "common_factor"), label=label)
    axes.set(xscale="log", yscale="log", xlabel="segments", ylabel="improvement of every parameter")
    axes.set(title="one factor for all (no point: out of reach)")
    axes.set_ylim(1.0, max(12.0, 2.0 * axes.get_ylim()[1]))
    axes.xaxis.set_major_locator(FixedLocator(sorted(set(column(rows, "segments")))))
    plain_numbers(axes.xaxis)
    axes.legend(fontsize=8)


def _itemised(axes: Axes, rows: Sequence[StudyRow]) -> None:
    some = [row for row in rows if factors(row)]
    paths = list(dict.fromkeys(path for row in some for path in sorted(factors(row))))
    paths.sort(reverse=True)
    # Each platform a little above the next, in the colour and marker of the first panel.
    names = list(grouped(rows, "hardware"))
    for row in some:
        own = factors(row)
        shift = 0.13 * (names.index(row["hardware"]) - (len(names) - 1) / 2.0)
        places = [paths.index(path) - shift for path in own]
        how: dict[str, Any] = {**look(names.index(row["hardware"])), "linestyle": ""}
        axes.plot(list(own.values()), places, **how)
    axes.set_yticks(range(len(paths)), [_words(path) for path in paths], fontsize=8)
    for place in range(len(paths) - 1):
        axes.axhline(place + 0.5, color="0.9", lw=0.6, zorder=0.5)
    numbers = ", ".join(str(n) for n in sorted(set(column(some, "segments"))))
    most = max(factor for row in some for factor in factors(row).values())
    axes.set(xscale="log", xlim=(0.8, max(12.0, 1.5 * most)))
    axes.set(xlabel="improvement", title=f"a factor for each (segments: {numbers})")


def _words(path: str) -> str:
    part, _, name = path.partition(".")
    units = {" deg": "", "t1 s": "$T_1$", "t2 s": "$T_2$"}
    text = name.replace("_", " ")
    for old, new in units.items():
        text = text.replace(old, new)
    return f"{part}: {text}"


STUDY = Study.of_script(
    __name__,
    f"How much better must hardware become to give {TARGET_TEXT} over {LENGTH_KM:g} km?",
    keys=("key_hz",),
    fixed="nested, best cut-offs; durations, modes and fibre stay",
    size_in=(10.5, 5.0),
)

if __name__ == "__main__":
    raise SystemExit(STUDY.main())

"""Number of repeaters over 500 km, for each hardware.

Question: how many segments are best over 500 km, for each hardware?

Answer: twelve to sixteen with the target parameters, a flat maximum; models of today's hardware
give no key with any number. With twelve, fourteen and sixteen the target parameters give 86, 86 and
84 bit/s; eight give 53. The first steps of improvement with a bit a day are ten times (colour
centres, silicon vacancies; five is too little), twenty (ions, atoms; ten is not enough) and a
thousand (rare earths; a hundred is not enough). Improved twenty times, six segments are best for
colour centres (0.13 bit/s), eight for ions (0.06), sixteen for atoms (2.0) and twenty-four for
silicon vacancies (22); the better these become, the more, up to the 64 that were looked at.

Other pages ask for the same number under other rules, and find it in the same flat maximum: in
``experiments/scenarios/best-500-km.toml`` the users store their qubits and error correction is
ideal, which gives 92, 94 and 94 bit/s with twelve, fourteen and sixteen; notebook 8 swaps as soon
as possible, without a cut-off, and has fourteen. The bound of the bare fibre is for two modes at 1
GHz everywhere (0.29 bit/s).

How: the best cut-off (one for all levels) of a nested chain by the exact engine, with the choices
of ``protocols/repeaters/platforms.py``: users measure at once, results travel, single-click links
with a bright-state population of 0.06 / segments, a BB84 key with error correction at 1.16 times
the Shannon limit; less than a bit a day counts as none. Improving k times is that of G. Avis et
al., npj Quantum Inf. 9, 100 (2023), arXiv:2207.10579: durations, modes and fibre stay. Where
perfect memories would give no key (an estimate) nothing is searched; where only cut-offs so short
would do that no time grid holds the delivery, none is found. Searches rank by estimates on coarse
grids; what is shown is proven where the exact engine can, and the sampled engine plays the same
plans (open circles, 95 %). Bare fibre: the most that any repeaterless link at 1 GHz in two modes
gives (S. Pirandola et al., Nat. Commun. 8, 15043 (2017)); capacity of the chain: S. Pirandola,
Commun. Phys. 2, 51 (2019), for the modes tried.

Run: ``qnet study repeaters-at-500-km [--quick] [--out DIR]``, five to eight minutes on one core.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from experiments.studies.rows import StudyRow, grouped, known, line
from experiments.studies.study import Study, StudyPoint, sampled
from protocols.planning.optimise import Problem, SearchSpace, optimise, play_gridded
from protocols.repeaters.platforms import CLOCK_HZ, HARDWARE, KEY, Platform
from qnet.errors import EngineError, InfeasiblePlanError
from qnet.estimate import Estimate
from qnet.figures import bound, curve, plain_numbers, points as bars
from qnet.figures.style import look as look_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["STUDY", "as_good", "best_number", "work"]

LENGTH_KM = 500.0

TARGET = "blueprint"

#: Improvement of the first panel; the second one has all of the ladder.
IMPROVEMENT = 20.0
LADDER = (1.0, 2.0, 5.0, 10.0, 20.0, 50.0, 100.0, 1000.0)

#: Numbers of segments of every hardware, and those in between, of the first panel.
SEGMENTS = (1, 2, 4, 8, 16, 32)
BETWEEN = (3, 6, 12, 14, 24)

#: Numbers whose key rates are this close to the highest are as good: grids resolve no more.
FLAT = 0.05

#: Hardware improved so much can do with more.
MANY, FROM = 64, 100.0

#: A key rate of less than one bit in a day counts as none.
WORTH_HZ = 1.0 / 86400.0

#: Longest grid of the estimates of a search.
_STEPS = 1 << 14

_NOTHING = Estimate.exact(0.0)


def points(quick: bool) -> list[StudyPoint]:
    """Hardware, its improvement, and the number of segments."""
    found: list[StudyPoint] = []
    for name in HARDWARE:
        for factor in (1.0,) if name == TARGET else LADDER:
            shown = name == TARGET or factor == IMPROVEMENT
            numbers = sorted(SEGMENTS + BETWEEN) if shown else list(SEGMENTS)
            if factor >= FROM:
                numbers.append(MANY)
            found += [_point(name, factor, n, n in SEGMENTS and shown) for n in numbers]
    if not quick:
        return found
    small = [(TARGET, 1.0, n) for n in (2, 8, 16)]
    small += [("rubidium-atoms", k, n) for k in (1.0, 50.0) for n in (8, 16)]
    return [_point(*each, sampled=each[0] == TARGET) for each in small]


def _point(name: str, improvement: float, segments: int, sampled: bool) -> StudyPoint:
    what = {"hardware": name, "improvement": improvement}
    return {**what, "segments": segments, "sampled": sampled}


def work(point: StudyPoint, seed: int) -> StudyRow:
    """The best key rate of a number of segments, or the reason why there is none."""
    hardware = Platform(name=point["hardware"], improvement=point["improvement"])
    segments = point["segments"]
    link = hardware.link(LENGTH_KM / segments, segments)
    modes_hz = hardware.optical_modes * link.modes / link.attempt_time_s
    row: dict[str, Any] = {
        "key_hz": _NOTHING,
        "perfect_hz": 0.0,
        "cutoff_s": None,
        "fidelity": None,
        "reason": "",
        "sampled_key_hz": None,
        "attempt_s": link.attempt_time_s,
        "chain_bound_hz": hardware.chain_bound(segments, LENGTH_KM) * modes_hz,
        "fibre_bound_hz": hardware.direct_bound(LENGTH_KM) * 2.0 * CLOCK_HZ,
    }
    try:
        ideal = hardware.chain("nested", segments, LENGTH_KM, storage=False)
        row["perfect_hz"] = play_gridded(ideal.plan(), key=KEY).result.secret_key_rate_hz.best
    except (EngineError, InfeasiblePlanError) as error:
        return row | {"reason": str(error)}
    if row["perfect_hz"] == 0.0:
        return row | {"reason": "no key even if no pair had to wait for another"}
    setting = Problem.of_platform(hardware, LENGTH_KM, KEY)
    found = optimise(setting, SearchSpace(segments=(segments,)), most_steps=_STEPS)
    if not found.found:
        return row | {"reason": found.reason}
    candidate = found.best.candidate
    row["key_hz"], row["fidelity"] = found.best.figures["secret_key_rate_hz"], found.best.fidelity
    row["cutoff_s"] = candidate.cutoff_s
    if point["sampled"]:
        plan = setting.plan(candidate)
        row["sampled_key_hz"] = sampled(plan, seed=seed, key=KEY)
    return row | {"modes_hz": modes_hz, "key_per_mode": row["key_hz"].best / modes_hz}


def best_number(rows: Sequence[StudyRow]) -> StudyRow | None:
    """The row with the highest key rate; None where none is worth mentioning."""
    best = max(rows, key=lambda row: float(row["key_hz"].best))
    return best if best["key_hz"].best >= WORTH_HZ else None


def as_good(rows: Sequence[StudyRow], best: StudyRow) -> str:
    """The best number of segments, or from which to which the key rate is as good."""
    enough = (1.0 - FLAT) * best["key_hz"].best
    numbers = [row["segments"] for row in rows if row["key_hz"].best >= enough]
    low, high = min(numbers), max(numbers)
    return str(low) if low == high else f"{low} to {high}"


def _best_by_factor(rows: Sequence[StudyRow]) -> dict[float, StudyRow]:
    """The best row of each improvement of one hardware; those without a key are left out."""
    best = {factor: best_number(own) for factor, own in grouped(rows, "improvement").items()}
    return {factor: row for factor, row in best.items() if row is not None}


def answer(rows: Sequence[StudyRow]) -> str:
    """The best number for each hardware, and from which improvement on there is a key."""
    told, first, none = [], [], []
    for name, own in grouped(rows, "hardware").items():
        best, title = _best_by_factor(own), HARDWARE[name].lower()
        if not best:
            none.append(title)
            continue
        at = IMPROVEMENT if IMPROVEMENT in best else min(best)
        factor = "" if name == TARGET else f" improved {at:g} times"
        row = best[at]
        number = as_good(grouped(own, "improvement")[at], row)
        told.append(f"{number} for {title}{factor} ({row['key_hz'].best:.3g} bit/s)")
        if name != TARGET:
            first.append(f"{title} {min(best):g}")
    text = f"Best number of segments: {'; '.join(told)}."
    if first:
        text += f" First improvement of the ladder with a bit a day: {', '.join(first)}."
    return text + (f" None at any: {', '.join(none)}." if none else "")


def draw(figure: Figure, rows: Sequence[StudyRow]) -> None:
    """Key rate by number of segments, and the best number by improvement."""
    left, right = figure.subplots(1, 2)
    _by_segments(left, rows)
    _by_improvement(right, rows)
    figure.legend(*left.get_legend_handles_labels(), loc="outside lower center", ncols=4)


def _by_segments(axes: Axes, rows: Sequence[StudyRow]) -> None:
    some = [row for row in rows if row["improvement"] == IMPROVEMENT or row["hardware"] == TARGET]
    for name, own in grouped(some, "hardware").items():
        keyed = [row for row in own if row["key_hz"].best >= WORTH_HZ]
        how = _look(name)
        line(axes, keyed, "segments", "key_hz", curve, label=HARDWARE[name], **how)
        open_circles = {"color": how["color"], "ms": 8, "mfc": "none", "label": None}
        if played := known(keyed, "sampled_key_hz"):
            line(axes, played, "segments", "sampled_key_hz", bars, **open_circles)
    target = grouped(some, "hardware")[TARGET]
    look = {"label": "capacity of the target's chain"}
    line(axes, target, "segments", "chain_bound_hz", bound, **look)
    look = {"color": "0.8", "label": "bare fibre, at most (PLOB)"}
    line(axes, target, "segments", "fibre_bound_hz", bound, **look)
    axes.set_xscale("log", base=2)
    axes.set_yscale("log")
    axes.set(ylim=(WORTH_HZ, None), xlabel="segments", ylabel="asymptotic secret-key rate (bit/s)")
    axes.set_title(f"{LENGTH_KM:g} km; all but the target improved {IMPROVEMENT:g} times")
    plain_numbers(axes.xaxis)


def _by_improvement(axes: Axes, rows: Sequence[StudyRow]) -> None:
    # A little aside, so that lines with equal numbers stay apart.
    aside = 0.94
    for name, own in grouped(rows, "hardware").items():
        best = _best_by_factor(own)
        if name != TARGET and best:
            numbers = [aside * row["segments"] for row in best.values()]
            axes.plot(list(best), numbers, **_look(name))
        aside *= 1.03
    axes.set_xscale("log")
    axes.set_yscale("log", base=2)
    axes.set(xlabel="improvement of every imperfection", ylabel="best number of segments")
    axes.set_title("from a bit a day on; equal numbers a little apart")
    plain_numbers(axes.xaxis)
    plain_numbers(axes.yaxis)


def _look(name: str) -> dict[str, Any]:
    """Of each hardware in both panels; the target in black."""
    if name == TARGET:
        return {"color": "0.0", "linestyle": "-", "marker": "P", "ms": 6}
    return look_of(list(HARDWARE).index(name))


STUDY = Study.of_script(
    __name__,
    f"How many segments are best over {LENGTH_KM:g} km, for each hardware?",
    keys=("key_hz", "perfect_hz"),
    fixed="nested, best cut-offs, error correction at 1.16",
    size_in=(10.0, 4.8),
)

if __name__ == "__main__":
    raise SystemExit(STUDY.main())

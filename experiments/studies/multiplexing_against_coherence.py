"""Multiplexing against coherence: how many modes make up for a memory that decays sooner.

Question: how much shorter may the coherence time be with ten times as many modes?

Answer: 14 times with ten modes instead of one, 2.4 times with a hundred instead of ten, hardly with
more. That is for one bit per second over 500 km: 0.44 s become 31 ms, then 13 ms. A thousand modes
instead of a hundred replace 1.2 times: it ends near 1/p = 85 modes, where every attempt makes a
link. What remains, 11 ms, is 34 attempts. A hundred separate chains of one mode need 183 ms where
links of a hundred need 13.

How: the target parameters (``qnet presets blueprint``), eight segments over 500 km, nested, with
another number of modes per link and another coherence time; the choices of
``protocols/repeaters/platforms.py``; for each, the best cut-off by the exact engine. A link of M
modes tries all in one attempt and keeps the first pair: it heralds with P = 1 - (1 - p)^M, and a
station waits some 1/P attempts for the other side. M separate chains of one mode give M times the
key but shorten no waiting; that multiplexed memories, which may join any two modes, beat them is
the point of O. A. Collins et al., Phys. Rev. Lett. 98, 060502 (2007), and many temporal modes in
one memory that of C. Simon et al., Phys. Rev. Lett. 98, 190503 (2007). Here a link keeps one pair
at a time: less than their protocols may. Coherence times are good to some 3 %. Points with 95 %
bars: the same plans on the sampled engine.

Run: ``qnet study multiplexing-against-coherence [--quick] [--out DIR]``, a minute on one core.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from experiments.studies.rows import StudyRow, grouped, known, line, positive, where
from experiments.studies.study import Study, StudyPoint, sampled
from protocols.planning.optimise import Candidate, Evaluator, Objective, Problem, SearchSpace
from protocols.planning.optimise.search import best_of_choice
from protocols.planning.optimise.trial import Trial
from protocols.planning.requirements import least_enough
from protocols.repeaters.platforms import KEY, Platform
from qnet.estimate import Estimate
from qnet.figures import curve, plain_numbers, points as bars, theory
from qnet.figures.style import COLOURS
from qnet.hardware import preset

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from qnet.plans import Link

__all__ = ["STUDY", "best_trial", "chain", "needed_coherence", "work"]

LENGTH_KM, SEGMENTS = 500.0, 8

MODES = (1, 3, 10, 30, 100, 300, 1000)

#: Key rates of the first panel, in bits per second, and coherence times of the second, in s.
KEY_RATES_HZ = (1.0, 10.0, 100.0)
COHERENCE_S = (0.03, 0.1, 1.0)

#: Relative precision of a coherence time, rough for the quick size, and the longest looked at.
_PRECISION, _ROUGH, _LONGEST_S = 0.03, 1.0, 1e3

#: First coherence time that is tried, in times that a link takes, and how it grows.
_FIRST, _GROWTH = 4.0, 4.0

#: Longest grid of the search, and of a key rate that is shown.
_STEPS, _FINE_STEPS = 1 << 13, 1 << 18

#: So many times as long as it takes to make a link, a memory lives in a line to compare with.
_LIVES = 30.0


def points(quick: bool) -> list[StudyPoint]:
    """Coherence times that key rates need, and key rates of coherence times."""
    modes = (10, 100) if quick else MODES
    rates = KEY_RATES_HZ[:1] if quick else KEY_RATES_HZ
    needs = [_point("link", m, wanted_hz=rate) for rate in rates for m in modes]
    if not quick:
        needs += [_point("chains", m, wanted_hz=rates[0]) for m in modes[1:5]]
    times = COHERENCE_S[1:2] if quick else COHERENCE_S
    precision = {"precision": _ROUGH if quick else _PRECISION}
    had = [_point("rate", m, given_s=t) for t in times for m in modes]
    return [{**point, **precision} for point in needs] + had


def _point(kind: str, modes: int, **of: float) -> StudyPoint:
    return {"kind": kind, "modes": modes, "wanted_hz": None, "given_s": None, **of}


def chain(modes: int, coherence_s: float) -> Platform:
    """The target parameters with this number of modes per link and this T2.

    Examples:
        >>> chain(30, 0.5).preset.node.memory.modes
        30
    """
    target = preset("blueprint")
    memory = replace(target.node.memory, modes=modes, t2_s=coherence_s)
    return Platform(
        name="blueprint", given=replace(target, node=replace(target.node, memory=memory))
    )


def best_trial(modes: int, coherence_s: float, enough_hz: float = math.inf) -> Trial:
    """The plan with the best cut-off; the first that gives ``enough_hz`` will do."""
    evaluate = _evaluator(modes, coherence_s)
    space = SearchSpace(segments=(SEGMENTS,))
    return best_of_choice(evaluate, space, Candidate(segments=SEGMENTS), enough_hz)


def needed_coherence(modes: int, key_hz: float, precision: float = _PRECISION) -> float | None:
    """Shortest T2, in s, with which a key rate is reached; None if no T2 will do.

    Args:
        modes: Number of modes of each link.
        key_hz: Secret bits per second.
        precision: Relative precision of the time, which is never too short.
    """

    def enough(coherence_s: float) -> bool:
        return best_trial(modes, coherence_s, key_hz).value >= key_hz

    low = high = _FIRST * _link_s(modes)
    while not enough(high):
        low, high = high, _GROWTH * high
        if high > _LONGEST_S:
            return None
    return least_enough(low, high, enough, precision)


def _link_s(modes: int) -> float:
    """Mean time in s in which a link comes: what a coherence time has to be compared with."""
    link = _link(modes)
    return link.attempt_time_s / link.round_success_probability


def _link(modes: int) -> Link:
    return chain(modes, 1.0).link(LENGTH_KM / SEGMENTS, SEGMENTS)


def _evaluator(modes: int, coherence_s: float, most_steps: int = _STEPS) -> Evaluator:
    setting = Problem.of_platform(chain(modes, coherence_s), LENGTH_KM, KEY)
    return Evaluator(setting, Objective(), most_steps=most_steps)


def work(point: StudyPoint, seed: int) -> StudyRow:
    """The coherence time that is needed, or the key rate that is had, exact and sampled."""
    modes = point["modes"]
    row: dict[str, Any] = {
        "p": _link(modes).success_probability,
        "link_s": _link_s(modes),
        "coherence_s": point["given_s"],
        "key_hz": None,
        "sampled_key_hz": None,
        "cutoff_s": None,
    }
    if point["kind"] != "rate":
        # M chains of one mode give M times the key of one.
        chains = modes if point["kind"] == "chains" else 1
        wanted_hz, precision = point["wanted_hz"] / chains, point["precision"]
        return row | {"coherence_s": needed_coherence(modes // chains, wanted_hz, precision)}
    best = best_trial(modes, point["given_s"])
    if best.value == 0.0:
        return row | {"key_hz": Estimate.exact(0.0)}
    evaluate = _evaluator(modes, point["given_s"], _FINE_STEPS)
    row["key_hz"] = evaluate.play(best.candidate).result.secret_key_rate_hz
    row["cutoff_s"] = best.candidate.cutoff_s
    plan = evaluate.setting.plan(best.candidate)
    row["sampled_key_hz"] = sampled(plan, seed=seed, key=KEY)
    return row


def _needs(rows: Sequence[StudyRow], kind: str) -> dict[float, list[StudyRow]]:
    """The rows with a coherence time that suffices, by key rate."""
    return grouped(known(where(rows, kind=kind), "coherence_s"), "wanted_hz")


def answer(rows: Sequence[StudyRow]) -> str:
    """What ten times as many modes replace, step by step, and where it ends."""
    steps = []
    for rate, own in _needs(rows, "link").items():
        needed = {row["modes"]: row["coherence_s"] for row in own}
        pairs = [
            f"{needed[m] / needed[10 * m]:.2g} ({m} to {10 * m})"
            for m in needed
            if 10 * m in needed and m in (1, 10, 100)
        ]
        if pairs:
            steps.append(f"at {rate:g} bit/s {', '.join(pairs)}")
    text = f"Ten times as many modes replace this many times the coherence time: {'; '.join(steps)}"
    text += f"; it ends near 1/p = {1.0 / rows[0]['p']:.0f} modes"
    return text + _of_separate_chains(rows) + "."


def _of_separate_chains(rows: Sequence[StudyRow]) -> str:
    for rate, own in _needs(rows, "chains").items():
        last = own[-1]
        linked = {row["modes"]: row["coherence_s"] for row in _needs(rows, "link").get(rate, [])}
        if last["modes"] in linked and last["modes"] > 1:
            return (
                f". {last['modes']} separate chains need {1e3 * last['coherence_s']:.3g} ms for "
                f"{rate:g} bit/s, links of {last['modes']} modes {1e3 * linked[last['modes']]:.3g}"
            )
    return ""


def draw(figure: Figure, rows: Sequence[StudyRow]) -> None:
    """Coherence time against modes at equal key, and key against modes at equal coherence."""
    left, right = figure.subplots(1, 2)
    _equal_key(left, rows)
    _equal_coherence(right, rows)
    for axes in (left, right):
        axes.set(xscale="log", yscale="log", xlabel="modes M")
        plain_numbers(axes.xaxis)
    left.legend(loc="lower left", fontsize=8)
    right.legend()


def _equal_key(axes: Axes, rows: Sequence[StudyRow]) -> None:
    x, y = "modes", "coherence_s"
    for rate, own in _needs(rows, "link").items():
        line(axes, own, x, y, label=f"{rate:g} bit/s, links of M modes")
    for rate, own in _needs(rows, "chains").items():
        # One chain of one mode is both.
        own = where(rows, wanted_hz=rate, modes=1) + own
        look: dict[str, Any] = {"marker": "x", "ls": ":", "color": COLOURS[0], "ms": 7}
        line(axes, own, x, y, label=f"{rate:g} bit/s, M separate chains", **look)
    lives = {row["modes"]: _LIVES * row["link_s"] for row in rows}
    modes = sorted(lives)
    label = rf"{_LIVES:g} times a link's time, $\tau / (1 - (1 - p)^M)$"
    theory(axes, modes, [lives[m] for m in modes], label=label)
    axes.set(xscale="log", yscale="log", ylim=(0.1 * min(lives.values()), None))
    axes.set(ylabel="coherence time needed (s)", title="equal key rates")


def _equal_coherence(axes: Axes, rows: Sequence[StudyRow]) -> None:
    for time_s, own in grouped(positive(where(rows, kind="rate"), "key_hz"), "given_s").items():
        line(axes, own, "modes", "key_hz", curve, label=f"$T_2$ = {time_s:g} s")
        look = {"color": axes.lines[-1].get_color(), "ms": 8, "mfc": "none", "label": None}
        if played := known(own, "sampled_key_hz"):
            line(axes, played, "modes", "sampled_key_hz", bars, **look)
    axes.set(ylabel="asymptotic secret-key rate (bit/s)")
    axes.set(title="equal memories; open circles: sampled, 95 %")


STUDY = Study.of_script(
    __name__,
    "How much shorter may the coherence time be with ten times as many modes?",
    keys=("key_hz", "sampled_key_hz"),
    fixed=f"target parameters, {SEGMENTS} segments over {LENGTH_KM:g} km, nested, best cut-offs",
    size_in=(10.0, 4.4),
)

if __name__ == "__main__":
    raise SystemExit(STUDY.main())

"""Distillation in a chain: when it raises the key rate, and which pairs should be distilled.

Question: below which fidelity of the links, and with which gates, does distillation pay?

Answer: with the gates of the target parameters (error 1e-3) below 0.947 for two segments, 0.976 for
four and 0.991 for eight. It depends on how far the pairs go: two segments want their links
distilled, eight the pairs over half of the chain; worse gates move the best place farther up, for a
round at the links costs its gate errors eight times over and a round at the ends takes out those of
the swaps. With links of 0.99 eight segments want it from gate errors of 6e-4 on, two not even at
2e-2.

How: exact engine; the sampled engine checks the lines of the last panel, with 95 % intervals.
Assumed: segments of 62.5 km whose attempts succeed with 0.1 (near the target parameters, ``qnet
presets blueprint``), Werner states, memories that depolarise in 1 s, at the users too, no cut-offs,
nested swaps, results at the speed of light in the fibre. A pair is improved in the same fibres, in
one more memory at each end: it is kept while the next one is made, and a DEJMPS round joins both;
"links, twice" pumps with two fresh pairs. DEJMPS: D. Deutsch et al., Phys. Rev. Lett. 77, 2818
(1996); distillation itself: C. H. Bennett et al., Phys. Rev. Lett. 76, 722 (1996); pumping and
repeaters: W. Duer et al., Phys. Rev. A 59, 169 (1999), arXiv:quant-ph/9808065.

Run: ``qnet study when-distillation-pays [--quick] [--out DIR]``, a minute on one core.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from experiments.studies.rows import StudyRow, column, grouped, line, positive, where
from experiments.studies.study import Study, StudyPoint
from protocols import pumped
from protocols.repeaters.chain import Chain
from qnet.engines import play
from qnet.engines.exact import play_exact
from qnet.figures import points as marks
from qnet.figures.style import COLOURS, LINES
from qnet.hardware import Fibre, Gates, Memory
from qnet.links import Abstract
from qnet.plans import Plan, Station

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["STUDY", "chain", "crossing", "gates_of"]

#: Length of a segment, and what a link does in one attempt.
SEGMENT_KM, SUCCESS = 62.5, 0.1

#: Depolarising time of the memories in s.
MEMORY_S = 1.0

SEGMENTS = (2, 4, 8)

#: Gate error of the target parameters: lines and answer are for it.
TARGET_ERROR = 1e-3

#: What is distilled, and how the figure says it.
METHODS = {k: k.replace("-", ", ") for k in ("none", "links", "links-twice", "halves", "ends")}

_SHOTS = 4_000


def gates_of(error: float) -> Gates:
    """Gates of which the two-qubit gate has this average infidelity, and readout this error.

    Single-qubit gates are ten times better. The strength of depolarising is 4/3 of the average
    infidelity on two qubits and twice that on one (M. A. Nielsen, Phys. Lett. A 303, 249 (2002)).

    Examples:
        >>> gates_of(0.003).two_qubit_depolarizing
        0.004
    """
    return Gates(
        two_qubit_depolarizing=4.0 * error / 3.0,
        single_qubit_depolarizing=0.2 * error,
        readout_flip_0=error,
        readout_flip_1=error,
    )


def chain(segments: int, infidelity: float, error: float, method: str) -> Plan:
    """A nested chain, distilled by a method.

    Args:
        segments: Number of segments, a power of two.
        infidelity: Of the links, which are Werner states.
        error: Of the gates; see `gates_of`.
        method: A name in ``METHODS``.

    Examples:
        >>> chain(4, 0.05, 1e-3, "ends").steps
        1
    """
    gates, memory = gates_of(error), Memory(depolarizing_time_s=MEMORY_S)
    link = Abstract(
        success_probability=SUCCESS,
        attempt_time_s=SEGMENT_KM / 2e5,
        fidelity=1.0 - infidelity,
        memory=memory,
        channel=Fibre(length_km=SEGMENT_KM),
    ).link()
    top = round(math.log2(segments))
    levels = {"links": 0, "links-twice": 0, "halves": top - 1, "ends": top}

    def better(pair: Plan) -> Plan:
        steps = 2 if method == "links-twice" else 1
        return pumped(pair, steps=steps, gates=gates, classical_latency=True)

    improve = {levels[method]: better} if method in levels else {}
    swap = Station(gates=gates)
    links = (link,) * segments
    return Chain(links=links, swap=swap, classical_latency=True, improve=improve).plan()


def points(quick: bool) -> list[StudyPoint]:
    """Every number of segments, error of the gates and infidelity of the links."""
    errors = (TARGET_ERROR, 1e-2) if quick else [10.0 ** (k / 10.0 - 4.0) for k in range(24)]
    return [
        {
            "segments": count,
            "gate_error": float(f"{error:.6g}"),
            "infidelity": float(f"{infidelity:.6g}"),
            "shots": _SHOTS // 10 if quick else _SHOTS,
        }
        for count in SEGMENTS
        for error in errors
        for infidelity in np.geomspace(0.002, 0.2, 5 if quick else 33)
    ]


def work(point: StudyPoint, seed: int) -> dict[str, Any]:
    """Key rates of all methods: exact engine; with the target gates the sampled one beside it."""
    count, infidelity, error = point["segments"], point["infidelity"], point["gate_error"]
    found: dict[str, Any] = {}
    for method in METHODS:
        plan = chain(count, infidelity, error, method)
        found[method] = play_exact(plan).secret_key_rate_hz.best
        if error == TARGET_ERROR:
            sampled = play(plan, shots=point["shots"], seed=seed)
            found[f"{method}_sampled"] = sampled.secret_key_rate_hz
    # The first of equals: the halves of two segments are their links.
    best = max(METHODS, key=lambda method: found[method])
    return {**found, "best": best if found[best] > 0.0 else "no key"}


def crossing(places: Sequence[float], gains: Sequence[float]) -> float | None:
    """Where a gain first turns positive, between places on a logarithmic scale.

    Args:
        places: Ascending or descending.
        gains: The gain at each.

    Returns:
        The place; None if the gain is positive from the start, or never.

    Examples:
        >>> round(crossing([0.01, 0.1, 1.0], [-1.0, -1.0, 1.0]), 4)
        0.3162
    """
    for (a, low), (b, high) in itertools.pairwise(zip(places, gains, strict=True)):
        if low <= 0.0 < high:
            return float(math.exp(np.interp(0.0, [low, high], [math.log(a), math.log(b)])))
    return None


def gain(row: StudyRow) -> float:
    """What the best method adds, over all that it and the plain chain give: from -1 to 1.

    Examples:
        >>> gain({"none": 1.0, "links": 3.0, "links-twice": 2.0, "halves": 2.5, "ends": 0.0})
        0.5
    """
    plain = row["none"]
    better = max(row[method] for method in METHODS if method != "none")
    return (better - plain) / (better + plain) if better + plain else 0.0


def answer(rows: Sequence[StudyRow]) -> str:
    """The fidelity below which distillation pays, and where, by the number of segments."""
    told = []
    for count, own in grouped(rows, "segments").items():
        target = where(own, gate_error=TARGET_ERROR)
        place = crossing(column(target, "infidelity"), list(map(gain, target)))
        text = f"{count} segments: "
        if place is None:
            text += "nowhere"
        else:
            first = next(row for row in target if row["infidelity"] >= place)
            text += f"below a link fidelity of {1.0 - place:.3f} (best: {METHODS[first['best']]})"
            plain = column(positive(target, "none"), "infidelity")
            any_key = [row["infidelity"] for row in target if row["best"] != "no key"]
            text += f", key down to {1.0 - max(any_key):.3f} instead of {1.0 - max(plain):.3f}"
        told.append(f"{text}, {_by_gates(own)}")
    return f"Distillation pays with gate errors of {TARGET_ERROR:g} for " + "; ".join(told) + "."


def _by_gates(rows: Sequence[StudyRow]) -> str:
    """The gate error above which distillation pays with links of about 0.99."""
    infidelity = min({row["infidelity"] for row in rows}, key=lambda x: abs(x - 0.01))
    own = where(rows, infidelity=infidelity)
    place = crossing(column(own, "gate_error"), list(map(gain, own)))
    links = f"with links of {1.0 - infidelity:.3f}"
    if place is not None:
        return f"{links} from gate errors of {place:.2g} on"
    return f"{links} {'always' if gain(own[0]) > 0.0 else 'never'}"


def draw(figure: Figure, rows: Sequence[StudyRow]) -> None:
    """A map for each number of segments, and the key rates along one line of the last."""
    maps = grouped(rows, "segments")
    axes = figure.subplots(2, 2, sharex=True).flat
    for ax, (count, own) in zip(axes, maps.items(), strict=False):
        _draw_map(ax, own)
        ax.set_title(f"{count} segments, {count * SEGMENT_KM:g} km")
    _draw_line(axes[3], where(maps[8], gate_error=TARGET_ERROR))
    axes[3].set_title(f"8 segments, gate error {TARGET_ERROR:g}")


#: Grey level and hatch of every region of the map.
_REGIONS = {
    "no key": ("1.0", ""),
    "none": ("0.88", ""),
    "links": ("0.72", "//"),
    "links-twice": ("0.55", "xx"),
    "halves": ("0.8", ".."),
    "ends": ("0.65", "\\\\"),
}


def _draw_map(ax: Axes, rows: Sequence[StudyRow]) -> None:
    """What is best at every infidelity and gate error."""
    x, y = (sorted(set(column(rows, name))) for name in ("infidelity", "gate_error"))
    best = np.array(column(rows, "best")).reshape(len(y), len(x))
    for name, (grey, hatch) in _REGIONS.items():
        inside = (best == name).astype(float)
        if not inside.any():
            continue
        ax.contourf(x, y, inside, levels=[0.5, 1.5], colors=[grey], hatches=[hatch])
        ax.contour(x, y, inside, levels=[0.5], colors="0.0", linewidths=0.7)
        _label(ax, METHODS.get(name, name), inside, x, y)
    ax.axhline(TARGET_ERROR, color="0.0", ls=":", lw=0.8, marker="")
    ax.set(xscale="log", yscale="log", xlabel="link infidelity", ylabel="gate error")


def _label(ax: Axes, text: str, inside: np.ndarray, x: Sequence[float], y: Sequence[float]) -> None:
    """The name of a region in its middle, upright where it is narrow."""
    # Local import: SciPy takes long to load.
    from scipy.ndimage import distance_transform_cdt

    depth = distance_transform_cdt(np.pad(inside, 1), metric="chessboard")[1:-1, 1:-1]
    deepest = np.argwhere(depth == depth.max())
    row, place = deepest[np.argmin(np.abs(deepest - deepest.mean(axis=0)).sum(axis=1))]
    turn = 90.0 if depth.max() < len(x) / 6.0 and inside[:, place].sum() > len(y) / 3.0 else 0.0
    box = {"facecolor": "1.0", "edgecolor": "none", "pad": 1.0, "alpha": 0.85}
    how: dict[str, Any] = {"ha": "center", "va": "center", "fontsize": 8, "bbox": box}
    ax.text(x[place], y[row], text, clip_on=True, rotation=turn, **how)


def _draw_line(ax: Axes, rows: Sequence[StudyRow]) -> None:
    """Key rates over the infidelity: lines exact, points sampled."""
    for k, method in enumerate(METHODS):
        keyed, colour = positive(rows, method), {"color": COLOURS[k]}
        look: dict[str, Any] = {"marker": "", "ls": LINES[k], "label": METHODS[method], **colour}
        line(ax, keyed, "infidelity", method, **look)
        some = keyed[:: max(1, len(rows) // 8)]
        look = {"fmt": "o", "label": "sampled, 95 %" if method == "none" else None, **colour}
        line(ax, some, "infidelity", f"{method}_sampled", marks, **look)
    place = crossing(column(rows, "infidelity"), list(map(gain, rows)))
    if place is not None:
        ax.axvline(place, color="0.4", ls=":", lw=1.0, marker="")
        ax.annotate(f" pays from {place:.2g} on", (place, 0.95), xycoords=("data", "axes fraction"))
    ax.set(xscale="log", yscale="log", xlabel="link infidelity")
    ax.set(ylabel="asymptotic secret-key rate (bit/s)")
    ax.legend(fontsize="small", title="distilled", title_fontsize="small")


STUDY = Study.of_script(
    __name__,
    "Below which fidelity of the links, and with which gates, does distillation pay?",
    keys=tuple(METHODS),
    fixed=f"attempts with {SUCCESS:g}, memories of {MEMORY_S:g} s, nested, no cut-off",
    size_in=(9.0, 7.0),
)

if __name__ == "__main__":
    raise SystemExit(STUDY.main())

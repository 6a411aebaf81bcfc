"""Generations of repeaters under one cost: which is cheapest, by hardware and distance?

Question: which generation, for which hardware, at which distance?

Answer: One-way stations where light couples well; else bare pairs where gates are good, and codes
in the memories where they err. Over 1000 km the third generation costs least from a coupling of
0.95 up, but for the worst gates; below, the first does up to gate errors of 3e-4 to 1e-3, then the
second, but for coupling 0.9 with gate errors of 0.001, where the third still does. With coupling
0.95 and a gate error of 0.001 the bare fibre is cheapest up to 366 km, one-way stations beyond.
All-photonic repeaters of this kind never are: their sources have a thousand photons and more. A
finite key of one minute costs 1.1 to 3.2 times as much along that line; where gates err in one of a
hundred times, there is none.

How: ``protocols/repeaters/generations.py`` makes the chains of every generation from one coupling
and one gate error, and says what is presumed; S. Muralidharan et al., Scientific Reports 6, 20463
(2016), arXiv:1509.08435, ask the same of three generations. Each chain is played by the exact
engine; the cheapest of each generation counts, by qubits in use times seconds per secret bit and
km (``protocols/repeaters/cost.py``). The cheapest of all is played by the sampled engine again,
whose interval holds the same cost, and for a finite key: what one minute promises with a
probability of 99 % at an epsilon of 1e-10. Nowhere must a station be trusted: the ends test the
pairs that they share.

Run: ``qnet study which-generation [--quick] [--out DIR]``, two to three minutes on two cores.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise, product
from typing import TYPE_CHECKING, Any

import numpy as np

from experiments.studies.rows import StudyRow, column, known
from experiments.studies.study import Study, StudyPoint, sampled
from protocols.qkd.promised_key import promised_key
from protocols.repeaters.cost import cost_of, resources
from protocols.repeaters.generations import GENERATIONS, StationHardware, chains_of
from qnet.engines.exact import ExactResult
from qnet.errors import EngineError, InfeasiblePlanError
from qnet.estimate import Estimate
from qnet.states.pauli import Array

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from protocols.repeaters import Chain

__all__ = ["STUDY", "break_even", "cheapest", "work"]

LENGTH_KM = 1000.0
COUPLINGS = (0.7, 0.8, 0.9, 0.95, 0.98, 0.99, 0.999)
GATE_ERRORS = (1e-5, 1e-4, 3e-4, 1e-3, 2e-3, 5e-3, 1e-2)

#: The hardware whose cost is followed over the distance.
ALONG = (0.95, 1e-3)
LENGTHS_KM = (100.0, 200.0, 300.0, 400.0, 500.0, 700.0, 1500.0, 2500.0)

#: Time of a finite key in s, the probability of its promise, and its epsilon.
BLOCK_S, PROMISE, EPSILON = 60.0, 0.99, 1e-10

#: Colours of the generations, from a palette that the colour-blind can tell apart.
COLOURS = {
    "direct": "#999999",
    "1G": "#0072b2",
    "2G": "#009e73",
    "3G": "#d55e00",
    "all-photonic": "#cc79a7",
}

#: Points of the picture for each point of the map, along either axis; lg of a cost where no key is.
_FINE, _NO_KEY = 24, 9.0


def points(quick: bool) -> list[StudyPoint]:
    """Coupling, gate error and length."""
    if quick:
        return [_point(c, e, LENGTH_KM, True) for c in (0.8, 0.98) for e in (1e-4, 2e-3)]
    grid = [_point(c, e, LENGTH_KM, False) for c in COUPLINGS for e in GATE_ERRORS]
    return grid + [_point(*ALONG, length_km, False) for length_km in LENGTHS_KM]


def _point(coupling: float, gate_error: float, length_km: float, few: bool) -> StudyPoint:
    where = {"coupling": coupling, "gate_error": gate_error}
    return {**where, "length_km": length_km, "few": few}


def cheapest(
    generation: str, hardware: StationHardware, length_km: float, *, few: bool = False
) -> tuple[Estimate, str, Chain, ExactResult] | None:
    """The chain of a generation that costs least; None where none of them gives a key.

    Args:
        generation: A name of ``GENERATIONS``.
        hardware: What it is made of.
        length_km: Its length.
        few: Whether a few chains will do.

    Returns:
        Cost, the chain in words, the chain, and what the exact engine found.
    """
    found = []
    for words, chain in chains_of(generation, hardware, length_km, few=few):
        try:
            result: Any = chain.play(engine="exact")
        except (EngineError, InfeasiblePlanError):
            continue
        cost, _ = cost_of(result.plan, result.secret_key_rate_hz, length_km)
        if cost is not None:
            found.append((cost, words, chain, result))
    return min(found, key=lambda each: each[0].best, default=None)


def work(point: StudyPoint, seed: int) -> StudyRow:
    """The cheapest chain of each generation; that of all, sampled and with a finite key."""
    hardware = StationHardware(coupling=point["coupling"], gate_error=point["gate_error"])
    length_km = point["length_km"]
    row: dict[str, Any] = {}
    best: tuple[Estimate, str, Chain, ExactResult] | None = None
    for name in GENERATIONS:
        own = cheapest(name, hardware, length_km, few=point["few"])
        row[_cost(name)] = None if own is None else own[0].best
        row[f"choice {name}"] = "no key" if own is None else own[1]
        if own is not None and (best is None or own[0].best < best[0].best):
            best, row["generation"] = own, name
    if best is None:
        none = {"generation": "none", "reason": "no key: no generation leaves one"}
        return {**row, **none, "key_hz": None, "sampled_cost": None, "finite_cost": None}
    _, _, chain, result = best
    rate = sampled(chain.plan(), seed=seed, shots=2000, key=chain.key)
    drawn = None if rate is None else cost_of(result.plan, rate, length_km)[0]
    finite_hz = promised_key(result, BLOCK_S, PROMISE, epsilon=EPSILON).key.value / BLOCK_S
    return {
        **row,
        "key_hz": result.secret_key_rate_hz.best,
        "qubits_per_station": resources(result.plan).qubits_per_station,
        "sampled_cost": drawn,
        "finite_cost": cost_of(result.plan, Estimate.exact(finite_hz), length_km)[0],
    }


def _cost(name: str) -> str:
    """The column of the least cost of a generation."""
    return f"cost {name}"


def break_even(rows: Sequence[StudyRow], axis: str, one: str, other: str) -> float | None:
    """Where along an axis one generation begins to cost more than another; None if nowhere.

    Between neighbouring points the logarithm of the ratio of their costs is taken as straight in
    the logarithm of the axis.

    Args:
        rows: Points that differ in the axis alone.
        axis: ``gate_error`` or ``length_km``.
        one: The generation that costs less at first.
        other: The generation that costs less then.

    Examples:
        >>> rows = [{"length_km": 1.0, "cost 1G": 1.0, "cost 2G": 2.0},
        ...         {"length_km": 4.0, "cost 1G": 4.0, "cost 2G": 2.0}]
        >>> break_even(rows, "length_km", "1G", "2G")
        2.0
    """
    both = [r for r in rows if r[_cost(one)] is not None and r[_cost(other)] is not None]
    both.sort(key=lambda row: float(row[axis]))
    ratios = [math.log(row[_cost(one)] / row[_cost(other)]) for row in both]
    for k in range(len(both) - 1):
        low, high = ratios[k], ratios[k + 1]
        if low <= 0.0 < high:
            ends = [math.log(both[k + j][axis]) for j in (0, 1)]
            return round(math.exp(ends[0] + (ends[1] - ends[0]) * low / (low - high)), 12)
    return None


def _map_and_line(rows: Sequence[StudyRow]) -> tuple[list[StudyRow], list[StudyRow]]:
    """The rows of the map, and those along the distance; of a quick run all are of the map."""
    length_km = max(
        {row["length_km"] for row in rows},
        key=lambda km: sum(row["length_km"] == km for row in rows),
    )
    cells = [row for row in rows if row["length_km"] == length_km]
    line = [row for row in rows if (row["coupling"], row["gate_error"]) == ALONG]
    return cells, sorted(line, key=lambda row: float(row["length_km"]))


def _changes(line: Sequence[StudyRow]) -> list[tuple[float, str, str]]:
    """Where along the distance another generation becomes the cheapest: km, before, after.

    Where one of the two gives no key at an end, there is no point of equal cost: the end is told.
    """
    found = []
    for before, row in pairwise(line):
        one, other = before["generation"], row["generation"]
        if one != other:
            known = {one, other} <= set(GENERATIONS)
            even = break_even([before, row], "length_km", one, other) if known else None
            found.append((row["length_km"] if even is None else even, one, other))
    return found


def answer(rows: Sequence[StudyRow]) -> str:
    """How often each generation is cheapest on the map, and where it begins along the distance."""
    cells, line = _map_and_line(rows)
    count = {name: sum(row["generation"] == name for row in cells) for name in GENERATIONS}
    won = ", ".join(f"{GENERATIONS[name][0]} in {n}" for name, n in count.items() if n)
    text = f"Over {cells[0]['length_km']:g} km, of {len(cells)} kinds of hardware: {won}."
    for coupling in sorted({row["coupling"] for row in cells}):
        own = [row for row in cells if row["coupling"] == coupling]
        limit = break_even(own, "gate_error", "3G", "2G")
        if limit is not None:
            text += f" At coupling {coupling:g} 3G costs less than 2G up to {limit:.2g} gate error."
    steps = [f"{after} from {km:.0f} km" for km, _, after in _changes(line)]
    if len(line) > 1:
        told = "; ".join([f"{line[0]['generation']} at {line[0]['length_km']:g} km", *steps])
        text += f" With coupling {ALONG[0]:g} and gate error {ALONG[1]:g}: {told}."
    return text


def draw(figure: Figure, rows: Sequence[StudyRow]) -> None:
    """The map of the cheapest generation, and the costs over the distance."""
    cells, line = _map_and_line(rows)
    if len(line) > 1:
        left, right = figure.subplots(1, 2, width_ratios=(1.25, 1.0))
        _lines(right, line)
    else:
        left = figure.subplots()
    _map(left, cells)


def _between(rows: Sequence[StudyRow], name: str, y: Array, x: Array) -> Array:
    """Logarithm of the cost of a generation between the points of the map; inf where it has no key.

    Between four points it is bilinear in their numbers. Those that give no key do not count; where
    they have more than half the weight, there is none.

    Args:
        rows: The points.
        name: The generation.
        y: Where, by the number of the coupling, from 0; shape (n, 1).
        x: Where, by the number of the gate error; shape (1, m).

    Returns:
        Shape (n, m).
    """
    couplings, errors = (sorted({row[key] for row in rows}) for key in ("coupling", "gate_error"))
    known = np.full((len(couplings), len(errors)), np.inf)
    for row in rows:
        cost = row[_cost(name)]
        if cost is not None:
            place = couplings.index(row["coupling"]), errors.index(row["gate_error"])
            known[place] = math.log10(cost)
    low = [
        np.clip(np.floor(at), 0, max(n - 2, 0)).astype(int)
        for at, n in zip((y, x), known.shape, strict=True)
    ]
    part = [np.clip(at - own, 0.0, 1.0) for at, own in zip((y, x), low, strict=True)]
    high = [np.minimum(own + 1, n - 1) for own, n in zip(low, known.shape, strict=True)]
    found, share = np.zeros(np.broadcast(y, x).shape), np.zeros(np.broadcast(y, x).shape)
    for up, right in product((0, 1), (0, 1)):
        corner = known[(low[0], high[0])[up], (low[1], high[1])[right]]
        weight = np.abs(1 - up - part[0]) * np.abs(1 - right - part[1]) * np.isfinite(corner)
        found += weight * np.where(np.isfinite(corner), corner, 0.0)
        share += weight
    return np.where(share >= 0.5, found / np.maximum(share, 0.5), np.inf)


def _map(axes: Axes, rows: Sequence[StudyRow]) -> None:
    """The cheapest generation by colour, lg of its cost at each point, and lines of equal cost."""
    from matplotlib.colors import to_rgb
    from matplotlib.patches import Patch

    couplings = sorted({row["coupling"] for row in rows})
    errors = sorted({row["gate_error"] for row in rows})
    width, height = len(errors), len(couplings)
    x = (np.arange(_FINE * width) + 0.5)[None, :] / _FINE - 0.5
    y = (np.arange(_FINE * height) + 0.5)[:, None] / _FINE - 0.5
    costs = np.stack([_between(rows, name, y, x) for name in COLOURS])
    least = np.where(np.isfinite(costs.min(axis=0)), costs.argmin(axis=0), len(COLOURS))
    shades = np.array([to_rgb(each) for each in (*COLOURS.values(), "white")])
    extent = (-0.5, width - 0.5, -0.5, height - 0.5)
    axes.imshow(shades[least], extent=extent, origin="lower", aspect="auto", interpolation="none")
    bounded = np.minimum(costs, _NO_KEY)
    for k in range(len(COLOURS)):
        margin = bounded[k] - np.delete(bounded, k, axis=0).min(axis=0)
        if margin.min() < 0.0 < margin.max():
            axes.contour(x[0], y[:, 0], margin, [0.0], colors="black", linewidths=1.2)
    for row in rows:
        at, name = (
            (errors.index(row["gate_error"]), couplings.index(row["coupling"])),
            row["generation"],
        )
        is_known = name in COLOURS
        text = f"{math.log10(row[_cost(name)]):.1f}" if is_known else "no key"
        shade = "white" if is_known else "black"
        axes.text(*at, text, ha="center", va="center", color=shade, fontsize=8)
    axes.set_xticks(range(width), [f"{each:g}" for each in errors])
    axes.set_yticks(range(height), [f"{each:g}" for each in couplings])
    axes.set(xlabel="gate error", ylabel="coupling")
    title = f"cheapest over {rows[0]['length_km']:g} km, lg of its cost; black: equal cost"
    axes.set_title(title, fontsize=10)
    axes.grid(visible=False)
    here = [name for k, name in enumerate(COLOURS) if (least == k).any()]
    handles = [Patch(facecolor=COLOURS[name], label=GENERATIONS[name][0]) for name in here]
    axes.legend(handles=handles, loc="upper center", bbox_to_anchor=(0.5, -0.14), ncols=3)


def _lines(axes: Axes, rows: Sequence[StudyRow]) -> None:
    for name, colour in COLOURS.items():
        own = known(rows, _cost(name))
        if own:
            lengths, costs = column(own, "length_km"), column(own, _cost(name))
            axes.plot(lengths, costs, color=colour, marker="o", label=GENERATIONS[name][0])
    finite = known(rows, "finite_cost")
    lengths, costs = column(finite, "length_km"), [each["finite_cost"].best for each in finite]
    axes.plot(lengths, costs, "x", color="black", label="cheapest, finite key", zorder=5)
    exact = np.array([row[_cost(str(row["generation"]))] for row in finite])
    axes.set(yscale="log", xlabel="distance (km)", ylabel="cost (qubit s/(bit km))")
    for km, before, after in _changes(rows):
        axes.axvline(km, color="black", linewidth=0.8)
        text = f"{km:.0f} km: {after} costs less than {before}"
        axes.annotate(text, (km, 0.3), (12, 0), textcoords="offset points", fontsize=8)
    axes.set_ylim(0.3 * float(exact.min()), 1.0)
    axes.set_title(f"coupling {ALONG[0]:g}, gate error {ALONG[1]:g}", fontsize=10)
    axes.legend(fontsize=8)


STUDY = Study.of_script(
    __name__,
    "Which generation, for which hardware, at which distance?",
    keys=("key_hz",),
    fixed=f"{LENGTH_KM:g} km unless said; the cheapest chain of each generation",
    fits_column=False,
    size_in=(11.0, 5.2),
)

if __name__ == "__main__":
    raise SystemExit(STUDY.main())

"""Remote gate over a chain: how good its links must be, and how long its memories must last.

Question: How good must a link be for a remote gate?

Answer: for a CNOT of process fidelity 0.9 over 100 km, with memories of 1 s, one link needs a
fidelity of 0.997, each of two 0.958 and each of four 0.978. Near by it is the pair that counts, and
fewer segments may have worse links; farther away it is the time for which the data must wait: at
100 km a link gives 9.9 gates/s, two segments 115 and four 339. Memories of 1 s carry one
link to 100 km, two segments to 162.5 km and four to 275 km, whatever their links; with links of
0.99, 300 km take memories of 2.4 s with four segments, 46 s with two, and nine hours with one.

How: exact engine, for the pairs and their mean time; the sampled engine checks the lines of the
first panel, with 95 % intervals. A CNOT by cat copy (J. Eisert et al., Phys. Rev. A 62, 052317
(2000)) takes one pair, made when the gate is asked for: both data qubits wait for it, its mean time
long, and for the messages of the gate. Assumed: links of Werner states whose attempts succeed with
0.5 before the loss of the fibre (0.2 dB/km), one attempt per travel time, one memory per link and
station, nested swaps, gates and readout of the target parameters (``qnet presets
blueprint``). Memories dephase, those of pairs and of data alike. Process fidelity: the average
fidelity of the gate is (4 F + 1)/5, and no local gates and messages exceed F = 1/2.

Run: ``qnet study how-good-must-a-link-be-for-a-remote-gate [--quick] [--out DIR]``, five minutes on
one core.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from experiments.studies.rows import StudyRow, column, grouped, known, line, where
from experiments.studies.study import Study, StudyPoint
from protocols.applications.processors.remote_cnot import RemoteCnot
from protocols.repeaters.chain import Chain
from qnet.estimate import Estimate
from qnet.figures import points as marks
from qnet.figures.style import COLOURS, LINES
from qnet.hardware import Fibre, Gates, Memory
from qnet.links import Abstract
from qnet.plans import Station
from qnet.schema import Part

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["STUDY", "gate", "process_fidelity", "smallest"]

#: Process fidelity that is asked for.
WANTED = 0.9

SEGMENTS = (1, 2, 4)

#: Distance of the first panel in km, infidelity of the last one's links, T2 of the others in s.
DISTANCE_KM, INFIDELITY, T2_S = 100.0, 0.01, 1.0

#: Gates of the target parameters.
GATES = Gates(
    single_qubit_depolarizing=2e-4,
    two_qubit_depolarizing=4e-3 / 3.0,
    readout_flip_0=1e-3,
    readout_flip_1=1e-3,
)

_SPEED_KM_PER_S, _COUPLED = 2e5, 0.5

_SHOTS = 4_000


def gate(distance_km: float, segments: int, infidelity: float, t2_s: float) -> RemoteCnot:
    """A remote CNOT over a chain, its pair made when it is asked for.

    Args:
        distance_km: Between the processors.
        segments: Of the chain.
        infidelity: Of its links.
        t2_s: Coherence time of all memories.

    Examples:
        >>> gate(50.0, 2, 0.01, 1.0).needs[0].number
        1
    """
    length, memory = distance_km / segments, Memory(t2_s=t2_s)
    fibre = Fibre(length_km=length)
    link = Abstract(
        success_probability=_COUPLED * 10.0 ** (-fibre.loss_db_per_km * length / 10.0),
        attempt_time_s=length / _SPEED_KM_PER_S,
        fidelity=1.0 - infidelity,
        memory=memory,
        channel=fibre,
    ).link()
    swap = Station(gates=GATES)
    return RemoteCnot(
        pairs="on-demand",
        latency_s=distance_km / _SPEED_KM_PER_S,
        memory=Part(Memory, {"t2_s": t2_s}),
        gates=GATES,
        chain=Chain(links=(link,) * segments, swap=swap, classical_latency=True),
    )


def process_fidelity(application: RemoteCnot, **how: Any) -> Estimate:  # noqa: ANN401
    """Process fidelity of a gate, its pairs played by an engine (``exact`` unless given)."""
    delivered = application.deliver(**how)
    if delivered.is_exact:
        value = application.figures(delivered)[0].value
    else:
        value = application.played_on(delivered).merit.value
    assert isinstance(value, Estimate)
    return value


def points(quick: bool) -> list[StudyPoint]:
    """Infidelities of links at one distance, and distances for what is needed."""
    infidelities = np.geomspace(1e-3, 0.1, 3 if quick else 13)
    distances = np.linspace(25.0, 100.0 if quick else 300.0, 2 if quick else 23)
    shots = _SHOTS // 10 if quick else _SHOTS
    first = [
        {"panel": "fidelity", "segments": n, "infidelity": float(f"{x:.6g}"), "shots": shots}
        for n in SEGMENTS
        for x in infidelities
    ]
    rest = [
        {"panel": panel, "segments": n, "distance_km": float(x)}
        for panel in ("link", "memory")
        for n in (SEGMENTS[:2] if quick else SEGMENTS)
        for x in distances
    ]
    return [*first, *rest]


def work(point: StudyPoint, seed: int) -> dict[str, Any]:
    """Process fidelity, or what is needed for the wanted one: an infidelity, or a time in s."""
    segments = point["segments"]
    if point["panel"] == "fidelity":
        application = gate(DISTANCE_KM, segments, point["infidelity"], T2_S)
        sampled = process_fidelity(application, engine="sampled", shots=point["shots"], seed=seed)
        exact = application.deliver()
        assert exact.duration is not None  # a chain takes time
        messages = 2.0 * application.latency_s
        return {
            "process_fidelity": process_fidelity(application).best,
            "sampled": sampled,
            "rate_hz": 1.0 / (exact.duration.best + messages),
        }
    distance = point["distance_km"]
    if point["panel"] == "link":
        # The infidelity that is just small enough: the largest of good ones.
        return {
            "needed": smallest(
                lambda x: process_fidelity(gate(distance, segments, 1.0 / x, T2_S)).best,
                4.0 / 3.0,
                1e5,
            )
        }
    return {
        "needed": smallest(
            lambda t2: process_fidelity(gate(distance, segments, INFIDELITY, t2)).best, 1e-4, 1e5
        )
    }


def smallest(
    fidelity: Callable[[float], float], low: float, high: float, wanted: float = WANTED
) -> float | None:
    """Smallest value from which on a rising fidelity is as wanted, to about a thousandth of itself.

    Args:
        fidelity: Rises with its argument.
        low: Where the search begins.
        high: Where it ends.
        wanted: The fidelity.

    Returns:
        The value; None if even the end is not enough.

    Examples:
        >>> round(smallest(lambda x: 1.0 - 1.0 / x, 1.0, 1e4), 1)
        10.0
    """
    # Local import: SciPy takes long to load.
    from scipy.optimize import brentq

    def above(logarithm: float) -> float:
        return fidelity(math.exp(logarithm)) - wanted

    ends = math.log(low), math.log(high)
    if above(ends[1]) < 0.0:
        return None
    if above(ends[0]) >= 0.0:
        return low
    return math.exp(brentq(above, *ends, xtol=1e-3))


def answer(rows: Sequence[StudyRow]) -> str:
    """What is needed at the distance nearest to that of the first panel, and where it ends."""
    told = []
    for count in SEGMENTS:
        links = known(where(rows, panel="link", segments=count), "needed")
        times = known(where(rows, panel="memory", segments=count), "needed")
        name = "one link" if count == 1 else f"{count} segments"
        if not links:
            told.append(f"{name}: nowhere with T2 = {T2_S:g} s")
            continue
        near = min(links, key=lambda row: abs(row["distance_km"] - DISTANCE_KM))
        rate = where(rows, panel="fidelity", segments=count)[0]["rate_hz"]
        text = (
            f"{name}: {rate:.3g} gates/s over {DISTANCE_KM:g} km, link fidelity "
            f"{1.0 - 1.0 / near['needed']:.3f} at {near['distance_km']:g} km "
            f"with T2 = {T2_S:g} s, which does up to {links[-1]['distance_km']:g} km"
        )
        if times:
            far = times[-1]
            text += (
                f"; T2 = {_time(far['needed'])} for {far['distance_km']:g} km with links of "
                f"{1.0 - INFIDELITY:g}"
            )
        told.append(text)
    return f"For a process fidelity of {WANTED:g}: " + "; ".join(told) + "."


def _time(seconds: float) -> str:
    return f"{seconds:.2g} s" if seconds >= 1.0 else f"{1e3 * seconds:.2g} ms"


def draw(figure: Figure, rows: Sequence[StudyRow]) -> None:
    """Fidelity over that of the links, and what is needed over the distance."""
    first, second, third = figure.subplots(1, 3)
    _draw_fidelity(first, where(rows, panel="fidelity"))
    _draw_needed(second, where(rows, panel="link"), lambda needed: 1.0 / needed)
    second.set(ylabel="largest infidelity of the links", title=f"T2 = {T2_S:g} s")
    _draw_needed(third, where(rows, panel="memory"), lambda needed: needed)
    third.set(ylabel="smallest coherence time T2 (s)")
    third.set_title(f"links of fidelity {1.0 - INFIDELITY:g}")


def _draw_fidelity(ax: Axes, rows: Sequence[StudyRow]) -> None:
    for k, (count, own) in enumerate(grouped(rows, "segments").items()):
        colour = {"color": COLOURS[k]}
        line(ax, own, "infidelity", "process_fidelity", ls=LINES[k], marker="", **colour)
        some = own[:: max(1, len(own) // 6)]
        label = "one link" if count == 1 else f"{count} segments"
        line(ax, some, "infidelity", "sampled", marks, fmt="o", label=label, **colour)
    ax.axhline(WANTED, color="0.4", ls=":", lw=1.0, marker="")
    ax.axhline(0.5, color="0.0", ls=":", lw=0.8, marker="")
    ax.annotate(" without entanglement", (1e-3, 0.505), fontsize="small")
    ax.set(xscale="log", xlabel="infidelity of the links", ylabel="process fidelity of the CNOT")
    ax.set(ylim=(0.45, 1.0), title=f"{DISTANCE_KM:g} km, T2 = {T2_S:g} s")
    ax.legend(fontsize="small", loc="lower left", bbox_to_anchor=(0.0, 0.14))


def _draw_needed(ax: Axes, rows: Sequence[StudyRow], shown: Callable[[float], float]) -> None:
    for k, own in enumerate(grouped(rows, "segments").values()):
        found = known(own, "needed")
        y = [shown(value) for value in column(found, "needed")]
        x = column(found, "distance_km")
        ax.plot(x, y, ls=LINES[k], color=COLOURS[k], marker="o", ms=3.0)
    ax.set(yscale="log", xlabel="distance (km)")


STUDY = Study.of_script(
    __name__,
    "How good must a link be for a remote gate?",
    fixed="Werner links, attempts with 0.5 before the fibre, gates of the target parameters",
    size_in=(10.5, 3.8),
)

if __name__ == "__main__":
    raise SystemExit(STUDY.main())

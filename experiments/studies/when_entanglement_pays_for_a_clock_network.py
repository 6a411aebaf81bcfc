"""Clocks on a network: when a GHZ state of all of them beats a GHZ state in each.

Question: when does entanglement pay for a clock network?

Answer: while the contrast of the shared state is above one over the root of the number of clocks,
and the atoms' own dephasing does not set the time to watch. Depolarising of each delivered qubit
may reach 0.16 for two or four clocks, 0.12 for eight, 0.053 for 32. Two clocks on a chain of eight
segments gain up to about 400 km where they watch for 10 ms, and 715 km where they watch for 1 s.
White dephasing of the atoms leaves nothing of the gain once each way watches as long as is best for
it: all three reach the same uncertainty. An oscillator that wanders for all atoms alike even makes
the shared state worse than atoms alone, by half.

How: exact; Fisher information of the parity of all atoms from compiled circuits and delivered
states (``qnet app clock-network``). K clocks of 100 atoms, or fewer where the text says so, share a
GHZ state of all their atoms (P. Komar et al., Nature Physics 10, 582 (2014)); beside it stand a GHZ
state in each clock, which needs no network, and atoms that share nothing. Noise of the network is
depolarising on each delivered qubit; or two clocks sit at the ends of a chain of eight segments
with the target parameters, and every round waits for its pair. White dephasing of each atom is that
of S. F. Huelga et al., Phys. Rev. Lett. 79, 3865 (1997). Averaging is as long for all.

Run: ``qnet study when-entanglement-pays-for-a-clock-network [--quick] [--out DIR]``, a minute on
one core.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from experiments.studies.rows import StudyRow, column, grouped, known, line, where
from experiments.studies.study import Study, StudyPoint
from experiments.studies.when_distillation_pays import crossing
from protocols.applications import StateTable
from protocols.applications.sensing.clock_network import ClockNetwork
from qnet.figures import curve
from qnet.figures.style import look
from qnet.schema import parse, read_kind

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["STUDY", "clocks_at_a_distance", "break_even", "work"]

#: Clocks that share a state, and atoms of each.
CLOCKS, ATOMS = (2, 4, 8, 16, 32), 100

#: Clocks and atoms of each where they decohere while they watch.
WATCHING, FEW_ATOMS = 10, 10

#: Dephasing of each atom in 1/s, and linewidth of the oscillator in Hz, of two panels.
RATES = {"dephasing": (1.0, 0.0), "oscillator": (0.0, 1e-3)}

#: Ramsey times in s of the clocks on a chain.
RAMSEY_S = (0.01, 0.1, 1.0)

#: Longest time to watch in s, and averaging time in s.
LONGEST_S = 10.0
TOTAL_S = 1e5

#: What decoheres, as the picture says it.
SAID = {
    "dephasing": "white dephasing of each atom",
    "oscillator": "a wandering oscillator",
}

#: Ways, by the name of their figure, and how the picture says it.
WAYS = {
    "fractional_uncertainty": "one GHZ state",
    "per_clock_fractional_uncertainty": "a GHZ state in each clock",
    "product_fractional_uncertainty": "atoms alone",
}

_CHAIN = """
kind = "chain"
[chain]
segments = 8
length_km = {length_km}
classical_latency = true
[link]
preset = "blueprint"
"""


def clocks_at_a_distance(length_km: float, ramsey_time_s: float) -> ClockNetwork:
    """Two clocks at the ends of a chain of eight segments with the target parameters.

    Examples:
        >>> clocks_at_a_distance(100.0, 1.0).clocks
        2
    """
    chain = read_kind(parse(_CHAIN.format(length_km=length_km)))
    return ClockNetwork(
        clocks=2, atoms=ATOMS, ramsey_time_s=ramsey_time_s, total_time_s=TOTAL_S, chain=chain
    )


def points(quick: bool) -> list[StudyPoint]:
    """Noise of the network, distance of a chain, and time to watch."""
    shares = np.geomspace(1e-3, 0.6, 7 if quick else 41)
    lengths = (100.0, 400.0, 700.0, 1000.0) if quick else tuple(np.linspace(50.0, 1200.0, 24))
    times = np.geomspace(1e-3, LONGEST_S, 13 if quick else 81)
    return [
        *(
            {"part": "noise", "clocks": count, "depolarising": float(f"{share:.6g}")}
            for count in CLOCKS
            for share in shares
        ),
        *(
            {"part": "chain", "ramsey_time_s": time, "length_km": float(f"{length:.6g}")}
            for time in RAMSEY_S
            for length in lengths
        ),
        *(
            {"part": part, "ramsey_time_s": float(f"{time:.6g}")}
            for part in RATES
            for time in times
        ),
    ]


def work(point: StudyPoint, seed: int) -> StudyRow:
    """Uncertainties of the three ways, and what the network gains."""
    clocks = _clocks(point)
    result = clocks.play()
    found: dict[str, Any] = {name: result[name].value for name in (*WAYS, "network_gain")}
    if result.duration is not None:
        found["wait_s"] = result.duration
    return found


def _clocks(point: StudyPoint) -> ClockNetwork:
    if point["part"] == "noise":
        state = StateTable(depolarising=point["depolarising"])
        return ClockNetwork(clocks=point["clocks"], atoms=ATOMS, total_time_s=TOTAL_S, state=state)
    if point["part"] == "chain":
        return clocks_at_a_distance(point["length_km"], point["ramsey_time_s"])
    rate, linewidth = RATES[point["part"]]
    return ClockNetwork(
        clocks=WATCHING,
        atoms=FEW_ATOMS,
        ramsey_time_s=point["ramsey_time_s"],
        total_time_s=TOTAL_S,
        atom_dephasing_rate_hz=rate,
        oscillator_linewidth_hz=linewidth,
    )


def break_even(rows: Sequence[StudyRow], place: str) -> float | None:
    """Where the gain of a network falls to 1, between the places of some rows.

    Args:
        rows: In ascending order of the place.
        place: Column of the places.

    Returns:
        The place; None if the gain is below 1 from the start, or never.
    """
    return crossing(column(rows, place), [1.0 - row["network_gain"].best for row in rows])


def _least(rows: Sequence[StudyRow], name: str) -> tuple[float, float]:
    """Least uncertainty of a way, and the time to watch for it."""
    best = min(known(rows, name), key=lambda row: float(row[name].best))
    return float(best[name].best), float(best["ramsey_time_s"])


def answer(rows: Sequence[StudyRow]) -> str:
    """Noise and distance up to which the network pays, and what dephasing leaves of it."""
    shares = [
        f"{share:.2g} for {count}"
        for count, own in grouped(where(rows, part="noise"), "clocks").items()
        if (share := break_even(own, "depolarising")) is not None
    ]
    lengths = [
        f"{length:.0f} km where they watch for {time:g} s"
        for time, own in grouped(where(rows, part="chain"), "ramsey_time_s").items()
        if (length := break_even(own, "length_km")) is not None
    ]
    told = [
        f"The network pays up to a depolarising share of {', '.join(shares)} clocks",
        f"two clocks on a chain gain up to {', '.join(lengths)}",
    ]
    for part in RATES:
        (shared, early), (_, middle), (alone, late) = (
            _least(where(rows, part=part), name) for name in WAYS
        )
        told.append(
            f"with {SAID[part]} one state is best at {early:.2g} s, one in each clock at "
            f"{middle:.2g} s, atoms alone at {late:.2g} s (of up to {LONGEST_S:g} s), and "
            f"the least uncertainty of one state is {shared / alone:.3g} times that of atoms alone"
        )
    return "; ".join(told) + "."


def draw(figure: Figure, rows: Sequence[StudyRow]) -> None:
    """Gain over noise and over distance; uncertainties over the time to watch."""
    axes = figure.subplots(2, 2)
    noise, chain = where(rows, part="noise"), where(rows, part="chain")
    _draw_gains(axes[0, 0], noise, "clocks", "depolarising", "{} clocks")
    axes[0, 0].set(xscale="log", xlabel="depolarising share of each delivered qubit")
    _draw_gains(axes[0, 1], chain, "ramsey_time_s", "length_km", "Ramsey time {:g} s")
    axes[0, 1].set(yscale="log", xlabel="distance of two clocks (km)")
    axes[0, 1].set_ylim(0.05, 2.0)
    for ax, part in zip(axes[1], RATES, strict=True):
        _draw_watching(ax, where(rows, part=part))
        ax.set_title(f"{WATCHING} clocks of {FEW_ATOMS} atoms, {SAID[part]}", fontsize="medium")
    axes[0, 0].set_title(f"{ATOMS} atoms in each clock", fontsize="medium")
    axes[0, 1].set_title("two clocks on a chain of eight segments", fontsize="medium")
    axes[1, 0].legend(fontsize="small", loc="lower left")


def _draw_gains(ax: Axes, rows: Sequence[StudyRow], by: str, place: str, label: str) -> None:
    """Gain over a place, a line for each value of a column, and where it is 1."""
    for number, (value, own) in enumerate(grouped(rows, by).items()):
        how = look(number) | {"marker": "", "label": label.format(value)}
        line(ax, own, place, "network_gain", curve, **how)
        if (even := break_even(own, place)) is not None:
            ax.plot([even], [1.0], "o", color=how["color"], ms=4)
    ax.axhline(1.0, color="0.4", ls=":", lw=1.0, marker="")
    ax.set(ylabel="gain of the network")
    ax.legend(fontsize="small")


def _draw_watching(ax: Axes, rows: Sequence[StudyRow]) -> None:
    """Uncertainty of each way over the time to watch, and its least."""
    best = min(_least(rows, name)[0] for name in WAYS)
    for number, (name, said) in enumerate(WAYS.items()):
        how = look(number) | {"marker": "", "label": said}
        line(ax, known(rows, name), "ramsey_time_s", name, curve, **how)
        least, time = _least(rows, name)
        ax.plot([time], [least], "o", color=how["color"], ms=4)
    ax.set(xscale="log", yscale="log", xlabel="Ramsey time (s)")
    ax.set(ylabel="fractional uncertainty", ylim=(best / 8.0, best * 100.0))


STUDY = Study.of_script(
    __name__,
    "When does entanglement pay for a clock network?",
    fixed=f"GHZ states of all atoms; {TOTAL_S:g} s in all",
    size_in=(9.0, 7.0),
)

if __name__ == "__main__":
    raise SystemExit(STUDY.main())

"""Controllers on a national network: who serves most requests as the load grows.

Question: which controller serves a national network best as the load grows?

Answer: reserving in order and sharing with memories of one's own serve most; beyond that load
sharing gives most key, at the cost of the longest routes. With at most 1 % of requests refused, 8
requests a second from each of eight pairs of towns are served by reserving in order or by sharing
with memories of one's own (buffer-space), 4 by statistical sharing, 2 by dynamic sharing or by
refusing who does not fit, 1 by a schedule; 37 are the bound. Beyond that statistical sharing gives
most key, by leaving out the longest routes (of one pair of towns it refuses 88 % at 32 requests a
second). When little is asked for, a pair made on request comes after 173 ms and is worth 0.45 bits,
one from the store after 27 ms and 0.33.

How: twelve towns of a country that does not exist (``experiments/scenarios/networks``), fibres a
fifth longer than the great circle, links of the target parameters (``qnet presets blueprint``), six
memories of each fibre at each end. Eight pairs of towns ask for pairs one by one, at random times
and equally often; a request that waits for a second gives up, a pair older than 0.2 s is given up.
Routes are the shortest; messages take no time. What a request waits is the time to its service (of
a reserved route: until its memories are free; where pairs are shared: until it has its pair),
``done_s`` that to its pair. The schedule has frames of four slots of 0.25 s. All by the sampled
engine, with 95 % intervals. Beside it, by linear programmes: the largest rate that all eight can
have at once by any controller that swaps pairs (stationary flows with ideal memories, W. Dai, T.
Peng, M. Z. Win, IEEE J. Sel. Areas Commun. 38, 540 (2020)), and over paths whose swaps are tried at
once (K. Chakraborty et al., IEEE Trans. Quantum Eng. 1, 4101321 (2020),
doi:10.1109/TQE.2020.3028172), which is the same here, since swaps do not fail.

Run: ``qnet study controllers-on-a-national-network [--quick] [--out DIR]``, half a minute on one
core.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from experiments.studies.network_runs import WAYS, look_of, played
from experiments.studies.rows import StudyRow, grouped, known, line, where
from experiments.studies.study import Study, StudyPoint
from protocols.networks import NetworkScenario, NodeTable, TopologyTable
from protocols.repeaters import CutoffTimes, LinkDescription
from qnet.figures import curve, plain_numbers
from qnet.network import ControllerSettings, Demand, RunTimes
from qnet.network.bounds import flow_programme, joint_bounds

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["DEMANDS", "STUDY", "national_network", "work"]

DEMANDS = (
    ("Nordhaven", "Grenzland"),
    ("Nordhaven", "Waldeck"),
    ("Seeberg", "Suhl"),
    ("Altmark", "Rheinau"),
    ("Westend", "Ostrau"),
    ("Westend", "Grenzland"),
    ("Mittelstadt", "Suhl"),
    ("Bruck", "Waldeck"),
)

#: Requests per second of each demand.
RATES_HZ = (1.0, 2.0, 4.0, 8.0, 16.0, 32.0)
QUICK_RATES_HZ = (4.0, 32.0)

#: Measured and warming-up time of a replica in s, and replicas; of the quick size too.
_TIMES = {False: (8.0, 2.0, 10), True: (1.0, 0.2, 2)}

_SLOTS: dict[str, Any] = {"frame_slots": 4, "slot_s": 0.25}

#: More than this share of requests refused, and a controller no longer serves.
_REFUSED = 0.01


def points(quick: bool) -> list[StudyPoint]:
    """Every way at every load."""
    rates = QUICK_RATES_HZ if quick else RATES_HZ
    return [{"way": way, "rate_hz": rate, "quick": quick} for way in WAYS for rate in rates]


def national_network(
    way: str, rate_hz: float, seed: int, *, quick: bool = False
) -> NetworkScenario:
    """The network under one of the ways.

    Examples:
        >>> len(national_network("tdma", 10.0, seed=1).network.edges)
        17
    """
    duration, warm_up, replicas = _TIMES[quick]
    slots = _SLOTS if way == "tdma" else {}
    return NetworkScenario(
        folder=str(Path(__file__).parents[1] / "scenarios" / "networks"),
        seed=seed,
        run=RunTimes(duration_s=duration, warm_up_s=warm_up, replicas=replicas),
        topology=TopologyTable(file="national.graphml", route_factor=1.2),
        link=LinkDescription(preset="blueprint"),
        cutoff=CutoffTimes(kind="age", time_s=0.2),
        node=NodeTable(memories=6),
        controller=ControllerSettings(metric="length", **WAYS[way], **slots),
        demand=tuple(Demand(ends=ends, rate_hz=rate_hz, patience_s=1.0) for ends in DEMANDS),
    )


def work(point: StudyPoint, seed: int) -> StudyRow:
    """Figures of all demands together, the worst served of them, and bounds."""
    scenario = national_network(point["way"], point["rate_hz"], seed, quick=point["quick"])
    run = played(scenario)
    totals, found = run.result.totals, run.result.demands
    refused = [each["refused_fraction"] for each in found if each["refused_fraction"] is not None]
    bounds: Any = joint_bounds(scenario.case)
    paths = flow_programme(scenario.network, DEMANDS, "path").most_alike()
    names = ("pair_rate_hz", "refused_fraction", "waiting_time_s", "secret_key_rate_hz")
    return {
        **{name: totals[name] for name in names},
        "done_s": run.done_s,
        "worst_refused_fraction": max(refused, key=float),
        "worst_fidelity": min(
            (each["fidelity"] for each in found if each["fidelity"] is not None), key=float
        ),
        "fairness": run.fairness(),
        "pairs_kept": run.pairs_kept(),
        "most_each_hz": bounds.equal_hz,
        "path_each_hz": min(paths.rates_hz),
    }


def answer(rows: Sequence[StudyRow]) -> str:
    """Up to which load each way serves, what a pair then costs in time, and the bound."""
    told = []
    for way, own in grouped(rows, "way").items():
        served = [row for row in own if row["refused_fraction"].best <= _REFUSED]
        most = f"{max(row['rate_hz'] for row in served):g}" if served else "less"
        told.append(f"{most} ({way})")
    rates = sorted({row["rate_hz"] for row in rows})
    best = max(where(rows, rate_hz=rates[-1]), key=lambda row: row["secret_key_rate_hz"].best)
    made, kept = (where(rows, rate_hz=rates[0], way=way)[0] for way in _COMPARED)
    return (
        f"Not more than {100.0 * _REFUSED:g} % of requests are refused up to this many a second "
        f"from each pair of towns: {', '.join(told)}; no controller could give each more than "
        f"{best['most_each_hz']:.0f} pairs a second. At the highest load {best['way']} gives most "
        f"key, {best['secret_key_rate_hz'].best:.0f} bit/s. At the lowest a pair that is made on "
        f"request comes after {1e3 * made['done_s'].best:.0f} ms and is worth {_bits(made):.2f} "
        f"bits ({_COMPARED[0]}), one from the store after {1e3 * kept['done_s'].best:.0f} ms and "
        f"{_bits(kept):.2f} ({_COMPARED[1]})."
    )


#: A pair made on request, and one from the store.
_COMPARED = ("reserve, fifo", "share, buffer-space")


def _bits(row: StudyRow) -> float:
    return float(row["secret_key_rate_hz"].best / row["pair_rate_hz"].best)


def draw(figure: Figure, rows: Sequence[StudyRow]) -> None:
    """Pairs, key, refusals and time to a pair over the load."""
    # Local import: Matplotlib takes long to load.
    from matplotlib.ticker import LogLocator

    panels = figure.subplots(2, 2)
    for axes, (name, words) in zip(panels.flat, _PANELS.items(), strict=True):
        for way, own in grouped(rows, "way").items():
            line(axes, known(own, name), "rate_hz", name, curve, label=way, **look_of(way))
        axes.set(xscale="log", xlabel="requests of each pair of towns (1/s)", ylabel=words)
        axes.set_xticks(sorted({row["rate_hz"] for row in rows}))
        plain_numbers(axes.xaxis)
    (pairs, keys), (refused, done) = panels
    _wanted(pairs, rows)
    for axes in (pairs, keys, done):
        axes.set(yscale="log")
        plain_numbers(axes.yaxis)
        axes.yaxis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0)))
    refused.set(ylim=(0.0, None))
    handles, labels = keys.get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside upper center", ncols=3)


_PANELS = {
    "pair_rate_hz": "rate of all demands (pairs/s)",
    "secret_key_rate_hz": "asymptotic secret-key rate (bit/s)",
    "refused_fraction": "share of requests refused",
    "done_s": "time from request to pair (s)",
}


def _wanted(axes: Axes, rows: Sequence[StudyRow]) -> None:
    """What is asked for, up to what no controller can give."""
    rates = sorted({row["rate_hz"] for row in rows})
    most = rows[0]["most_each_hz"]
    asked = [len(DEMANDS) * min(rate, most) for rate in rates]
    axes.plot(rates, asked, color="0.6", lw=2.5, marker="", zorder=1.0)
    axes.text(rates[0], 1.3 * asked[0], "asked for", color="0.4", fontsize=8, rotation=30)


STUDY = Study.of_script(
    __name__,
    "Which controller serves a national network best as the load grows?",
    keys=("secret_key_rate_hz",),
    fixed="twelve towns, links of target parameters, six memories of each fibre; cut-off 0.2 s",
    size_in=(9.5, 7.0),
)

if __name__ == "__main__":
    raise SystemExit(STUDY.main())

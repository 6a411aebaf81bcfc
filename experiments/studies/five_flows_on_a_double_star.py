"""Five flows over a double star: who gets how many pairs under every way to give them out.

Question: which way to share the middle links of a double star gives most key, and to whom?

Answer: refusing who does not fit gives most key, but next to none of it to the long flows; of the
fair ways memories of one's own give most. With 1.28 s of coherence refusing (``drop``) gives 913
bit/s, but the long flows hardly ever find both middle links free. Of the fair ways memories of
one's own (``buffer-space``) give 861, statistical sharing 843, a schedule 631, reserving in order
518 and dynamic sharing 164: its pairs block one another. With short coherence reserving gives more
than sharing, whose pairs are older when they are used. Statistical sharing then wastes most: with
20 ms 22 % of its swaps end in nothing (17 % with memories of one's own), and the flow A-K over four
links gets 0.19 of what G-M gets over three (0.43).

How: users A, B, C, D at E, G, H, I at F and K, L, M at J, the middle links E-F and F-J; flows A-K
and B-L of four links, C-I, D-H and G-M of three. (With thirteen nodes and five flows L. Aparicio
and R. Van Meter, Proc. SPIE 8163, 816308 (2011), doi:10.1117/12.893272, find that statistical
sharing gives most pairs in all.) Every link makes a pair in a tenth of the attempts of 1 ms, with
twelve memories at either end, so that equal shares divide; its pairs are Werner pairs of w = 0.99,
swaps are perfect, memories dephase, and a pair older than a quarter of the coherence time is given
up. All flows always want another pair. A slot of the schedule lasts 100 ms, its frame is of four.
Times and states by the sampled engine, with 95 % intervals. Beside it what no controller could
beat, by linear programmes over stationary swap rates with ideal memories (W. Dai, T. Peng, M. Z.
Win, IEEE J. Sel. Areas Commun. 38, 540 (2020)): the largest sum of rates, and the max-min fair
ones. Fairness is that of R. K. Jain, D.-M. W. Chiu, W. R. Hawe, arXiv:cs/9809099.

Run: ``qnet study five-flows-on-a-double-star [--quick] [--out DIR]``, two minutes on one core.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from experiments.studies.network_runs import WAYS, look_of, played
from experiments.studies.rows import StudyRow, grouped, known, line, where
from experiments.studies.study import Study, StudyPoint
from protocols.networks import NetworkScenario, NodeTable, TopologyTable
from protocols.repeaters import CutoffTimes, LinkDescription, PairState
from qnet.figures import bound, curve, plain_numbers, points as bars
from qnet.hardware import Memory
from qnet.network import ControllerSettings, Demand, RunTimes
from qnet.network.bounds import joint_bounds

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["FLOWS", "STUDY", "double_star", "work"]

#: The edges, and the flows: the first two of four links, the others of three.
EDGES = ("AE", "BE", "CE", "DE", "EF", "GF", "HF", "IF", "FJ", "JK", "JL", "JM")
FLOWS = ("AK", "BL", "CI", "DH", "GM")

COHERENCE_S = (0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28)
QUICK_COHERENCE_S = (0.16, 1.28)

#: A pair is given up when it is older than this share of the coherence time.
CUTOFF = 0.25

PAIRS, MEMORIES = 100, 12

#: Measured and warming-up time of a replica in s, and replicas; of the quick size too.
_TIMES = {False: (2.0, 1.0, 20), True: (0.5, 0.1, 2)}

_SLOT: dict[str, Any] = {"frame_slots": 4, "slot_s": 0.1}

#: Ways whose fairness is above this count as fair.
_FAIR = 0.9

#: Pair rates and key rates by flow: columns of the rows.
_PAIRS = {flow: f"{flow.lower()}_pair_rate_hz" for flow in FLOWS}
_KEYS = {flow: f"{flow.lower()}_secret_key_rate_hz" for flow in FLOWS}


def points(quick: bool) -> list[StudyPoint]:
    """Every way at every coherence time."""
    times = QUICK_COHERENCE_S if quick else COHERENCE_S
    return [{"way": way, "coherence_s": t, "quick": quick} for way in WAYS for t in times]


def double_star(way: str, coherence_s: float, seed: int, *, quick: bool = False) -> NetworkScenario:
    """The double star under one of the ways.

    Examples:
        >>> double_star("tdma", 0.1, seed=1).controller.frame_slots
        4
    """
    duration, warm_up, replicas = _TIMES[quick]
    slots = _SLOT if way == "tdma" else {}
    return NetworkScenario(
        seed=seed,
        run=RunTimes(duration_s=duration, warm_up_s=warm_up, replicas=replicas),
        topology=TopologyTable(edges=[list(edge) for edge in EDGES]),
        link=LinkDescription(
            scheme="abstract",
            success_probability=0.1,
            attempt_time_s=1e-3,
            state=PairState(werner=0.99),
        ),
        memory=Memory(dephasing_time_s=coherence_s),
        cutoff=CutoffTimes(kind="age", time_s=CUTOFF * coherence_s),
        node=NodeTable(memories=MEMORIES),
        controller=ControllerSettings(**WAYS[way], **slots),
        demand=tuple(
            Demand(ends=tuple(flow), arrivals="backlog", pairs=PAIRS, memories=MEMORIES)
            for flow in FLOWS
        ),
    )


def work(point: StudyPoint, seed: int) -> StudyRow:
    """Pairs and key of each flow and of all, fairness, and what became of pairs and swaps."""
    scenario = double_star(point["way"], point["coherence_s"], seed, quick=point["quick"])
    run = played(scenario)
    totals = run.result.totals
    row: dict[str, Any] = {
        "pair_rate_hz": totals["pair_rate_hz"],
        "secret_key_rate_hz": totals["secret_key_rate_hz"],
        "fairness": run.fairness(),
        "swaps_kept": run.swaps_kept(),
        "pairs_kept": run.pairs_kept(),
    }
    bounds: Any = joint_bounds(scenario.case)
    row |= {"most_pairs_hz": bounds.total_hz, "equal_pairs_hz": bounds.equal_hz}
    for flow, found in zip(FLOWS, run.result.demands, strict=True):
        row[_PAIRS[flow]] = found["pair_rate_hz"]
        row[_KEYS[flow]] = found["secret_key_rate_hz"]
        row[f"{flow.lower()}_fidelity"] = found["fidelity"]
    fair = zip(FLOWS, bounds.fair_hz, strict=True)
    return row | {f"{flow.lower()}_fair_hz": rate for flow, rate in fair}


def answer(rows: Sequence[StudyRow]) -> str:
    """The ways of most key, what they do to long flows, and what short coherence does."""
    times = sorted({row["coherence_s"] for row in rows})
    long, short = where(rows, coherence_s=times[-1]), where(rows, coherence_s=times[0])
    best = max(long, key=_key)
    text = (
        f"With {times[-1]:g} s of coherence most key comes by {best['way']}: {_key(best):.0f} "
        f"bit/s, of which A-K gets {_part(best, 'AK'):.1f} % (fairness {_fairness(best):.2f})"
    )
    fair = max((row for row in long if _fairness(row) > _FAIR), key=_key, default=best)
    if fair is not best:
        text += f"; of the fair ways by {fair['way']}, {_key(fair):.0f}"
    lost = [
        f"{100.0 * (1.0 - row['swaps_kept'].best):.0f} % {_rule(row)}"
        for row in known(short, "swaps_kept")
    ]
    shares = [
        f"{row[_PAIRS['AK']].best / row[_PAIRS['GM']].best:.2f} {_rule(row)}"
        for row in known(short, "swaps_kept")
        if row[_PAIRS["GM"]].best
    ]
    return (
        f"{text}. With {1e3 * times[0]:g} ms by {max(short, key=_key)['way']}; sharing then wastes "
        f"swaps ({', '.join(lost)}), and the long flow A-K pays: it gets this part of what the "
        f"short G-M gets: {', '.join(shares)}."
    )


def _rule(row: StudyRow) -> str:
    return str(row["way"]).removeprefix("share, ")


def _fairness(row: StudyRow) -> float:
    return float(row["fairness"] or 0.0)


def _part(row: StudyRow, flow: str) -> float:
    """Share of a flow in all pairs, in per cent."""
    return float(100.0 * row[_PAIRS[flow]].best / row["pair_rate_hz"].best)


def _key(row: StudyRow) -> float:
    return float(row["secret_key_rate_hz"] or 0.0)


def draw(figure: Figure, rows: Sequence[StudyRow]) -> None:
    """Pairs, key and swaps in vain over the coherence time, and the flows at one of them."""
    (pairs, keys), (kept, flows) = figure.subplots(2, 2)
    x = "coherence_s"
    for way, own in grouped(rows, "way").items():
        how = {"label": way, **look_of(way)}
        line(pairs, known(own, "pair_rate_hz"), x, "pair_rate_hz", curve, **how)
        line(keys, known(own, "secret_key_rate_hz"), x, "secret_key_rate_hz", curve, **how)
        if counted := known(own, "swaps_kept"):
            line(kept, counted, x, "swaps_kept", curve, **how)
    handles, labels = pairs.get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside upper center", ncols=3)
    _bound(pairs, rows)
    pairs.set(ylabel="rate of all flows (pairs/s)", ylim=(0.0, None))
    keys.set(ylabel="asymptotic secret-key rate (bit/s)", ylim=(0.0, None))
    kept.set(ylabel="share of swaps that end in a pair")
    for axes in (pairs, keys, kept):
        axes.set(xscale="log", xlabel="coherence time (s)")
        axes.set_xticks(sorted({row[x] for row in rows}))
        plain_numbers(axes.xaxis)
    _flows(flows, rows)


def _bound(axes: Axes, rows: Sequence[StudyRow]) -> None:
    times = sorted({row["coherence_s"] for row in rows})
    most = rows[0]["most_pairs_hz"]
    bound(axes, times, [most] * len(times))
    axes.text(times[0], 0.97 * most, "no controller gives more", va="top", fontsize=8)


def _flows(axes: Axes, rows: Sequence[StudyRow]) -> None:
    """What each flow gets of pairs, at a short coherence time."""
    times = sorted({row["coherence_s"] for row in rows})
    time = times[min(1, len(times) - 1)]
    shown = where(rows, coherence_s=time)
    for number, row in enumerate(shown):
        places = [k + 0.11 * (number - (len(shown) - 1) / 2.0) for k in range(len(FLOWS))]
        style = look_of(row["way"])
        how = {"fmt": style["marker"], "color": style["color"], "ms": 5, "label": row["way"]}
        how["mfc"] = style.get("markerfacecolor", style["color"])
        bars(axes, places, [row[_PAIRS[flow]] for flow in FLOWS], **how)
    for k, flow in enumerate(FLOWS):
        fair = shown[0][f"{flow.lower()}_fair_hz"]
        bound(axes, [k - 0.4, k + 0.4], [fair, fair])
    axes.set_xticks(range(len(FLOWS)), [f"{flow[0]}-{flow[1]}" for flow in FLOWS])
    axes.set(ylabel="rate of a flow (pairs/s)", ylim=(0.0, None))
    axes.set_title(f"flows at {1e3 * time:g} ms; grey: max-min fair bound")


STUDY = Study.of_script(
    __name__,
    "Which way to share the middle links of a double star gives most key, and to whom?",
    keys=("secret_key_rate_hz", *_KEYS.values()),
    fixed=f"Werner pairs of w = 0.99, {MEMORIES} memories, cut-off {CUTOFF:g} coherence times",
    size_in=(9.5, 7.0),
)

if __name__ == "__main__":
    raise SystemExit(STUDY.main())

"""Memory node against the bound of the bare fibre: one repeater, and no more.

Question: over which distances does one memory node beat the repeaterless bound and bare BB84, and
how long must its memories hold?

Answer: with memories that hold for 1 s it beats the bound (PLOB) from 105 to 260 km and bare BB84
from 21 km on; below 0.11 s it beats the bound nowhere. This is if both arms make their pairs at
once (104.9 to 259.7 km, from 21.3 km on, 0.111 s); if one after the other, it is from 118.8 to
258.5 km, and nowhere below 0.162 s. One after the other, 0.074 s are enough where the node stands
at 70 % of the way from the first user: the pair of that one waits for the other.

How: one node sends photons that are entangled with its memories to both users, who measure them at
once; its preset is ``luong``, near D. Luong et al., Appl. Phys. B 122, 96 (2016), arXiv:1508.02811.
Both arms make their pairs *at once*, or *in turn*: that of the first user, then, while it is
stored, that of the second. Links are compiled from `qnet.circuits.direct_transmission`, plans
played on the exact engine and at some points on the sampled one; the closed form is that of the
paper, for arms in turn with the mean of one geometric waiting time, not the difference of two. Key
is per use of the fibre and optical mode, of which a photon takes two. With the arms in turn every
attempt counts as a use; the third loading counts, with the yield of the paper, only those of the
arm that needs more. Bounds: PLOB (Nat. Commun. 8, 15043 (2017)), TGW (Nat. Commun. 5, 5235 (2014)).
Bare BB84 has single photons and the efficiency, dark counts and misalignment of the node's users.

Run: ``qnet study one-repeater-against-plob [--quick] [--out DIR]``, two to four minutes on one
core.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from experiments.studies.rows import StudyRow, column, grouped, known, line, where
from experiments.studies.study import Study, StudyPoint
from protocols.repeaters.chain import Chain
from protocols.repeaters.platforms import KEY, readout_transfer
from qnet.engines import play
from qnet.engines.exact import play_exact
from qnet.estimate import Estimate
from qnet.figures import bound, curve, points as bars, theory
from qnet.figures.style import COLOURS
from qnet.hardware import Memory, Preset, preset
from qnet.links import Direct
from qnet.metrics import plob, secret_key_fraction, tgw
from qnet.plans import Link, Plan, Station, Swap
from qnet.states.typed import fano_rows

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["STUDY", "bare_key", "closed_form", "node_key", "node_plan", "use_s", "window_km"]

HARDWARE = preset("luong")

#: How the arms are loaded; the last counts uses as the paper does.
LOADINGS = AT_ONCE, IN_TURN, PAPER = ("at once", "in turn", "in turn, idle arm not counted")

#: What to beat: two repeaterless bounds, and BB84 with the same devices.
BOUNDS = ("plob", "tgw", "bare")

#: Coherence times in s of the lines over distance, and where these end at the latest.
T2_S, LAST_KM = (0.1, 1.0, 10.0), 400

#: Coherence times in s of the windows: dense where these close.
WINDOWS_T2_S = (0.1, 0.112, 0.12, 0.14, 0.163, 0.17, 0.19, 0.22, 0.3, 0.5, 1.0, 3.0, 10.0, 100.0)

#: A photon is a qubit in two modes of light.
MODES = 2

#: First distance that is looked at, and the step of the next, in km.
SHORTEST_KM, LOOK_KM = 5.0, 20.0

#: Coherence time in s with which no node of this hardware wins.
TOO_SHORT_S = 0.05

_ZERO = 1e-300


def node_plan(
    length_km: float, t2_s: float, loading: str, share: float = 0.5, hardware: Preset = HARDWARE
) -> Plan:
    """The plan of one node between two users.

    Args:
        length_km: Distance of the users.
        t2_s: Coherence time of the node's memories.
        loading: One of `LOADINGS`; Alice comes first.
        share: Where the node stands: its distance from Alice, as a share of the whole.
        hardware: Its parameters; readout errors are the misalignment of the users.
    """
    node, memory = hardware.node, replace(hardware.node.memory, t2_s=t2_s)
    right = _arm(hardware, (1.0 - share) * length_km, memory)
    left = _arm(hardware, share * length_km, memory)
    left = replace(left, state=fano_rows(left.fano.T), left=left.right, right=left.left)
    perfect_readout = replace(node.gates, readout_flip_0=0.0, readout_flip_1=0.0)
    strategy = "nested" if loading == AT_ONCE else "sequential"
    swap = Station(gates=perfect_readout)
    return Chain(links=(left, right), strategy=strategy, swap=swap).plan()


def _arm(hardware: Preset, length_km: float, memory: Memory) -> Link:
    """From the node to a user, who measures at once and with errors."""
    link = Direct(hardware, hardware.channel(length_km), memory=memory, receiver=Memory()).link()
    measured = link.fano @ readout_transfer(hardware.node.gates)
    return replace(link, state=fano_rows(measured))


def use_s(plan: Plan) -> float:
    """Mean time of an attempt."""
    left, right = plan.links()
    if isinstance(plan, Swap) and plan.order == "parallel":
        return max(left.attempt_time_s, right.attempt_time_s)
    attempts = [1.0 / link.success_probability for link in (left, right)]
    spent = attempts[0] * left.attempt_time_s + attempts[1] * right.attempt_time_s
    return spent / sum(attempts)


@lru_cache(maxsize=1 << 14)
def node_key(length_km: float, t2_s: float, loading: str, share: float = 0.5) -> Estimate:
    """Secret bits per use and mode, by the exact engine; arguments as those of `node_plan`."""
    plan = node_plan(length_km, t2_s, loading, share)
    result = play_exact(plan, key=KEY)
    if loading == PAPER:
        both = node_plan(length_km, t2_s, AT_ONCE, share)
        uses = play_exact(both).delivery_time_s.best / use_s(both)
        return result.secret_key_fraction * (1.0 / (MODES * uses))
    return result.secret_key_rate_hz * (use_s(plan) / MODES)


def closed_form(length_km: float, t2_s: float, loading: str) -> float:
    """Secret bits per use and mode by the formulas of the paper (its equations 7 to 24).

    Examples:
        >>> round(2.0 * closed_form(100.0, 1.0, "at once"), 9)  # two modes
        0.027691104
    """
    node, arm = HARDWARE.node, HARDWARE.channel(length_km / 2.0)
    eta = node.arm_efficiency * arm.transmission
    herald_s = 2.0 * arm.delay_s
    kept = math.exp(-(node.emitter.preparation_time_s + herald_s) / t2_s)
    geometric = 1.0 / (1.0 - (1.0 - eta) * kept)
    uses = 2.0 / eta if loading == IN_TURN else (3.0 - 2.0 * eta) / (eta * (2.0 - eta))
    stored = eta * kept * geometric
    if loading == AT_ONCE:
        stored = eta / (2.0 - eta) * (2.0 * geometric - 1.0)
    coherent = stored * math.exp(-2.0 * herald_s / t2_s)
    dark = node.detector.dark_count_probability
    told = eta * (1.0 - dark) / (1.0 - (1.0 - eta) * (1.0 - dark) ** 2)
    aligned = 1.0 - node.gates.readout_flip_0 - node.gates.readout_flip_1
    good = (1.0 - node.gates.two_qubit_depolarizing) * (told * aligned) ** 2
    return _fraction(good * coherent, good) / (MODES * uses)


def _fraction(in_x: float, in_z: float) -> float:
    """Key fraction of BB84 from the correlations in both bases."""
    rates = [(1.0 - in_x) / 2.0, 0.5, (1.0 - in_z) / 2.0]  # the second does not matter
    efficiency = KEY.error_correction_efficiency
    return float(secret_key_fraction(rates, error_correction_efficiency=efficiency))


@lru_cache(maxsize=1 << 14)
def bare_key(length_km: float) -> float:
    """Secret bits of BB84 with single photons, per use and mode."""
    link = Direct(HARDWARE, HARDWARE.channel(length_km), memory=Memory()).link()
    readout = readout_transfer(HARDWARE.node.gates)
    state = readout @ link.fano @ readout
    return _fraction(state[1, 1], state[3, 3]) * link.success_probability / MODES


def _bound(name: str, length_km: float) -> float:
    if name == "bare":
        return bare_key(length_km)
    return {"plob": plob, "tgw": tgw}[name](HARDWARE.channel(length_km).transmission)


def _lead(length_km: float, t2_s: float, loading: str, share: float, bound: str) -> float:
    """Logarithm of the node's key over the bound; below zero where there is neither."""
    key = node_key(length_km, t2_s, loading, share).best
    return math.log(max(_ZERO, key) / max(2.0 * _ZERO, _bound(bound, length_km)))


def window_km(
    t2_s: float, loading: str, bound: str = "plob"
) -> tuple[float, float] | tuple[None, None]:
    """First and last distance at which the node half way wins, to 0.1 km; None where none is.

    Examples:
        >>> window_km(0.05, "at once")
        (None, None)
    """
    # Local import: it takes long to load.
    from scipy.optimize import brentq

    def lead(length_km: float) -> float:
        return _lead(length_km, t2_s, loading, 0.5, bound)

    best_km = _near_best(lead)
    if lead(best_km) <= 0.0:
        best_km, gain = _best(lead)
        if gain <= 0.0:
            return None, None
    beyond = best_km + LOOK_KM
    while lead(beyond) > 0.0:
        beyond += LOOK_KM
    found = [brentq(lead, end, best_km, xtol=0.02) for end in (SHORTEST_KM, beyond)]
    return round(found[0], 1), round(found[1], 1)


def least_t2(loading: str, share: float = 0.5) -> tuple[float, float]:
    """Shortest coherence time in s that beats PLOB at some distance, to 0.1 %; and that distance.

    Examples:
        >>> round(least_t2("at once")[0], 3)
        0.111
    """
    # Local import: it takes long to load.
    from scipy.optimize import brentq

    def best(t2_s: float) -> tuple[float, float]:
        return _best(lambda length_km: _lead(length_km, t2_s, loading, share, "plob"))

    enough = TOO_SHORT_S
    while best(enough)[1] <= 0.0:
        enough *= 1.25
    t2_s = brentq(lambda time_s: best(time_s)[1], enough / 1.25, enough, rtol=1e-3)
    return t2_s, best(t2_s)[0]


def _near_best(lead: Callable[[float], float]) -> float:
    """Distance of the largest lead, to a step: it rises with the distance, then falls."""
    near = SHORTEST_KM + LOOK_KM
    while lead(near + LOOK_KM) > lead(near):
        near += LOOK_KM
    return near


def _best(lead: Callable[[float], float]) -> tuple[float, float]:
    """Distance of the largest lead, and that lead."""
    # Local import: it takes long to load.
    from scipy.optimize import minimize_scalar

    near = _near_best(lead)
    ends = (near - LOOK_KM, near + LOOK_KM)
    found = minimize_scalar(lambda x: -lead(x), bounds=ends, options={"xatol": 0.1})
    return float(found.x), -float(found.fun)


def work(point: StudyPoint, seed: int) -> StudyRow:
    """A point of the key against distance, a window, or a shortest coherence time."""
    of, loading, t2_s = point["of"], point["loading"], point["t2_s"]
    if of == "least T2":
        least, best_km = least_t2(loading, point["share"])
        return {"least_t2_s": least, "at_km": best_km}
    if of == "window":
        ends: dict[str, float | None] = {}
        for bound in BOUNDS:
            ends[f"{bound}_from_km"], ends[f"{bound}_to_km"] = window_km(t2_s, loading, bound)
        return ends
    length = point["length_km"]
    found: dict[str, Estimate | float | str | None] = {
        "key_per_mode": node_key(length, t2_s, loading),
        "closed_form_per_mode": closed_form(length, t2_s, loading),
        **{f"{bound}_per_mode": _bound(bound, length) for bound in BOUNDS},
    }
    if point["shots"]:
        plan = node_plan(length, t2_s, loading)
        drawn = play(plan, shots=point["shots"], seed=seed, key=KEY)
        found["sampled_per_mode"] = drawn.secret_key_rate_hz * (use_s(plan) / MODES)
    return found


def points(quick: bool) -> list[StudyPoint]:
    """Key against distance at three coherence times; windows at many; the shortest that wins."""
    loadings = LOADINGS[: 2 if quick else 3]
    lengths = range(50, 251, 50) if quick else range(5, LAST_KM + 1, 5)
    found: list[StudyPoint] = []
    for loading in loadings:
        # The third has the pairs of the second, counted otherwise: nothing to sample.
        shots = 0 if loading == PAPER else 1_000 if quick else 20_000
        for t2_s in (1.0,) if quick else T2_S:
            same = {"of": "key", "loading": loading, "t2_s": t2_s, "share": 0.5}
            found += [
                {**same, "length_km": float(length), "shots": 0 if length % 50 else shots}
                for length in lengths
                if closed_form(length, t2_s, loading) > 0.0
            ]
    times = (1.0,) if quick else WINDOWS_T2_S
    found += [
        {"of": "window", "loading": loading, "t2_s": t2_s} for loading in loadings for t2_s in times
    ]
    least = [(loading, 0.5) for loading in loadings]
    least += [] if quick else [(IN_TURN, share) for share in (0.4, 0.45, 0.55, 0.6, 0.65, 0.7)]
    return found + [
        {"of": "least T2", "loading": loading, "t2_s": None, "share": share}
        for loading, share in least
    ]


def answer(rows: Sequence[StudyRow]) -> str:
    """The windows at one second, and the shortest coherence times."""
    parts = grouped(rows, "of")
    windows = {row["loading"]: row for row in parts["window"] if row["t2_s"] == 1.0}
    least = {(row["loading"], row["share"]): row["least_t2_s"] for row in parts["least T2"]}
    texts = []
    for loading, row in windows.items():
        over = [f"{row[f'{bound}_from_km']} to {row[f'{bound}_to_km']} km" for bound in BOUNDS]
        texts.append(
            f"{loading}, it beats PLOB from {over[0]}, TGW from {over[1]} and bare BB84 from "
            f"{over[2]}, and PLOB nowhere below T2 = {least[loading, 0.5]:.3f} s"
        )
    text = f"With T2 = 1 s and the arms loaded {'; '.join(texts)}."
    shortest = min((t2_s, share) for (loading, share), t2_s in least.items() if loading == IN_TURN)
    if shortest[1] != 0.5:
        text += (
            f" In turn, a node at {shortest[1]:.0%} of the way from the first user needs no more "
            f"than {shortest[0]:.3f} s."
        )
    return text


def draw(figure: Figure, rows: Sequence[StudyRow]) -> None:
    """Key over distance; winning distances over coherence time; coherence time over position."""
    parts = grouped(rows, "of")
    panels = figure.subplots(1, 3, width_ratios=[1.35, 1.0, 0.85])
    _draw_keys(panels[0], parts["key"])
    _draw_windows(panels[1], parts["window"], parts["least T2"])
    in_turn = sorted(where(parts["least T2"], loading=IN_TURN), key=lambda row: row["share"])
    line(panels[2], in_turn, "share", "least_t2_s", color="0.0")
    panels[2].set(xlabel="place (0: first user)", ylim=(0.0, None))
    panels[2].set(ylabel="shortest $T_2$ that beats PLOB (s)")
    titles = ("key, node half way", "where it beats PLOB", "elsewhere, in turn")
    for axes, letter, title in zip(panels, "abc", titles, strict=True):
        axes.set_title(f"({letter}) {title}", fontsize=9.5)


def _draw_keys(axes: Axes, rows: Sequence[StudyRow]) -> None:
    x = "length_km"
    look: dict[str, Any]
    farthest = max(rows, key=lambda row: row[x])
    longest = where(rows, loading=farthest["loading"], t2_s=farthest["t2_s"])
    for name, label, look in (
        ("tgw", "TGW", {"color": "0.8"}),
        ("plob", "PLOB", {"color": "0.6"}),
        ("bare", "bare BB84", {"color": "0.45", "ls": ":", "lw": 1.6}),
    ):
        limit = [value or math.nan for value in column(longest, f"{name}_per_mode")]
        bound(axes, column(longest, x), limit, label=label, **look)
    for (t2_s, group), colour in zip(grouped(rows, "t2_s").items(), COLOURS[1:], strict=False):
        # One line in turn is enough: the others lie as far below theirs.
        for loading in LOADINGS[: 2 if t2_s == 1.0 else 1]:
            own, once = where(group, loading=loading), loading == AT_ONCE
            label = f"$T_2$ = {t2_s:g} s" if once else f"$T_2$ = {t2_s:g} s, in turn"
            look = {"color": colour, "marker": "", "ls": "-" if once else "-."}
            line(axes, own, x, "key_per_mode", curve, label=label, **look)
            drawn = [row for row in own if row["shots"]]
            note = "sampled, 95 %" if once and t2_s == 1.0 else None
            shape = {"color": colour, "fmt": "o" if once else "s", "ms": 3.5, "label": note}
            line(axes, drawn, x, "sampled_per_mode", bars, **shape)
            if once:
                note = "closed form" if t2_s == 1.0 else None
                look = {"lw": 0.9, "dashes": (3, 3), "zorder": 3.0, "label": note}
                line(axes, own, x, "closed_form_per_mode", theory, **look)
    axes.set(yscale="log", ylim=(1e-7, 3.0), xlim=(0.0, None))
    axes.set(xlabel="distance (km)", ylabel="asymptotic secret key (bit/(use mode))")
    axes.legend(fontsize=7.0, loc="upper right")


def _draw_windows(axes: Axes, rows: Sequence[StudyRow], least: Sequence[StudyRow]) -> None:
    tips = {row["loading"]: row for row in where(least, share=0.5)}
    for loading, colour, dashes in ((AT_ONCE, COLOURS[2], "-"), (IN_TURN, COLOURS[0], "-.")):
        own, tip = known(where(rows, loading=loading), "plob_from_km"), tips[loading]
        times = [tip["least_t2_s"], *column(own, "t2_s")]
        ends = [[tip["at_km"], *column(own, f"plob_{end}_km")] for end in ("from", "to")]
        axes.fill_between(times, ends[0], ends[1], color=colour, alpha=0.15, lw=0.0)
        axes.plot(times, ends[0], color=colour, ls=dashes, marker="", label=loading)
        axes.plot(times, ends[1], color=colour, ls=dashes, marker="")
        label = f"{tip['least_t2_s']:.2f} s"
        axes.plot(times[:1], ends[0][:1], color=colour, marker="o", ls="", label=label)
    axes.set(xscale="log", xlabel="coherence time $T_2$ (s)", ylabel="distance (km)")
    axes.set(xlim=(0.05, None), ylim=(0.0, None))
    axes.legend(fontsize=7.5, loc="upper left")


STUDY = Study.of_script(
    __name__,
    (
        "Over which distances does one memory node beat the repeaterless bound and bare BB84, and "
        "how long must its memories hold?"
    ),
    keys=("key_per_mode",),
    fixed="hardware near Luong 2016 (preset luong)",
    size_in=(9.6, 4.2),
)

if __name__ == "__main__":
    raise SystemExit(STUDY.main())

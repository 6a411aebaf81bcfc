"""Strategies over distance: nested, swap as soon as possible, or one link after the other.

Question: which strategy gives the most key over eight segments, and what decides?

Answer: swap as soon as possible, and storage decides: without cut-offs it delivers as many pairs as
nesting and stores less. It wins by a fifth with the target parameters at 700 km (13.1 against 10.9
bit/s), 2.6 times with neutral atoms, improved 20 times, at 450 km. One link after the other stores
little too, but delivers a third of the pairs. One round of distillation pays only where errors of
links and gates decide and not storage: with colour centres, improved 20 times, from 400 km on.

How: sampled engine, 95 % intervals; the exact engine checks the nested chain of the target
parameters. Neutral atoms: 0.14 s of coherence; colour centres: 20 s, but more errors in links and
gates (``qnet presets``). Swaps always succeed, results travel at the speed of light in the fibre.
One rule for all cut-offs (assumed): one time for all stations, the best of none and of T2 over 4,
8, 16 and 32 in a pilot run with a seed of its own. Users measure at once, so only stations store;
pairs that are distilled (DEJMPS, at the level that the pilot run finds best: links, or pairs over
two or four segments) are stored at the users too, and their rate is halved, for two are made side
by side in twice the fibres and memories. Nested: H.-J. Briegel et al., Phys. Rev. Lett. 81, 5932
(1998); swap as soon as possible: L. Kamin et al., Phys. Rev. Research 5, 023086 (2023),
arXiv:2203.10318; DEJMPS: D. Deutsch et al., Phys. Rev. Lett. 77, 2818 (1996). The bound is that of
bare fibre at a billion pulses a second in two modes: S. Pirandola et al., Nat. Commun. 8, 15043
(2017).

Run: ``qnet study strategies-over-distance [--quick] [--out DIR]``, a minute on one core.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from experiments.studies.rows import StudyRow, grouped, line, positive, where
from experiments.studies.study import Study, StudyPoint
from protocols.planning.optimise import Candidate, Problem
from protocols.repeaters.platforms import CLOCK_HZ, Platform
from qnet.engines import play
from qnet.engines.exact import play_exact
from qnet.engines.forecast import forecast
from qnet.figures import bound, curve, theory
from qnet.figures.style import COLOURS

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

__all__ = ["STUDY", "candidates", "setting"]

SEGMENTS = 8

PLATFORMS = {
    "blueprint": Platform(name="blueprint"),
    "rubidium-atoms": Platform(name="rubidium-atoms", improvement=20.0),
    "colour-centre": Platform(name="colour-centre", improvement=20.0),
}

#: Strategies, with what to call them.
STRATEGIES = {
    "swap-asap": "swap as soon as possible",
    "nested": "nested",
    "sequential": "one link after the other",
    "distilled": "nested, one round of DEJMPS",
}

#: Cut-offs, as a share of T2; 0 is none.
_SHARES = (0.0, 1 / 4, 1 / 8, 1 / 16, 1 / 32)

_PILOT, _SHOTS, _QUICK = 2_000, 20_000, 500

#: Elementary draws that a delivery may cost; more is a chain that hardly ever delivers.
_DRAWS = 3000.0


_NO_KEY = f"no key with any cut-off that costs {_DRAWS:g} draws per pair or fewer"


def setting(platform: str, length_km: float, strategy: str) -> Problem:
    """The chain of a platform; users measure at once unless their pairs are distilled.

    Examples:
        >>> setting("blueprint", 400.0, "nested").links(8, None)[0].length_km
        50.0
    """
    hardware = PLATFORMS[platform]
    links = [hardware.link(length_km / SEGMENTS, SEGMENTS)] * SEGMENTS
    if strategy != "distilled":
        links = hardware.with_users(links)
    station = hardware.station
    return Problem.of_links(links, station=station, gates=station.gates, classical_latency=True)


def candidates(strategy: str, t2_s: float) -> Iterator[Candidate]:
    """What the pilot run chooses from.

    Examples:
        >>> len(list(candidates("nested", 1.0))), len(list(candidates("distilled", 1.0)))
        (5, 15)
    """
    distilled = strategy == "distilled"
    for share in _SHARES:
        plain = Candidate(
            segments=SEGMENTS,
            strategy="nested" if distilled else strategy,
            cutoffs_s=(share * t2_s,) if share else (),
        )
        if not distilled:
            yield plain
            continue
        for level in range(3):
            yield replace(plain, distill_rounds=1, distill_level=level)


def points(quick: bool) -> list[StudyPoint]:
    """Every platform, length and strategy."""
    lengths = (100.0, 500.0) if quick else [100.0 + 50.0 * k for k in range(13)]
    shots = _QUICK if quick else _SHOTS
    return [
        {"platform": platform, "length_km": length, "strategy": strategy, "shots": shots}
        for platform in (list(PLATFORMS)[:1] if quick else PLATFORMS)
        for length in lengths
        for strategy in STRATEGIES
    ]


def work(point: StudyPoint, seed: int) -> dict[str, Any]:
    """Choose the cut-off with one seed, play with another; sampled engine, and exact for nested."""
    platform, length, strategy = point["platform"], point["length_km"], point["strategy"]
    chain = setting(platform, length, strategy)
    t2_s = PLATFORMS[platform].preset.node.memory.t2_s
    pilot = min(point["shots"], _PILOT)
    plans = {each: chain.plan(each) for each in candidates(strategy, t2_s)}
    # Without a cut-off every draw counts: one plan at least is left.
    trials = {
        each: play(plan, shots=pilot, seed=seed)
        for each, plan in plans.items()
        if forecast(plan).draws <= _DRAWS
    }
    # Where no key is left, the best fidelity is the nearest to one.
    best = max(trials, key=lambda c: (trials[c].secret_key_rate_hz.best, trials[c].fidelity.best))
    found = play(plans[best], shots=point["shots"], seed=seed + 1)
    fibres = 2 if best.distill_rounds else 1
    checked = strategy == "nested" and platform == "blueprint"
    return {
        "cutoff_s": best.cutoff_s,
        "distill_level": best.distill_level if best.distill_rounds else None,
        "secret_bits_per_s": found.secret_key_rate_hz * (1.0 / fibres),
        "pairs_per_s": found.rate_hz * (1.0 / fibres),
        "fidelity": found.fidelity,
        "exact_bits_per_s": play_exact(plans[best]).secret_key_rate_hz.best if checked else None,
        "bound_bits_per_s": 2.0 * CLOCK_HZ * PLATFORMS[platform].direct_bound(length),
        "reason": "" if found.secret_key_rate_hz.best else _NO_KEY,
    }


def answer(rows: Sequence[StudyRow]) -> str:
    """Who is best where, and what the others lose in pairs and in fidelity."""
    parts = [_told(platform, own) for platform, own in grouped(rows, "platform").items()]
    return ". ".join(parts) + "."


def _told(platform: str, rows: Sequence[StudyRow]) -> str:
    title = PLATFORMS[platform].title
    winners: list[tuple[str, float, float]] = []
    for length, own in grouped(rows, "length_km").items():
        first = max(own, key=lambda row: row["secret_bits_per_s"].best)
        if not first["secret_bits_per_s"].best:
            continue
        if winners and winners[-1][0] == first["strategy"]:
            winners[-1] = (*winners[-1][:2], length)
        else:
            winners.append((first["strategy"], length, length))
    if not winners:
        return f"{title}: no key"
    stretches = [f"{STRATEGIES[name]} from {a:g} to {b:g} km" for name, a, b in winners]
    keyed = grouped(positive(rows, "secret_bits_per_s"), "length_km")
    shared = [length for length, own in keyed.items() if len(own) == len(STRATEGIES)]
    compared = _compared(rows, max(shared, default=winners[-1][2]))
    return f"{title}: most by {', then '.join(stretches)}; {compared}"


def _compared(rows: Sequence[StudyRow], length_km: float) -> str:
    """Key, pairs and fidelity of all strategies at one length."""
    told = [
        f"{row['strategy']} {row['secret_bits_per_s'].best:.3g} bit/s "
        f"({row['pairs_per_s'].best:.3g} pairs/s, fidelity {row['fidelity'].best:.3f})"
        for row in where(rows, length_km=length_km)
    ]
    return f"at {length_km:g} km {', '.join(told)}"


def draw(figure: Figure, rows: Sequence[StudyRow]) -> None:
    """Key rates above, fidelities below, a column for each platform."""
    platforms = grouped(rows, "platform")
    columns = figure.subplots(2, len(platforms), sharex="col", squeeze=False, height_ratios=(3, 2))
    for (above, below), (platform, own) in zip(columns.T, platforms.items(), strict=True):
        _draw_keys(above, own)
        keyed = positive(own, "secret_bits_per_s")
        for strategy, each in grouped(keyed, "strategy").items():
            line(below, each, "length_km", "fidelity", curve, **_look(strategy))
        above.set_title(PLATFORMS[platform].title)
        below.set_xlabel("distance (km)")
    columns[0, 0].set_ylabel("asymptotic secret-key rate (bit/s)")
    columns[1, 0].set_ylabel("fidelity")
    figure.legend(*columns[0, 0].get_legend_handles_labels(), loc="outside upper center", ncols=3)


def _draw_keys(axes: Axes, rows: Sequence[StudyRow]) -> None:
    x, keyed = "length_km", positive(rows, "secret_bits_per_s")
    for strategy, own in grouped(keyed, "strategy").items():
        look = {"label": STRATEGIES[strategy], **_look(strategy)}
        line(axes, own, x, "secret_bits_per_s", curve, **look)
    if checked := positive(rows, "exact_bits_per_s"):
        look = {"label": "nested, exact engine", "zorder": 4.0}
        line(axes, checked, x, "exact_bits_per_s", theory, **look)
    nested = where(rows, strategy="nested")
    line(axes, nested, x, "bound_bits_per_s", bound, label="bare fibre, at most")
    axes.set(yscale="log", ylim=(1e-2, 3e3))


def _look(strategy: str) -> dict[str, Any]:
    k = list(STRATEGIES).index(strategy)
    return {"color": COLOURS[k], "marker": "osD^"[k], "ls": "-"}


STUDY = Study.of_script(
    __name__,
    "Which strategy gives the most key over eight segments, and what decides?",
    keys=("secret_bits_per_s",),
    fixed=f"{SEGMENTS} segments, fibre of 0.2 dB/km, the best of none and four cut-offs",
    size_in=(10.0, 5.6),
)

if __name__ == "__main__":
    raise SystemExit(STUDY.main())

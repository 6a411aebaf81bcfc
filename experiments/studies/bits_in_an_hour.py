"""Secret bits of one hour, over bare fibre and over a repeater chain.

Question: how many secret bits does one hour give, over bare fibre and over a repeater chain?

Answer: over 500 km eight segments give some 90,000 and bare fibre none; up to 250 km bare fibre
gives more. From 300 km on it gives less, from 350 km on nothing.

How: decoy-state BB84 over bare fibre at 1 GHz (finite block of one hour, two decoys, optimised: C.
Lim et al., Phys. Rev. A 89, 022307 (2014)) beside BBM92 over chains of four and of eight segments
with the target parameters (finite key of the pairs of one hour: M. Tomamichel et al., Nat. Commun.
3, 634 (2012)), all at epsilon 1e-10. Every hour of a chain is drawn pair by pair on the sampled
engine, each pair with its own storage history, and played three times: the bars are the range of
the three hours, not a confidence interval.

Run: ``qnet study bits-in-an-hour [--quick] [--out DIR]``, half a minute on one core.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from experiments.studies.rows import StudyRow, grouped, line, positive
from experiments.studies.study import Study, StudyPoint
from protocols.key_rates import (
    BackgroundChannel,
    DecoySettings,
    KeyRate,
    Security,
    expected_counts,
    optimised,
)
from protocols.qkd.entangled_key import key_in_time
from protocols.repeaters.platforms import CLOCK_HZ, Platform
from qnet.estimate import Estimate
from qnet.figures import points as bars
from qnet.figures.style import COLOURS
from qnet.hardware import Detectors, Fibre, Line

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["STUDY", "bare_fibre_key", "chain_key"]

SECURITY = Security(
    epsilon_secrecy=1e-10, epsilon_correctness=1e-15, error_correction_efficiency=1.16
)
TARGET = Platform(name="blueprint")
BARE = "bare fibre"
SEGMENTS = (4, 8)

#: Hours that are played of each chain.
RUNS = 3

#: Background per pulse of two detectors with ten dark counts a second, in gates of 1 ns.
_BACKGROUND = 2e-8
_MISALIGNMENT = 5e-3

#: Fewest bits shown; zeros are marked below.
_FLOOR = 10.0


def bare_fibre_key(length_km: float, duration_s: float) -> KeyRate:
    """Secret bits of decoy-state BB84 over bare fibre of 0.2 dB/km within a time.

    Examples:
        >>> bare_fibre_key(600.0, 3600.0).value
        0.0
    """
    efficiency = TARGET.preset.node.detector.efficiency
    channel = BackgroundChannel(
        Line.through(
            Fibre(length_km=length_km, loss_db_per_km=0.2),
            detectors=Detectors(efficiency=efficiency, background_yield=_BACKGROUND),
            misalignment=_MISALIGNMENT,
        )
    )
    pulses = duration_s * CLOCK_HZ
    # The block is what the pulses fill, at the settings that are best for it.
    settings = DecoySettings(
        intensities=(0.5, 0.2, 0.0), probabilities=(0.7, 0.2, 0.1), basis_bias=0.9
    )
    key = KeyRate(name="secret_bits", unclipped=0.0, reason="no key: less than one bit is sifted")
    for _ in range(3):
        block = pulses / expected_counts(channel, settings, 1.0)[0]
        if block < 1.0:
            return key
        best = optimised("lim2014", channel, block_size=block, security=SECURITY)
        key = replace(best.rate, name="secret_bits", unclipped=best.rate.unclipped * pulses)
        if key.value == 0.0:
            return key
        settings = DecoySettings(
            intensities=best.intensities,
            probabilities=best.probabilities,
            basis_bias=best.basis_bias,
        )
    return key


def chain_key(length_km: float, segments: int, duration_s: float, seed: int) -> KeyRate:
    """Secret bits that a nested chain with the target parameters gives within a time.

    Examples:
        >>> chain_key(500.0, 8, 1.0, seed=1).value
        0.0
    """
    cutoff_s = TARGET.cutoff_s(segments)
    chain = TARGET.chain("nested", segments, length_km, cutoff_s=cutoff_s)
    return key_in_time(chain.plan(), duration_s, seed=seed, security=SECURITY).key


def work(point: StudyPoint, seed: int) -> StudyRow:
    """Bits of a line at a distance: the middle one of the runs, and their range."""
    length, duration = point["distance_km"], point["duration_s"]
    if point["line"] == BARE:
        key = bare_fibre_key(length, duration)
        return {"secret_bits": Estimate.exact(key.value), "security": key.security.as_dict()}
    runs = range(point["runs"])
    keys = [chain_key(length, point["segments"], duration, seed + k) for k in runs]
    keys.sort(key=lambda key: key.value)
    key = keys[len(keys) // 2]
    bits = Estimate(keys[0].value, key.value, keys[-1].value, len(keys))
    return {"secret_bits": bits, "security": key.security.as_dict()}


def points(quick: bool) -> list[StudyPoint]:
    """Three lines over distance."""
    lengths = (200.0, 400.0) if quick else [50.0 * k for k in range(2, 13)]
    same = {"duration_s": 60.0 if quick else 3600.0, "runs": 1 if quick else RUNS}
    lines = [(BARE, 1), *((f"{n} segments", n) for n in SEGMENTS)]
    return [
        {"line": line, "segments": segments, "distance_km": length, **same}
        for length in lengths
        for line, segments in lines
    ]


def answer(rows: Sequence[StudyRow]) -> str:
    """Where the best chain overtakes bare fibre, and what both give at the longest distance."""
    bits = {(row["line"], row["distance_km"]): row["secret_bits"] for row in rows}
    chain, lengths = f"{SEGMENTS[-1]} segments", list(grouped(rows, "distance_km"))
    more = [x for x in lengths if bits[chain, x].low > bits[BARE, x].best]
    less = [x for x in lengths if x < min(more)]
    dark = next((x for x in lengths if bits[BARE, x].best == 0.0), None)
    text = f"Up to {max(less):g} km bare fibre gives more than {chain}, from {min(more):g} km less"
    if dark is not None:
        text += f", from {dark:g} km nothing"
    far = 500.0 if 500.0 in lengths else lengths[-1]
    return f"{text}; over {far:g} km the chain gives {bits[chain, far]} bits (range of the runs)."


def draw(figure: Figure, rows: Sequence[StudyRow]) -> None:
    """The lines over distance; zeros lie in a strip at the bottom edge."""
    axes = figure.subplots()
    lines = zip(grouped(rows, "line").items(), COLOURS, "Dos", strict=False)
    for k, ((name, own), colour, marker) in enumerate(lines):
        look = {"color": colour, "fmt": f"{marker}-", "ms": 5, "label": name}
        keyed = positive(own, "secret_bits")
        line(axes, keyed, "distance_km", "secret_bits", bars, **look)
        none = [row["distance_km"] for row in own if row not in keyed]
        axes.plot(none, [_FLOOR / 2.0 ** (k + 1)] * len(none), color=colour, marker=marker, ls="")
    axes.axhspan(_FLOOR / 16.0, _FLOOR, color="0.93", lw=0)
    axes.text(0.02, 0.02, "no key", transform=axes.transAxes, fontsize=8)
    seconds = rows[0]["duration_s"]
    hour = seconds == 3600.0
    title = f"composable secret key in {'one hour' if hour else f'{seconds:g} s'} (bit)"
    axes.set(yscale="log", xlabel="distance (km)", ylabel=title, ylim=(_FLOOR / 16.0, None))
    top = axes.get_ylim()[1]
    axes.set_yticks([tick for tick in axes.get_yticks() if _FLOOR < tick <= top])
    axes.legend(title="bars: range of runs" if rows[-1]["runs"] > 1 else None)


STUDY = Study.of_script(
    __name__,
    "How many secret bits does one hour give, over bare fibre and over a repeater chain?",
    keys=("secret_bits",),
    fixed="bare fibre: decoy BB84 at 1 GHz; chains: target parameters; epsilon 1e-10",
    size_in=(7.0, 4.2),
)

if __name__ == "__main__":
    raise SystemExit(STUDY.main())

"""How many secret bits in one hour? ``python -m experiments.bits_in_an_hour``.

Decoy-state BB84 over bare fibre at 1 GHz (finite block of one hour, two decoys, optimised: Lim et
al., Phys. Rev. A 89, 022307 (2014)) beside BBM92 over chains of four and of eight segments with the
target parameters (finite key of the pairs of one hour: Tomamichel et al., Nat. Commun. 3, 634
(2012)), all at epsilon 1e-10. Every hour of a chain is drawn pair by pair, each with its own
storage history, and played with three seeds: the bars are their range. Answer: up to 250 km bare
fibre gives more; over 500 km it gives nothing, and eight segments some 90,000 bits. Writes
``bits_in_an_hour.png``, ``.svg`` and ``.csv``.
"""

from __future__ import annotations

import argparse
import csv
import sys
from collections.abc import Sequence
from pathlib import Path

from experiments.reach.hardware import CLOCK_HZ, Hardware
from protocols.key_rates import (
    BackgroundChannel,
    DecoySettings,
    Security,
    expected_counts,
    fibre_transmission,
    optimised,
)
from protocols.qkd.over_repeater import key_in_time

__all__ = ["bare_fibre_bits", "chain_bits", "main"]

SECURITY = Security(
    epsilon_secrecy=1e-10, epsilon_correctness=1e-15, error_correction_efficiency=1.16
)
TARGET = Hardware(name="blueprint")
SEGMENTS = (4, 8)
SEEDS = (1, 2, 3)

#: Background per pulse of two detectors with ten dark counts a second, in gates of 1 ns.
_BACKGROUND = 2e-8
_MISALIGNMENT = 5e-3

Row = dict[str, object]


def bare_fibre_bits(length_km: float, duration_s: float) -> float:
    """Secret bits that decoy-state BB84 gives over bare fibre within a time.

    Args:
        length_km: Length of the fibre, of 0.2 dB/km.
        duration_s: The time, in s.

    Examples:
        >>> bare_fibre_bits(600.0, 3600.0)
        0.0
    """
    efficiency = TARGET.preset.node.detector.efficiency
    channel = BackgroundChannel(
        transmission=fibre_transmission(length_km, 0.2, efficiency),
        background_yield=_BACKGROUND,
        misalignment=_MISALIGNMENT,
    )
    pulses = duration_s * CLOCK_HZ
    # The block is what the pulses fill, at the settings that are best for it.
    settings = DecoySettings(
        intensities=(0.5, 0.2, 0.0), probabilities=(0.7, 0.2, 0.1), basis_bias=0.9
    )
    bits = 0.0
    for _ in range(3):
        block = pulses / expected_counts(channel, settings, 1.0)[0]
        if block < 1.0:
            return 0.0
        best = optimised("lim2014", channel, block_size=block, security=SECURITY)
        bits = best.rate.value * pulses
        if bits == 0.0:
            return 0.0
        settings = DecoySettings(
            intensities=best.intensities,
            probabilities=best.probabilities,
            basis_bias=best.basis_bias,
        )
    return bits


def chain_bits(length_km: float, segments: int, duration_s: float, seed: int) -> float:
    """Secret bits that a chain with the target parameters gives within a time.

    Args:
        length_km: Length of the chain.
        segments: Number of segments, nested.
        duration_s: The time, in s.
        seed: Seed of the run.

    Examples:
        >>> chain_bits(500.0, 8, 1.0, seed=1)
        0.0
    """
    cutoff_s = TARGET.cutoff_s(segments)
    plan = TARGET.chain("nested", segments, length_km, cutoff_s=cutoff_s)
    return key_in_time(plan, duration_s, seed=seed, security=SECURITY).key.value


def rows(distances_km: Sequence[float], duration_s: float, seeds: Sequence[int]) -> list[Row]:
    """One row per line of the figure and distance."""
    found: list[Row] = []
    for length in distances_km:
        fibre = bare_fibre_bits(length, duration_s)
        found.append(_row("bare fibre", length, duration_s, [fibre]))
        for segments in SEGMENTS:
            bits = [chain_bits(length, segments, duration_s, seed) for seed in seeds]
            found.append(_row(f"{segments} segments", length, duration_s, bits))
        print(f"{length:g} km done", file=sys.stderr)
    return found


def _row(line: str, length: float, duration: float, bits: Sequence[float]) -> Row:
    ordered = sorted(bits)
    return {
        "line": line,
        "distance_km": length,
        "duration_s": duration,
        "low": ordered[0],
        "secret_bits": ordered[len(ordered) // 2],
        "high": ordered[-1],
        "runs": len(ordered),
    }


def draw(found: Sequence[Row], paths: Sequence[Path]) -> None:
    """Draw the lines; zeros lie on the bottom edge.

    Args:
        found: The rows.
        paths: Where to save the figure; the ending says in which form.
    """
    from matplotlib import pyplot

    from qnet.figures.style import COLOURS, style

    floor = 10.0
    with style():
        figure, axes = pyplot.subplots(figsize=(5.6, 3.8))
        looks = zip(("bare fibre", *(f"{n} segments" for n in SEGMENTS)), "xos", strict=True)
        for colour, (line, marker) in enumerate(looks):
            own = [row for row in found if row["line"] == line]
            best = [max(float(str(row["secret_bits"])), floor) for row in own]
            low = [max(float(str(row["low"])), floor) for row in own]
            high = [max(float(str(row["high"])), floor) for row in own]
            errors = [
                [b - a for a, b in zip(low, best, strict=True)],
                [b - a for a, b in zip(best, high, strict=True)],
            ]
            xs = [float(str(row["distance_km"])) for row in own]
            axes.errorbar(
                xs, best, errors, color=COLOURS[colour], marker=marker, ms=5, capsize=3, label=line
            )
        axes.axhspan(floor / 3.0, floor * 1.5, color="0.93", lw=0)
        axes.text(0.02, 0.02, "no key", transform=axes.transAxes, fontsize=8)
        seconds = float(str(found[0]["duration_s"]))
        axes.set(
            yscale="log",
            xlabel="distance (km)",
            ylabel="secret bits in one hour" if seconds == 3600.0 else f"bits in {seconds:g} s",
        )
        axes.set_ylim(bottom=floor / 3.0)
        axes.legend()
        for path in paths:
            figure.savefig(path)
        pyplot.close(figure)


def main(argv: Sequence[str] | None = None) -> int:
    """Work out, print and draw.

    Args:
        argv: The arguments; those of the process when None.

    Returns:
        The exit code.
    """
    parser = argparse.ArgumentParser(prog="python -m experiments.bits_in_an_hour")
    parser.add_argument("--quick", action="store_true", help="two distances, a minute, one seed")
    parser.add_argument("--out", type=Path, default=Path("results/bits_in_an_hour"))
    arguments = parser.parse_args(argv)
    if arguments.quick:
        found = rows((200.0, 400.0), 60.0, SEEDS[:1])
    else:
        found = rows([50.0 * k for k in range(2, 13)], 3600.0, SEEDS)
    arguments.out.mkdir(parents=True, exist_ok=True)
    with (arguments.out / "bits_in_an_hour.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(found[0]))
        writer.writeheader()
        writer.writerows(found)
    for row in found:
        values = [float(str(row[key])) for key in ("secret_bits", "low", "high")]
        print(f"{row['line']:<12} {row['distance_km']:>5g} km", end="")
        print(f" {values[0]:>12.4g} [{values[1]:.4g}, {values[2]:.4g}] bits")
    draw(found, [arguments.out / f"bits_in_an_hour.{end}" for end in ("png", "svg")])
    return 0


if __name__ == "__main__":
    sys.exit(main())

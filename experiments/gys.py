"""How far does decoy-state key distribution reach? ``python -m experiments.gys``.

Key rate against distance at the parameters of the experiment of Gobby, Yuan and Shields (Appl.
Phys. Lett. 84, 3762 (2004), as used by X. Ma et al., Phys. Rev. A 72, 012326 (2005)): infinitely
many decoys, vacuum and a weak one, no decoy, and finite blocks with two decoys (Lim et al. 2014) or
one (Rusca et al. 2018). Everything is optimised at every distance but the vacuum-weak decoys, which
are those of Ma et al. The finite-block analyses count detections of empty pulses as secret, as the
others do not, so that large blocks may reach a little farther. Writes ``gys.png``, ``gys.svg`` and
``gys.csv``.
"""

from __future__ import annotations

import argparse
import csv
import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from protocols.key_rates import (
    BackgroundChannel,
    KeyRate,
    Optimum,
    Security,
    fibre_transmission,
    infinite_decoy,
    optimised,
    vacuum_weak,
)

__all__ = ["CURVES", "Curve", "gys_channel", "main", "reach_km"]

SIGNAL, WEAK, EFFICIENCY = 0.48, 0.05, 1.22
BLOCKS = (1e6, 1e7, 1e8, 1e10)
QUICK_BLOCKS = (1e7, 1e10)

#: Epsilons of the finite blocks, at the error correction of the experiment.
SECURITY = Security(
    epsilon_secrecy=1e-10, epsilon_correctness=1e-15, error_correction_efficiency=EFFICIENCY
)

#: Share of the detections that endless blocks keep: bases may be as biased as one likes.
SIFTING = 1.0


def gys_channel(length_km: float) -> BackgroundChannel:
    """The channel of the experiment: 0.21 dB/km, 4.5 % at Bob, 1.7e-6 background, 3.3 % errors.

    Examples:
        >>> round(gys_channel(0.0).transmission, 3)
        0.045
    """
    transmission = fibre_transmission(length_km, 0.21, 0.045)
    return BackgroundChannel(transmission=transmission, background_yield=1.7e-6, misalignment=0.033)


@dataclass(frozen=True, slots=True, kw_only=True)
class Curve:
    """One line of the figure.

    Args:
        name: As in the CSV file.
        label: As in the legend.
        model: Name of the analysis.
        block_size: Sifted bits of a block; None for an endless one.
    """

    name: str
    label: str
    model: str
    block_size: float | None = None

    def optimum(self, length_km: float, start: Optimum | None = None) -> Optimum:
        """Settings and rate at a distance; the search also starts from the settings given."""
        channel = gys_channel(length_km)
        common = {"error_correction_efficiency": EFFICIENCY, "sifting": SIFTING}
        if self.model == "vacuum-weak":
            rate = vacuum_weak(channel, signal=SIGNAL, weak=WEAK, **common)
            return Optimum(intensities=(SIGNAL, WEAK, 0.0), rate=rate)
        if self.block_size is None:
            return optimised(self.model, channel, **common)
        return optimised(
            self.model, channel, block_size=self.block_size, security=SECURITY, start=start
        )


def curves(blocks: Sequence[float]) -> tuple[Curve, ...]:
    """The lines of the figure: three of endless blocks, two per block size."""
    finite = [
        Curve(
            name=f"{model}-{size:.0e}".replace("+", ""),
            label=f"$10^{{{round(math.log10(size))}}}$ bits",
            model=model,
            block_size=size,
        )
        for size in blocks
        for model in ("lim2014", "rusca2018")
    ]
    return (
        Curve(name="infinite-decoy", label="infinitely many decoys", model="infinite-decoy"),
        Curve(name="vacuum-weak", label="vacuum and weak decoy", model="vacuum-weak"),
        Curve(name="no-decoy", label="no decoy", model="no-decoy"),
        *finite,
    )


CURVES = curves(BLOCKS)


def reach_km(rate: Callable[[float], KeyRate], longest_km: float = 300.0) -> float:
    """Distance at which a rate vanishes, in km.

    Args:
        rate: Rate at a distance; positive at zero, negative at the longest.
        longest_km: Where to stop looking.

    Examples:
        >>> round(reach_km(lambda l: infinite_decoy(gys_channel(l), intensity=0.48)), 2)
        142.01
    """
    # Local import: it takes long to load.
    from scipy.optimize import brentq

    root = brentq(lambda length: rate(length).balance, 0.0, longest_km, xtol=1e-9, rtol=1e-13)
    return float(root)


def distances(curve: Curve, quick: bool) -> list[float]:
    """Where a curve is worked out, in km; endless blocks cost little."""
    if quick:
        return [0.0, 30.0, 60.0, 100.0, 120.0]
    if curve.block_size is None:
        return [0.25 * k for k in range(601)]
    return [float(length) for length in (*range(0, 110, 2), *range(110, 151))]


def points(chosen: Sequence[Curve], quick: bool) -> Iterator[dict[str, object]]:
    """One row per curve and distance, up to where the curve ends."""
    for curve in chosen:
        optimum = None
        for length in distances(curve, quick):
            optimum = curve.optimum(length, optimum)
            yield {
                "curve": curve.name,
                "block_size": curve.block_size or "",
                "distance_km": length,
                "secret_key_rate_per_pulse": optimum.rate.value,
                "intensities": " ".join(f"{k:.4g}" for k in optimum.intensities),
                "probabilities": " ".join(f"{p:.4g}" for p in optimum.probabilities),
                "basis_bias": f"{optimum.basis_bias:.4g}",
                "reason": optimum.rate.reason or "",
            }
            if optimum.rate.value == 0.0:
                break


def main(argv: Sequence[str] | None = None) -> int:
    """Work out the curves, write the files, print how far each reaches.

    Args:
        argv: The arguments; those of the process when None.

    Returns:
        The exit code.
    """
    parser = argparse.ArgumentParser(prog="python -m experiments.gys", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="few distances and block sizes")
    parser.add_argument(
        "--out",
        type=Path,
        default=Path("results/gys"),
        metavar="DIR",
        help="where the files go (default: results/gys)",
    )
    options = parser.parse_args(argv)
    chosen = curves(QUICK_BLOCKS) if options.quick else CURVES
    rows = list(points(chosen, options.quick))
    options.out.mkdir(parents=True, exist_ok=True)
    table = options.out / "gys.csv"
    with table.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    # Local import: Matplotlib takes long to load.
    from experiments.gys_figure import draw

    pictures = [options.out / "gys.png", options.out / "gys.svg"]
    draw(chosen, rows, pictures)
    fixed = {
        "infinite-decoy": lambda x: infinite_decoy(gys_channel(x), intensity=SIGNAL),
        "vacuum-weak": lambda x: vacuum_weak(gys_channel(x), signal=SIGNAL, weak=WEAK),
    }
    for curve in chosen:
        own = [row["distance_km"] for row in rows if row["curve"] == curve.name]
        positive = [
            row["distance_km"]
            for row in rows
            if row["curve"] == curve.name and row["secret_key_rate_per_pulse"]
        ]
        end = "no key"
        if positive:
            end = f"key at {positive[-1]:g} km"
            end += "" if positive[-1] == own[-1] else f", none at {own[-1]:g} km"
        if curve.name in fixed:
            end = f"key up to {reach_km(fixed[curve.name]):.2f} km at mu = {SIGNAL:g}"
        print(f"{curve.name:<18} {end}")
    print(", ".join(str(path) for path in (*pictures, table)))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())

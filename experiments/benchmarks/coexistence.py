"""Benchmark of shared fibres on one core: ``python -m experiments.benchmarks coexistence``.

The noise of 96 classical channels at 96 places between them, by `Coexistence.spectrum`; beside it a
plain loop that does the least that it takes, one multiplication and addition for each pump and
place and for each product of four-wave mixing, so that the ratio holds on any machine.
"""

from __future__ import annotations

from experiments.benchmarks.timing import best_of, show
from qnet.coexistence import Coexistence, LaunchedChannel
from qnet.hardware import Fibre

__all__ = ["main"]


def plain(count: int) -> float:
    """A sum over all pumps and places, and over all pairs of channels with a third."""
    total, powers = 0.0, [1e-3 + 1e-9 * k for k in range(count)]
    for pump in powers:
        for place in powers:
            total += pump * place
    for first in range(count):
        for second in range(first, count):
            pair = powers[first] * powers[second]
            for third in powers:
                total += pair * third
    return total


def main(*, quick: bool = False) -> None:
    """Time the spectrum, and the loop beside it.

    Args:
        quick: Whether to take twelve channels alone.
    """
    count = 12 if quick else 96
    places = [1530.3 + 0.4 * k for k in range(count)]
    own = Coexistence(
        channels=tuple(LaunchedChannel(wavelength_nm=each, power_dbm=0.0) for each in places),
        quantum_wavelength_nm=1310.0,
        filter_nm=0.1,
    )
    fibre, between = Fibre(length_km=50.0), [each + 0.2 for each in places]
    took = best_of(7, lambda: own.spectrum(fibre, between))
    loop = best_of(3, lambda: plain(count))
    ratio = f"{took / loop:.2f} of a plain loop"
    show(f"spectrum of {count} channels", f"{1e3 * took:8.1f} ms", ratio)

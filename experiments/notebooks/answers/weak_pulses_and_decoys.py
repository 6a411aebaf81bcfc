"""Answers on the photon numbers of weak pulses, an Eve who splits them, and decoys that see her."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

from experiments.notebooks.kinds import (
    CurveExercise,
    Exercise,
    NumberExercise,
    PlayedExercise,
    Verdict,
)
from protocols.key_rates import optimal_signal_intensity
from protocols.qkd import BB84, PhotonNumberSplitting, WeakPulses
from protocols.qkd.decoy import single_photon_bounds
from protocols.qkd.outcome_table import OutcomeTable
from qnet.hardware import Detectors, Fibre, Line

__all__ = ["EXERCISES"]

_SOURCE = WeakPulses(intensities=(0.5, 0.1, 0.0), probabilities=(0.6, 0.3, 0.1))
_BACKGROUND = 1.7e-6
_DETECTORS = Detectors(efficiency=0.045, background_yield=_BACKGROUND)

#: Eves who hide in the gain of the signal or do not, and honest fibres.
_LENGTHS_KM = (0.0, 25.0, 50.0, 100.0)
_EVES = (
    PhotonNumberSplitting(pass_single=0.01, pass_multiple=1.0),
    PhotonNumberSplitting(pass_single=1.0, pass_multiple=0.0),
    PhotonNumberSplitting(fraction=0.5),
)


def _line(length_km: float) -> Line:
    fibre = Fibre(length_km=length_km, loss_db_per_km=0.21)
    return Line.through(fibre, detectors=_DETECTORS, misalignment=0.033)


def _several() -> float:
    empty, one = _SOURCE.photon_numbers(0)[:2]
    return float((1 - empty - one) / (1 - empty))


def _gain(table: OutcomeTable, intensity: int) -> float:
    return table.probability(intensity=intensity, click_bob=1) / table.probability(
        intensity=intensity
    )


def _yield(table: OutcomeTable, photons: int) -> float:
    return table.probability(photons=photons, click_bob=1) / table.probability(photons=photons)


@cache
def _times_smaller() -> float:
    line = _line(50.0)
    eve = PhotonNumberSplitting.hidden(0.5, line.transmission, _DETECTORS.efficiency)
    honest, spied = (
        _gain(protocol.table(), 1)
        for protocol in (BB84(source=_SOURCE, line=line), BB84(source=_SOURCE, line=line, eve=eve))
    )
    return (honest - _BACKGROUND) / (spied - _BACKGROUND)


def _split_yields() -> list[float]:
    eve = PhotonNumberSplitting(pass_multiple=0.5)
    table = BB84(source=_SOURCE, line=Line(transmission=0.1), eve=eve).table()
    return [_yield(table, n) for n in range(5)]


@cache
def _links() -> list[tuple[str, OutcomeTable]]:
    honest = [(f"over {x:g} km", BB84(source=_SOURCE, line=_line(x))) for x in _LENGTHS_KM]
    spied = [
        (f"with Eve {number}", BB84(source=_SOURCE, line=_line(50.0), eve=eve))
        for number, eve in enumerate(_EVES, start=1)
    ]
    return [(name, protocol.table()) for name, protocol in (*honest, *spied)]


def _bounded(rule: Callable[[float, float, float], float]) -> Verdict:
    """Play a bound on links whose yields are known."""
    least = 1.0
    for name, table in _links():
        gains = [_gain(table, k) for k in range(3)]
        found, true = float(rule(*gains)), _yield(table, 1)
        pairs = [(gain, gain) for gain in gains]
        best = single_photon_bounds(_SOURCE.intensities, pairs, pairs).yield_1
        told = f"{name} it says {found:.3g}, where the yield of single photons is {true:.3g}"
        if not found <= true * (1 + 1e-9):
            return Verdict(False, f"{told}: a bound must not say too much")
        if found < 0.999 * best - 1e-12:
            return Verdict(False, f"{told}, and {best:.3g} can be promised")
        if best > 0.0:
            least = min(least, found / true)
    return Verdict(True, f"it never says too much, and at least {least:.0%} of what is there")


EXERCISES: dict[int, Exercise] = {
    1: NumberExercise(
        _several,
        "one minus exp(-mu) of all pulses are not empty, and mu exp(-mu) hold one photon",
        slips=(
            (0.0902, "that is the share of all pulses, the empty ones included"),
            (22.9, "a share is asked for, between 0 and 1"),
        ),
    ),
    2: NumberExercise(
        _times_smaller,
        "few of n - 1 photons are detected, so their mean number counts: k - 1 + exp(-k)",
        tolerance=0.05,
        slips=(
            (5.0, "that is the ratio of honest gains; those of pairs fall as the square"),
            (0.227, "that is the gain with Eve over the honest one; the inverse is asked for"),
        ),
    ),
    3: CurveExercise(
        (0.0, 1.0, 2.0, 3.0, 4.0),
        _split_yields,
        ("photons in the pulse", "yield"),
        "what is left of a pulse that passes clicks for certain; and what of a single photon?",
    ),
    4: PlayedExercise(_bounded, "the formula stands above: a is 0.5, b is 0.1, and Y0 is measured"),
    5: NumberExercise(
        lambda: optimal_signal_intensity(0.0),
        "how many pulses hold exactly one photon? Set the derivative to zero",
        slips=((0.5, "that is near the best where errors must be paid for"),),
    ),
}

"""Entangled pairs from a satellite to two stations: coincidences, accidentals, and their key."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from protocols.key_rates import KeyRate
from protocols.key_rates.claims import asymptotic, flipped
from protocols.satellite.pair_rule import PairRule
from protocols.satellite.slots import SlotTable
from qnet.errors import check_non_negative, check_positive, check_probability
from qnet.metrics.key_rate import binary_entropy
from qnet.space.earth import Floats

__all__ = ["Coincidences", "PairBlocks", "coincidences", "mixed_qber"]

_ENDLESS = ("collective", "known-rates", "equal-detectors", "no-blinding", "double-clicks")


class Coincidences(NamedTuple):
    """Coincidences per second of pairs over two lossy arms.

    Args:
        true_hz: Of the two photons of a pair.
        accidental_hz: Of clicks that have nothing to do with one another.
        qber: Error rate of all of them.
    """

    true_hz: Floats
    accidental_hz: Floats
    qber: Floats

    @property
    def total_hz(self) -> Floats:
        """All coincidences per second."""
        return self.true_hz + self.accidental_hz


def coincidences(
    pair_rate_hz: float,
    transmissions: tuple[ArrayLike, ArrayLike],
    noise_hz: tuple[ArrayLike, ArrayLike],
    *,
    window_s: float,
    misalignment: float = 0.0,
) -> Coincidences:
    """Coincidences of a source of pairs that come one by one.

    ``T = B e1 e2``, ``A = (B e1 + d1)(B e2 + d2) w`` and ``Q = (e0 T + A/2)/(T + A)``. Two pairs
    within a window count among the accidentals.

    Args:
        pair_rate_hz: ``B``: pairs per second at the source.
        transmissions: ``e1, e2``: probability that a photon is detected, in each arm.
        noise_hz: ``d1, d2``: background and dark counts per second.
        window_s: ``w``: full width of the coincidence window.
        misalignment: ``e0``: error rate of the pairs themselves.

    Returns:
        Arrays of the shape of the transmissions; an error rate of 1/2 where nothing coincides.

    Raises:
        ParameterError: If a number is out of its range.

    Examples:
        >>> found = coincidences(
        ...     5.9e6, (10**-3.1, 10**-3.2), (800.0, 1000.0), window_s=2.5e-9, misalignment=0.015
        ... )
        >>> [round(float(x), 8) for x in found]
        [2.95700468, 0.06477746, 0.02539687]
    """
    rate = check_positive("pair_rate_hz", pair_rate_hz)
    check_positive("window_s", window_s)
    check_probability("misalignment", misalignment)
    one, two = (np.asarray(each, dtype=float) for each in transmissions)
    noise = [np.asarray(each, dtype=float) for each in noise_hz]
    for each in noise:
        check_non_negative("noise_hz", float(each.min(initial=0.0)))
    true = rate * one * two
    accidental = (rate * one + noise[0]) * (rate * two + noise[1]) * window_s
    total = true + accidental
    some = np.where(total > 0.0, total, 1.0)
    qber = np.where(total > 0.0, (misalignment * true + 0.5 * accidental) / some, 0.5)
    return Coincidences(true, accidental, qber)


def mixed_qber(misalignment: float, signal_to_noise: float) -> float:
    """Error rate of coincidences, of which one in ``1 + signal_to_noise`` is accidental.

    Args:
        misalignment: Error rate of the pairs themselves.
        signal_to_noise: True coincidences over accidental ones.

    Examples:
        >>> mixed_qber(0.0145, 15.0)
        0.04484375
    """
    check_probability("misalignment", misalignment)
    ratio = check_non_negative("signal_to_noise", signal_to_noise)
    return (misalignment * ratio + 0.5) / (ratio + 1.0)


@dataclass(frozen=True, kw_only=True)
class PairBlocks(PairRule):
    """BBM92 over the two arms of a downlink; other arguments as of every `PairRule`.

    Args:
        pair_rate_hz: Pairs per second at the source.
        efficiencies: Of the detectors of the two stations.
        noise_hz: Background and dark counts per second of each station.
        window_s: Coincidence window.
        misalignment: Error rate of the pairs themselves.
    """

    pair_rate_hz: float
    efficiencies: tuple[float, float]
    noise_hz: tuple[float, float]
    window_s: float
    misalignment: float = 0.0

    @property
    def references(self) -> tuple[str, ...]:  # type: ignore[override]
        """The works on pairs and on the key."""
        finite = ("Tomamichel2012",) if self.model == "tomamichel2012" else ()
        return (*finite, "BennettBrassardMermin1992")

    def counts(self, slots: SlotTable) -> Floats:
        """One column: coincidences, and their errors."""
        arms = slots.transmission * np.array(self.efficiencies)
        found = coincidences(
            self.pair_rate_hz,
            (arms[:, 0], arms[:, 1]),
            self.noise_hz,
            window_s=self.window_s,
            misalignment=self.misalignment,
        )
        total = found.total_hz * slots.width_s
        return np.stack([total, total * found.qber], axis=1)[:, :, None]

    def key(self, counts: Floats) -> KeyRate:
        """Tomamichel et al. 2012, or ``q (T + A) [1 - h(Q) - f h(Q)]``."""
        total, wrong = float(counts[0, 0]), float(counts[1, 0])
        qber = wrong / total if total > 0.0 else 0.5
        if self.model == "asymptotic":
            return self._endless(total, qber)
        rate = self.finite_key(total, called="coincidences", qber=qber)
        return replace(rate, figures={**rate.figures, "qber": qber})

    def _endless(self, total: float, qber: float) -> KeyRate:
        efficiency = self.security.error_correction_efficiency
        error, notes = flipped(qber)
        kept = self.sifting * total
        unclipped = kept * (1.0 - (1.0 + efficiency) * binary_entropy(error))
        return KeyRate(
            name="secret_bits",
            unclipped=unclipped,
            figures={"qber": qber},
            reason=""
            if unclipped > 0.0
            else f"no key: an error rate of {100 * qber:.3g} % leaves none",
            security=asymptotic([*_ENDLESS, "trusted-measurement"]),
            notes=notes,
        )

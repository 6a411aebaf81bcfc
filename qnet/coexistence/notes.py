"""Remarks on noise light: what was assumed of a fibre where nothing was said."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from qnet.coexistence.measured import SCALE_UNCERTAINTY_DB

if TYPE_CHECKING:
    from qnet.coexistence.spectrum import Coexistence

__all__ = ["noise_notes"]


def noise_notes(coexistence: Coexistence) -> Iterator[str]:
    """Sentences on what a reader of the noise should know.

    Args:
        coexistence: The channels and filters.
    """
    if coexistence.raman_per_km_nm is None:
        yield (
            "the Raman coefficient is that of measured standard fibre, whose scale is known within "
            "3 dB"
        )
        if coexistence.raman_spread_db > SCALE_UNCERTAINTY_DB:
            yield (
                "a channel is farther from the quantum signal than was measured: there the "
                "vibrations of silica stand in, within 6 dB"
            )
    if coexistence.isolation_db is None:
        yield "no isolation_db is given: the filters let nothing of the classical channels through"
    wide = max(each.wavelength_nm for each in coexistence.channels) - min(
        each.wavelength_nm for each in coexistence.channels
    )
    apart = max(
        abs(each.wavelength_nm - coexistence.quantum_wavelength_nm) for each in coexistence.channels
    )
    if not coexistence.loss_by_wavelength and max(wide, apart) > 60.0:
        yield (
            "the fibre loses alike at all wavelengths; loss_by_wavelength = true takes those of "
            "standard fibre"
        )

"""Coexistence of quantum and classical channels on one fibre: what noise their light makes.

Examples:
    >>> from qnet.hardware import Fibre
    >>> channel = LaunchedChannel(wavelength_nm=1530.0, power_dbm=0.0, direction="backward")
    >>> noise = Coexistence(channels=(channel,)).noise(Fibre(length_km=25.0), efficiency=0.1)
    >>> noise.counts_range[0] < noise.counts_per_gate < noise.counts_range[1]
    True
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from qnet.lazy import lazy

if TYPE_CHECKING:
    from qnet.coexistence.attenuation import (
        BANDS as BANDS,
        band_of as band_of,
        standard_loss_db_per_km as standard_loss_db_per_km,
    )
    from qnet.coexistence.four_wave import (
        MixingProducts as MixingProducts,
        Nonlinearity as Nonlinearity,
        mixing_products as mixing_products,
    )
    from qnet.coexistence.leakage import (
        dbm as dbm,
        needed_isolation_db as needed_isolation_db,
        scattered_back as scattered_back,
        watts as watts,
    )
    from qnet.coexistence.noise import (
        ChannelNoise as ChannelNoise,
        FibreNoise as FibreNoise,
        NoiseSpectrum as NoiseSpectrum,
    )
    from qnet.coexistence.pairs import ThermalPairs as ThermalPairs
    from qnet.coexistence.raman import (
        backward_length as backward_length,
        forward_length as forward_length,
        per_km as per_km,
        raman_coefficient as raman_coefficient,
        raman_uncertainty_db as raman_uncertainty_db,
        shifted_wavelength as shifted_wavelength,
    )
    from qnet.coexistence.receivers import (
        Place as Place,
        arm_counts as arm_counts,
        noisy_detectors as noisy_detectors,
        noisy_node as noisy_node,
        seen_in_arm as seen_in_arm,
    )
    from qnet.coexistence.scenario import SharedFibreScenario as SharedFibreScenario
    from qnet.coexistence.search import (
        BestWavelength as BestWavelength,
        LargestPower as LargestPower,
        LitScenario as LitScenario,
        best_wavelength as best_wavelength,
        largest_power as largest_power,
    )
    from qnet.coexistence.spectrum import (
        CHANNELS as CHANNELS,
        Coexistence as Coexistence,
        LaunchedChannel as LaunchedChannel,
    )
    from qnet.hardware.light import photons_per_s as photons_per_s
else:
    __all__, __getattr__, __dir__ = lazy(__name__)

"""Optical link between a satellite and the ground: diffraction, pointing, air, clouds, light."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qnet.lazy import lazy

if TYPE_CHECKING:
    from qnet.space.optics.atmosphere import (
        air_transmission as air_transmission,
        table_wavelengths_nm as table_wavelengths_nm,
    )
    from qnet.space.optics.background import SkyBackground as SkyBackground
    from qnet.space.optics.budget import LinkBudget as LinkBudget, OpticalLink as OpticalLink
    from qnet.space.optics.clouds import (
        CloudField as CloudField,
        any_clear_probability as any_clear_probability,
        clear_probability as clear_probability,
        distances_km as distances_km,
    )
    from qnet.space.optics.diffraction import (
        TruncatedBeam as TruncatedBeam,
        aperture_gain_db as aperture_gain_db,
        best_truncation as best_truncation,
        gain_factor as gain_factor,
    )
    from qnet.space.optics.pointing import GaussianPointing as GaussianPointing
    from qnet.space.optics.presets import (
        OPTICS as OPTICS,
        OpticsPreset as OpticsPreset,
        optics_preset as optics_preset,
    )
    from qnet.space.optics.table import OpticsTable as OpticsTable
    from qnet.space.optics.turbulence import (
        PROFILES as PROFILES,
        HufnagelValley as HufnagelValley,
    )
else:
    __all__, __getattr__, __dir__ = lazy(__name__)

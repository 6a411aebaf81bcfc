"""Optical fibre: loss and delay."""

from __future__ import annotations

import math
from dataclasses import dataclass

from qnet.errors import ParameterError, check_non_negative, check_positive
from qnet.hardware._describe import Description, store

__all__ = ["Fibre"]

VACUUM_SPEED_KM_PER_S = 299_792.458


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Fibre(Description):
    """An optical fibre.

    Args:
        loss_db_per_km: Attenuation in dB/km.
        speed_km_per_s: Group velocity of light in the fibre in km/s.

    Raises:
        ParameterError: If the loss is negative, or the speed not positive or above that of light
            in vacuum.

    Examples:
        >>> fibre = Fibre(loss_db_per_km=0.2)
        >>> fibre.transmission(50.0), fibre.delay_s(50.0)
        (0.1, 0.00025)
    """

    loss_db_per_km: float = 0.2
    speed_km_per_s: float = 2e5

    def __post_init__(self) -> None:
        store(self, check_non_negative, "loss_db_per_km")
        store(self, check_positive, "speed_km_per_s")
        if self.speed_km_per_s > VACUUM_SPEED_KM_PER_S:
            rule = f"not exceed the speed of light in vacuum, {VACUUM_SPEED_KM_PER_S} km/s"
            hint = "standard fibre has about 2e5 km/s"
            raise ParameterError("speed_km_per_s", rule, self.speed_km_per_s, hint)

    @property
    def attenuation_length_km(self) -> float:
        """Length over which the transmission falls by 1/e, ``10 / (loss ln 10)``, in km.

        Examples:
            >>> round(Fibre(loss_db_per_km=0.2).attenuation_length_km, 4)
            21.7147
        """
        if self.loss_db_per_km == 0.0:
            return math.inf
        return 10.0 / (self.loss_db_per_km * math.log(10.0))

    def transmission(self, length_km: float) -> float:
        """Probability that a photon passes ``length_km``: ``10 ** (-loss length / 10)``.

        Raises:
            ParameterError: If the length is negative or not finite.

        Examples:
            >>> Fibre(loss_db_per_km=0.2).transmission(100.0)
            0.01
        """
        length = check_non_negative("length_km", length_km)
        return float(10.0 ** (-self.loss_db_per_km * length / 10.0))

    def delay_s(self, length_km: float) -> float:
        """Time in s that light takes for ``length_km``.

        Raises:
            ParameterError: If the length is negative or not finite.

        Examples:
            >>> Fibre(speed_km_per_s=2e5).delay_s(1.0)
            5e-06
        """
        return check_non_negative("length_km", length_km) / self.speed_km_per_s

"""Optical channels between nodes: the interface, and optical fibre."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Protocol, Self, runtime_checkable

from qnet.errors import ParameterError, check_non_negative, check_positive
from qnet.hardware.description import Description
from qnet.schema import check_fields, key

__all__ = ["Channel", "Fibre", "arms_of", "stray_photons"]

VACUUM_SPEED_KM_PER_S = 299_792.458


@runtime_checkable
class Channel(Protocol):
    """What light and messages travel through, from end to end: all that links ask of it.

    Any object with these members is a channel of every heralding scheme. Two channels that are
    equal must have equal hashes, as those of frozen dataclasses do: links are made once.

    Examples:
        >>> isinstance(Fibre(length_km=50.0), Channel)
        True
    """

    @property
    def length_km(self) -> float:
        """Length in km."""

    @property
    def speed_km_per_s(self) -> float:
        """Speed in km/s of light and of messages."""

    @property
    def transmission(self) -> float:
        """Probability that a photon passes."""

    @property
    def delay_s(self) -> float:
        """Time in s that light takes."""

    def of_length(self, length_km: float) -> Self:
        """A channel of the same kind with another length, such as one arm of a midpoint station."""


def arms_of(channel: Channel) -> tuple[Channel, Channel]:
    """The two arms of a channel from its ends to what stands between them.

    Those of a channel that has an attribute ``arms``, such as a path over a satellite; of any other
    channel its two halves.

    Examples:
        >>> arms_of(Fibre(length_km=50.0))[1].length_km
        25.0
    """
    own: tuple[Channel, Channel] | None = getattr(channel, "arms", None)
    if own is not None:
        return own
    half = channel.of_length(channel.length_km / 2.0)
    return half, half


def stray_photons(channel: Channel) -> float:
    """Mean number of background photons that a channel brings to its receiver in a gate.

    That of its attribute ``stray_photons``; a channel without one brings none.

    Examples:
        >>> stray_photons(Fibre(length_km=50.0))
        0.0
    """
    return float(getattr(channel, "stray_photons", 0.0))


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Fibre(Description):
    """An optical fibre.

    Args:
        length_km: Length in km; 0 where only the properties below are asked for.
        loss_db_per_km: Attenuation in dB/km.
        speed_km_per_s: Group velocity of light in the fibre in km/s.
        switch_loss_db: Insertion loss in dB of the optical switches, add-drop multiplexers and
            patch panels on the path, whatever its length.

    Raises:
        ParameterError: If the length or a loss is negative, or the speed not positive or above that
            of light in vacuum.

    Examples:
        >>> fibre = Fibre(length_km=50.0, loss_db_per_km=0.2)
        >>> fibre.transmission, fibre.delay_s
        (0.1, 0.00025)
    """

    length_km: float = key(0.0, check=check_non_negative, quiet=True)
    loss_db_per_km: float = key(0.2, check=check_non_negative)
    speed_km_per_s: float = key(2e5, check=check_positive)
    switch_loss_db: float = key(0.0, check=check_non_negative, quiet=True)

    def __post_init__(self) -> None:
        check_fields(self)
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

    @property
    def transmission(self) -> float:
        """Probability that a photon passes: ``10 ** (-(loss length + switches) / 10)``.

        Examples:
            >>> Fibre(length_km=10.0, loss_db_per_km=0.2, switch_loss_db=8.0).transmission
            0.1
        """
        loss_db = self.loss_db_per_km * self.length_km + self.switch_loss_db
        return float(10.0 ** (-loss_db / 10.0))

    @property
    def delay_s(self) -> float:
        """Time in s that light takes."""
        return self.length_km / self.speed_km_per_s

    def of_length(self, length_km: float) -> Fibre:
        """A piece of this fibre, ``length_km`` long.

        Examples:
            >>> Fibre(loss_db_per_km=0.2).of_length(100.0).transmission
            0.01
        """
        return replace(self, length_km=length_km)

"""Classical channels on the fibre of a quantum channel, and the noise that they make in it."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import ArrayLike, NDArray

from qnet.coexistence.attenuation import standard_loss_db_per_km
from qnet.coexistence.four_wave import MixingProducts, Nonlinearity, mixing_products
from qnet.coexistence.leakage import scattered_back, watts
from qnet.coexistence.noise import ChannelNoise, FibreNoise, NoiseSpectrum
from qnet.coexistence.notes import noise_notes
from qnet.coexistence.raman import (
    backward_length,
    forward_length,
    per_km,
    raman_coefficient,
    raman_uncertainty_db,
)
from qnet.errors import ParameterError, check_non_negative
from qnet.hardware import Fibre
from qnet.hardware.light import LIGHT_M_PER_S
from qnet.schema import Description, Within, key

__all__ = ["CHANNELS", "LaunchedChannel", "Coexistence"]

#: An example of the classical channels on a fibre, as a file has them.
CHANNELS = [{"wavelength_nm": 1560.0, "power_dbm": -10.0, "direction": "forward"}]

_WAVELENGTH = Within(
    low=1260.0,
    high=1675.0,
    rule="lie in 1260 to 1675 nm",
    hint="these are the bands O, E, S, C, L and U of optical fibre",
)
_POWER = Within(
    low=-100.0,
    high=40.0,
    rule="lie in -100 to 40 dBm",
    hint="it is the power at the launch: 0 dBm is 1 mW; leave a dark channel out",
)
_FILTER = Within(
    low=0.0,
    high=100.0,
    is_open=True,
    rule="lie between 0 and 100 nm",
    hint="it is the full width of the receiver's filter, such as 0.6",
)
_GATE = Within(
    low=0.0,
    high=1.0,
    is_open=True,
    rule="lie between 0 and 1 s",
    hint="it is how long the detector looks for a pulse, in seconds, such as 1e-9",
)
_RAMAN = Within(
    low=0.0,
    high=1e-3,
    rule="lie in 0 to 0.001 per km and nm",
    hint="it is the share that a kilometre scatters into a nanometre: 3e-9 is usual",
)
_GAMMA = Within(
    low=0.0,
    high=1e6,
    rule="lie in 0 to 1e6 per W and km",
    hint="standard fibre has 1.3",
)
_LOSS = Within(
    low=0.0,
    high=300.0,
    rule="lie in 0 to 300 dB",
    hint="a loss is a positive number of dB",
)


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class LaunchedChannel(Description):
    """A classical channel on the fibre.

    Args:
        wavelength_nm: Its wavelength.
        power_dbm: Its power where it is launched, in dBm.
        direction: ``forward``, with the quantum signal, or ``backward``, against it.
        loss_db_per_km: Loss of the fibre at its wavelength; as at the quantum signal's unless
            given, or by wavelength where ``loss_by_wavelength`` says so.

    Raises:
        ParameterError: If a number is out of its range.

    Examples:
        >>> LaunchedChannel(wavelength_nm=1560.0, power_dbm=-10.0).direction
        'forward'
    """

    wavelength_nm: float = key(check=_WAVELENGTH, example=1560.0)
    power_dbm: float = key(check=_POWER, example=-10.0)
    direction: str = key("forward", choices=("forward", "backward"))
    loss_db_per_km: float | None = key(None, check=check_non_negative, example=0.2)


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Coexistence(Description):
    """Classical channels beside a quantum signal, and the filters against their light.

    Args:
        channels: The classical channels.
        quantum_wavelength_nm: Wavelength of the quantum signal.
        raman_per_km_nm: Raman coefficient in 1/(km nm) of every channel; by the table of measured
            fibre unless given.
        filter_nm: Full width of the receiver's filter.
        gate_s: How long the detector looks for a pulse.
        insertion_loss_db: Loss of the receiver's filters for noise light at the quantum
            wavelength; that of the signal belongs to the efficiency of its detectors.
        isolation_db: How much weaker a classical channel is behind the filters than at the end of
            the fibre; without it nothing leaks.
        gamma_per_w_km: Nonlinear coefficient in 1/(W km).
        dispersion_ps_nm_km: Chromatic dispersion at ``dispersion_wavelength_nm``.
        dispersion_slope_ps_nm2_km: Its slope in ps/(nm^2 km).
        dispersion_wavelength_nm: Where the dispersion is stated.
        loss_by_wavelength: Whether the fibre loses as standard fibre does at the wavelength of each
            channel, in proportion to its loss at the quantum signal.

    Raises:
        ParameterError: If a number is out of its range, there is no channel, or one lies within the
            filter.

    Examples:
        >>> beside = Coexistence(
        ...     channels=(LaunchedChannel(wavelength_nm=1560.0, power_dbm=0.0),),
        ...     raman_per_km_nm=3e-9, filter_nm=0.6, gate_s=1e-9, insertion_loss_db=2.65,
        ... )
        >>> noise = beside.noise(Fibre(length_km=50.0, loss_db_per_km=0.2), efficiency=0.1)
        >>> f"{noise.raman_forward_w:.6e}", f"{noise.counts_per_gate:.9f}"
        ('9.000000e-12', '0.003815026')
    """

    channels: tuple[LaunchedChannel, ...] = key()
    quantum_wavelength_nm: float = key(1550.0, check=_WAVELENGTH)
    raman_per_km_nm: float | None = key(None, check=_RAMAN, example=3e-9)
    filter_nm: float = key(0.6, check=_FILTER)
    gate_s: float = key(1e-9, check=_GATE)
    insertion_loss_db: float = key(0.0, check=_LOSS)
    isolation_db: float | None = key(None, check=_LOSS, example=110.0)
    gamma_per_w_km: float = key(1.3, check=_GAMMA)
    dispersion_ps_nm_km: float = key(
        17.0,
        check=Within(
            low=-500.0,
            high=500.0,
            rule="lie in -500 to 500 ps/(nm km)",
            hint="standard fibre has 17",
        ),
    )
    dispersion_slope_ps_nm2_km: float = key(
        0.0,
        check=Within(
            low=-10.0,
            high=10.0,
            rule="lie in -10 to 10 ps/(nm^2 km)",
            hint="standard fibre has 0.06",
        ),
    )
    dispersion_wavelength_nm: float = key(1550.0, check=_WAVELENGTH)
    loss_by_wavelength: bool = False

    def __post_init__(self) -> None:
        Description.__post_init__(self)
        if not self.channels:
            hint = "write channels = [{ wavelength_nm = 1560.0, power_dbm = -10.0 }], or leave "
            raise ParameterError("channels", "not be empty", [], hint + "the table out")
        for number, channel in enumerate(self.channels):
            apart = abs(channel.wavelength_nm - self.quantum_wavelength_nm)
            if apart <= self.filter_nm / 2.0:
                rule = f"lie outside the filter of {self.filter_nm:g} nm around "
                rule += f"{self.quantum_wavelength_nm:g} nm, the quantum wavelength"
                hint = "move the quantum signal or the channel, or narrow the filter"
                place = f"channels[{number}].wavelength_nm"
                raise ParameterError(place, rule, channel.wavelength_nm, hint)

    def cited(self) -> Iterator[str]:
        """Keys of the works behind its noise, in ``qnet.references.REFERENCES``."""
        yield "Eraerds2010"
        if self.raman_per_km_nm is None:
            yield from ("SmithRaman", "Hollenbeck2002")
        if sum(each.direction == "forward" for each in self.channels) > 1:
            yield "Shibata1987"
        if self.loss_by_wavelength:
            yield "Walker1986"

    # Other settings.

    def louder(self, gain_db: float) -> Coexistence:
        """The same with every launch so many dB stronger.

        Args:
            gain_db: Gain in dB.
        """
        moved = (replace(each, power_dbm=each.power_dbm + gain_db) for each in self.channels)
        return replace(self, channels=tuple(moved))

    def at(self, wavelength_nm: float) -> Coexistence:
        """The same with the quantum signal at another wavelength.

        Args:
            wavelength_nm: Where it is, in nm.
        """
        return replace(self, quantum_wavelength_nm=wavelength_nm)

    def by_wavelength(self) -> Coexistence:
        """The same on a fibre that loses as standard fibre does at every wavelength."""
        return replace(self, loss_by_wavelength=True)

    def clears(self, wavelength_nm: float) -> bool:
        """Whether no channel lies within the filter around a wavelength.

        Args:
            wavelength_nm: Where the quantum signal would be, in nm.
        """
        half = self.filter_nm / 2.0
        return all(abs(each.wavelength_nm - wavelength_nm) > half for each in self.channels)

    # Noise.

    @property
    def raman_spread_db(self) -> float:
        """Uncertainty in dB, either way, of Raman light: the largest of all channels."""
        if self.raman_per_km_nm is not None:
            return 0.0
        pumps = np.array([each.wavelength_nm for each in self.channels])
        return float(raman_uncertainty_db(pumps, self.quantum_wavelength_nm).max())

    def noise(self, fibre: Fibre, *, efficiency: float = 1.0) -> FibreNoise:
        """Noise light that arrives with the quantum signal at the end of a fibre.

        Args:
            fibre: Its length, and its loss at the quantum wavelength.
            efficiency: Efficiency of the detectors, for the counts.
        """
        wavelength = np.array([self.quantum_wavelength_nm])
        arriving = self._raman(fibre, wavelength)[:, 0]
        leaking = self._leakage(fibre)
        products = self.products(fibre)
        parts = tuple(
            ChannelNoise(
                wavelength_nm=channel.wavelength_nm,
                direction=channel.direction,
                launch_dbm=channel.power_dbm,
                raman_w=float(raman),
                leakage_w=float(leak),
            )
            for channel, raman, leak in zip(self.channels, arriving, leaking, strict=True)
        )
        spread = self.raman_spread_db
        return FibreNoise(
            channels=parts,
            products=products,
            coexistence=self,
            efficiency=efficiency,
            raman_factors=(10.0 ** (-spread / 10.0), 10.0 ** (spread / 10.0)),
            notes=tuple(noise_notes(self)),
        )

    def spectrum(self, fibre: Fibre, wavelengths_nm: ArrayLike) -> NoiseSpectrum:
        """Noise light by wavelength of the quantum signal, with the filter around each.

        Args:
            fibre: Its length, and its loss at ``quantum_wavelength_nm``.
            wavelengths_nm: Where to look, in nm, shape (n,).

        Examples:
            >>> channels = tuple(
            ...     LaunchedChannel(wavelength_nm=1530.0 + 0.4 * k, power_dbm=-10.0)
            ...     for k in range(96))
            >>> beside = Coexistence(channels=channels, quantum_wavelength_nm=1310.0, filter_nm=0.1)
            >>> found = beside.spectrum(Fibre(length_km=50.0), [1310.0, 1530.2, 1550.2])
            >>> found.total_w.shape, bool(found.total_w[0] < 1e-3 * found.total_w[1])
            ((3,), True)
        """
        wavelengths = np.asarray(wavelengths_nm, dtype=np.float64)
        raman = self._raman(fibre, wavelengths)
        ahead = np.array([each.direction == "forward" for each in self.channels])
        return NoiseSpectrum(
            wavelengths_nm=wavelengths,
            raman_forward_w=raman[ahead].sum(axis=0),
            raman_backward_w=raman[~ahead].sum(axis=0),
            fwm_w=self._mixing(fibre, wavelengths),
            leakage_w=np.full(wavelengths.shape, self._leakage(fibre).sum()),
        )

    def products(self, fibre: Fibre) -> MixingProducts:
        """Products of four-wave mixing within the filter around the quantum signal.

        Channels that run against the signal make theirs at the other end of the fibre.

        Args:
            fibre: Its length and loss.
        """
        half = self.filter_nm / 2.0
        edges = self.quantum_wavelength_nm + half, self.quantum_wavelength_nm - half
        return self._products(fibre, (_hertz(edges[0]), _hertz(edges[1])))

    def losses_db_per_km(self, fibre: Fibre) -> tuple[float, ...]:
        """Loss of a fibre at the wavelength of each channel, in dB/km.

        Args:
            fibre: Its loss at the quantum wavelength.
        """
        by_wavelength = self.loss_by_wavelength
        return tuple(
            each.loss_db_per_km
            if each.loss_db_per_km is not None
            else self.loss_at(fibre, each.wavelength_nm)
            if by_wavelength
            else fibre.loss_db_per_km
            for each in self.channels
        )

    def loss_at(self, fibre: Fibre, wavelength_nm: float) -> float:
        """Loss of a fibre at another wavelength in dB/km, as standard fibre has it.

        Args:
            fibre: Its loss at the quantum wavelength.
            wavelength_nm: Where the loss is wanted, in nm.
        """
        here, there = standard_loss_db_per_km([self.quantum_wavelength_nm, wavelength_nm])
        return float(fibre.loss_db_per_km * there / here)

    def _raman(self, fibre: Fibre, wavelengths: NDArray[np.float64]) -> NDArray[np.float64]:
        """Raman light of each channel at each wavelength in W, shape (channels, n)."""
        pumps = np.array([[each.wavelength_nm] for each in self.channels])
        launch = np.array([[watts(each.power_dbm)] for each in self.channels])
        loss = per_km(np.array([self.losses_db_per_km(fibre)]).T)
        if self.loss_by_wavelength:
            here = standard_loss_db_per_km(self.quantum_wavelength_nm)
            own = per_km(fibre.loss_db_per_km * standard_loss_db_per_km(wavelengths) / here)
        else:
            own = np.broadcast_to(per_km(fibre.loss_db_per_km), wavelengths.shape)
        given = self.raman_per_km_nm
        coefficient = raman_coefficient(pumps, wavelengths) if given is None else given
        ahead = np.array([[each.direction == "forward"] for each in self.channels])
        length = np.where(
            ahead,
            forward_length(loss, own, fibre.length_km),
            backward_length(loss, own, fibre.length_km),
        )
        return np.asarray(launch * coefficient * self.filter_nm * length)

    def _products(self, fibre: Fibre, windows_hz: ArrayLike) -> MixingProducts:
        ahead = [each for each in self.channels if each.direction == "forward"]
        return mixing_products(
            [float(_hertz(each.wavelength_nm)) for each in ahead],
            [watts(each.power_dbm) for each in ahead],
            Nonlinearity(
                gamma_per_w_km=self.gamma_per_w_km,
                dispersion_ps_nm_km=self.dispersion_ps_nm_km,
                slope_ps_nm2_km=self.dispersion_slope_ps_nm2_km,
                wavelength_nm=self.dispersion_wavelength_nm,
            ),
            loss_db_per_km=fibre.loss_db_per_km,
            length_km=fibre.length_km,
            windows_hz=windows_hz,
        )

    def _mixing(self, fibre: Fibre, wavelengths: NDArray[np.float64]) -> NDArray[np.float64]:
        """Four-wave mixing within the filter around each wavelength in W, shape (n,)."""
        half, size = self.filter_nm / 2.0, wavelengths.size
        if not size:
            return np.zeros(0)
        low, high = _hertz(wavelengths + half), _hertz(wavelengths - half)
        found = self._products(fibre, np.stack([low, high], axis=1))
        # Windows may overlap: power between neighbouring edges, summed from the first edge on.
        edges = np.sort(np.concatenate([np.nextafter(low, 0.0), high]))
        places = np.searchsorted(edges, found.frequencies_hz)
        between = np.bincount(places, found.powers_w, minlength=edges.size + 1)
        sums = np.cumsum(between.astype(np.float64))
        start = np.searchsorted(edges, np.nextafter(low, 0.0))
        return np.asarray(sums[np.searchsorted(edges, high)] - sums[start])

    def _leakage(self, fibre: Fibre) -> NDArray[np.float64]:
        """Light of each channel behind the filters in W, shape (channels,)."""
        if self.isolation_db is None:
            return np.zeros(len(self.channels))
        passed = 10.0 ** (-self.isolation_db / 10.0)
        return passed * np.array(list(self._arriving(fibre)))

    def _arriving(self, fibre: Fibre) -> Iterator[float]:
        """Power of each channel at the quantum receiver in W; of a backward one, what returns."""
        for channel, loss in zip(self.channels, self.losses_db_per_km(fibre), strict=True):
            launch = watts(channel.power_dbm)
            if channel.direction == "forward":
                yield launch * math.exp(-float(per_km(loss)) * fibre.length_km)
            else:
                yield launch * scattered_back(loss, fibre.length_km, channel.wavelength_nm)


def _hertz(wavelength_nm: ArrayLike) -> NDArray[np.float64]:
    return np.asarray(LIGHT_M_PER_S / (1e-9 * np.asarray(wavelength_nm, dtype=np.float64)))

"""Devices under test: a protocol with its devices, and what watches them beside the bits."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

from protocols.key_rates.cv_receiver import HomodyneReceiver
from protocols.key_rates.gg02 import GG02
from protocols.qkd.bb84 import EqualBases
from protocols.qkd.decoy import DecoyBB84
from protocols.qkd.eve import Eve
from protocols.qkd.protocol import PrepareAndMeasure
from protocols.qkd.scenario import PhotonScenario
from qnet.errors import ParameterError, check_non_negative, check_probability
from qnet.hardware import Line, WeakPulses
from qnet.schema import Whole, check_fields, key

__all__ = ["DeviceUnderTest", "Monitors", "QuadratureLink"]


#: Share of the brightest intensity up to which one is empty.
_EMPTY = 5e-3


def _couplings(name: str, value: object) -> tuple[float, ...]:
    if not isinstance(value, list | tuple) or len(value) != 2:
        hint = "give the shares of two colours that go to Z, such as [0.99, 0.01]"
        raise ParameterError(name, "be two", value, hint)
    return tuple(check_probability(name, each) for each in value)


@dataclass(frozen=True, kw_only=True)
class Monitors:
    """What a device watches beside its bits, and the properties of its parts that attacks use.

    Args:
        isolation_db: Of light from outside to Alice's exit and back out, in dB.
        watchdog_efficiency: Of the detector that watches light that enters Alice's device.
        watchdog_dark_probability: Its dark counts per pulse.
        power_tap: Share of a pulse that a detector inside Alice's device sees, its efficiency
            included.
        power_dark_probability: Dark counts of that detector per pulse.
        late_share: Share of honest clicks that lie outside the central time bin.
        attenuation: Transmission of the attenuator that Bob puts before his detectors at random.
        longest_dead_gates: Gates in which a detector may be dead after a click.
        couplings: Share of the light that Bob's passive splitter sends to Z, for the two colours
            that Eve likes best.

    Raises:
        ParameterError: If a number is out of its range.

    Examples:
        >>> Monitors().attenuation
        0.5
    """

    isolation_db: float = key(170.0, check=check_non_negative)
    watchdog_efficiency: float = key(0.1, check=check_probability)
    watchdog_dark_probability: float = key(1e-6, check=check_probability)
    power_tap: float = key(0.1, check=check_probability)
    power_dark_probability: float = key(1e-6, check=check_probability)
    late_share: float = key(0.01, check=check_probability)
    attenuation: float = key(0.5, check=check_probability)
    longest_dead_gates: int = key(5, check=Whole())
    couplings: tuple[float, ...] = key(
        (0.99, 0.01), read=_couplings, range={"minimum": 0, "maximum": 1}
    )

    def __post_init__(self) -> None:
        check_fields(self)


@dataclass(frozen=True, kw_only=True)
class QuadratureLink:
    """A link of continuous variables, with what its users do not know of it.

    Args:
        link: Modulation, channel and detector, as they are but for the rest.
        receiver: How results follow from quadratures: calibration, displacement, saturation.
        added_noise: Excess noise at the channel's input that Eve adds.

    Raises:
        ParameterError: If the noise is negative.

    Examples:
        >>> link = GG02(modulation_variance=4.0, transmission=0.1)
        >>> QuadratureLink(link=link, added_noise=2.0).attacked.excess_noise
        2.0
    """

    link: GG02
    receiver: HomodyneReceiver = field(default_factory=HomodyneReceiver)
    added_noise: float = key(0.0, check=check_non_negative)

    def __post_init__(self) -> None:
        check_fields(self)

    @property
    def attacked(self) -> GG02:
        """The link with the noise that Eve adds."""
        return replace(self.link, excess_noise=self.link.excess_noise + self.added_noise)


def _decoys() -> PrepareAndMeasure:
    light = WeakPulses(intensities=(0.5, 0.1), probabilities=(0.7, 0.3))
    return DecoyBB84(
        source=light, model="asymptotic", line=Line(transmission=0.1, misalignment=0.02)
    )


def _quadratures() -> QuadratureLink:
    return QuadratureLink(
        receiver=HomodyneReceiver(saturation=6.0),
        link=GG02(modulation_variance=5.0, transmission=0.1, efficiency=0.6, electronic_noise=0.05),
    )


@dataclass(frozen=True, kw_only=True)
class DeviceUnderTest:
    """A system of key distribution as it is, honest or attacked.

    What its users believe is what the honest device says: ``honest.protocol.estimate(counts)``
    reads counts of an attacked one as they would.

    Args:
        protocol: BB84 with any source, line and detectors; its eavesdropper is the attack.
        monitors: What is watched beside the bits.
        quadratures: A link of continuous variables, for attacks on such.
        injected_photons: Mean photon number per pulse that enters Alice's device from outside.

    Raises:
        ParameterError: If the protocol is not of two bases and four states.

    Examples:
        >>> DeviceUnderTest().protocol.name
        'decoy-bb84'
    """

    protocol: PrepareAndMeasure = field(default_factory=_decoys)
    monitors: Monitors = field(default_factory=Monitors)
    quadratures: QuadratureLink = field(default_factory=_quadratures)
    injected_photons: float = 0.0

    def __post_init__(self) -> None:
        check_non_negative("injected_photons", self.injected_photons)
        if not isinstance(self.protocol, EqualBases) or self.protocol.bases != "ZX":
            name, hint = getattr(self.protocol, "name", "?"), "take bb84 or decoy-bb84"
            raise ParameterError("protocol", "have two bases and four states", name, hint)

    @classmethod
    def of_scenario(cls, scenario: object, monitors: Monitors | None = None) -> DeviceUnderTest:
        r"""The device that a scenario describes, without its eavesdropper.

        Args:
            scenario: One of ``bb84`` or ``decoy-bb84``.
            monitors: What is watched beside the bits; usual ones unless given.

        Raises:
            ParameterError: If it is of another kind.

        Examples:
            >>> import qnet
            >>> text = 'kind = "bb84"\n[eve]\nattack = "blinding"'
            >>> DeviceUnderTest.of_scenario(qnet.loads(text)).protocol.eve
            Eve()
        """
        if not isinstance(scenario, PhotonScenario):
            kind = getattr(scenario, "kind", type(scenario).__name__)
            hint = "give one of bb84 or decoy-bb84"
            raise ParameterError("device", "send photons from Alice to Bob", kind, hint)
        protocol: Any = replace(scenario.protocol, eve=Eve())
        return cls(protocol=protocol, monitors=monitors or Monitors())

    def attacked_by(self, eve: Eve) -> DeviceUnderTest:
        """The same device with this eavesdropper, in place of any other."""
        return replace(self, protocol=replace(self.protocol, eve=eve))

    @property
    def intensities(self) -> tuple[float, ...]:
        """Mean photon numbers of the pulses, the signal first; empty for other sources."""
        source = self.protocol.source
        return source.intensities if isinstance(source, WeakPulses) else ()

    @property
    def lit(self) -> tuple[int, ...]:
        """Numbers of the intensities that are not empty.

        Empty is what has at most 5e-3 of the brightest: which ones are stays the same when all are
        brighter by one factor.

        Examples:
            >>> light = WeakPulses(intensities=(0.5, 0.1, 1e-3), probabilities=(0.6, 0.3, 0.1))
            >>> DeviceUnderTest(protocol=DecoyBB84(source=light)).lit
            (0, 1)
        """
        means = self.intensities
        return tuple(k for k, mean in enumerate(means) if mean > _EMPTY * max(means))

    @property
    def overall_efficiency(self) -> float:
        """Probability that a photon leads to a click: line and detectors, the better of two."""
        return self.protocol.line.transmission * max(self.protocol.line.detectors.efficiencies)

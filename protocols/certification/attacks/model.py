"""Models of attacks: what each does to a device, its effect in closed form, and what shows it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar

from protocols.certification.device import DeviceUnderTest
from protocols.qkd.bb84 import BB84
from qnet.errors import ParameterError, check_probability, check_real
from qnet.hardware import Line

__all__ = ["SILENT", "AttackEffect", "AttackModel"]

#: Name of the statistic of an attack that leaves no trace in what the users count.
SILENT = "none"


@dataclass(frozen=True, kw_only=True)
class AttackEffect:
    """What an attack does to what is seen, in closed form.

    Args:
        honest: Chance of an event of the attack's statistic on the honest device; of a statistic
            of normal quantities its mean, None where there is no statistic.
        attacked: The same under attack.
        qber: QBER that the users see under attack; None where there are no sifted bits.
        figures: What else follows, such as ``known``: the share of the sifted bits that Eve knows.

    Examples:
        >>> AttackEffect(honest=0.02, attacked=0.26, qber=0.26).figures
        {}
    """

    honest: float | None
    attacked: float | None
    qber: float | None = None
    figures: Mapping[str, float] = field(default_factory=dict)


class AttackModel(ABC):
    """An attack on an implementation.

    Attributes:
        name: How it is called.
        title: A few words.
        sub_layer: Of the seven of Sajeed et al. 2021, such as ``"Q1 optics"``.
        strength_means: What the strength is.
        least: Least strength, which is no attack.
        most: Greatest strength.
        default: Strength that is tried where none is given.
        statistic: Name in ``OBSERVABLES`` or ``QUADRATURES`` of what shows it; ``"none"`` for
            nothing.
        also: Further statistics that show it.
        reason: Why no statistic shows it, or what stays silent.
        response: What the users' post-processing does with it.
        breaks: Names of ``qnet.metrics.security.ASSUMPTIONS`` that it makes false.
        references: Keys of ``qnet/references.bib``.
    """

    name: ClassVar[str]
    title: ClassVar[str]
    sub_layer: ClassVar[str]
    strength_means: ClassVar[str]
    least: ClassVar[float] = 0.0
    most: ClassVar[float] = 1.0
    default: ClassVar[float] = 1.0
    statistic: ClassVar[str] = "qber"
    also: ClassVar[tuple[str, ...]] = ()
    reason: ClassVar[str] = ""
    response: ClassVar[str]
    breaks: ClassVar[tuple[str, ...]] = ()
    references: ClassVar[tuple[str, ...]] = ()

    def example(self, error: float = 0.0) -> DeviceUnderTest:
        """A device on which the attack works: perfect single photons unless it needs more.

        Args:
            error: Share of the photons that go to the wrong detector.
        """
        line = Line(misalignment=check_probability("error", error))
        return DeviceUnderTest(protocol=BB84(line=line))

    @abstractmethod
    def apply(self, device: DeviceUnderTest, strength: float) -> DeviceUnderTest:
        """The device under this attack.

        Args:
            device: The honest device.
            strength: Between ``least`` and ``most``.

        Raises:
            ParameterError: If the strength is out of range, or the device lacks what is attacked.
        """

    @abstractmethod
    def effect(self, strength: float, device: DeviceUnderTest) -> AttackEffect:
        """What the attack does to what is seen, in closed form.

        Args:
            strength: Between ``least`` and ``most``.
            device: The honest device.

        Raises:
            ParameterError: As in `apply`.
        """

    def check(self, strength: float) -> float:
        """Return the strength as a float, or raise where it is out of range."""
        number = check_real("strength", strength)
        if not self.least <= number <= self.most:
            rule = f"lie in [{self.least:g}, {self.most:g}] for {self.name}"
            raise ParameterError("strength", rule, strength, f"it is {self.strength_means}")
        return number

    @property
    def is_silent(self) -> bool:
        """Whether no statistic of the users shows it."""
        return self.statistic == SILENT

"""Scenario of a certification run: a device or counts, the checks, and the attacks to be found."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from protocols.certification.attacks import ATTACKS
from protocols.certification.catalogue import CatalogueRow, chosen
from protocols.certification.described import DescribedDevice, described
from protocols.certification.device import Monitors
from protocols.certification.recorded import RecordedCounts, read_counts
from protocols.certification.result import Certification
from protocols.certification.suite import AttackPlayed, Suite
from protocols.qkd.scenario import QkdScenario
from protocols.qkd.tables import MOST, large
from qnet.errors import ParameterError, check_non_negative, check_probability
from qnet.schema import Scenario, Whole, check_fields, key, load, missing

__all__ = ["AttackRow", "CertifyScenario"]


def _share(field: str, value: object) -> float:
    """A probability above zero and below one."""
    number = check_probability(field, value)
    if not 0.0 < number < 1.0:
        hint = "1e-3 is one alarm in a thousand honest runs"
        raise ParameterError(field, "lie strictly between 0 and 1", value, hint)
    return number


def _checks(field: str, value: object) -> str | tuple[str, ...]:
    """All checks, or ids of requirements."""
    if value == "all":
        return "all"
    given = [value] if isinstance(value, str) else value
    if not isinstance(given, list | tuple) or not all(isinstance(each, str) for each in given):
        hint = 'write checks = "all", or ["QBER-Z", "DECOY-1"]'
        raise ParameterError(field, "be all or ids", value, hint)
    return tuple(row.id for row in chosen(given))


@dataclass(frozen=True, kw_only=True)
class AttackRow:
    """An attack that must be found.

    Args:
        name: Of the attack.
        strength: How much of it; what that means is said by the attack.
    """

    name: str = key(choices=lambda: tuple(ATTACKS))
    strength: float | None = key(None, check=check_non_negative, example=0.1)

    def __post_init__(self) -> None:
        check_fields(self)
        ATTACKS[self.name].check(self.amount)

    @property
    def amount(self) -> float:
        """The strength, that of the catalogue where none is given."""
        return ATTACKS[self.name].default if self.strength is None else self.strength


@dataclass(frozen=True, kw_only=True)
class CertifyScenario(Scenario):
    r"""What is held against the catalogue of requirements.

    Args:
        name: What to call it: the name of its file.
        folder: Where its file stands.
        seed: Seed of the run.
        device: File of the device, a scenario of key distribution: beside this file, or of the
            package by its name.
        counts: File of counts of a real system, beside this file.
        checks: ``"all"``, or ids of requirements.
        false_alarm: Probability at most that a device as described raises any alarm.
        miss: Probability at most that an attack of its strength is not found.
        pulses: How many are sent; those of the device's file unless given.
        tolerance: Relative uncertainty of each share that the description says.
        monitors: What the device watches beside its bits.
        attack: Attacks that must be found; those of the catalogue that the device allows, unless
            given.

    Raises:
        ParameterError: If something is missing, out of range, or does not go together.

    Examples:
        >>> import qnet
        >>> run = qnet.loads('kind = "certify"\ndevice = "qkd/six-state"\nchecks = ["QBER-Y"]')
        >>> run.certify().decision
        'met'
    """

    kind: ClassVar[str] = "certify"

    name: str = key("scenario", hidden=True, compare=False)
    folder: str = key("", hidden=True, compare=False)
    seed: int = key(1, check=Whole())
    device: str | None = key(None, example="decoy-device.toml")
    counts: str | None = key(None, example="counts.csv")
    checks: Any = key("all", read=_checks, example="all")
    false_alarm: float = key(1e-3, check=_share)
    miss: float = key(1e-2, check=_share)
    pulses: int | None = key(
        None, read=large, range={"minimum": 1, "maximum": MOST}, example=1000000
    )
    tolerance: float = key(0.0, check=check_probability)
    monitors: Monitors = key(factory=Monitors)
    attack: tuple[AttackRow, ...] = ()

    def __post_init__(self) -> None:
        check_fields(self)
        if self.device is None and self.counts is None:
            field = "device"
            raise missing(field, "decoy-device.toml")
        if self.device is None and self.attack:
            hint = "attacks are played on an emulated device: give device as well"
            raise ParameterError("attack", "come with a device", self.attack[0].name, hint)
        if self.counts is not None and self.pulses is not None:
            hint = "the counts say how many there were"
            raise ParameterError("pulses", "be left out with counts", self.pulses, hint)

    def _beside(self, name: str) -> Path | str:
        """The path of a file beside this one; as it is, where there is none."""
        path = Path(self.folder, name)
        return path if path.exists() else name

    @cached_property
    def described(self) -> QkdScenario | None:
        """The scenario of the device."""
        if self.device is None:
            return None
        found = load(self._beside(self.device))
        if not isinstance(found, QkdScenario):
            hint = "give a scenario of bb84, decoy-bb84, six-state, bbm92, e91 or mdi"
            raise ParameterError("device", "be a protocol that is played", found.kind, hint)
        return found

    @cached_property
    def recorded(self) -> RecordedCounts | None:
        """The recorded counts."""
        return None if self.counts is None else read_counts(self._beside(self.counts))

    @cached_property
    def under_test(self) -> DescribedDevice | None:
        """The device as it is described."""
        if self.described is None:
            return None
        return described(self.described.protocol, self.monitors)

    @property
    def requirements(self) -> tuple[CatalogueRow, ...]:
        """What is tested."""
        return chosen(self.checks)

    @cached_property
    def suite(self) -> Suite:
        """The checks."""
        return Suite(
            device=self.under_test,
            requirements=self.requirements,
            false_alarm=self.false_alarm,
            tolerance=self.tolerance,
        )

    def count(self) -> int:
        """How many pulses are sent."""
        if self.recorded is not None:
            return self.recorded.pulses
        if self.pulses is not None or self.described is None:
            return self.pulses or 0
        return self.described.planned_pulses

    def certify(self, *, seed: int | None = None) -> Certification:
        """Run the checks and play the attacks.

        Args:
            seed: Seed, unless as described.

        Raises:
            ParameterError: If a file cannot be read, or an attack does not fit the device.
        """
        root = np.random.SeedSequence(self.seed if seed is None else seed)
        honest, *others = map(np.random.default_rng, root.spawn(1 + len(ATTACKS)))
        pulses, suite = self.count(), self.suite
        if self.recorded is not None:
            shares = self.recorded.shares(suite.observables, self.under_test)
        else:
            shares = suite.draw(pulses, honest)
        strengths = {row.name: row.amount for row in self.attack}
        streams = dict(zip(ATTACKS, others, strict=True))
        return Certification(
            name=self.name,
            digest=self.digest,
            seed=self.seed if seed is None else seed,
            pulses=pulses,
            false_alarm=self.false_alarm,
            miss=self.miss,
            size=suite.size(shares),
            checks=tuple(suite.results(shares, pulses, strengths)),
            attacks=tuple(self._attacks(pulses, streams)),
        )

    def _attacks(self, pulses: int, streams: dict[str, np.random.Generator]) -> list[AttackPlayed]:
        """Attacks of the file, or those of the catalogue that the device allows."""
        if self.under_test is None:
            return []
        if self.attack:
            return [
                self.suite.attack(row.name, row.amount, pulses, streams[row.name])
                for row in self.attack
            ]
        found = []
        for name, model in ATTACKS.items():
            try:
                found.append(self.suite.attack(name, model.default, pulses, streams[name]))
            except ParameterError:
                continue
        return found

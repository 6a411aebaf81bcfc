"""Scenario of a certification run: a device or counts, the checks, and the attacks to be found."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from protocols.certification.attacks import ATTACKS
from protocols.certification.catalogue import CatalogueRow, absent, chosen
from protocols.certification.check_result import CheckResult
from protocols.certification.computed import COMPUTED, DRAWING, Claims, RunSeen
from protocols.certification.cv_checks import CV_CHECKS
from protocols.certification.cv_suite import CvSuite
from protocols.certification.described import Bench, described
from protocols.certification.device import DeviceUnderTest, Monitors, QuadratureLink
from protocols.certification.recorded import RecordedCounts, read_counts
from protocols.certification.result import Certification
from protocols.certification.suite import AttackPlayed, Suite
from protocols.key_rates.cv_receiver import HomodyneReceiver
from protocols.key_rates.gg02 import GG02
from protocols.key_rates.gg02_scenario import CvScenario
from protocols.qkd.eve import Eve
from protocols.qkd.scenario import QkdScenario
from protocols.qkd.tables import MOST, large
from qnet.errors import ParameterError, check_integer, check_non_negative, check_probability
from qnet.metrics.many_tests import suite_size
from qnet.schema import Scenario, Whole, Within, check_fields, key, load, missing
from qnet.schema.shipped import find

__all__ = ["AttackRow", "CertifyScenario"]


#: A probability above zero and below one.
_SHARE = Within(
    low=0.0,
    high=1.0,
    is_open=True,
    rule="lie strictly between 0 and 1",
    hint="1e-3 is one alarm in a thousand honest runs",
)


def _checks(field: str, value: object) -> str | tuple[str, ...]:
    """All checks, or ids of requirements."""
    if value == "all":
        return "all"
    given = [value] if isinstance(value, str) else value
    if not isinstance(given, list | tuple) or not all(isinstance(each, str) for each in given):
        hint = 'write checks = "all", or ["QBER-Z", "DECOY-1"]'
        raise ParameterError(field, "be all or ids", value, hint)
    return tuple(row.id for row in chosen(given))


def _quadratures(link: GG02) -> QuadratureLink:
    """A link whose receiver clips nothing of honest results: at eight standard deviations."""
    ports = 1.0 if link.detection == "homodyne" else 2.0
    light = link.efficiency * link.transmission / ports
    variance = 1.0 + link.electronic_noise + light * (link.modulation_variance + link.excess_noise)
    return QuadratureLink(
        link=link, receiver=HomodyneReceiver(saturation=8.0 * math.sqrt(variance))
    )


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
            What its ``[eve]`` does is played, and is no part of the description.
        actual: File of the device as it really is, which is played in place of the described one.
        counts: File of counts of a real system, beside this file.
        checks: ``"all"``, or ids of requirements.
        false_alarm: Probability at most that a device as described raises any alarm.
        miss: Probability at most that an attack of its strength is not found.
        pulses: How many are sent; those of the device's file unless given.
        tolerance: Relative uncertainty of each share that the description says.
        monitors: What the device watches beside its bits.
        claim: What is claimed of the keys.
        attack: Attacks that must be found; unless given, those of the catalogue that the device
            allows, and that the checks are against where these are chosen.

    Raises:
        ParameterError: If something is missing, out of range, or does not go together.

    Examples:
        >>> import qnet
        >>> run = qnet.loads('kind = "certify"\ndevice = "qkd/single-photons"\nchecks = ["QBER-X"]')
        >>> run.certify().decision
        'met'
    """

    kind: ClassVar[str] = "certify"

    name: str = key("scenario", hidden=True, compare=False)
    folder: str = key("", hidden=True, compare=False)
    seed: int = key(1, check=Whole())
    device: str | None = key(None, example="decoy-device.toml")
    actual: str | None = key(None, example="faulty-device.toml", excludes=("counts",))
    counts: str | None = key(None, example="counts.csv")
    checks: Any = key("all", read=_checks, example="all")
    false_alarm: float = key(1e-3, check=_SHARE)
    miss: float = key(1e-2, check=_SHARE)
    pulses: int | None = key(
        None, read=large, range={"minimum": 1, "maximum": MOST}, example=1000000
    )
    tolerance: float = key(0.0, check=check_probability)
    monitors: Monitors = key(factory=Monitors)
    claim: Claims = key(factory=Claims)
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

    @property
    def inputs(self) -> tuple[Path, ...]:
        """Files that the run reads beside this one; a scenario of the package among them."""
        names = [name for name in (self.device, self.actual, self.counts) if name is not None]
        return tuple(find(self._beside(name)) for name in names)

    def cited(self) -> Iterator[str]:
        """Keys of the works behind the run, in ``qnet.references.REFERENCES``."""
        yield from ("Sajeed2021", "ClopperPearson1934", "Pirandola2017")
        if self.described is not None:
            yield from self.described.cited()
        for row in self.attack:
            yield from ATTACKS[row.name].references

    @cached_property
    def described(self) -> QkdScenario | CvScenario | None:
        """The scenario of the device."""
        if self.device is None:
            return None
        found = load(self._beside(self.device))
        if not isinstance(found, QkdScenario | CvScenario):
            hint = "give a scenario of bb84, decoy-bb84, six-state, bbm92, e91, mdi or cv"
            raise ParameterError("device", "be a protocol that is played", found.kind, hint)
        if isinstance(found, CvScenario) and self.counts is not None:
            hint = "counts are of photons: leave them out"
            raise ParameterError("device", "count photons", found.kind, hint)
        if isinstance(found, CvScenario) and self.actual is not None:
            hint = "leave it out: attacks on quadratures are [[attack]]"
            raise ParameterError("actual", "be of photons", self.actual, hint)
        return found

    @cached_property
    def recorded(self) -> RecordedCounts | None:
        """The recorded counts."""
        return None if self.counts is None else read_counts(self._beside(self.counts))

    @cached_property
    def under_test(self) -> DeviceUnderTest | None:
        """The device as it is described."""
        if self.described is None:
            return None
        if isinstance(self.described, CvScenario):
            return DeviceUnderTest(
                quadratures=_quadratures(self.described.link), monitors=self.monitors
            )
        return described(replace(self.described.protocol, eve=Eve()), self.monitors)

    @cached_property
    def played(self) -> DeviceUnderTest | None:
        """The device as it really is: attacked where its file says so, or another one."""
        if not isinstance(self.described, QkdScenario):
            return None
        found = self.described if self.actual is None else load(self._beside(self.actual))
        if not isinstance(found, QkdScenario) or found.kind != self.described.kind:
            hint = "give another file of the same kind"
            raise ParameterError("actual", f"be of kind {self.described.kind}", found.kind, hint)
        return described(found.protocol, self.monitors)

    @property
    def requirements(self) -> tuple[CatalogueRow, ...]:
        """What is tested."""
        return chosen(self.checks)

    @cached_property
    def suite(self) -> Suite:
        """The checks of counts."""
        drawing = sum(row.check in DRAWING for row in self.requirements)
        return Suite(
            device=self.under_test,
            requirements=self.requirements,
            false_alarm=self.false_alarm,
            tolerance=self.tolerance,
            others=drawing if self.under_test is not None else 0,
        )

    @cached_property
    def cv_suite(self) -> CvSuite | None:
        """The checks of quadratures, of a device that measures them."""
        if self.under_test is None or not isinstance(self.described, CvScenario):
            return None
        return CvSuite.over(self.under_test, self.requirements, self.count(), self.false_alarm)

    def count(self) -> int:
        """How many pulses, or symbols, are sent."""
        if self.recorded is not None:
            return self.recorded.pulses
        if self.pulses is not None:
            return self.pulses
        if isinstance(self.described, CvScenario):
            return self.described.count
        return 0 if self.described is None else self.described.planned_pulses

    def certify(self, *, seed: int | None = None) -> Certification:
        """Run the checks and play the attacks.

        Args:
            seed: Seed, unless as described.

        Raises:
            ParameterError: If a file cannot be read, or an attack does not fit the device.
        """
        chosen_seed = self.seed if seed is None else seed
        root = np.random.SeedSequence(check_integer("seed", chosen_seed, 0))
        honest, *others = map(np.random.default_rng, root.spawn(1 + len(ATTACKS)))
        strengths = {row.name: row.amount for row in self.attack}
        checks, size = self._checks(honest, strengths)
        return Certification(
            name=self.name,
            digest=self.digest,
            seed=chosen_seed,
            pulses=self.count(),
            false_alarm=self.false_alarm,
            miss=self.miss,
            size=size,
            checks=tuple(checks),
            attacks=tuple(self._attacks(dict(zip(ATTACKS, others, strict=True)))),
        )

    def _checks(
        self, rng: np.random.Generator, strengths: dict[str, float]
    ) -> tuple[list[CheckResult], float]:
        """What the checks found, in the order of the catalogue, and the size of all of them."""
        counts, suite, pulses = None, self.suite, self.count()
        if self.cv_suite is not None:
            found = self.cv_suite.results(rng, strengths)
            size = suite_size([each.alpha for each in found])
            run = RunSeen(device=None, counts=None, claims=self.claim)
        else:
            if self.recorded is not None:
                counts = self.recorded.counts
                shares = self.recorded.shares(suite.observables, self.under_test)
            elif self.played is not None:
                bench = Bench(self.played)
                counts = bench.play(pulses, rng)
                shares = bench.draw(suite.observables, pulses, rng, counts)
            found = suite.results(shares, pulses, strengths)
            size = suite.size(shares)
            run = RunSeen(
                device=self.under_test,
                actual=self.played,
                counts=counts,
                claims=self.claim,
                alpha=suite.alpha,
                rng=rng,
            )
        by_id = {each.id: each for each in found}
        for row in self.requirements:
            if row.check in COMPUTED:
                by_id[row.id] = COMPUTED[row.check](row, run)
                size = suite_size([size, by_id[row.id].alpha])
            elif row.id not in by_id:
                by_id[row.id] = absent(row, "photons are counted, no quadratures are measured")
        return [by_id[row.id] for row in self.requirements], size

    def _attacks(self, streams: dict[str, np.random.Generator]) -> list[AttackPlayed]:
        """Attacks of the file, or those of the catalogue that the device allows.

        Where checks are chosen, the catalogue's are those that these must find.
        """
        if self.under_test is None:
            return []
        if self.attack:
            played = [self._play(row.name, row.amount, streams[row.name]) for row in self.attack]
            return [each.as_asked() for each in played]
        found = []
        against = {row.against for row in self.requirements}
        for name, model in ATTACKS.items():
            if self.checks != "all" and name not in against:
                continue
            try:
                found.append(self._play(name, model.default, streams[name]))
            except ParameterError:
                continue
        return found

    def _play(self, name: str, strength: float, rng: np.random.Generator) -> AttackPlayed:
        """One attack, on photons or on quadratures as the device has them.

        Raises:
            ParameterError: If it is one on the other, or does not fit the device.
        """
        if self.cv_suite is not None:
            return self.cv_suite.attack(name, strength, rng)
        if ATTACKS[name].statistic in CV_CHECKS:
            hint = "take a device of kind cv"
            raise ParameterError("attack.name", "act on photons", name, hint)
        return self.suite.attack(name, strength, self.count(), rng)

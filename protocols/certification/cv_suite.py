"""Suite of checks of a receiver of continuous variables, with one false-alarm rate for all."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from protocols.certification.attacks import ATTACKS, attack_of
from protocols.certification.catalogue import CatalogueRow, absent
from protocols.certification.check_result import AttackResult, CheckResult
from protocols.certification.cv_checks import CV_CHECKS, ResidualNoise, interval_of
from protocols.certification.device import DeviceUnderTest
from protocols.certification.quadratures import QuadratureStatistic
from protocols.certification.suite import AttackPlayed
from qnet.errors import ParameterError
from qnet.estimate import Estimate
from qnet.metrics.many_tests import level_of_each

__all__ = ["CvSuite"]

#: Most values that a check draws.
MOST_VALUES = 1_000_000


@dataclass(frozen=True, kw_only=True)
class CvSuite:
    """Checks of quadratures, corrected for being many.

    Each draws values of its own, so that their alarms are independent.

    Args:
        device: The device as it is described.
        requirements: What is tested.
        values: How many quadratures each check looks at.
        alpha: Size of each check.
    """

    device: DeviceUnderTest
    requirements: Sequence[CatalogueRow]
    values: int
    alpha: float

    @classmethod
    def over(
        cls,
        device: DeviceUnderTest,
        requirements: Sequence[CatalogueRow],
        values: int,
        false_alarm: float,
    ) -> CvSuite:
        """The suite whose checks share a false-alarm rate."""
        number = max(sum(row.check in CV_CHECKS for row in requirements), 1)
        alpha = level_of_each(false_alarm, number)
        return cls(
            device=device,
            requirements=requirements,
            values=min(values, MOST_VALUES),
            alpha=alpha,
        )

    @property
    def rows(self) -> dict[str, CatalogueRow]:
        """Requirements on quadratures, by the name of their check."""
        return {row.check: row for row in self.requirements if row.check in CV_CHECKS}

    def observe(
        self, name: str, true: DeviceUnderTest, rng: np.random.Generator
    ) -> tuple[float, bool]:
        """Value of a check on a true device, and whether it raises the alarm."""
        check = CV_CHECKS[name]
        if isinstance(check, ResidualNoise):
            value = check.of(self.device, true, self.values, rng)
        else:
            value = check.observe(true, self.values, rng)
        limit = check.threshold(self.values, self.device, self.alpha)
        if check.tail == "either":
            return value, abs(value - check.rate(self.device)) > limit
        return value, value > limit if check.tail == "more" else value < limit

    def results(
        self, rng: np.random.Generator, strengths: Mapping[str, float] | None = None
    ) -> list[CheckResult]:
        """One result for each requirement, of an honest run."""
        given, found = strengths or {}, []
        for row in self.requirements:
            if row.check not in CV_CHECKS:
                found.append(absent(row, "the device measures quadratures, not photons"))
                continue
            model, power = ATTACKS.get(row.against), None
            if model is not None:
                attacked = model.apply(self.device, given.get(row.against, model.default))
                power = self._power(row.check, attacked)
            found.append(self._result(row, power, rng))
        return found

    def _power(self, name: str, true: DeviceUnderTest) -> float:
        return CV_CHECKS[name].power(self.values, self.device, true, self.alpha)

    def _result(
        self, row: CatalogueRow, power: float | None, rng: np.random.Generator
    ) -> CheckResult:
        """What one check found."""
        check = CV_CHECKS[row.check]
        value, alarm = self.observe(row.check, self.device, rng)
        centre = check.rate(self.device)
        limit = check.threshold(self.values, self.device, self.alpha)
        shown = limit if check.tail != "either" else centre + math.copysign(limit, value - centre)
        low, high = interval_of(value, self.values, *self._spread(check))
        sentence = f"{check.event} {value:.6g}, expected {centre:.6g}, alarm beyond {shown:.6g}"
        return row.result(
            statistic=f"{check.event}, of {check.trial}, in shot-noise units",
            value=Estimate(low, value, high, self.values),
            threshold=shown,
            alpha=self.alpha,
            power=power,
            n=self.values,
            decision="fell short" if alarm else "met",
            sentence=sentence,
        )

    def _spread(self, check: QuadratureStatistic) -> tuple[bool, float]:
        """Whether it is a variance, and its standard deviation where not."""
        from scipy.special import ndtri

        if check.tail != "either":
            return True, 0.0
        limit = check.threshold(self.values, self.device, 0.05)
        return False, limit / -float(ndtri(0.025))

    def attack(self, name: str, strength: float, rng: np.random.Generator) -> AttackPlayed:
        """Play an attack: does the check that finds it best raise the alarm?

        Raises:
            ParameterError: If it is one on photons.
        """
        model = attack_of(name)
        if model.statistic not in CV_CHECKS:
            hint = "take shot-noise-calibration or saturation"
            raise ParameterError("attack.name", "act on quadratures", name, hint)
        attacked, rows = model.apply(self.device, strength), self.rows
        powers = {each: self._power(each, attacked) for each in rows}
        best = max(powers, key=lambda each: (round(powers[each], 6), each == model.statistic))
        value, alarm = self.observe(best, attacked, rng)
        limit = CV_CHECKS[best].threshold(self.values, self.device, self.alpha)
        row, verb = rows[best].id, "raises" if alarm else "does not raise"
        return AttackPlayed(
            result=AttackResult(
                name=name,
                strength=strength,
                detected=alarm,
                statistic=row,
                n=self.values,
                power=powers[best],
            ),
            powers={rows[each].id: power for each, power in powers.items()},
            sentence=f"{name} of strength {strength:g} {verb} the alarm of {row}: "
            f"{CV_CHECKS[best].event} {value:.6g}, threshold {limit:.6g}",
        )

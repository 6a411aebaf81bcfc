"""Suite of checks: a device or recorded counts against the catalogue, and attacks played on it.

All checks that count share one false-alarm rate: each has the size ``false_alarm / m`` at most, so
that whatever they have in common, the device as it is described raises any alarm with at most
``false_alarm``. Most of them split what others leave open (clicks, then sifted bits, then errors),
and such splits are independent given those above; the computed size of the whole suite is
``1 - product(1 - size)`` over the exact, discrete sizes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np

from protocols.certification.attacks import ATTACKS, attack_of
from protocols.certification.catalogue import CatalogueRow, absent, chosen
from protocols.certification.check_result import AttackResult, CheckResult
from protocols.certification.checks import COUNT_CHECKS
from protocols.certification.described import Bench, EventShare
from protocols.certification.device import DeviceUnderTest
from protocols.certification.observables import Observable
from protocols.certification.share_test import ShareTest
from protocols.qkd.outcome_table import OutcomeCounts
from qnet.errors import ParameterError, check_positive, check_probability
from qnet.metrics.many_tests import level_of_each, suite_size
from qnet.metrics.statistics import proportion_estimate

__all__ = ["AttackPlayed", "Suite"]

#: Checks of clicks among all pulses, whose law a dead time changes.
_DEAD = ("click-probability", "attenuated-clicks")

#: Checks of the plain QBER.
_PLAIN_QBER = ("qber-z", "qber-x", "qber-y")

#: Statistics of attacks -> checks that look at the same.
_SAME: Mapping[str, tuple[str, ...]] = {
    "qber": _PLAIN_QBER,
    "decoy-yield": ("decoy-ratio",),
    "colour-basis": ("key-basis-share",),
}

#: Chances that differ by less are the same, but for rounding.
_ROUNDING = 1e-12


@dataclass(frozen=True, slots=True, kw_only=True)
class AttackPlayed:
    """An attack on the device, and the check that finds it best.

    Args:
        result: Whether it was found.
        powers: Probability of an alarm of each check, by id of its requirement.
        sentence: What that says.
        curve: Pulses, and the probability that the best check finds it with so many.
    """

    result: AttackResult
    powers: Mapping[str, float]
    sentence: str
    curve: tuple[tuple[float, float], ...] = ()

    def as_asked(self) -> AttackPlayed:
        """The same for one that was asked for: where none of the checks shows it, it is missed.

        One that nothing can show stays as it is: the proof counts with it.
        """
        if self.result.power is not None or ATTACKS[self.result.name].is_silent:
            return self
        return replace(self, result=replace(self.result, power=0.0))


@dataclass(frozen=True, kw_only=True)
class Suite:
    """Checks of one device, corrected for being many.

    Args:
        device: The device as it is described; None where only counts are known.
        requirements: What is tested.
        false_alarm: Probability at most that the device as described raises any alarm.
        tolerance: Relative uncertainty of each described share.
        others: How many further tests share the false-alarm rate.

    Raises:
        ParameterError: If a number is out of its range.

    Examples:
        >>> from protocols.certification.described import described
        >>> from protocols.qkd import BB84
        >>> suite = Suite(device=described(BB84()), false_alarm=0.01)
        >>> shares = suite.draw(10_000, np.random.default_rng(1))
        >>> suite.alarms(shares), suite.size(shares) <= 0.01
        ((), True)
    """

    device: DeviceUnderTest | None
    requirements: Sequence[CatalogueRow] = field(default_factory=lambda: chosen("all"))
    false_alarm: float = 1e-3
    tolerance: float = 0.0
    others: int = 0

    def __post_init__(self) -> None:
        check_probability("false_alarm", self.false_alarm)
        check_positive("false_alarm", self.false_alarm)
        check_probability("tolerance", self.tolerance)

    @cached_property
    def bench(self) -> Bench | None:
        """The device with its tables."""
        return None if self.device is None else Bench(self.device)

    @cached_property
    def _rows(self) -> Mapping[str, CatalogueRow]:
        return {row.check: row for row in self.requirements if row.check in COUNT_CHECKS}

    @cached_property
    def reasons(self) -> dict[str, str]:
        """Why a check does not apply, by its name."""
        found = {}
        for name, row in self._rows.items():
            if self.bench is None:
                if row.ideal is None:
                    found[name] = "no device is described that says what is right"
                continue
            try:
                self.bench.chance(COUNT_CHECKS[name])
            except ParameterError as error:
                found[name] = f"the device does not {error.rule}"
        return found

    @cached_property
    def observables(self) -> Mapping[str, Observable]:
        """The checks that apply, by name."""
        return {name: COUNT_CHECKS[name] for name in self._rows if name not in self.reasons}

    @property
    def alpha(self) -> float:
        """Size at most of each check."""
        return level_of_each(self.false_alarm, max(len(self.observables) + self.others, 1))

    def chance(self, name: str) -> float:
        """EventShare of events that is right."""
        if self.bench is None:
            ideal = self._rows[name].ideal
            return 0.5 if ideal is None else ideal
        return self.bench.chance(COUNT_CHECKS[name])[0]

    def test(self, name: str, trials: int) -> ShareTest:
        """The test of a check among so many trials."""
        dead = self.bench.dead_gates if self.bench is not None and name in _DEAD else 0
        return ShareTest(
            trials=trials,
            chance=self.chance(name),
            alpha=self.alpha,
            tail=COUNT_CHECKS[name].tail,
            dead_gates=dead,
            tolerance=self.tolerance,
        )

    def draw(
        self, pulses: int, rng: np.random.Generator, counts: OutcomeCounts | None = None
    ) -> dict[str, EventShare]:
        """Counts of an honest run of the device.

        Args:
            pulses: How many are sent.
            rng: Source of randomness.
            counts: Its rounds, of `Bench.play`; drawn unless given.

        Raises:
            ParameterError: If no device is described.
        """
        if self.bench is None:
            raise ParameterError("device", "be described", None, "give device, or counts")
        return self.bench.draw(self.observables, pulses, rng, counts)

    def alarms(self, shares: Mapping[str, EventShare]) -> tuple[str, ...]:
        """Ids of the requirements whose check raises the alarm."""
        return tuple(
            self._rows[name].id
            for name, share in shares.items()
            if name in self.observables and self.test(name, share.trials).alarms(share.events)
        )

    def size(self, shares: Mapping[str, EventShare]) -> float:
        """Probability that the device as described raises any alarm, given these trials.

        Exact where the checks split what others leave open; at most ``false_alarm`` anyway.
        """
        return suite_size(
            [self.test(name, share.trials).size for name, share in shares.items() if share.trials]
        )

    def results(
        self,
        shares: Mapping[str, EventShare],
        pulses: int,
        strengths: Mapping[str, float] | None = None,
    ) -> list[CheckResult]:
        """One result for each requirement, in the order of the catalogue.

        Args:
            shares: Counts, by name of the check.
            pulses: How many were sent.
            strengths: Of attacks for which powers are given, where not their usual ones.
        """
        rivals = _Rivals(self, pulses, strengths or {})
        found = []
        for row in self.requirements:
            if row.check not in COUNT_CHECKS:
                continue
            share = shares.get(row.check)
            if row.check in self.reasons or share is None:
                reason = self.reasons.get(row.check, "the counts do not hold what it looks at")
                found.append(absent(row, reason))
            else:
                found.append(self._result(row, share, rivals.power(row)))
        return found

    def _result(self, row: CatalogueRow, share: EventShare, power: float | None) -> CheckResult:
        """What one check found."""
        observable = COUNT_CHECKS[row.check]
        if share.trials == 0:
            reason = f"there were no {observable.trial}: send more pulses"
            return replace(absent(row, reason), decision="inconclusive")
        test = self.test(row.check, share.trials)
        value = proportion_estimate(share.events, share.trials)
        alarm = test.alarms(share.events)
        near_low = test.lowest > 0 and share.events < test.chance * share.trials
        near_low = near_low or test.tail == "fewer"
        limit = (test.lowest if near_low else test.highest) / share.trials
        sentence = (
            f"{share.events} {observable.event} among {share.trials} {observable.trial}; "
            f"{test.limits} {'would pass' if alarm else 'pass'}, "
            f"{test.chance * share.trials:.6g} are expected"
        )
        return row.result(
            statistic=f"{observable.event} among {observable.trial}",
            value=value,
            threshold=limit,
            alpha=test.size,
            power=power,
            n=share.trials,
            decision="fell short" if alarm else "met",
            sentence=sentence,
        )

    def powers(self, device: DeviceUnderTest, pulses: int) -> dict[str, float]:
        """Probability of an alarm of each check on another device, known beforehand, by name.

        Args:
            device: Such as this one under attack.
            pulses: How many it sends; trials are as many as there are on average.

        Raises:
            ParameterError: If the attack does not go with the protocol.
        """
        bench = Bench(device)
        bench.table  # noqa: B018 - an attack that does not go with it is refused here
        found = {}
        for name, observable in self.observables.items():
            try:
                chance, share = bench.chance(observable)
            except ParameterError:
                found[name] = 0.0
                continue
            found[name] = self.test(name, round(pulses * share)).power(chance)
        return found

    def attack(
        self, name: str, strength: float, pulses: int, rng: np.random.Generator
    ) -> AttackPlayed:
        """Play an attack on the device: does the check that finds it best raise the alarm?

        Args:
            name: Of the attack.
            strength: How much of it.
            pulses: How many are sent.
            rng: Source of randomness.

        Raises:
            ParameterError: If no device is described, or it lacks what is attacked.
        """
        if self.device is None:
            raise ParameterError("attack", "come with a device", name, "describe the device")
        attacked = attack_of(name).apply(self.device, strength)
        by_name = self.powers(attacked, pulses)
        powers = {self._rows[each].id: power for each, power in by_name.items()}
        own = _own_checks(name)
        best = max(by_name, key=lambda each: (round(by_name[each], 6), each in own), default="")
        bench = Bench(attacked)
        if not best or ATTACKS[name].is_silent or not self._moved(bench):
            result = AttackResult(
                name=name, strength=strength, detected=False, statistic="none", n=0, power=None
            )
            return AttackPlayed(
                result=result, powers=powers, sentence=f"no check shows {name}{_why(name)}"
            )
        share = bench.draw({best: COUNT_CHECKS[best]}, pulses, rng)[best]
        test = self.test(best, share.trials)
        alarm, power = test.alarms(share.events), test.power(bench.chance(COUNT_CHECKS[best])[0])
        row = self._rows[best].id
        sentence = (
            f"{name} of strength {strength:g} {'raises' if alarm else 'does not raise'} the alarm "
            f"of {row}: {share.events} of {share.trials}, where {test.limits} would pass"
        )
        plain = [by_name[each] for each in by_name if each in _PLAIN_QBER]
        if plain and max(plain) <= 2.0 * self.alpha:
            sentence += "; the plain QBER is silent"
        result = AttackResult(
            name=name, strength=strength, detected=alarm, statistic=row, n=share.trials, power=power
        )
        return AttackPlayed(
            result=result,
            powers=powers,
            sentence=sentence,
            curve=self._curve(best, *bench.chance(COUNT_CHECKS[best]), pulses),
        )

    def _moved(self, attacked: Bench) -> bool:
        """Whether an attack changes what any check looks at."""
        for name, observable in self.observables.items():
            try:
                chance, _ = attacked.chance(observable)
            except ParameterError:
                return True
            if abs(chance - self.chance(name)) > _ROUNDING:
                return True
        return False

    def _curve(
        self, name: str, chance: float, share: float, pulses: int
    ) -> tuple[tuple[float, float], ...]:
        """Power of a check on an attacked device, over numbers of pulses."""
        numbers = np.geomspace(10.0, 10.0 * pulses, 60)
        return tuple(
            (float(each), self.test(name, round(each * share)).power(chance)) for each in numbers
        )


def _own_checks(attack: str) -> set[str]:
    """Checks by the statistics that an attack names."""
    model = ATTACKS[attack]
    named = (model.statistic, *model.also)
    return {check for each in named for check in _SAME.get(each, (each,))}


def _why(name: str) -> str:
    reason = ATTACKS[name].reason
    return f": {reason}" if reason else ""


class _Rivals:
    """Powers of checks against the attacks that they must find."""

    def __init__(self, suite: Suite, pulses: int, strengths: Mapping[str, float]) -> None:
        self.suite, self.pulses, self.strengths = suite, pulses, strengths
        self.found: dict[str, dict[str, float]] = {}

    def power(self, row: CatalogueRow) -> float | None:
        """Probability that the check of a requirement finds its attack; None without one."""
        if row.against not in ATTACKS or self.suite.device is None:
            return None
        if row.against not in self.found:
            model = ATTACKS[row.against]
            strength = self.strengths.get(row.against, model.default)
            try:
                attacked = model.apply(self.suite.device, strength)
                self.found[row.against] = self.suite.powers(attacked, self.pulses)
            except ParameterError:
                self.found[row.against] = {}
        return self.found[row.against].get(row.check)

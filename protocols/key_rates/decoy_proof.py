"""Finite-key proofs with decoy intensities: the length that bounds of single photons leave."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from typing import ClassVar

from protocols.key_rates.channel import PulseChannel
from protocols.key_rates.claims import PULSES, finite
from protocols.key_rates.finite_size import (
    BasisCounts,
    CountLimits,
    DecoySettings,
    Security,
    block_rate,
    phase_error_deviation,
)
from protocols.key_rates.result import KeyRate
from qnet.errors import ParameterError
from qnet.metrics.key_rate import binary_entropy

__all__ = ["DecoyProof"]

_NUMBERS = {2: "two", 3: "three"}


class DecoyProof(ABC):
    """A proof of the form ``l = s0 + s1 [1 - h(phi)] - f n h(E) - 6 log2(K/eps_sec) - ...``.

    The key comes from one basis, the phase error ``phi`` is tested in the other. ``s0`` and ``s1``
    bound the detections of empty pulses and of single photons from below, ``v1`` the errors of
    single photons from above; ``phi = v1/s1 + gamma``, all of the test basis, with the deviation
    ``gamma`` of sampling. Each of ``K`` failures has the probability ``eps_sec/K``. Correctness
    costs ``log2(2/eps_cor)``.
    """

    name: ClassVar[str]
    paper: ClassVar[str]
    #: Keys, in ``qnet.references.REFERENCES``, of the works on it.
    references: ClassVar[tuple[str, ...]]
    #: How many intensities it takes.
    intensities: ClassVar[int]
    #: Whether either bound on counts will do; else Hoeffding's is taken, whatever is asked for.
    has_bounds: ClassVar[bool] = False
    #: ``K``: failures that share the epsilon of secrecy.
    failures: ClassVar[float]

    @abstractmethod
    def events(self, counts: BasisCounts, limits: CountLimits) -> tuple[float, float]:
        """Lower bounds ``s0`` and ``s1`` of the detections of empty pulses and single photons."""

    @abstractmethod
    def errors(self, counts: BasisCounts, limits: CountLimits) -> float:
        """Upper bound ``v1`` of the errors of single photons."""

    @abstractmethod
    def check_intensities(self, intensities: tuple[float, ...]) -> None:
        """Raise where the bounds do not hold for these intensities, of the right number."""

    def announced_bits(self, key: BasisCounts) -> float:
        """Bits that a length which follows the counts discloses beside error correction."""
        return 0.0

    def length(
        self,
        key: BasisCounts,
        test: BasisCounts,
        settings: DecoySettings,
        *,
        security: Security | None = None,
        bound: str = "hoeffding",
        form: str = "variable",
        negative_limits: bool = False,
        capped_errors: bool = False,
    ) -> KeyRate:
        """Length of the key from the counts of one block.

        Args:
            key: Counts of the key basis.
            test: Counts of the other basis.
            settings: What was sent.
            security: Epsilons and the cost of error correction.
            bound: ``"hoeffding"`` or ``"chernoff"``, where the proof leaves the choice.
            form: ``"variable"``: the counts are those observed; ``"fixed"``: they are thresholds
                fixed beforehand, see `protocols.key_rates.accept`.
            negative_limits: Whether lower limits of counts may fall below zero, as published.
            capped_errors: Whether single photons are taken to have no more errors than all pulses
                together: true of every run, and better than ``v1`` where errors are few.

        Returns:
            ``secret_bits``, with ``single_photon_events`` (``s1`` of the key basis),
            ``vacuum_events`` (``s0``), ``phase_error`` (``phi``) and ``qber`` (``E`` of the key
            basis).

        Raises:
            ParameterError: If the intensities are not those of the proof, or do not match the
                counts.
            UnknownNameError: If the bound or the form does not exist.
        """
        rules = security or Security()
        self._check(settings, key, test)
        limits = CountLimits(
            settings=settings,
            failure=rules.epsilon_secrecy / self.failures,
            bound=bound if self.has_bounds else "hoeffding",
            negative=negative_limits,
        )
        vacuum, single = self.events(key, limits)
        _, single_test = self.events(test, limits)
        errors = self.errors(test, limits)
        if capped_errors:
            errors = min(errors, math.fsum(test.errors))
        ratio = min(errors / single_test, 0.5) if single_test > 0.0 else 0.5
        deviation = phase_error_deviation(rules.epsilon_secrecy, ratio, single, single_test)
        phase_error = min(ratio + deviation, 0.5)
        unclipped = (
            vacuum
            + single * (1.0 - binary_entropy(phase_error))
            - rules.correction_bits(key.total, key.qber)
            - 6.0 * math.log2(self.failures / rules.epsilon_secrecy)
            - math.log2(2.0 / rules.epsilon_correctness)
            - (self.announced_bits(key) if form == "variable" else 0.0)
        )
        figures = {
            "single_photon_events": single,
            "vacuum_events": vacuum,
            "phase_error": phase_error,
            "qber": key.qber,
        }
        return KeyRate(
            name="secret_bits",
            unclipped=unclipped,
            figures=figures,
            reason="" if unclipped > 0.0 else "no key: the block is too small or too noisy",
            security=finite(rules, form, self.paper, [*PULSES, "leak"]),
        )

    def rate(
        self,
        channel: PulseChannel,
        settings: DecoySettings,
        *,
        block_size: float,
        security: Security | None = None,
        bound: str = "hoeffding",
        negative_limits: bool = False,
    ) -> KeyRate:
        """Secret bits per pulse of a block that holds what is expected of the channel.

        These counts are the thresholds of a length fixed beforehand, as in the papers. A run misses
        one or another as often as not: `protocols.key_rates.fixed_decoy_key` takes thresholds with
        margins.

        Args:
            channel: The channel.
            settings: What is sent.
            block_size: Sifted bits in the key basis.
            security: As in `length`.
            bound: As in `length`.
            negative_limits: As in `length`.

        Returns:
            ``secret_key_rate_per_pulse``; the figures are those of `length` and ``secret_bits``. A
            block that is too small gives zero, and the reason names the number of bits needed.

        Raises:
            ParameterError: As `length`, or if the block is below one bit.
            UnknownNameError: If the bound does not exist.
        """

        def length(key: BasisCounts, test: BasisCounts) -> KeyRate:
            return self.length(
                key,
                test,
                settings,
                security=security,
                bound=bound,
                form="fixed",
                negative_limits=negative_limits,
            )

        return block_rate(length, channel, settings, block_size)

    def _check(self, settings: DecoySettings, *counts: BasisCounts) -> None:
        given, number = settings.intensities, _NUMBERS[self.intensities]
        if len(given) != self.intensities:
            shown = {2: "one decoy, such as [0.5, 0.15]", 3: "two decoys, such as [0.5, 0.1, 2e-4]"}
            hint = f"give a signal and {shown[self.intensities]}"
            raise ParameterError("intensities", f"be {number}", list(given), hint)
        self.check_intensities(given)
        for name, each in zip(("key", "test"), counts, strict=True):
            if len(each.events) != self.intensities:
                field, hint = f"{name}.events", "count each intensity on its own"
                raise ParameterError(field, f"be {number}", len(each.events), hint)

"""Accept or abort: a key length fixed beforehand, and what a run must show to get it.

The published finite-key proofs fix length and thresholds before the run; a run whose counts are at
least as good gets that length, any other nothing. J. Wiesemann et al., arXiv:2405.16578, say why
the acceptance test belongs to the proof. See `protocols.key_rates.claims` for the other form.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from protocols.key_rates.finite_size import BasisCounts, DecoySettings, Security
from protocols.key_rates.proofs import DECOY_PROOFS
from protocols.key_rates.result import KeyRate
from protocols.key_rates.tomamichel2012 import tomamichel2012
from qnet.errors import check_one_of

__all__ = ["FixedDecoyKey", "FixedLength", "fixed_decoy_key", "fixed_tomamichel2012"]


@dataclass(frozen=True, slots=True, kw_only=True)
class FixedLength:
    """A length that is fixed, and the thresholds of the run that gets it.

    Args:
        length: The length, ``secret_bits``, with its claim.
        at_least: Lowest values of what is counted, by name.
        at_most: Highest ones.

    Examples:
        >>> plan = fixed_tomamichel2012(key_bits=1e6, test_bits=1e5, qber=0.02)
        >>> run = {"key_bits": 1.1e6, "test_bits": 1e5, "qber": 0.019, "correction_bits": 1e5}
        >>> plan.accept(run).value == plan.length.value > 0.0
        True
        >>> print(plan.accept(run | {"qber": 0.021}).reason)
        no key: the run is not accepted, its qber of 0.021 is above the 0.02 fixed beforehand
    """

    length: KeyRate
    at_least: Mapping[str, float] = field(default_factory=dict)
    at_most: Mapping[str, float] = field(default_factory=dict)

    def accept(self, observed: Mapping[str, float]) -> KeyRate:
        """The fixed length if every observed value is within its threshold, else none.

        Args:
            observed: A value for each threshold, by name.
        """
        for limits, sign, side in ((self.at_least, 1.0, "below"), (self.at_most, -1.0, "above")):
            for name, limit in limits.items():
                if sign * observed[name] < sign * limit:
                    shown = name.replace("_", " ")
                    reason = (
                        f"no key: the run is not accepted, its {shown} of {observed[name]:.6g} is "
                        f"{side} the {limit:.6g} fixed beforehand"
                    )
                    return replace(self.length, unclipped=0.0, reason=reason)
        return self.length


def fixed_tomamichel2012(
    *,
    key_bits: float,
    test_bits: float,
    qber: float,
    key_qber: float | None = None,
    security: Security | None = None,
) -> FixedLength:
    """The length of `tomamichel2012` as its proof has it: with thresholds.

    A run is accepted with ``key_bits`` or more (of which as many are used), ``test_bits`` or more
    (likewise), an error rate of those tested of at most ``qber``, and no more bits disclosed to
    correct errors than ``correction_bits``, those of the error rate ``key_qber``.

    Args:
        key_bits: ``n``.
        test_bits: ``k``.
        qber: Tolerated error rate of the test bits.
        key_qber: Error rate of the key bits that error correction is made for; ``qber`` when None.
        security: Epsilons and the cost of error correction.

    Raises:
        ParameterError: As `tomamichel2012`.

    Examples:
        >>> fixed_tomamichel2012(key_bits=1e6, test_bits=1e5, qber=0.02).at_most["qber"]
        0.02
    """
    rules = security or Security()
    length = tomamichel2012(
        key_bits=key_bits, test_bits=test_bits, qber=qber, key_qber=key_qber, security=rules
    )
    spent = rules.correction_bits(key_bits, qber if key_qber is None else key_qber)
    return FixedLength(
        length=length,
        at_least={"key_bits": key_bits, "test_bits": test_bits},
        at_most={"qber": qber, "correction_bits": spent},
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class FixedDecoyKey:
    """A length with decoy states that is fixed, and how a run is held against it.

    Args:
        plan: Length and thresholds: the bounds of vacuum and single-photon events, the phase error
            and the bits disclosed.
        rule: The formula, from counts.
        rules: Epsilons and the cost of error correction.
    """

    plan: FixedLength
    rule: Callable[[BasisCounts, BasisCounts], KeyRate]
    rules: Security

    def accept(self, key: BasisCounts, test: BasisCounts) -> KeyRate:
        """The fixed length if the bounds from these counts are as good as planned, else none.

        Args:
            key: Counts of the key basis.
            test: Counts of the other basis.
        """
        spent = self.rules.correction_bits(key.total, key.qber)
        return self.plan.accept({**self.rule(key, test).figures, "correction_bits": spent})


def fixed_decoy_key(
    model: str,
    key: BasisCounts,
    test: BasisCounts,
    settings: DecoySettings,
    *,
    security: Security | None = None,
    bound: str = "hoeffding",
) -> FixedDecoyKey:
    """The length of a proof with decoy intensities as the papers have it: with thresholds.

    A run is accepted when the bounds that its counts give (vacuum and single-photon events, phase
    error) are at least as good as those of the counts given here, and correcting its errors
    discloses no more. Runs that are as expected miss one or the other half the time: plan with
    fewer events and more errors than are expected.

    Args:
        model: A name in `protocols.key_rates.proofs.DECOY_PROOFS`.
        key: Counts of the key basis, fixed beforehand.
        test: Counts of the other basis.
        settings: What is sent.
        security: Epsilons and the cost of error correction.
        bound: ``"hoeffding"`` or ``"chernoff"``, of ``lim2014``.

    Raises:
        UnknownNameError: If the model does not exist.
        ParameterError: As the formula of the model.

    Examples:
        >>> settings = DecoySettings(intensities=(0.5, 0.1), probabilities=(0.7, 0.3))
        >>> key = BasisCounts(events=(2.8e7, 2.4e6), errors=(2.8e5, 2.4e4))
        >>> test = BasisCounts(events=(2.8e6, 2.4e5), errors=(2.8e4, 2.4e3))
        >>> plan = fixed_decoy_key("rusca2018", key, test, settings)
        >>> worse = BasisCounts(events=(2.8e6, 2.4e5), errors=(3.8e4, 3.4e3))
        >>> plan.accept(key, test).value > 1e6, plan.accept(key, worse).value
        (True, 0.0)
    """
    proof = DECOY_PROOFS[check_one_of("model", model, DECOY_PROOFS)]
    rules = security or Security()

    def rule(own: BasisCounts, other: BasisCounts) -> KeyRate:
        return proof.length(own, other, settings, security=rules, bound=bound, form="fixed")

    length = rule(key, test)
    spent = rules.correction_bits(key.total, key.qber)
    plan = FixedLength(
        length=length,
        at_least={name: length.figures[name] for name in ("vacuum_events", "single_photon_events")},
        at_most={"phase_error": length.figures["phase_error"], "correction_bits": spent},
    )
    return FixedDecoyKey(plan=plan, rule=rule, rules=rules)

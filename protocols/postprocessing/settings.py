"""Settings of a run: what both ends agreed on beforehand."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any, Literal

from protocols.postprocessing.authentication import check_tag_bits, check_timeout
from protocols.postprocessing.bias import MOST_CONFIDENCE
from protocols.postprocessing.correction import CORRECTIONS
from protocols.postprocessing.key_length import KeyLength, composable_bb84, rule_of
from qnet.errors import ParameterError, check_one_of, check_probability

__all__ = ["DistillationSettings", "check_epsilons", "check_within"]

#: Least failure probability: below, no hash of 126 bits is short enough for a key of 10^10 bits.
_LEAST_EPSILON = 1e-30


@dataclass(frozen=True, slots=True, kw_only=True)
class DistillationSettings:
    """What both ends agreed on beforehand; a run compares them first.

    Args:
        test_fraction: Share of the sifted bits that is compared and thrown away.
        test_basis: ``"Z"``, ``"X"`` or ``"Y"``: all sifted bits of this basis are compared, and the
            share of the others; ``None``: the share of all. With a basis that is seldom chosen, it
            gives the layout of finite-key proofs: key from one basis, test in the other.
        qber_threshold: The run ends when the measured error rate is above this.
        confidence: Confidence of the interval of the error rate.
        correction: Name of a method in `protocols.postprocessing.correction`: ``"cascade"`` or
            ``"ldpc"``.
        epsilon: Failure probability of the key, secrecy and correctness together: how far it is
            from an ideal one at most (`protocols.postprocessing.key_length` says how it is shared
            out).
        epsilon_correctness: Part of it: that different keys pass the verification.
        key_length: Rule for the length of the secret key: ``"composable"``, ``"asymptotic"``, a
            function of `Disclosed`, or a number of bits computed elsewhere. The length is net: what
            a run took out of the authentication key is subtracted by both rules.
        tag_bits: Length of an authentication tag, 8 to 126.
        timeout_s: Longest wait for a message to come, and for one to go, in s.

    Raises:
        ParameterError: If a value is out of range.

    Examples:
        >>> settings = DistillationSettings(correction="ldpc")
        >>> settings.tag_bits, settings.epsilon
        (48, 1e-10)
    """

    test_fraction: float = 0.1
    test_basis: Literal["Z", "X", "Y"] | None = None
    qber_threshold: float = 0.11
    confidence: float = 0.95
    correction: str = "cascade"
    epsilon: float = 1e-10
    epsilon_correctness: float = 1e-12
    key_length: KeyLength = "composable"
    tag_bits: int = 48
    timeout_s: float = 30.0

    def __post_init__(self) -> None:
        threshold = check_probability("qber_threshold", self.qber_threshold)
        object.__setattr__(self, "qber_threshold", float(threshold))
        for name in ("test_fraction", "confidence", "epsilon", "epsilon_correctness"):
            object.__setattr__(self, name, check_within(name, getattr(self, name)))
        if self.confidence > MOST_CONFIDENCE:
            hint = "0.95 is usual"
            raise ParameterError("confidence", "be at most 1 - 1e-12", self.confidence, hint)
        check_one_of("correction", self.correction, CORRECTIONS)
        if self.test_basis is not None:
            check_one_of("test_basis", self.test_basis, ["Z", "X", "Y"])
        object.__setattr__(self, "tag_bits", check_tag_bits(self.tag_bits))
        object.__setattr__(self, "timeout_s", check_timeout(self.timeout_s))
        if rule_of(self.key_length) is composable_bb84:
            check_epsilons(self.epsilon, self.epsilon_correctness)

    def facts(self) -> dict[str, Any]:
        """What the other end is told, to be compared with its own.

        Examples:
            >>> DistillationSettings(key_length=900).facts()["key_length"]
            900
        """
        facts: dict[str, Any] = {each.name: getattr(self, each.name) for each in fields(self)}
        rule = rule_of(self.key_length)
        facts["key_length"] = getattr(rule, "__name__", "a rule") if callable(rule) else rule
        # How long each end waits is its own affair.
        del facts["timeout_s"]
        return facts


def check_within(name: str, value: object) -> float:
    """A number strictly between 0 and 1; of a failure probability, none that is too small.

    Args:
        name: Name of the setting; one that begins with ``epsilon`` is a failure probability.
        value: Its value.

    Raises:
        ParameterError: If it is out of range.

    Examples:
        >>> check_within("epsilon", 1e-10)
        1e-10
    """
    found = check_probability(name, value)
    if not 0.0 < found < 1.0:
        hint = "give a number strictly between 0 and 1"
        raise ParameterError(name, "lie between 0 and 1", found, hint)
    if name.startswith("epsilon") and found < _LEAST_EPSILON:
        raise ParameterError(name, f"be at least {_LEAST_EPSILON:g}", found, "1e-10 is usual")
    return float(found)


def check_epsilons(epsilon: float, correctness: float) -> None:
    """Refuse a failure probability of a key that its correctness alone uses up.

    Args:
        epsilon: Of the key, secrecy and correctness together.
        correctness: Part of it.

    Raises:
        ParameterError: If nothing is left for secrecy.

    Examples:
        >>> check_epsilons(1e-10, 1e-12)
    """
    if epsilon <= correctness:
        hint = "raise it, or lower epsilon_correctness, which is a part of it"
        raise ParameterError("epsilon", "exceed epsilon_correctness", epsilon, hint)

"""Finite key of BB84 with single photons or entangled pairs: Tomamichel, Lim, Gisin and Renner.

Nat. Commun. 3, 634 (2012), doi:10.1038/ncomms1631.
"""

from __future__ import annotations

import math

from protocols.key_rates.claims import QUBITS, finite, flipped
from protocols.key_rates.finite_size import Security, smallest_block
from protocols.key_rates.result import KeyRate
from qnet.errors import check_at_least, check_probability
from qnet.metrics.key_rate import binary_entropy

__all__ = ["tomamichel2012"]


def tomamichel2012(
    *,
    key_bits: float,
    test_bits: float,
    qber: float,
    key_qber: float | None = None,
    security: Security | None = None,
    form: str = "fixed",
) -> KeyRate:
    """Length of the key from ``n`` key bits, ``k`` test bits and the error rate of the latter.

    With the form ``"fixed"`` these are thresholds: a run with as many bits and no more errors gives
    this length, any other none. With ``"variable"`` they are what was observed.

    ``l = n [1 - h(Q + m)] - f n h(Q_key) - log2(2/(eps_sec^2 eps_cor))`` with the deviation ``m =
    sqrt((n + k)/(n k) (k + 1)/k ln(4/eps_sec))``; ``Q + m`` above 1/2 leaves no key.

    Args:
        key_bits: ``n``: sifted bits of the key basis.
        test_bits: ``k``: sifted bits of the other basis, all disclosed.
        qber: ``Q``: error rate of the test bits; above 1/2 one party flips its bits.
        key_qber: Error rate of the key bits, for the cost of correcting them; ``Q`` when None.
        security: Epsilons and the cost of error correction.
        form: ``"fixed"`` or ``"variable"``.

    Returns:
        ``secret_bits``, with ``deviation`` (``m``). Too few bits give zero; the reason names the
        number of key bits needed at the same share of test bits.

    Raises:
        ParameterError: If a number of bits is below one, or the error rate outside [0, 1].
        UnknownNameError: If the form does not exist.

    Examples:
        >>> rules = Security(epsilon_correctness=1e-10, error_correction_efficiency=1.1)
        >>> rate = tomamichel2012(key_bits=1e6, test_bits=1e5, qber=0.01, security=rules)
        >>> round(rate.figures["deviation"], 10), round(rate.value, 3)
        (0.0163870767, 735090.642)
        >>> print(tomamichel2012(key_bits=1000, test_bits=100, qber=0.01).reason)
        no key: 1000 key bits and 100 test bits are too few, it takes 3.4e+03 and 3.4e+02
    """
    check_at_least("key_bits", key_bits, 1.0, "count the bits of the key basis")
    check_at_least("test_bits", test_bits, 1.0, "count the bits of the test basis")
    qber, notes = flipped(check_probability("qber", qber, "give an error rate between 0 and 1"))
    rules = security or Security()
    in_key = qber
    if key_qber is not None:
        in_key, turned = flipped(check_probability("key_qber", key_qber))
        notes = notes + turned
    share = test_bits / key_bits
    unclipped = _length(key_bits, test_bits, (qber, in_key), rules)
    reason = ""
    if unclipped <= 0.0:
        needed = smallest_block(lambda n: _length(n, share * n, (qber, in_key), rules), key_bits)
        reason = (
            f"no key: an error rate of {100 * qber:.4g} % leaves none, however many bits there are"
        )
        if needed is not None:
            reason = (
                f"no key: {key_bits:.6g} key bits and {test_bits:.6g} test bits are too few, "
                f"it takes {needed:.2g} and {share * needed:.2g}"
            )
    figures = {"deviation": _deviation(key_bits, test_bits, rules)}
    return KeyRate(
        name="secret_bits",
        unclipped=unclipped,
        figures=figures,
        reason=reason,
        security=finite(rules, form, "Tomamichel et al. 2012", [*QUBITS, "leak"]),
        notes=notes,
    )


def _deviation(n: float, k: float, rules: Security) -> float:
    spread = (n + k) / (n * k) * (k + 1.0) / k
    return math.sqrt(spread * math.log(4.0 / rules.epsilon_secrecy))


def _length(n: float, k: float, rates: tuple[float, float], rules: Security) -> float:
    qber, key_qber = rates
    worst = min(qber + _deviation(n, k, rules), 0.5)
    composed = 1.0 - 2.0 * math.log2(rules.epsilon_secrecy) - math.log2(rules.epsilon_correctness)
    return n * (1.0 - binary_entropy(worst)) - rules.correction_bits(n, key_qber) - composed

"""Parameter estimation: compare a random sample of the sifted bits, and throw it away.

The interval of the error rate is Clopper and Pearson's (Biometrika 26, 404 (1934),
doi:10.1093/biomet/26.4.404). The sample is drawn after all bits were measured.
"""

from __future__ import annotations

import numpy as np

from protocols.postprocessing.authentication import Link
from protocols.postprocessing.bits import Bits
from protocols.postprocessing.outcome import Reason, Stopped
from protocols.postprocessing.randomness import Randomness
from qnet.estimate import Estimate
from qnet.merit.statistics import proportion_estimate

__all__ = ["estimate_as_alice", "estimate_as_bob", "qber_from_test"]


def qber_from_test(errors: int, tested: int, *, threshold: float, confidence: float) -> Estimate:
    """The error rate with its interval, or the end of the run.

    Args:
        errors: Test bits that differ.
        tested: Test bits.
        threshold: The run ends when the measured error rate is above this.
        confidence: Confidence of the interval.

    Raises:
        Stopped: If the error rate is above the threshold.

    Examples:
        >>> print(qber_from_test(3, 100, threshold=0.11, confidence=0.95))
        0.030 [0.006, 0.085]
    """
    qber = proportion_estimate(errors, tested, confidence=confidence)
    if qber.best > threshold:
        sentence = f"the error rate of {tested} test bits is {qber}, above {threshold:.2%}"
        raise Stopped(Reason.QBER_TOO_HIGH, sentence)
    return qber


def estimate_as_alice(
    link: Link,
    bits: Bits,
    randomness: Randomness,
    *,
    test_bits: int,
    threshold: float,
    confidence: float = 0.95,
) -> tuple[Bits, Estimate]:
    """Alice's side: choose the sample, disclose it.

    Args:
        link: To Bob.
        bits: Her sifted bits.
        randomness: For the choice of the sample.
        test_bits: Size of the sample.
        threshold: The run ends when the measured error rate is above this.
        confidence: Confidence of the interval.

    Returns:
        Her bits that were not disclosed, in their order, and the error rate.

    Raises:
        Stopped: If there are no bits to test and keep, or the error rate is above the threshold.

    Examples:
        >>> import numpy as np
        >>> from protocols.postprocessing.ends import both_ends
        >>> bits = np.ones(100, np.uint8)
        >>> kept, qber = both_ends(
        ...     lambda link: estimate_as_alice(
        ...         link, bits, Randomness(), test_bits=20, threshold=0.1
        ...     ),
        ...     lambda link: estimate_as_bob(link, bits, threshold=0.1),
        ... )[0]
        >>> print(kept.size, qber)
        80 0.000 [0.000, 0.168]
    """
    if not 0 < test_bits < bits.size:
        sentence = f"{bits.size} sifted bits are too few to test {test_bits} and keep some"
        raise Stopped(Reason.TOO_FEW_BITS, sentence)
    sample = np.zeros(bits.size, bool)
    sample[randomness.subset(test_bits, int(bits.size))] = True
    link.send("test", sample=sample, bits=bits[sample])
    errors = int(link.receive("errors")["errors"])
    qber = qber_from_test(errors, test_bits, threshold=threshold, confidence=confidence)
    return bits[~sample], qber


def estimate_as_bob(
    link: Link, bits: Bits, *, threshold: float, confidence: float = 0.95
) -> tuple[Bits, Estimate]:
    """Bob's side: compare the sample.

    Args:
        link: To Alice.
        bits: His sifted bits.
        threshold: The run ends when the measured error rate is above this.
        confidence: Confidence of the interval.

    Returns:
        His bits that were not tested, in their order, and the error rate.

    Raises:
        Stopped: If the error rate is above the threshold, or the strings differ in length.

    Examples:
        >>> import numpy as np
        >>> from protocols.postprocessing.ends import both_ends
        >>> bits = np.ones(100, np.uint8)
        >>> kept, qber = both_ends(
        ...     lambda link: estimate_as_alice(
        ...         link, bits, Randomness(), test_bits=20, threshold=0.1
        ...     ),
        ...     lambda link: estimate_as_bob(link, bits, threshold=0.1),
        ... )[1]
        >>> print(kept.size, qber)
        80 0.000 [0.000, 0.168]
    """
    heard = link.receive("test")
    sample = heard["sample"].astype(bool)
    if sample.size != bits.size:
        sentence = f"one end sifted {sample.size} bits, the other {bits.size}"
        raise Stopped(Reason.UNEXPECTED_MESSAGE, sentence)
    errors = int(np.count_nonzero(bits[sample] != heard["bits"]))
    link.send("errors", errors=errors)
    tested = int(np.count_nonzero(sample))
    qber = qber_from_test(errors, tested, threshold=threshold, confidence=confidence)
    return bits[~sample], qber

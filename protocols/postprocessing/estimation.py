"""Parameter estimation: compare a random sample of the sifted bits, and throw it away.

The errors are counted in each basis, as those of one basis bound what Eve knows of the bits of
another (`protocols.postprocessing.key_length`), and for each intensity, where there are several.
The interval of the error rate is Clopper and Pearson's (Biometrika 26, 404 (1934),
doi:10.1093/biomet/26.4.404). The sample is drawn after all bits were measured.

**Mostly wrong is as good as mostly right.** Where the interval of a basis lies above one half, Bob
flips his bits there: pairs in the state Psi- differ always. Both ends see it in the errors that
were counted, and from then on count the bits that agree. Flips of one basis or of two are Pauli
operations of his; of three bases two can be flipped, but not one or three.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from protocols.postprocessing.authentication import AuthenticatedLink
from protocols.postprocessing.bits import Bits
from protocols.postprocessing.randomness import Randomness
from protocols.postprocessing.result import AbortReason, ProtocolAborted
from qnet.estimate import Estimate
from qnet.metrics.statistics import proportion_estimate

__all__ = [
    "Bases",
    "BasisTest",
    "Tested",
    "estimate_as_alice",
    "estimate_as_bob",
    "flipped_bases",
    "qber_from_test",
]

Bases = NDArray[np.uint8]
ErrorCounts = NDArray[np.int64]

#: Bases there may be.
BASES = "ZXY"
_BASES = len(BASES)


class BasisTest(NamedTuple):
    """What is known of the bits of one basis.

    Attributes:
        kept: Bits that were not tested.
        tested: Bits that were.
        errors: Of these, how many differ.
    """

    kept: int
    tested: int
    errors: int


class Tested(NamedTuple):
    """What is left of the sifted bits, and what the test found; shown without the bits.

    Attributes:
        bits: Those that were not disclosed, in their order.
        qber: Error rate of all test bits.
        by_intensity: Counts in Z, X and Y for each intensity; all in the first where no bases were
            given. Errors are those after Bob's flips.
        flipped: Names of the bases in which Bob flipped his bits.
        classes: Basis, and intensity times three, of each bit.
    """

    bits: Bits
    qber: Estimate
    by_intensity: tuple[tuple[BasisTest, ...], ...]
    flipped: str = ""
    classes: Bases = np.zeros(0, np.uint8)

    def __repr__(self) -> str:
        return f"Tested(qber={self.qber}, by_intensity={self.by_intensity})"

    @property
    def by_basis(self) -> tuple[BasisTest, ...]:
        """Counts in Z, X and Y, of all intensities together.

        Examples:
            >>> one, two = BasisTest(8, 2, 1), BasisTest(9, 1, 0)
            >>> Tested(np.zeros(17), Estimate.exact(0.3), ((one,), (two,))).by_basis
            (BasisTest(kept=17, tested=3, errors=1),)
        """
        return tuple(
            BasisTest(*map(sum, zip(*basis, strict=True)))
            for basis in zip(*self.by_intensity, strict=True)
        )

    @property
    def expected_qber(self) -> float:
        """Error rate of the bits that were kept: Laplace's ``(errors + 1)/(tested + 2)``.

        Of the bases that have such bits; never zero.

        Examples:
            >>> in_z, in_x = BasisTest(80, 98, 0), BasisTest(0, 50, 20)
            >>> Tested(np.zeros(80), Estimate.exact(0.1), ((in_z, in_x),)).expected_qber
            0.01
        """
        used = [basis for basis in self.by_basis if basis.kept]
        errors, tested = sum(b.errors for b in used), sum(b.tested for b in used)
        return (errors + 1.0) / (tested + 2.0)


def flipped_bases(
    kept: ErrorCounts, tested: ErrorCounts, errors: ErrorCounts, confidence: float
) -> tuple[str, str]:
    """Bases in which Bob flips his bits, and those in which he should but cannot.

    Args:
        kept: Bits in Z, X and Y that were not tested, shape (3,).
        tested: Bits that were, shape (3,).
        errors: Of these, how many differ, shape (3,).
        confidence: Of the interval that lies above one half.

    Examples:
        >>> many, wrong = np.array([90, 80, 0]), np.array([88, 1, 0])
        >>> flipped_bases(9 * many, many, wrong, 0.95)
        ('Z', '')
        >>> flipped_bases(9 * many + 1, many, wrong, 0.95)
        ('', 'Z')
    """
    wrong = "".join(
        name
        for name, size, bad in zip(BASES, tested, errors, strict=True)
        if size and proportion_estimate(int(bad), int(size), confidence=confidence).low > 0.5
    )
    odd = len(wrong) % 2 == 1 and bool(np.all(kept + tested > 0))
    return ("", wrong) if odd else (wrong, "")


def qber_from_test(
    errors: int, tested: int, *, threshold: float, confidence: float, odd: str = ""
) -> Estimate:
    """The error rate with its interval, or the end of the run.

    Args:
        errors: Test bits that differ.
        tested: Test bits.
        threshold: The run ends when the measured error rate is above this.
        confidence: Confidence of the interval.
        odd: Bases in which most bits are wrong and cannot be flipped.

    Raises:
        ProtocolAborted: If the error rate is above the threshold.

    Examples:
        >>> print(qber_from_test(3, 100, threshold=0.11, confidence=0.95))
        0.030 [0.006, 0.085]
    """
    qber = proportion_estimate(errors, tested, confidence=confidence)
    if qber.best > threshold:
        sentence = f"the error rate of {tested} test bits is {qber}, above {threshold:.2%}"
        if odd:
            sentence += (
                f"; most are wrong in {' and '.join(odd)}, where Bob cannot flip his: of three "
                "bases two can be flipped, not one or three; flip the labels of Y at one end"
            )
        raise ProtocolAborted(AbortReason.QBER_TOO_HIGH, sentence, known_to_peer=True, qber=qber)
    return qber


def estimate_as_alice(
    link: AuthenticatedLink,
    bits: Bits,
    randomness: Randomness,
    *,
    test_bits: int,
    threshold: float,
    confidence: float = 0.95,
    bases: Bases | None = None,
    intensities: int = 1,
    always: NDArray[np.bool_] | None = None,
) -> Tested:
    """Alice's side: choose the sample, disclose it.

    Args:
        link: To Bob.
        bits: Her sifted bits.
        randomness: For the choice of the sample.
        test_bits: Size of the random sample.
        threshold: The run ends when the measured error rate is above this.
        confidence: Confidence of the interval.
        bases: The basis of each bit, 0, 1 or 2, plus 3 times the index of its intensity; one and
            the same when None.
        intensities: How many intensities there are.
        always: Shape (n,): bits that are tested beside the random sample of the others.

    Returns:
        Her bits that were not disclosed, and the error rates.

    Raises:
        ProtocolAborted: If there are no bits to test and keep, or the error rate is above the
            threshold.

    Examples:
        >>> import numpy as np
        >>> from protocols.postprocessing.in_process import run_both
        >>> bits = np.ones(100, np.uint8)
        >>> for kept, qber, *_ in run_both(
        ...     lambda link: estimate_as_alice(
        ...         link, bits, Randomness(), test_bits=20, threshold=0.1
        ...     ),
        ...     lambda link: estimate_as_bob(link, bits, threshold=0.1),
        ... ):
        ...     print(kept.size, qber)
        80 0.000 [0.000, 0.168]
        80 0.000 [0.000, 0.168]
    """
    sample = np.zeros(bits.size, bool) if always is None else always.copy()
    others = np.flatnonzero(~sample)
    if not 0 < test_bits < others.size:
        sentence = f"{others.size} sifted bits are too few to test {test_bits} and keep some"
        raise ProtocolAborted(AbortReason.TOO_FEW_BITS, sentence)
    sample[others[randomness.subset(test_bits, int(others.size))]] = True
    link.send("test", sample=sample, bits=bits[sample])
    errors = link.receive("errors").array("errors", _BASES * intensities)
    return _tested(bits, sample, bases, errors, threshold, confidence)


def estimate_as_bob(
    link: AuthenticatedLink,
    bits: Bits,
    *,
    threshold: float,
    confidence: float = 0.95,
    bases: Bases | None = None,
    intensities: int = 1,
) -> Tested:
    """Bob's side: compare the sample.

    Args:
        link: To Alice.
        bits: His sifted bits.
        threshold: As in `estimate_as_alice`, and so are the others.
        confidence: Confidence of the interval.
        bases: Basis and intensity of each bit.
        intensities: How many intensities there are.

    Returns:
        His bits that were not tested, flipped where most were wrong, and the error rates.

    Raises:
        ProtocolAborted: If the error rate is above the threshold, or the strings differ in length.
    """
    heard = link.receive("test")
    sample = heard.bits("sample").astype(bool)
    if sample.size != bits.size or not 0 < int(sample.sum()) < bits.size:
        sentence = f"one end sifted {sample.size} bits, the other {bits.size}"
        raise ProtocolAborted(AbortReason.UNEXPECTED_MESSAGE, sentence)
    differ = np.zeros(bits.size, bool)
    differ[sample] = bits[sample] != heard.bits("bits", int(sample.sum()))
    errors = _counted(differ, bases, _BASES * intensities)
    link.send("errors", errors=errors)
    return _tested(bits, sample, bases, errors, threshold, confidence, flips=True)


def _counted(chosen: NDArray[np.bool_], classes: Bases | None, number: int) -> ErrorCounts:
    """How many are chosen in each class, shape (number,)."""
    where = np.zeros(chosen.size, np.uint8) if classes is None else classes
    return np.bincount(where[chosen], minlength=number).astype(np.int64)


def _tested(
    bits: Bits,
    sample: NDArray[np.bool_],
    bases: Bases | None,
    errors: ErrorCounts,
    threshold: float,
    confidence: float,
    *,
    flips: bool = False,
) -> Tested:
    """What is left, and what was found; ``flips``: this end flips its bits where that is due."""
    tested, kept = (_counted(each, bases, errors.size) for each in (sample, ~sample))
    if np.any(errors < 0) or np.any(errors > tested):
        sentence = "the other end counted more errors than there are test bits"
        raise ProtocolAborted(AbortReason.UNEXPECTED_MESSAGE, sentence)
    in_all, of, wrong = (each.reshape(-1, _BASES).sum(axis=0) for each in (kept, tested, errors))
    flipped, odd = flipped_bases(in_all, of, wrong, confidence)
    turned = np.array([name in flipped for name in BASES])
    errors = np.where(np.resize(turned, errors.size), tested - errors, errors)
    qber = qber_from_test(
        int(errors.sum()), int(tested.sum()), threshold=threshold, confidence=confidence, odd=odd
    )
    found = [BasisTest(*map(int, each)) for each in zip(kept, tested, errors, strict=True)]
    classes = np.zeros(bits.size, np.uint8) if bases is None else bases
    if flips:
        bits = bits ^ turned[classes % _BASES].astype(np.uint8)
    return Tested(
        bits[~sample],
        qber,
        tuple(tuple(found[i : i + _BASES]) for i in range(0, len(found), _BASES)),
        flipped,
        classes[~sample],
    )

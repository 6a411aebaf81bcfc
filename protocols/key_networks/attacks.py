"""Attacked edges of a key network: error rate, secret fraction, and the watch that stops them."""

from __future__ import annotations

from functools import lru_cache

from protocols.key_networks.case import KeyEdge
from protocols.key_networks.tables import AlarmTable
from protocols.qkd.eve import InterceptResend
from qnet.errors import ParameterError
from qnet.metrics import binary_entropy
from qnet.metrics.sequential_tests import WatchedLink

__all__ = ["DAY_S", "attacked_error_rate", "attacked_key_share", "watch_of", "watched_link"]

#: Over what the rate of false alarms counts, in s.
DAY_S = 86_400.0


@lru_cache(maxsize=1 << 10)
def attacked_error_rate(qber: float, intercept: float) -> float:
    """Error rate of an edge on which a fraction of the pulses is measured and sent on.

    Bases Z and X, one of which the spy guesses: she is right half the time, and a wrong one leaves
    a random bit. So q becomes q + f (1 - 2 q)/4 (C. H. Bennett, F. Bessette, G. Brassard,
    L. Salvail, J. Smolin, J. Cryptology 5, 3 (1992), doi:10.1007/BF00191318).

    Args:
        qber: Error rate of the undisturbed edge.
        intercept: Fraction of the pulses.

    Examples:
        >>> attacked_error_rate(0.0, 1.0), round(attacked_error_rate(0.02, 0.5), 12)
        (0.25, 0.14)
    """
    return qber + (1.0 - 2.0 * qber) * InterceptResend(fraction=intercept).error_rate("Z")


def attacked_key_share(qber: float, intercept: float) -> float:
    """Key rate of an attacked edge over that of the undisturbed one.

    What privacy amplification leaves of each sifted bit, 1 - 2 h(q), at the two error rates; cut at
    0 (P. W. Shor, J. Preskill, Phys. Rev. Lett. 85, 441 (2000), doi:10.1103/PhysRevLett.85.441).

    Args:
        qber: Error rate of the undisturbed edge.
        intercept: Fraction of the pulses.

    Examples:
        >>> attacked_key_share(0.02, 0.0), attacked_key_share(0.02, 0.5)
        (1.0, 0.0)
        >>> round(attacked_key_share(0.02, 0.1), 6)
        0.668395
    """
    if intercept <= 0.0:
        return 1.0
    honest = _secret_fraction(qber)
    if honest <= 0.0:
        return 0.0
    return _secret_fraction(attacked_error_rate(qber, intercept)) / honest


def _secret_fraction(qber: float) -> float:
    return max(1.0 - 2.0 * binary_entropy(min(qber, 0.5)), 0.0)


def watched_link(
    qber: float, test_bits_hz: float, *, false_alarm: float = 1e-6, block_bits: int | None = None
) -> WatchedLink:
    """The watch over an edge: compared bits in blocks, with so many false alarms a day.

    Args:
        qber: Error rate of the undisturbed edge.
        test_bits_hz: Bits per second that are compared.
        false_alarm: Probability of a false alarm per day.
        block_bits: Compared bits of a block; those of a second unless given.

    Raises:
        ParameterError: If no block is over within a day.

    Examples:
        >>> link = watched_link(0.02, 1000.0)
        >>> link.block, link.test.above, f"{link.time_to_notice(0.045, 0.01):.0f} s"
        (1000, 56, '104 s')
    """
    block = max(round(test_bits_hz), 1) if block_bits is None else block_bits
    if block > test_bits_hz * DAY_S:
        rule = f"be compared within a day, at test_bits_hz = {test_bits_hz:g}"
        raise ParameterError("alarm.block_bits", rule, block, "take smaller blocks, or more bits")
    return WatchedLink(
        compared_rate_hz=test_bits_hz,
        block=block,
        honest=qber,
        false_alarm=false_alarm,
        horizon_s=DAY_S,
    )


def watch_of(edge: KeyEdge, alarm: AlarmTable) -> WatchedLink:
    """The watch over an edge of a key network, as its scenario describes it.

    Args:
        edge: The edge.
        alarm: When it stops.

    Raises:
        ParameterError: If no block is over within a day.
    """
    return watched_link(
        edge.qber,
        edge.test_bits_hz,
        false_alarm=alarm.false_alarm,
        block_bits=alarm.block_bits,
    )

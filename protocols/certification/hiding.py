"""Time that an attack stays hidden: pulses until a suite of checks finds it."""

from __future__ import annotations

import math
from collections.abc import Collection
from dataclasses import dataclass

from protocols.certification.attacks import attack_of
from protocols.certification.checks import COUNT_CHECKS
from protocols.certification.described import Bench
from protocols.certification.suite import Suite
from qnet.errors import ParameterError, check_probability

__all__ = ["HiddenFor", "hidden_for"]

#: Most pulses that are looked at: eleven days at 1 GHz.
MOST_PULSES = 1e15

#: Relative precision of a number of pulses.
_PRECISION = 1e-3


@dataclass(frozen=True, slots=True, kw_only=True)
class HiddenFor:
    """Until when an attack stays hidden.

    Args:
        pulses: From how many pulses on a check finds it; None where none does.
        check: Id of the requirement whose check is the first; empty where none is.
    """

    pulses: float | None
    check: str


def hidden_for(
    suite: Suite,
    attack: str,
    strength: float,
    *,
    miss: float = 1e-2,
    among: Collection[str] | None = None,
) -> HiddenFor:
    """How many pulses an attack takes to be found with probability ``1 - miss``.

    Each check has its corrected size; the trials are as many as there are on average. Exact powers
    are not monotone in the number of pulses: what is found is a number from which on twice and
    four times as many find it too.

    Args:
        suite: The checks of a device.
        attack: Name of the attack.
        strength: How much of it.
        miss: Probability at most to miss it.
        among: Names of the checks that are asked; all, unless given.

    Raises:
        ParameterError: If no device is described, or it lacks what is attacked.

    Examples:
        >>> from protocols.certification.described import described
        >>> from protocols.qkd import BB84
        >>> found = hidden_for(Suite(device=described(BB84())), "intercept-resend", 1.0)
        >>> 10 < found.pulses < 1000
        True
    """
    if suite.device is None or suite.bench is None:
        raise ParameterError("attack", "come with a device", attack, "describe the device")
    check_probability("miss", miss)
    bench = Bench(attack_of(attack).apply(suite.device, strength))
    bench.table  # noqa: B018 - an attack that does not go with the protocol is refused here
    found = HiddenFor(pulses=None, check="")
    for row in suite.requirements:
        name = row.check
        if name not in suite.observables or (among is not None and name not in among):
            continue
        try:
            chance, share = bench.chance(COUNT_CHECKS[name])
        except ParameterError:
            continue
        most = MOST_PULSES if found.pulses is None else found.pulses
        pulses = _first(suite, name, chance, share, miss, most)
        if pulses is not None:
            found = HiddenFor(pulses=pulses, check=row.id)
    return found


def _first(
    suite: Suite, name: str, chance: float, share: float, miss: float, most: float
) -> float | None:
    """Pulses, fewer than ``most``, from which on one check finds it; None where there are none."""

    def finds(pulses: float) -> bool:
        powers = [
            suite.test(name, round(pulses * share * more)).power(chance) for more in (1.0, 2.0, 4.0)
        ]
        return min(powers) >= 1.0 - miss

    if not finds(most):
        return None
    low, high = 1.0, most
    while high > low * (1.0 + _PRECISION):
        middle = math.sqrt(low * high)
        low, high = (low, middle) if finds(middle) else (middle, high)
    return high if high < most else None

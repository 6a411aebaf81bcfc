"""Time-sharing of a transmitter or receiver between several fibres, by optical switches.

In a switched network a device serves several links in turn (V. Martin et al., npj Quantum Inf. 10,
80 (2024), doi:10.1038/s41534-024-00873-2). At each turn the switch is set, polarisation, phase and
clock are found again, and only then comes key, for the rest of the turn. With dead times ``t_i``,
times ``d_i`` that bring key, and the cycle ``C = sum(t_i + d_i)``, link i has the share ``d_i/C``:

    mean rate = rate while it works * duty of its running recoveries * d_i/C.

**Least cycle.** To bring ``c_i`` bits per second with ``r_i`` while it works takes ``d_i = C
c_i/r_i``, hence ``C = sum(t_i)/(1 - sum(c_i/r_i))``: more than one link needs, the longer the
cycle. As the store must last while the device is away, it must hold ``c_i (C - d_i)``: a long cycle
loses little time and takes large stores.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from qnet.errors import (
    ParameterError,
    check_at_least,
    check_non_negative,
    check_positive,
)
from qnet.schema import Description, check_fields, key

__all__ = ["Recovery", "TimeShare", "least_cycle_s", "most_scale", "stores_needed"]


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Recovery(Description):
    """What a link needs after its path was switched, and now and then while it runs.

    Args:
        switching_s: Time in s that the optical switches take.
        polarisation_s: Time in s until the polarisation is found again.
        phase_s: Time in s until the phase of the interferometers is.
        clock_s: Time in s until the clocks and frames are.
        at_once: Whether these three are found at the same time, or one after the other.
        repeat_s: Time in s after which a running link stops to recalibrate; never unless given.
        repeat_takes_s: Time in s that this takes.

    Raises:
        ParameterError: If a time is negative, or recalibrating takes all the time.

    Examples:
        >>> Recovery(switching_s=0.02, polarisation_s=20.0, phase_s=5.0, clock_s=10.0).dead_s
        35.02
        >>> Recovery(repeat_s=100.0, repeat_takes_s=5.0).duty
        0.95
    """

    switching_s: float = key(0.0, check=check_non_negative)
    polarisation_s: float = key(0.0, check=check_non_negative)
    phase_s: float = key(0.0, check=check_non_negative)
    clock_s: float = key(0.0, check=check_non_negative)
    at_once: bool = False
    repeat_s: float | None = key(None, check=check_positive, example=600.0)
    repeat_takes_s: float = key(0.0, check=check_non_negative)

    def __post_init__(self) -> None:
        check_fields(self)
        if self.repeat_takes_s and self.repeat_s is None:
            hint = "say how often: repeat_s = 600.0"
            raise ParameterError("repeat_takes_s", "come with repeat_s", self.repeat_takes_s, hint)
        if self.repeat_s is not None and self.repeat_takes_s >= self.repeat_s:
            hint = "a link that only recalibrates makes no key"
            rule = f"be below repeat_s = {self.repeat_s:g}"
            raise ParameterError("repeat_takes_s", rule, self.repeat_takes_s, hint)

    @property
    def dead_s(self) -> float:
        """Time in s from the start of a switch to the first key."""
        parts = (self.polarisation_s, self.phase_s, self.clock_s)
        return self.switching_s + (max(parts) if self.at_once else sum(parts))

    @property
    def duty(self) -> float:
        """Share of the time that a link which is switched to it makes key."""
        return 1.0 if self.repeat_s is None else 1.0 - self.repeat_takes_s / self.repeat_s


@dataclass(frozen=True, slots=True)
class TimeShare:
    """Turns of the links of a device: ``dead_s`` without key, then key until the turn is over.

    Args:
        turns_s: Length in s of each link's turn, its dead time included.
        dead_s: Dead time in s at the beginning of each turn.

    Raises:
        ParameterError: If there is no turn, or one is not longer than its dead time.

    Examples:
        >>> two = TimeShare((100.0, 300.0), 20.0)
        >>> two.cycle_s, two.share(0), two.share(1)
        (400.0, 0.2, 0.7)
    """

    turns_s: tuple[float, ...]
    dead_s: float = 0.0

    def __post_init__(self) -> None:
        check_non_negative("dead_s", self.dead_s)
        if not self.turns_s:
            raise ParameterError("turns_s", "hold a turn", self.turns_s, "one for each link")
        for k, turn in enumerate(self.turns_s):
            if not (math.isfinite(turn) and turn > self.dead_s):
                rule = f"be longer than the dead time of {self.dead_s:g} s"
                hint = "no key comes before the path is switched and recovered"
                place = f"turns_s[{k}]"
                raise ParameterError(place, rule, turn, hint)

    @property
    def cycle_s(self) -> float:
        """Time in s after which every link had its turn."""
        return math.fsum(self.turns_s)

    def share(self, link: int) -> float:
        """Share of the time in which a link makes key."""
        return (self.turns_s[link] - self.dead_s) / self.cycle_s

    def windows(self, link: int, begin: float, end: float) -> Iterator[tuple[float, float]]:
        """Times in s in which a link makes key, the first turn of the first link at 0.

        Args:
            link: Number of the link.
            begin: From when; may be negative.
            end: Until when.

        Examples:
            >>> list(TimeShare((100.0, 300.0), 20.0).windows(0, -50.0, 450.0))
            [(20.0, 100.0), (420.0, 450.0)]
        """
        cycle, first = self.cycle_s, math.fsum(self.turns_s[:link])
        number = math.floor((begin - first) / cycle)
        while (start := first + number * cycle) < end:
            low = max(start + self.dead_s, begin)
            high = min(start + self.turns_s[link], end)
            if high > low:
                yield low, high
            number += 1


def least_cycle_s(rates_hz: Sequence[float], demands_hz: Sequence[float], dead_s: float) -> float:
    """Shortest cycle in s in which each link gets its demand; infinite where none does.

    Args:
        rates_hz: Secret bits per second of each link while it has the device.
        demands_hz: Bits per second that are wanted of each, on average.
        dead_s: Dead time in s of each turn.

    Raises:
        ParameterError: If the numbers of rates and demands differ, or one is out of range.

    Examples:
        >>> least_cycle_s([1000.0, 1000.0], [100.0, 400.0], 30.0)  # 60/(1 - 0.1 - 0.4)
        120.0
    """
    used = math.fsum(_loads(rates_hz, demands_hz))
    dead = len(rates_hz) * check_non_negative("dead_s", dead_s)
    return dead / (1.0 - used) if used < 1.0 else math.inf


def stores_needed(
    rates_hz: Sequence[float], demands_hz: Sequence[float], cycle_s: float
) -> list[float]:
    """Bits that each store must hold to last while the device is away: ``c C (1 - c/r)``.

    Args:
        rates_hz: Secret bits per second of each link while it has the device.
        demands_hz: Bits per second that are taken of each.
        cycle_s: Length of a cycle in s.

    Examples:
        >>> stores_needed([1000.0, 1000.0], [100.0, 400.0], 120.0)
        [10800.0, 28800.0]
    """
    loads = _loads(rates_hz, demands_hz)
    return [c * cycle_s * (1.0 - u) for c, u in zip(demands_hz, loads, strict=True)]


def most_scale(
    rates_hz: Sequence[float],
    demands_hz: Sequence[float],
    dead_s: float,
    stores_bits: Sequence[float],
) -> tuple[float, TimeShare | None]:
    """Largest multiple of the demands that the device serves with such stores, and its turns.

    At a multiple g the least cycle grows with g, and so does what each store must hold, ``g c (1 -
    g c/r) sum(t)/(1 - g sum(c/r))``; the largest g is where the first store is just large enough,
    found by bisection.

    Args:
        rates_hz: Secret bits per second of each link while it has the device.
        demands_hz: Bits per second of each, in proportion.
        dead_s: Dead time in s of each turn.
        stores_bits: What each store holds at most.

    Returns:
        The multiple, and the turns that serve it; zero and None where there is none.

    Examples:
        >>> scale, turns = most_scale([1000.0, 1000.0], [1.0, 4.0], 30.0, [1e5, 28_800.0])
        >>> round(scale, 6), [round(turn, 6) for turn in turns.turns_s]
        (100.0, [42.0, 78.0])
    """
    if len(stores_bits) != len(rates_hz):
        hint = "give one for each link"
        raise ParameterError("stores_bits", f"hold {len(rates_hz)}", len(stores_bits), hint)
    for k, size in enumerate(stores_bits):
        check_at_least(f"stores_bits[{k}]", size, 0.0, "bits that the store holds")
    full = 1.0 / math.fsum(_loads(rates_hz, demands_hz))

    def fits(scale: float) -> bool:
        wanted = [scale * c for c in demands_hz]
        cycle = least_cycle_s(rates_hz, wanted, dead_s)
        if not math.isfinite(cycle):
            return False
        held = stores_needed(rates_hz, wanted, cycle)
        return all(need <= size for need, size in zip(held, stores_bits, strict=True))

    low, high = 0.0, full
    for _ in range(200):
        middle = 0.5 * (low + high)
        low, high = (middle, high) if fits(middle) else (low, middle)
    if low <= 0.0:
        return 0.0, None
    wanted = [low * c for c in demands_hz]
    cycle = least_cycle_s(rates_hz, wanted, dead_s)
    turns = [dead_s + cycle * load for load in _loads(rates_hz, wanted)]
    return low, TimeShare(tuple(turns), dead_s)


def _loads(rates_hz: Sequence[float], demands_hz: Sequence[float]) -> list[float]:
    """Share of the device that each demand takes."""
    if len(rates_hz) != len(demands_hz) or not rates_hz:
        hint = "give one for each link"
        raise ParameterError("demands_hz", f"hold {len(rates_hz)}", len(demands_hz), hint)
    pairs = enumerate(zip(rates_hz, demands_hz, strict=True))
    return [
        check_positive(f"demands_hz[{k}]", c) / check_positive(f"rates_hz[{k}]", r)
        for k, (r, c) in pairs
    ]

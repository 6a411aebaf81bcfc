"""Raw keys: what each end wrote down, and what a proof must know of where it came from."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from protocols.postprocessing.bits import as_bits
from qnet.errors import ParameterError, check_integer
from qnet.metrics.security import Apparatus

if TYPE_CHECKING:
    from protocols.key_rates import DecoySettings
    from protocols.postprocessing.randomness import Randomness

__all__ = ["RawKey", "RoundNumbers", "kept_when_thinned"]

RoundNumbers = NDArray[np.int64]

_COLUMNS = ("bits", "bases", "rounds", "detectors", "intensities")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class RawKey:
    """What one end wrote down; shown without its bits.

    Args:
        bits: Shape (n,): the bits prepared or measured.
        bases: Shape (n,): the basis of each, a small whole number (0 Z, 1 X, 2 Y).
        rounds: Shape (n,): the number of the round of each, ascending; 0 to n - 1 if not given.
        apparatus: The devices behind the rounds, the same at both ends. Without it, single photons
            and equal detectors are presumed, and the outcome of a run says so.
        detectors: Shape (n,): which detector clicked, 0 or 1; the bit itself if not given, nothing
            where this end measures nothing.
        intensities: Shape (n,): index of the intensity of each pulse, at the end that sent them.
        decoys: Intensities and how often each is sent, the same at both ends.

    Raises:
        ParameterError: If the shapes differ, numbers are not whole, the rounds do not ascend, or
            the devices are described by something else.

    Examples:
        >>> raw = RawKey(bits=[0, 1, 1], bases=[0, 1, 0])
        >>> raw.rounds, raw
        (array([0, 1, 2]), <RawKey: 3 bits>)
    """

    bits: ArrayLike
    bases: ArrayLike
    rounds: ArrayLike | None = None
    apparatus: Apparatus | None = None
    detectors: ArrayLike | None = None
    intensities: ArrayLike | None = None
    decoys: DecoySettings | None = None
    size: int = field(init=False)

    def __post_init__(self) -> None:
        bits = as_bits("bits", self.bits)
        given: Any = self.apparatus
        if not isinstance(given, Apparatus | None):
            hint = "give what protocols.qkd.secrecy.apparatus_of makes"
            raise ParameterError("apparatus", "be an Apparatus", type(given).__name__, hint)
        if self.decoys is not None:
            from protocols.key_rates import DecoySettings

            sent: Any = self.decoys
            if not isinstance(sent, DecoySettings):
                hint = "give protocols.key_rates.DecoySettings"
                raise ParameterError("decoys", "be DecoySettings", type(sent).__name__, hint)
        if given is not None and given.pulses is not None:
            check_integer("apparatus.pulses", given.pulses, 0)
        rounds = np.arange(bits.size) if self.rounds is None else self.rounds
        numbers = {
            "bases": _whole("bases", self.bases, bits.size, 2),
            "rounds": _whole("rounds", rounds, bits.size, 2**62),
        }
        if np.any(numbers["rounds"][1:] <= numbers["rounds"][:-1]):
            raise ParameterError("rounds", "ascend from 0 or more", "not so", "sort by round")
        numbers["bases"] = numbers["bases"].astype(np.uint8)
        kinds = 0 if self.decoys is None else len(self.decoys.intensities)
        if self.intensities is not None and not kinds:
            hint = "say what is sent, and how often: protocols.key_rates.DecoySettings"
            raise ParameterError("decoys", "be given with intensities", None, hint)
        for name, most in (("detectors", 1), ("intensities", kinds - 1)):
            column = getattr(self, name)
            if column is not None:
                numbers[name] = _whole(name, column, bits.size, most).astype(np.uint8)
        for name, array in {"bits": bits, **numbers}.items():
            object.__setattr__(self, name, array)
        object.__setattr__(self, "size", int(bits.size))

    def __repr__(self) -> str:
        return f"<RawKey: {self.size} bits>"

    def only(self, kept: NDArray[np.bool_]) -> RawKey:
        """The raw key of some of its rounds.

        Examples:
            >>> raw = RawKey(bits=[0, 1, 1], bases=[0, 1, 0])
            >>> raw.only(np.array([True, False, True])).rounds
            array([0, 2])
        """
        columns = {name: getattr(self, name) for name in _COLUMNS}
        return replace(self, **{k: v if v is None else v[kept] for k, v in columns.items()})


def _whole(name: str, values: ArrayLike, size: int, most: int) -> NDArray[np.int64]:
    """Whole numbers between 0 and ``most``, one per bit."""
    try:
        array: NDArray[Any] = np.asarray(values)
    except ValueError:
        hint = "give one entry for each bit"
        raise ParameterError(name, f"have the shape {(size,)}", "a ragged list", hint) from None
    if array.shape != (size,):
        hint = "give one entry for each bit"
        raise ParameterError(name, f"have the shape {(size,)}", array.shape, hint)
    if size == 0:
        return np.zeros(0, np.int64)
    if array.dtype.kind not in "bui":
        hint = "give an array of integers"
        raise ParameterError(name, "be whole numbers", array.dtype.name, hint)
    low, high = int(array.min()), int(array.max())
    if low < 0 or high > most:
        rules = {"bases": "be 0, 1 or 2", "rounds": "ascend from 0 or more, below 2^62"}
        rule = rules.get(name, f"lie in 0 to {most}")
        hint = "0 is Z, 1 X, 2 Y" if name == "bases" else "count from 0"
        raise ParameterError(name, rule, low if low < 0 else high, hint)
    return array.astype(np.int64)


def kept_when_thinned(
    raw: RawKey, keeps: tuple[float, float], randomness: Randomness
) -> NDArray[np.bool_]:
    """Which clicks are kept so that loss does not depend on which detector clicked.

    Of two detectors of unequal efficiency the better one's clicks are dropped at random, as often
    as makes it as good as the other; then both may be taken for equal ones.

    Args:
        raw: What was measured.
        keeps: Share of the clicks of detector 0 and of detector 1 that are kept
            (`qnet.metrics.security.Apparatus.keeps`).
        randomness: Local random choices, which are never announced.

    Returns:
        Shape (n,).

    Examples:
        >>> from protocols.postprocessing.randomness import Randomness
        >>> raw = RawKey(bits=[0, 1, 1, 0], bases=[0, 0, 1, 1])
        >>> kept_when_thinned(raw, (1.0, 0.0), Randomness())
        array([ True, False, False,  True])
    """
    clicked = np.asarray(raw.bits if raw.detectors is None else raw.detectors, np.uint8)
    if keeps == (1.0, 1.0):
        return np.ones(raw.size, bool)
    return randomness.chances(raw.size) < np.where(clicked == 0, *keeps)

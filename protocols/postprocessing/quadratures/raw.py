"""Quadratures that the ends of a GG02 link wrote down, and what both agreed on beforehand."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass, fields
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from protocols.key_rates.gg02 import GG02
from protocols.key_rates.gg02_emulation import draw_quadratures
from protocols.postprocessing.authentication import check_tag_bits, check_timeout
from protocols.postprocessing.bits import Bits, as_bits
from protocols.postprocessing.settings import check_epsilons, check_within
from qnet.errors import ParameterError, check_positive

__all__ = ["QuadratureSettings", "Quadratures", "draw_raw"]

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Quadratures:
    """What one end of the link wrote down, in shot-noise units.

    Args:
        values: Shape (symbols, 2): both quadratures, as Alice modulated them, or as heterodyne
            detection gave them; (symbols, 1): the one that Bob's homodyne detection measured.
        chosen: Shape (symbols,): which quadrature that was, 0 or 1; None where both were.

    Raises:
        ParameterError: If values are not numbers of such a shape, or choices are not bits, one for
            each symbol, where one quadrature was measured.

    Examples:
        >>> Quadratures(values=[[0.3, -1.2], [0.1, 0.7]]).symbols
        2
    """

    values: ArrayLike
    chosen: ArrayLike | None = None

    def __post_init__(self) -> None:
        values = np.asarray(self.values, np.float64)
        if values.ndim != 2 or values.shape[1] not in (1, 2) or not np.isfinite(values).all():
            hint = "give one row for each symbol, of one quadrature or two"
            rule = "be finite numbers of shape (n, 1) or (n, 2)"
            raise ParameterError("values", rule, values.shape, hint)
        if (values.shape[1] == 1) == (self.chosen is None):
            hint = "homodyne detection measures one quadrature, and says which"
            raise ParameterError("chosen", "come with one value a symbol", self.chosen, hint)
        object.__setattr__(self, "values", values)
        if self.chosen is not None:
            chosen = as_bits("chosen", self.chosen)
            if chosen.size != len(values):
                hint = "give 0 or 1 for each symbol"
                raise ParameterError("chosen", f"hold {len(values)} bits", chosen.size, hint)
            object.__setattr__(self, "chosen", chosen)

    @property
    def symbols(self) -> int:
        """How many coherent states there were."""
        return len(np.asarray(self.values))

    @property
    def choices(self) -> Bits:
        """Which quadrature was measured; empty where both were."""
        return as_bits("chosen", [] if self.chosen is None else self.chosen)

    def sifted(self, chosen: Bits | None) -> FloatArray:
        """The values that the other end measured, too: shape (symbols, 1) or (symbols, 2).

        Examples:
            >>> sent = Quadratures(values=[[0.3, -1.2], [0.1, 0.7]])
            >>> sent.sifted(np.array([1, 0], np.uint8)).tolist()
            [[-1.2], [0.1]]
        """
        values = np.asarray(self.values)
        if chosen is None or values.shape[1] == 1:
            return values
        return np.take_along_axis(values, chosen.astype(np.int64)[:, None], axis=1)


def draw_raw(link: GG02, symbols: int, rng: np.random.Generator) -> tuple[Quadratures, Quadratures]:
    """What both ends of a link would write down.

    Args:
        link: Modulation, channel and detector.
        symbols: How many coherent states are sent.
        rng: Source of randomness.

    Returns:
        Alice's quadratures and Bob's.

    Examples:
        >>> link = GG02(modulation_variance=4.0, transmission=0.5)
        >>> sent, got = draw_raw(link, 1000, np.random.default_rng(1))
        >>> np.asarray(sent.values).shape, np.asarray(got.values).shape
        ((1000, 2), (1000, 1))
    """
    sent, got = draw_quadratures(link, symbols, rng)
    if link.detection == "heterodyne":
        return Quadratures(values=sent.reshape(-1, 2)), Quadratures(values=got.reshape(-1, 2))
    chosen = rng.integers(0, 2, symbols).astype(np.uint8)
    other = rng.normal(0.0, math.sqrt(link.modulation_variance), symbols)
    both = np.where(chosen[:, None] == [0, 1], sent[:, None], other[:, None])
    return Quadratures(values=both), Quadratures(values=got[:, None], chosen=chosen)


@dataclass(frozen=True, slots=True, kw_only=True)
class QuadratureSettings:
    """What both ends of a GG02 link agreed on beforehand; a run compares it first.

    Args:
        link: Modulation and detector, as calibrated; its channel plays no part, and is estimated.
        disclosed_share: Share of the symbols that is disclosed to estimate the channel.
        most_excess_noise: The run ends when the estimated excess noise is above this.
        epsilon: Failure probability of the key, secrecy and correctness together.
        epsilon_correctness: Part of it: that different keys pass the verification.
        iterations: Most iterations of the decoder.
        tag_bits: Length of an authentication tag, 8 to 126.
        timeout_s: Longest wait for a message to come, and for one to go, in s.

    Raises:
        ParameterError: If a value is out of range.

    Examples:
        >>> link = GG02(modulation_variance=4.0, transmission=1.0, efficiency=0.6)
        >>> QuadratureSettings(link=link).tag_bits
        48
    """

    link: GG02
    disclosed_share: float = 0.5
    most_excess_noise: float = 1.0
    epsilon: float = 1e-10
    epsilon_correctness: float = 1e-12
    iterations: int = 150
    tag_bits: int = 48
    timeout_s: float = 120.0

    def __post_init__(self) -> None:
        given: Any = self.link
        if not isinstance(given, GG02):
            kind, hint = type(given).__name__, "protocols.key_rates has it"
            raise ParameterError("link", "be a GG02", kind, hint)
        check_positive("most_excess_noise", self.most_excess_noise)
        check_positive("iterations", self.iterations)
        for name in ("disclosed_share", "epsilon", "epsilon_correctness"):
            check_within(name, getattr(self, name))
        check_epsilons(self.epsilon, self.epsilon_correctness)
        check_tag_bits(self.tag_bits)
        check_timeout(self.timeout_s)

    def facts(self) -> dict[str, Any]:
        """What the other end is told, to be compared with its own; no channel is presumed.

        Examples:
            >>> link = GG02(modulation_variance=4.0, transmission=1.0)
            >>> sorted(QuadratureSettings(link=link).facts())[0]
            'detection'
        """
        facts = {each.name: getattr(self, each.name) for each in fields(self)}
        for own in ("link", "timeout_s", "iterations"):
            del facts[own]
        link = asdict(self.link)
        for presumed in ("transmission", "excess_noise"):
            del link[presumed]
        return {**facts, **link}

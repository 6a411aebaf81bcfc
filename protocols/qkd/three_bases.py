"""Secrecy of bits of three bases: what their three error rates leave of them at least.

The purification of a pair of qubits is all that Eve can hold. Flipping both ends at random makes
the pair Bell-diagonal, with populations ``lambda`` that three error rates tell, and of a bit of
basis b ``S(b|E) = 1 + h(e_b) - H(lambda)`` are unknown to her. Rates are taken basis by basis: the
mean of all bits is mostly that of the basis that is used most, where Eve may err least.

V. Scarani et al., Rev. Mod. Phys. 81, 1301 (2009), arXiv:0802.4155, section III.B.3.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from protocols.qkd.secrecy import Evidence, why_no_key
from qnet.estimate import Estimate
from qnet.metrics.key_rate import binary_entropy

__all__ = ["SecretShare", "six_state_fraction"]

Floats = NDArray[np.float64]

#: Error rates in Z, X, Y of the populations of Psi+, Psi-, Phi-.
_RATES = np.array([[1.0, 1.0, 0.0], [0.0, 1.0, 1.0], [1.0, 0.0, 1.0]])
_POPULATIONS = np.linalg.inv(_RATES)

#: How far rounding may push a corner out of its box.
_ROUNDING = 1e-12


@dataclass(frozen=True, slots=True, kw_only=True)
class SecretShare:
    """``sum_b (s_b S(b|E) - f_b h(e_b))`` as a function of three error rates, which is convex.

    ``S(b|E)`` is a relative entropy, and so convex; where ``f_b`` is above ``s_b``, what remains is
    a negative multiple of an entropy.

    Args:
        secret: ``s_b``: share of the bits that are of basis b and not given up, for Z, X, Y.
        disclosed: ``f_b``: bits that correcting the errors of basis b discloses, over ``h(e_b)``;
            zero where that is counted elsewhere, else at least ``s_b``.

    Examples:
        >>> even = SecretShare(secret=(1 / 3,) * 3, disclosed=(1 / 3,) * 3)
        >>> round(even.least((0.05,) * 3, (0.05,) * 3), 9)
        0.496816268
        >>> biased = SecretShare(secret=(0.9, 0.05, 0.05), disclosed=(0.9, 0.05, 0.05))
        >>> round(biased.least((0.0, 0.5, 0.5), (0.0, 0.5, 0.5)), 9)  # Eve measures in Z
        0.0
    """

    secret: tuple[float, ...]
    disclosed: tuple[float, ...] = (0.0, 0.0, 0.0)

    def at(self, populations: Floats) -> float:
        """The value for the populations of Psi+, Psi-, Phi-, shape (3,)."""
        bell, rates = _state(populations)
        whole = sum(self.secret)
        entropy = -float(np.sum(bell * np.log2(np.where(bell > 0.0, bell, 1.0))))
        return whole * (1.0 - entropy) + float(self._extra @ np.asarray(binary_entropy(rates)))

    def least(self, low: ArrayLike, high: ArrayLike) -> float:
        """A lower bound over all pairs of qubits with error rates in a box, tight to rounding.

        A tangent plane lies below a convex function, and is least at a corner. Where no pair has
        such rates, the value of the nearest populations.

        Args:
            low: Lowest error rates in Z, X, Y.
            high: Highest ones.
        """
        corners = _corners(np.asarray(low), np.asarray(high))
        middle = corners.mean(axis=0)
        if np.ptp(corners, axis=0).max() <= _ROUNDING:
            return self.at(middle)
        found = self._lowest(corners, middle)
        tried = (found + share * (middle - found) for share in (0.0, 1e-9, 1e-6, 1e-3, 1.0))
        return max(self._tangent(point, corners) for point in tried)

    def most(self, low: ArrayLike, high: ArrayLike) -> float:
        """The highest value over the same box: a convex function has it at a corner."""
        return max(self.at(each) for each in _corners(np.asarray(low), np.asarray(high)))

    @property
    def _extra(self) -> Floats:
        return np.array(self.secret) - np.array(self.disclosed)

    def _lowest(self, corners: Floats, middle: Floats) -> Floats:
        """The point with the lowest value among mixtures of the corners, nearly."""
        # Local import: it takes long to load.
        from scipy.optimize import minimize

        found = minimize(
            lambda shares: self.at(shares @ corners),
            np.full(len(corners), 1.0 / len(corners)),
            jac=lambda shares: corners @ np.nan_to_num(self._gradient(shares @ corners)),
            method="SLSQP",
            bounds=[(0.0, 1.0)] * len(corners),
            constraints={"type": "eq", "fun": lambda shares: shares.sum() - 1.0},
            options={"maxiter": 200, "ftol": 1e-14},
        ).x
        found = np.clip(np.nan_to_num(found), 0.0, 1.0)
        return np.asarray(found @ corners / found.sum()) if found.sum() > 0.0 else middle

    def _tangent(self, point: Floats, corners: Floats) -> float:
        gradient = self._gradient(point)
        if not np.isfinite(gradient).all():
            return -np.inf
        return self.at(point) + float(((corners - point) @ gradient).min())

    def _gradient(self, populations: Floats) -> Floats:
        bell, rates = _state(populations)
        with np.errstate(divide="ignore", invalid="ignore"):
            bits = np.log2(bell)
            slopes = np.log2(1.0 - rates) - np.log2(rates)
            extra = np.where(self._extra == 0.0, 0.0, self._extra * slopes)
            return np.asarray(sum(self.secret) * (bits[1:] - bits[0]) + _RATES.T @ extra)


def _state(populations: Floats) -> tuple[Floats, Floats]:
    """All four populations, Phi+ first, and the error rates."""
    others = np.maximum(populations, 0.0)
    bell = np.concatenate([[max(0.0, 1.0 - float(others.sum()))], others])
    return bell, np.clip(_RATES @ others, 0.0, 1.0)


def _corners(low: Floats, high: Floats) -> Floats:
    """Corners of a box of error rates, cut to pairs of qubits, as populations: shape (k, 3)."""
    faces = np.concatenate([_RATES, _RATES, np.eye(3), np.ones((1, 3))])
    values = np.concatenate([low, high, np.zeros(3), [1.0]])
    triples = np.array(list(combinations(range(len(faces)), 3)))
    sides, ends = faces[triples], values[triples]
    chosen = np.abs(np.linalg.det(sides)) > 0.1
    points = np.linalg.solve(sides[chosen], ends[chosen][..., None])[..., 0]
    rates = points @ _RATES.T
    inside = ((rates >= low - _ROUNDING) & (rates <= high + _ROUNDING)).all(axis=1)
    inside &= (points >= -_ROUNDING).all(axis=1) & (points.sum(axis=1) <= 1.0 + _ROUNDING)
    if inside.any():
        return np.unique(np.clip(points[inside], 0.0, 1.0).round(15), axis=0)
    nearest = np.maximum(_POPULATIONS @ ((low + high) / 2.0), 0.0)
    return (nearest / max(1.0, float(nearest.sum())))[None]


def six_state_fraction(evidence: Evidence, efficiency: float) -> tuple[Estimate, str]:
    """Secret bits per sifted bit from the error rates in Z, X and Y, all used for the key.

    Each interval of three rates, which hold together with 95 %, is a box; its worst pair counts.

    Args:
        evidence: The rounds.
        efficiency: Of the error correction.

    Returns:
        The fraction, and why there is no key.
    """
    bases = [evidence.of(number) for number in range(3)]
    sizes = np.array([evidence.counts.among(each) for each in bases])
    if sizes.min() == 0:
        reason = "no key: a basis has no sifted bit; play more rounds"
        return Estimate(0.0, 0.0, 1.0, evidence.bits), reason
    confidence = 1.0 - 0.05 / (9 if evidence.is_thinned else 3)
    rates = _Rates(
        shares=sizes / sizes.sum(),
        efficiency=efficiency,
        tagged=evidence.tagged,
        errors=[evidence.error(each, confidence) for each in bases],
        thinned=[evidence.thinned_error(each, confidence) for each in bases]
        if evidence.is_thinned
        else None,
        lost=[evidence.lost(each, confidence) for each in bases],
    )
    values = [max(0.0, rates.fraction(end)) for end in ("high", "best", "low")]
    estimate = Estimate(min(values), values[1], max(values), int(sizes.min()))
    if estimate.best > 0.0:
        return estimate, ""
    shown = ", ".join(
        f"{100 * rate.best:.3g} % in {basis}"
        for rate, basis in zip(rates.errors, "ZXY", strict=True)
    )
    return estimate, why_no_key(
        evidence, shown, "six-state tolerates 12.6 % when they are equal and"
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Rates:
    """What is known of the bits of three bases.

    Args:
        shares: Of the sifted bits, by basis.
        efficiency: Of the error correction.
        tagged: Share of the rounds that Eve may know.
        errors: Error rates of all bits.
        thinned: Those of the bits that thinning leaves; ``None`` if it leaves all.
        lost: Shares that thinning takes.
    """

    shares: Floats
    efficiency: float
    tagged: float
    errors: list[Estimate]
    thinned: list[Estimate] | None
    lost: list[Estimate]

    def fraction(self, end: str) -> float:
        """Secret bits per sifted bit, with error rates at their ``high``, ``best`` or ``low``."""
        low, high = {"high": ("low", "high"), "best": ("best",) * 2, "low": ("low", "high")}[end]
        seen = self.errors if self.thinned is None else self.thinned
        box = [np.array([getattr(rate, side) for rate in seen]) for side in (low, high)]
        if self.thinned is None and self.tagged == 0.0:
            disclosed = tuple(self.efficiency * self.shares)
            share = SecretShare(secret=tuple(self.shares), disclosed=disclosed)
            return share.most(*box) if end == "low" else share.least(*box)
        lost = np.zeros(3)
        if self.thinned is not None:
            lost = np.array([getattr(each, end) for each in self.lost])
        left = np.maximum(1.0 - lost - self.tagged, 0.0)
        # All errors that are seen, or none of them, may be those of the secret bits.
        scale = np.divide(1.0, left, out=np.zeros(3), where=left > 0.0)
        errors = [np.nan_to_num(each * (1.0 - lost), nan=0.0) for each in box]
        few = np.where(left > 0.0, np.maximum(errors[0] - self.tagged, 0.0) * scale, 0.0)
        many = np.where(left > 0.0, np.minimum(errors[1] * scale, 1.0), 1.0)
        share = SecretShare(secret=tuple(self.shares * left))
        found = share.most(few, many) if end == "low" else share.least(few, many)
        return found - self._disclosed(end, lost)

    def _disclosed(self, end: str, lost: Floats) -> float:
        """Bits that error correction discloses, of all bits or of those that thinning leaves."""
        both = [np.minimum([getattr(rate, end) for rate in self.errors], 0.5)]
        leaks = [np.asarray(binary_entropy(both[0]))]
        if self.thinned is not None:
            kept = np.minimum([getattr(rate, end) for rate in self.thinned], 0.5)
            leaks.append((1.0 - lost) * np.asarray(binary_entropy(kept)))
        return self.efficiency * float(self.shares @ np.minimum.reduce(leaks))

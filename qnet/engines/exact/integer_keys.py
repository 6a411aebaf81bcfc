"""Integer keys: times as sums of whole numbers of durations, and convolutions on their lattice.

Durations in simple ratios share a unit; the others have units of their own. A time is then known by
how many of each unit it is, its key; two keys of one time are found equal by that time. Rounds that
follow one another add their keys, so failed rounds are summed on the small lattice of keys by
Fourier transform, whatever the units are: nothing is rounded.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

import numpy as np

from qnet.engines.exact.atoms import Atoms, Keys
from qnet.engines.exact.durations import denominator
from qnet.engines.exact.limits import TooManyKeys
from qnet.states.pauli import Array

__all__ = ["MOST_KEYS", "KeyLattice", "Units"]

#: Most points of a lattice of keys.
MOST_KEYS = 1 << 22

#: Durations share a unit if their ratio is a fraction of at most this denominator, up to rounding;
#: of a finer one a lattice would have more points than with a unit for each.
_FINEST = 12

#: Probability of keys beyond the edge of a lattice.
_BEYOND = 1e-14

#: Atoms of less than this probability are rounding of the transforms.
_NOISE = 2e-17

#: Trials for the exponent of the Chernoff bound that sets the edge.
_TRIALS = 48


class Units:
    """Units of which durations are whole multiples.

    Args:
        durations: In s.

    Examples:
        >>> units = Units([1.0, 1.5, 2.0**0.5])
        >>> units.seconds.tolist()
        [0.5, 1.4142135623730951]
        >>> units.key(1.5)
        array([3, 0])
    """

    def __init__(self, durations: Iterable[float]) -> None:
        families: list[list[float]] = []
        for duration in sorted(set(durations) - {0.0}):
            for family in families:
                if _denominator(duration / family[0]) <= _FINEST:
                    family.append(duration)
                    break
            else:
                families.append([duration])
        self._known: dict[float, tuple[int, int]] = {}
        seconds = []
        for place, family in enumerate(families):
            parts = 1
            for duration in family:
                parts = math.lcm(parts, _denominator(duration / family[0]))
            unit = family[0] / parts
            seconds.append(unit)
            self._known |= {duration: (place, round(duration / unit)) for duration in family}
        self.seconds: Array = np.array(seconds)

    def key(self, duration_s: float) -> Keys:
        """Key (d,) of one of the durations; of zero, zeros."""
        key = np.zeros(len(self.seconds), dtype=np.int64)
        if duration_s > 0.0 and len(key):
            # The same duration, added up in another order, may differ in its last digits.
            nearest = min(self._known, key=lambda known: abs(known - duration_s))
            place, multiple = self._known[nearest]
            key[place] = multiple
        return key


def _denominator(ratio: float) -> int:
    # Beyond the limit, doubles tell no whole numbers apart.
    return denominator(ratio, _FINEST, 2.0**53)


class KeyLattice:
    """Convolution and renewal of atoms with keys.

    Args:
        units: The units of the keys.
        most: Most points of a lattice.

    Raises:
        TooManyKeys: From its methods, if the lattice would have more points.
    """

    def __init__(self, units: Units, most: int = MOST_KEYS) -> None:
        self.units, self.most = units, most

    def convolve(self, terms: Iterable[tuple[Atoms, Atoms]]) -> Atoms:
        """Sums of independent times, see `TimeLattice`; each side's lists are at the same times."""
        from scipy.fft import irfftn, rfftn

        shape: tuple[int, ...] = ()
        total = np.empty(0)
        for one, two in terms:
            if not total.size:
                shape = self._shape(_largest(one) + _largest(two) + 1)
                total = np.zeros((len(two.rows), *shape))
            transform = rfftn(_embed(one, shape)[0])
            for row, sums in zip(two.rows, total, strict=True):
                if row.any():
                    other = _embed(two.with_sequence(row[None]), shape)[0]
                    sums += irfftn(transform * rfftn(other), shape)
        return self._atoms(total, shape)

    def renew(self, success: Atoms, failure: Atoms) -> Atoms:
        """First success of repeated rounds."""
        if not failure.mass.any():
            return success
        # Edges lie beyond the means; these cost nothing to find.
        means = [float(keys @ success.mass) for keys in success.keys]
        self._shape(np.array(means, dtype=np.int64) + 1)
        keys = zip(success.keys, failure.keys, strict=True)
        edges = [_edge(one, success.mass, two, failure.mass) for one, two in keys]
        shape = self._shape(np.array(edges, dtype=np.int64) + 1)
        return self._atoms(_renewed(_embed(success, shape), _embed(failure, shape), shape), shape)

    def concentration(self, atoms: Atoms) -> float:
        """Nothing is rounded."""
        return 0.0

    def _shape(self, lengths: Keys) -> tuple[int, ...]:
        from scipy.fft import next_fast_len

        if math.prod(int(length) for length in lengths) > self.most:
            message = f"more than {self.most} sums of its durations are possible"
            raise TooManyKeys(message)
        return tuple(next_fast_len(int(length), real=True) for length in lengths)

    def _atoms(self, rows: Array, shape: tuple[int, ...]) -> Atoms:
        """The points that hold something, in the order of time."""
        flat = rows.reshape(len(rows), -1)
        seen = np.flatnonzero(flat[0] > _NOISE)
        keys = np.array(np.unravel_index(seen, shape), dtype=np.int64)
        times = self.units.seconds @ keys
        order = np.argsort(times, kind="stable")
        return Atoms(times[order], flat[:, seen[order]], keys[:, order])


def _largest(atoms: Atoms) -> Keys:
    return np.array(atoms.keys.max(axis=1, initial=0), dtype=np.int64)


def _embed(atoms: Atoms, shape: Sequence[int]) -> Array:
    """Rows (k, *shape); what lies beyond the edge is dropped."""
    inside = (atoms.keys < np.array(shape)[:, None]).all(axis=0)
    places = np.ravel_multi_index(tuple(atoms.keys[:, inside]), tuple(shape))
    size = math.prod(shape)
    rows: Array = np.empty((len(atoms.sequence), size))
    for row, filled in zip(atoms.sequence, rows, strict=True):
        filled[:] = np.bincount(places, row[inside], size)
    return rows.reshape(len(rows), *shape)


def _renewed(success: Array, failure: Array, shape: tuple[int, ...]) -> Array:
    """Overwrites ``success``."""
    from scipy.fft import irfftn, rfftn

    resolvent = 1.0 / (1.0 - rfftn(failure[0]))
    for row in success:
        row[:] = irfftn(rfftn(row) * resolvent, shape)
    return success


def _edge(succeeding: Keys, success: Array, failing: Keys, failure: Array) -> int:
    """A number that the key of a delivery exceeds with next to no probability.

    Chernoff's bound: ``P(n >= N) <= exp(-x N) E[exp(x n)]``, with the generating function of a
    delivery ``s / (1 - f)`` at any x where ``f < 1``.
    """
    longest = int(max(succeeding.max(initial=0), failing.max(initial=0)))
    if not failing.any():
        return longest
    mean = float(failing @ failure + succeeding @ success) / max(float(success.sum()), 1e-300)
    best = np.inf
    for exponent in np.geomspace(1e-3 / max(mean, 1.0), 3.0, _TRIALS):
        if exponent * longest > 600.0:
            break
        failed = float(np.exp(exponent * failing) @ failure)
        if failed >= 1.0:
            break
        delivered = float(np.exp(exponent * succeeding) @ success) / (1.0 - failed)
        best = min(best, math.log(max(delivered / _BEYOND, 1.0)) / exponent)
    if not math.isfinite(best):
        message = "rounds fail too often for the sums of its durations to be listed"
        raise TooManyKeys(message)
    return math.ceil(best)

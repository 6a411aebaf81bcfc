"""Quantum memories: how one stored qubit decays, as a closed form in the storage time."""

from __future__ import annotations

import math
from dataclasses import InitVar, dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from qnet.errors import EngineError, ParameterError, check_integer
from qnet.hardware.description import Description, check_time, decay_time, success_probability
from qnet.schema import check_fields, conflict, key

__all__ = ["Memory"]

_TWICE_T1: Any = None  # typed so that t2_s is a plain float for those who read it

_POSITIVE = {"exclusiveMinimum": 0}


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Memory(Description):
    r"""A quantum memory. All times act on one qubit; the kinds of decay may be combined.

    The Bloch vector (x, y, z) obeys

    .. math::
        \dot x = -\gamma x, \quad \dot y = -\gamma y, \quad \dot z = -g z + 1/T_1, \qquad
        \gamma = 1/T_2 + 1/T_d + 1/T_\varphi, \quad g = 1/T_1 + 1/T_d,

    with relaxation ``t1_s`` towards :math:`|0\rangle` and total coherence time ``t2_s``,
    depolarizing time :math:`T_d` (the whole Bloch vector falls as ``exp(-t/T_d)``) and extra
    dephasing time :math:`T_\varphi` (x and y fall as ``exp(-t/T_phi)``).

    The literature often gives the time of a stored *pair*, both of whose qubits decay: the Werner
    parameter, or the coherence, of the pair falls as ``exp(-t/T)`` in all, so each qubit's own time
    is ``2 T``. Such a time has keys of its own, and is kept as that of a qubit.

    What links, plans and engines ask of a memory is `pauli_transfer`. A subclass with another one
    and ``rates = None`` decays in another way: a stretch of storage then begins when a link or a
    distillation delivers the pair and ends when the qubit is measured or distilled, and the matrix
    of its whole length applies. (The wait for a herald is a stretch of its own.) The sampled and
    the circuit engine play it, if it has no relaxation; the exact engine needs the rates.

    Args:
        t1_s: Relaxation time in s.
        t2_s: Coherence time in s, at most ``2 t1_s``; None means ``2 t1_s``.
        depolarizing_time_s: Depolarizing time in s, of one qubit.
        dephasing_time_s: Dephasing time in s, of one qubit, on top of what ``t2_s`` says.
        pair_depolarizing_time_s: Depolarizing time in s of a pair stored in two such memories, in
            place of ``depolarizing_time_s``.
        pair_dephasing_time_s: Dephasing time in s of a stored pair, in place of
            ``dephasing_time_s``.
        modes: Number of qubits (temporal, spectral or spatial modes) that can be stored at once.
        efficiency: Probability that an arriving photon is stored (absorptive memories: the
            midpoint-source scheme). Storage itself loses no qubit.

    Raises:
        ParameterError: If a time is finite and outside 1e-15 s to 1e301 s, is given of a qubit and
            of a pair, ``t2_s > 2 t1_s``, ``modes`` is no whole number above zero or ``efficiency``
            no probability.

    Examples:
        >>> Memory(t1_s=0.1)
        Memory(t1_s=0.1, t2_s=0.2)
        >>> Memory(pair_dephasing_time_s=1.0)
        Memory(dephasing_time_s=2.0)
        >>> Memory(t2_s=1.0).is_bell_diagonal
        True
        >>> Memory(t1_s=1.0, t2_s=3.0)
        Traceback (most recent call last):
        ...
        qnet.errors.ParameterError: t2_s must not exceed 2 t1_s, t1_s = 1.0 (got 3.0); lower t2_s
    """

    t1_s: float = decay_time(math.inf)
    t2_s: float = decay_time(_TWICE_T1)
    depolarizing_time_s: float = decay_time(math.inf)
    dephasing_time_s: float = decay_time(math.inf)
    pair_depolarizing_time_s: InitVar[float | None] = key(
        None, range=_POSITIVE, excludes=("depolarizing_time_s",), example=1.0
    )
    pair_dephasing_time_s: InitVar[float | None] = key(
        None, range=_POSITIVE, excludes=("dephasing_time_s",), example=1.0
    )
    modes: int = key(1, check=check_integer)
    efficiency: float = success_probability()

    def __post_init__(
        self, pair_depolarizing_time_s: float | None, pair_dephasing_time_s: float | None
    ) -> None:
        self._store_pair_time("depolarizing_time_s", pair_depolarizing_time_s)
        self._store_pair_time("dephasing_time_s", pair_dephasing_time_s)
        check_fields(self)
        if self.t2_s is _TWICE_T1:
            object.__setattr__(self, "t2_s", 2.0 * self.t1_s)
        if self.t2_s > 2.0 * self.t1_s:
            rule = f"not exceed 2 t1_s, t1_s = {self.t1_s}"
            raise ParameterError("t2_s", rule, self.t2_s, "lower t2_s")

    def _store_pair_time(self, name: str, time_s: float | None) -> None:
        """Keep the time of a stored pair as that of each of its qubits."""
        if time_s is None:
            return
        field = f"pair_{name}"
        if getattr(self, name) != math.inf:
            raise conflict(field, time_s, name)
        check_time(field, 2.0 * check_time(field, time_s))
        object.__setattr__(self, name, 2.0 * time_s)

    @property
    def rates(self) -> tuple[float, float] | None:
        """Decay rates in 1/s of x and y, and of z; None where the decay is not exponential.

        The first is ``1/T2 + 1/T_d + 1/T_phi``, the second ``1/T1 + 1/T_d``.

        Examples:
            >>> Memory(t2_s=0.5, dephasing_time_s=0.25).rates
            (6.0, 0.0)
        """
        return _rates(self)

    @property
    def transverse_rate_hz(self) -> float:
        """Decay rate of x and y in 1/s.

        Raises:
            EngineError: If the decay is not exponential.
        """
        return _exponential(self)[0]

    @property
    def longitudinal_rate_hz(self) -> float:
        """Decay rate of z in 1/s.

        Raises:
            EngineError: If the decay is not exponential.
        """
        return _exponential(self)[1]

    @property
    def is_perfect(self) -> bool:
        """Whether storage changes nothing, however long (``efficiency`` plays no part in it).

        Examples:
            >>> Memory(efficiency=0.5).is_perfect
            True
        """
        return self.rates == (0.0, 0.0)

    @property
    def is_unital(self) -> bool:
        """Whether the maximally mixed state stays as it is: no relaxation.

        Examples:
            >>> Memory(t1_s=1.0).is_unital
            False
        """
        return math.isinf(self.t1_s)

    @property
    def is_bell_diagonal(self) -> bool:
        """Whether storage keeps Bell-diagonal pairs Bell-diagonal: no relaxation.

        Examples:
            >>> Memory(depolarizing_time_s=1.0).is_bell_diagonal
            True
        """
        return self.is_unital

    def pauli_transfer(self, t: ArrayLike) -> NDArray[np.float64]:
        """Pauli-transfer matrix of storing one qubit for the time ``t``.

        Args:
            t: Storage time in s, zero or more; scalar or array of shape (...).

        Returns:
            Array (..., 4, 4): rows and columns in the order I, X, Y, Z.

        Raises:
            ParameterError: If a time is negative or not finite.

        Examples:
            >>> Memory(t1_s=1.0, t2_s=0.5).pauli_transfer(1.0).round(3)
            array([[1.   , 0.   , 0.   , 0.   ],
                   [0.   , 0.135, 0.   , 0.   ],
                   [0.   , 0.   , 0.135, 0.   ],
                   [0.632, 0.   , 0.   , 0.368]])
        """
        times = np.asarray(t, dtype=np.float64)
        if not (np.isfinite(times) & (times >= 0.0)).all():
            raise ParameterError("t", "be finite and not negative", t, "give a time in seconds")
        transverse, rate = _rates(self)
        fixed_point = 0.0 if rate == 0.0 else 1.0 / self.t1_s / rate
        matrix = np.zeros((*times.shape, 4, 4))
        matrix[..., 0, 0] = 1.0
        matrix[..., 1, 1] = matrix[..., 2, 2] = np.exp(-times * transverse)
        matrix[..., 3, 3] = np.exp(-times * rate)
        matrix[..., 3, 0] = fixed_point * -np.expm1(-times * rate)
        return matrix


def _rates(memory: Memory) -> tuple[float, float]:
    """Rates in 1/s that the four times give, of x and y and of z."""
    depolarizing = 1.0 / memory.depolarizing_time_s
    transverse = 1.0 / memory.t2_s + depolarizing + 1.0 / memory.dephasing_time_s
    return transverse, 1.0 / memory.t1_s + depolarizing


def _exponential(memory: Memory) -> tuple[float, float]:
    if memory.rates is None:
        message = (
            f"{memory!r} has no decay rates: its decay is not exponential; play the plan on the "
            "sampled or the circuit engine"
        )
        raise EngineError(message)
    return memory.rates

"""Estimator of a gate: interleaved randomized benchmarking.

Random Clifford sequences of length m keep ``A p^m + B`` of the state. With the gate between any two
Cliffords p falls to ``p_int``; the gate's average infidelity is ``r = (d - 1)/d (1 - p_int/p_ref)``
(E. Magesan et al., Phys. Rev. Lett. 109, 080505 (2012), doi:10.1103/PhysRevLett.109.080505), and as
a depolarising channel ``rho -> (1 - l) rho + l I/d`` it has ``l = 1 - p_int/p_ref``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from protocols.characterisation.measured import (
    Characterised,
    DrawnParameter,
    EstimationSettings,
    MeasuredValue,
)
from protocols.characterisation.readout import check_counts
from protocols.characterisation.sequence_decay import fitted_survival
from qnet.errors import ParameterError, check_probability, check_real
from qnet.schema import NOTHING, Description, Whole, check_fields, key

__all__ = ["Benchmarking"]

Array = NDArray[np.float64]

_STREAM = 7

#: Refitted draws of a decay; each is a search of its own.
_REFITTED = 300


def _decay(field: str, value: object) -> tuple[float, float]:
    """A decay parameter, with its standard error or none."""
    if not isinstance(value, list | tuple):
        value = [value, 0.0]
    if len(value) != 2:
        raise ParameterError(field, "be a number, or [number, error]", value, "write 0.985")
    number = check_real(f"{field}[0]" if value[1] else field, value[0])
    if not 0.0 < number <= 1.0:
        hint = "it is what one more Clifford leaves of the signal"
        raise ParameterError(field, "lie in (0, 1]", number, hint)
    return number, check_probability(f"{field}[1]", value[1], "give its standard error")


def _survivals(field: str, value: object) -> tuple[tuple[int, ...], ...]:
    """Counts of sequences that kept the state, and that did not, a row for each length."""
    if not isinstance(value, list | tuple):
        raise ParameterError(field, "be a list of counts", value, "write [[kept, lost], ...]")
    return tuple(check_counts(f"{field}[{k}]", row, "kept lost") for k, row in enumerate(value))


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class Benchmarking(Description):
    """Interleaved randomized benchmarking of a gate: table "benchmarking".

    Args:
        p_ref: Decay parameter of the reference sequences; with its standard error as a list of two.
        p_int: The same with the gate between any two Cliffords.
        lengths: Numbers of Cliffords of the sequences, in place of both.
        reference: Counts ``[kept, lost]`` of the reference sequences of each length.
        interleaved: The same with the gate between.
        qubits: Number of qubits that the gate acts on.

    Raises:
        ParameterError: If neither or both forms are given, or a number breaks its rule.

    Examples:
        >>> gate = Benchmarking(p_ref=0.985, p_int=0.975)
        >>> round(gate.characterise(EstimationSettings()).values["infidelity"].best, 10)
        0.0076142132
    """

    p_ref: tuple[float, float] | None = key(
        None, read=_decay, excludes=("reference",), example=0.985
    )
    p_int: tuple[float, float] | None = key(
        None, read=_decay, excludes=("interleaved",), example=0.975
    )
    lengths: tuple[int, ...] | None = key(
        None, check=Whole(minimum=0, maximum=10**7), example=[1, 10, 40]
    )
    reference: tuple[tuple[int, ...], ...] | None = key(
        None, read=_survivals, example=[[985, 15], [890, 110], [660, 340]]
    )
    interleaved: tuple[tuple[int, ...], ...] | None = key(
        None, read=_survivals, example=[[975, 25], [825, 175], [525, 475]]
    )
    qubits: int = key(2, check=Whole(minimum=1, maximum=3))

    def __post_init__(self) -> None:
        check_fields(self)
        names = ("p_ref", "p_int")
        if self.lengths is not None:
            names = ("reference", "interleaved")
        for name in names:
            if getattr(self, name) is None:
                hint = "write p_ref and p_int, or lengths, reference and interleaved"
                raise ParameterError(name, "be given", NOTHING, hint)
        if self.lengths is None:
            return
        if len(set(self.lengths)) < 3:
            rule = "hold three lengths that differ"
            raise ParameterError("lengths", rule, self.lengths, "a decay has three unknowns")
        for name in names:
            if len(getattr(self, name)) != len(self.lengths):
                rule = f"hold one entry for each of the {len(self.lengths)} lengths"
                raise ParameterError(name, rule, getattr(self, name), "in the order of lengths")

    def characterise(self, settings: EstimationSettings) -> Characterised:
        """Average infidelity, depolarising strength and both decay parameters."""
        best, errors, draws = self._given(settings) if self.lengths is None else self._fit(settings)
        share = 1.0 - 0.5**self.qubits
        strength = 1.0 - best[1] / best[0]
        drawn = 1.0 - draws[:, 1] / draws[:, 0]
        n = sum(sum(row) for row in (*(self.reference or ()), *(self.interleaved or ())))
        error = float((1.0 - strength) * np.hypot(errors[0] / best[0], errors[1] / best[1]))
        found = MeasuredValue.drawn(strength, drawn, n=n, alpha=settings.alpha, error=error)
        values: dict[str, Any] = {
            "infidelity": found.changed(lambda each: share * each, share),
            "depolarizing": found,
        }
        for k, name in enumerate(("p_ref", "p_int")):
            values[name] = MeasuredValue.drawn(
                float(best[k]), draws[:, k], n=n, alpha=settings.alpha, error=float(errors[k])
            )
        values["infidelity_bound"] = _shift(best[0], best[1], 2**self.qubits)
        remarks = ["errors of unequal Cliffords shift infidelity by up to infidelity_bound"]
        if not errors.any():
            remarks.append("p_ref and p_int are given without errors: no interval")
        if strength < 0.0:
            remarks.append("the gate seems better than none: in a chain it is perfect")
        parameters = {}
        if self.qubits == 2:
            parameters["gate_depolarizing"] = DrawnParameter(np.array(strength), drawn)
        return Characterised(values, tuple(remarks), parameters)

    def _given(self, settings: EstimationSettings) -> tuple[Array, Array, Array]:
        best, errors = np.array([self.p_ref, self.p_int]).T
        noise = settings.generator(_STREAM).standard_normal((settings.draws, 2))
        return best, errors, np.maximum(best + errors * noise, 1e-9)

    def _fit(self, settings: EstimationSettings) -> tuple[Array, Array, Array]:
        """Fit both decays, and again to counts drawn from the fits."""
        generator = settings.generator(_STREAM)
        lengths = np.array(self.lengths, dtype=np.float64)
        best, draws = [], []
        for counts in (self.reference, self.interleaved):
            rows = np.array(counts, dtype=np.float64)
            shots = rows.sum(axis=1)
            shares = rows[:, 0] / shots
            p, curve = fitted_survival(lengths, shares[None, :], shots)
            again = generator.binomial(shots.astype(np.int64), curve[0], (_REFITTED, len(shots)))
            drawn, _ = fitted_survival(lengths, again / shots, shots)
            best.append(float(p[0]))
            draws.append(drawn)
        columns = np.stack(draws, axis=1)
        picked = np.resize(np.arange(_REFITTED), settings.draws)
        return np.array(best), columns.std(axis=0, ddof=1), columns[picked]


def _shift(p_ref: float, p_int: float, d: int) -> float:
    """How far the average infidelity may be off where Cliffords differ (Magesan et al., eq. 5)."""
    lost = 1.0 - p_ref
    first = (d - 1.0) / d * (abs(p_ref - p_int / p_ref) + lost)
    square = d * d - 1.0
    second = 2.0 * square * lost / (p_ref * d * d) + 4.0 * np.sqrt(lost * square) / p_ref
    return float(min(first, second))

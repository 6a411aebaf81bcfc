"""Estimator of a memory: T1 and T2 out of contrasts or counts after several delays."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from protocols.characterisation.correlators import cautious_variance
from protocols.characterisation.decay import FittedDecay, fit_decay
from protocols.characterisation.measured import Characterised, DrawnParameter, EstimationSettings
from protocols.characterisation.readout import check_counts
from qnet.errors import ParameterError
from qnet.schema import NOTHING, Description, Within, check_fields, key

__all__ = ["DecayTable", "MeasuredMemory"]

Array = NDArray[np.float64]

_STREAMS = {"t1": 5, "t2": 6}

_DELAY = Within(low=0.0, high=1e9, rule="lie in [0, 1e9] s", hint="give the delays in seconds")

#: Least difference of the first and the last delay, in s.
_SHORTEST_S = 1e-15

_ERROR = Within(
    low=1e-12, high=2.0, rule="lie in [1e-12, 2]", hint="give the standard error of a contrast"
)

_CONTRAST = Within(
    low=-1.0, high=1.0, rule="lie in [-1, 1]", hint="a contrast is a difference of probabilities"
)


def _rows(field: str, value: object) -> tuple[tuple[int, ...], ...]:
    """Counts of 0 and 1, a row for each delay."""
    if not isinstance(value, list | tuple):
        raise ParameterError(field, "be a list of counts", value, "write [[n0, n1], [n0, n1]]")
    return tuple(check_counts(f"{field}[{k}]", row, "n0 n1") for k, row in enumerate(value))


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class DecayTable(Description):
    """What was left of a qubit after delays: "t1" or "t2" of the table "memory".

    Args:
        times_s: The delays, at least two that differ.
        contrasts: What was left of the contrast after each, in place of counts.
        errors: Standard error of each contrast.
        counts: Counts ``[n0, n1]`` after each: for "t1" of a qubit that began in 1, for "t2" of one
            that began in +, turned back before it is read, so that 0 is what had not decayed.
        qubit: Name of the qubit in "readout", whose errors are undone in counts.

    Raises:
        ParameterError: If neither or both of contrasts and counts are given, or they do not go with
            the delays.

    Examples:
        >>> DecayTable(times_s=[20e-6, 100e-6], contrasts=[0.81, 0.55]).times_s
        (2e-05, 0.0001)
    """

    times_s: tuple[float, ...] | None = key(None, check=_DELAY, example=[2e-5, 1e-4])
    contrasts: tuple[float, ...] | None = key(
        None, check=_CONTRAST, excludes=("counts",), example=[0.81, 0.55]
    )
    errors: tuple[float, ...] | None = key(None, check=_ERROR, example=[0.01, 0.01])
    counts: tuple[tuple[int, ...], ...] | None = key(
        None, read=_rows, example=[[905, 95], [775, 225]]
    )
    qubit: str | None = key(None, example="A")

    def __post_init__(self) -> None:
        check_fields(self)
        times = self.times_s
        if times is None:
            raise ParameterError("times_s", "be given", NOTHING, "write the delays in s")
        if len(times) < 2 or max(times) - min(times) < _SHORTEST_S:
            raise ParameterError("times_s", "hold two delays that differ", times, "wait longer")
        if self.contrasts is None and self.counts is None:
            raise ParameterError("contrasts", "be given, or counts", NOTHING, "one for each delay")
        if self.errors is not None and self.contrasts is None:
            raise ParameterError(
                "errors", "be left out beside counts", self.errors, "counts say their own errors"
            )
        for name in ("contrasts", "errors", "counts"):
            value = getattr(self, name)
            if value is not None and len(value) != len(times):
                rule = f"hold one entry for each of the {len(times)} delays"
                raise ParameterError(name, rule, value, "in the order of times_s")

    @property
    def n(self) -> int:
        """Number of counts behind it."""
        return sum(map(sum, self.counts or ()))

    def measured(self, settings: EstimationSettings, *, of_one: bool) -> tuple[Array, Array | None]:
        """Contrasts (k,), and their covariance (k, k) where it is known.

        Args:
            settings: The readout to undo.
            of_one: Whether the contrast is the probability of 1, not the mean of Z.
        """
        if self.counts is None:
            errors = self.errors
            known = None if errors is None else np.diag(np.square(errors))
            return np.array(self.contrasts, dtype=np.float64), known
        qubit = self.qubit or ""
        readout = settings.readout_of(qubit)
        counts = np.array(self.counts, dtype=np.float64)
        shares = counts / counts.sum(axis=1, keepdims=True)
        means = shares @ readout.weights
        own = cautious_variance(counts, readout.weights, settings.alpha)
        slopes = shares @ readout.slopes.T
        covariance = np.diag(own) + (slopes * readout.variances) @ slopes.T
        return ((1.0 - means) / 2.0, covariance / 4.0) if of_one else (means, covariance)


@dataclass(frozen=True, slots=True, kw_only=True, repr=False)
class MeasuredMemory(Description):
    """Relaxation and coherence of a stored qubit: table "memory".

    Args:
        t1: What was left of 1 after delays.
        t2: What was left of the coherence after delays.

    Raises:
        ParameterError: If neither is given, or a contrast is not positive.

    Examples:
        >>> decay = DecayTable(times_s=[20e-6, 100e-6], contrasts=[0.81, 0.55])
        >>> found = MeasuredMemory(t2=decay).characterise(EstimationSettings())
        >>> f"{found.values['t2_s'].best:.9g}"
        '0.000206656419'
    """

    t1: DecayTable | None = None
    t2: DecayTable | None = None

    def __post_init__(self) -> None:
        check_fields(self)
        if self.t1 is None and self.t2 is None:
            hint = 'write "t2": {"times_s": [...], "contrasts": [...]}'
            raise ParameterError("t2", "be given, or t1", NOTHING, hint)

    @property
    def reads(self) -> tuple[str, ...]:
        """Names of the qubits whose readout it undoes."""
        return tuple(each.qubit for each in (self.t1, self.t2) if each and each.qubit)

    def characterise(self, settings: EstimationSettings) -> Characterised:
        """Time constants in s, and the contrast at no delay.

        Raises:
            ParameterError: If a contrast is not positive.
        """
        values: dict[str, Any] = {}
        parameters: dict[str, DrawnParameter] = {}
        remarks: list[str] = []
        for name in ("t1", "t2"):
            table: DecayTable | None = getattr(self, name)
            if table is None:
                continue
            fitted = _fitted(name, table, settings)
            values[f"{name}_s"] = fitted.time(table.n)
            values[f"{name}_contrast_at_start"] = fitted.start
            draws = fitted.drawn_times(settings.generator(_STREAMS[name]), settings.draws)
            best = np.array(values[f"{name}_s"].best)
            parameters[f"{name}_s"] = DrawnParameter(best, draws)
            remarks += _remarks(name, table, fitted, settings)
        if {"t1_s", "t2_s"} <= values.keys() and values["t2_s"].best > 2.0 * values["t1_s"].best:
            remarks.append("t2_s exceeds 2 t1_s, which no qubit does: played as 2 t1_s")
        return Characterised(values, tuple(remarks), parameters)


def _fitted(name: str, table: DecayTable, settings: EstimationSettings) -> FittedDecay:
    if table.qubit is not None and settings.calibrated(table.qubit) is None:
        hint = f'write "readout": {{"{table.qubit}": [p(1|0), p(0|1)]}}'
        field = f"memory.{name}.qubit"
        raise ParameterError(field, "have a readout", table.qubit, hint)
    contrasts, covariance = table.measured(settings, of_one=name == "t1")
    for k, value in enumerate(contrasts):
        if value <= 0.0:
            place = f"memory.{name}.{'contrasts' if table.counts is None else 'counts'}[{k}]"
            hint = "a logarithm is taken of it: leave out delays after which nothing is left"
            raise ParameterError(place, "leave a positive contrast", float(value), hint)
    return fit_decay(np.array(table.times_s), contrasts, covariance, settings.alpha)


def _remarks(
    name: str, table: DecayTable, fitted: FittedDecay, settings: EstimationSettings
) -> list[str]:
    found = []
    if fitted.rate_error_hz is None:
        found.append(f"{name}_s has no interval: two contrasts without errors say nothing of it")
    if fitted.rate_hz <= 0.0:
        found.append(f"{name}_s is infinite: nothing decays over these delays")
    elif fitted.rate_error_hz and fitted.rate_hz < fitted.quantile * fitted.rate_error_hz:
        found.append(f"{name}_s has no upper end: wait longer, or count more")
    if table.counts is not None and table.qubit is None and settings.readout:
        found.append(f"memory.{name}.qubit is not given: its readout is not undone")
    if not math.isclose(fitted.start, 1.0, abs_tol=0.5):
        found.append(f"the contrast at no delay is {fitted.start:.4g}, far from 1")
    return found

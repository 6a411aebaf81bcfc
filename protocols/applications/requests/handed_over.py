"""Pairs that a link layer hands over: which come in time, when, and in what state."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from protocols.applications.needs import ideal_vector
from qnet.network.session_records import SessionRecords, kept_until

if TYPE_CHECKING:
    from protocols.applications.requests.create import CreateRequest
    from qnet.network import NetworkCase
    from qnet.states.pauli import Array

__all__ = ["HandedOver"]

#: What a session's reason is called among errors.
_CODES = {"gave_up": "TIMEOUT", "refused": "REJECTED", "no_route": "NORES"}

#: Share of a time that is rounding.
_ROUNDING = 1e-12


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class HandedOver:
    """What one request got in one replica.

    Args:
        records: Its comings, and what the network delivered.
        codes: Of each coming, the error that it ends with; empty where it got all its pairs.
        limits: When its time is over, (n,), in s of the run; infinite for never.
        is_ok: Of each pair that was delivered, whether it is handed over, (m,).
        times: When, (m,): an atomic request's pairs at once, with its last.
        states: Pauli vectors (m, 16) then, the qubit of the node that asked first.
    """

    records: SessionRecords
    codes: tuple[str, ...]
    limits: Array
    is_ok: npt.NDArray[np.bool_]
    times: Array
    states: Array

    @classmethod
    def of(cls, case: NetworkCase, request: CreateRequest, records: SessionRecords) -> HandedOver:
        """What a request got.

        Args:
            case: What was played.
            request: The request.
            records: Of its demand in one replica.
        """
        limit = np.inf if request.max_time_s is None else request.max_time_s
        limits = (records.arrivals + limit) * (1.0 + _ROUNDING)
        codes = tuple(map(_code, records.reasons, records.ends, limits))
        owners, times, states = records.owners, records.times, records.states
        is_ok = times <= limits[owners]
        if request.atomic:
            is_whole = np.array([not code for code in codes], dtype=bool)
            is_ok = is_whole[owners]
            rows = np.flatnonzero(is_ok)
            waits = records.ends[owners[rows]] - times[rows]
            times, states = times.copy(), states.copy()
            states[rows] = kept_until(case, records, rows, np.maximum(waits, 0.0))
            times[rows] = records.ends[owners[rows]]
        return cls(
            records=records, codes=codes, limits=limits, is_ok=is_ok, times=times, states=states
        )

    @property
    def fidelities(self) -> Array:
        """Fidelity with Phi+ of each pair when it was handed over, (m,)."""
        return np.asarray(self.states @ ideal_vector("pair", 2) / 4.0)


def _code(why: str, end: float, limit: float) -> str:
    """Error that a coming ends with; none where it has got all."""
    if why:
        return _CODES[why]
    if np.isnan(end):
        return "OTHER"
    return "TIMEOUT" if end > limit else ""

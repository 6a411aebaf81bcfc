"""Answering of requests: an OK for each pair that is handed over, and errors for the others."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from protocols.applications.needs import ideal_vector
from protocols.applications.requests.answers import (
    OkKeep,
    OkMeasure,
    OkRemoteState,
    PairAnswer,
    RequestError,
)
from protocols.applications.requests.bases import (
    BASES,
    RANDOM_BASES,
    joint_outcomes,
    prepared_states,
)
from protocols.applications.requests.handed_over import HandedOver
from qnet.network.streams import named_stream

if TYPE_CHECKING:
    from protocols.applications.requests.create import CreateRequest
    from qnet.network import NetworkCase
    from qnet.network.session_records import SessionRecords
    from qnet.noise import Noise
    from qnet.states.pauli import Array

__all__ = ["Answering"]

_SENTENCES = {
    "TIMEOUT": "{got} of {asked} pairs came within max_time",
    "REJECTED": "no memories were free when it came, and the network lets nobody wait",
    "NORES": "there is no route",
    "OTHER": "it was not over when the run was ended, long after its measured time",
}


@dataclass(frozen=True, kw_only=True)
class Answering:
    """How one request is answered.

    Args:
        case: The network that was played.
        number: Number of the request.
        request: The request.
        noise: Noise of gates and readout where pairs are measured.
    """

    case: NetworkCase
    number: int
    request: CreateRequest
    noise: Noise

    def answers(self, records: SessionRecords, most: int) -> list[PairAnswer | RequestError]:
        """Answers to its first comings in one replica, in the order of time.

        Args:
            records: What the network delivered.
            most: How many comings are answered.
        """
        handed = HandedOver.of(self.case, self.request, records.measured)
        rng = named_stream(self.case.seed, records.replica, "measured", self.number)
        rows = np.flatnonzero(handed.records.owners < most)
        found: list[tuple[float, PairAnswer | RequestError]] = []
        for row in rows[np.argsort(handed.times[rows], kind="stable")].tolist():
            if handed.is_ok[row]:
                found.append((float(handed.times[row]), self._ok(handed, row, rng)))
        for place, code in enumerate(handed.codes[:most]):
            if code:
                found += [(error.time_s or 0.0, error) for error in self._errors(handed, place)]
        return [answer for _, answer in sorted(found, key=lambda each: each[0])]

    def _ok(self, handed: HandedOver, row: int, rng: np.random.Generator) -> PairAnswer:
        state = handed.states[row]
        said: dict[str, Any] = {
            "request": self.number,
            "create_id": int(handed.records.owners[row]),
            "sequence_number": row,
            "node": self.request.node,
            "remote_node": self.request.remote_node,
            "purpose": self.request.purpose,
            "goodness": float(handed.fidelities[row]),
            "time_s": float(handed.times[row]),
        }
        if self.request.type == "keep":
            return OkKeep(**said, state=state)
        local, angles = self._drawn("local", rng)
        if self.request.type == "remote-state":
            return self._prepared(said, state, (local, angles), rng)
        remote, others = self._drawn("remote", rng)
        chances = self._effects[angles, others] @ state
        bits = int(rng.choice(4, p=chances.clip(0.0) / chances.clip(0.0).sum()))
        return OkMeasure(
            **said, outcome=bits >> 1, basis=local, remote_outcome=bits & 1, remote_basis=remote
        )

    def _prepared(
        self,
        said: dict[str, Any],
        state: Array,
        basis: tuple[str, tuple[float, ...]],
        rng: np.random.Generator,
    ) -> OkRemoteState:
        name, angles = basis
        found = prepared_states(angles, self.noise) @ state
        bit = int(rng.random() * found[:, 0].sum() >= found[0, 0])
        qubit = found[bit] / found[bit, 0]
        wanted = (prepared_states(angles) @ ideal_vector("pair", 2))[bit]
        fidelity = float(qubit @ (wanted / wanted[0]) / 2.0)
        return OkRemoteState(**said, outcome=bit, basis=name, state=qubit, state_fidelity=fidelity)

    def _drawn(self, side: str, rng: np.random.Generator) -> tuple[str, tuple[float, ...]]:
        """Name and angles of the basis at one of the nodes."""
        names = RANDOM_BASES[getattr(self.request, f"random_basis_{side}")]
        if not names:
            return "rotation", tuple(getattr(self.request, f"rotation_{side}"))
        name = names[int(rng.integers(len(names)))]
        return name, BASES[name]

    @cached_property
    def _effects(self) -> dict[tuple[tuple[float, ...], tuple[float, ...]], Array]:
        """Effects of the outcomes by the angles at both nodes."""
        local, remote = (self._angles(side) for side in ("local", "remote"))
        return {(a, b): joint_outcomes(a, b, self.noise) for a in local for b in remote}

    def _angles(self, side: str) -> list[tuple[float, ...]]:
        names = RANDOM_BASES[getattr(self.request, f"random_basis_{side}")]
        if not names:
            return [tuple(getattr(self.request, f"rotation_{side}"))]
        return [BASES[name] for name in names]

    def _errors(self, handed: HandedOver, place: int) -> Iterator[RequestError]:
        """Errors of a coming that did not get all its pairs."""
        records, code = handed.records, handed.codes[place]
        rows = np.flatnonzero(records.owners == place)
        in_time = rows[records.times[rows] <= handed.limits[place]]
        end = float(records.ends[place])
        time = None if np.isnan(end) else min(end, float(handed.limits[place]))
        if self.request.atomic and len(in_time):
            yield RequestError(
                code="EXPIRE",
                request=self.number,
                reason="an atomic request gives up the pairs that it has",
                create_id=place,
                time_s=time,
                sequence_numbers=(int(in_time[0]), int(in_time[-1])),
            )
        reason = _SENTENCES[code].format(got=len(in_time), asked=self.request.number)
        yield RequestError(
            code=code, request=self.number, reason=reason, create_id=place, time_s=time
        )

"""Log of a search for the best plan: its candidates are points of a store, like all others."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, ClassVar

from experiments.sweep.batch import batch_of
from experiments.sweep.counts import RowAnswer
from experiments.sweep.stopping import StoppingRule
from experiments.sweep.store import Store, StoredSweep
from experiments.sweep.sweep import SweepPoint
from experiments.sweep.task import Task
from protocols.planning.optimise import Candidate, Trial
from qnet.errors import EngineError
from qnet.schema import canonical, digest

__all__ = ["CandidateTask", "SearchLog"]


@dataclass(frozen=True, kw_only=True, eq=False)
class CandidateTask(Task):
    """A candidate of a search, which the search itself plays.

    Args:
        trial_identity: Digest of all that the outcome depends on, from the search.
    """

    trial_identity: str
    engine: ClassVar[str] = "exact"  # type: ignore[misc]

    @cached_property
    def text(self) -> str:
        """The readable text behind the identity."""
        return json.dumps({"candidate": self.trial_identity}) + "\n"

    def seed(self, root: int, batch: int) -> None:
        """None: nothing is drawn."""

    def play(self, seed: int | None) -> RowAnswer:
        """Raise an error: what a candidate comes to depends on the search.

        Raises:
            EngineError: Always.
        """
        message = "a candidate is played by its search: qnet optimize FILE --store RESULTS.db"
        raise EngineError(message)


class SearchLog:
    """The candidates of a search in a store: a sweep whose points come one by one.

    Args:
        store: Where they are kept.
        name: Name of the search, for ``qnet results``.
        said: What is searched: another one is another search of that name.
        axes: Entries of its trials that tell them apart beside the parameters of a candidate.

    Examples:
        >>> from protocols.planning.optimise import Candidate
        >>> with Store(":memory:", create=True) as store:
        ...     log = SearchLog(store, "best", "a chain")
        ...     log["x"] = Trial(candidate=Candidate(segments=4), fidelity=0.9).as_dict()
        ...     log.get("x")["fidelity"], log.get("y")
        (0.9, None)
    """

    def __init__(self, store: Store, name: str, said: object, *, axes: Sequence[str] = ()) -> None:
        # A candidate that is played again, for proven figures, is told from its estimate.
        self.store, self._more = store, ("is_coarse", *axes)
        self._sweep = StoredSweep(
            identity=digest(json.dumps(["search", name, canonical(said)])),
            name=name,
            root=0,
            until=StoppingRule(shots=1).to_json(),
            axes=(*Candidate().parameters(), *self._more),
            text="",
            begun_at="",
        )

    @property
    def size(self) -> int:
        """Number of trials that are there."""
        return self.store.unfinished(self._sweep.identity)[0]

    def get(self, identity: str) -> Mapping[str, Any] | None:
        """The trial of a candidate as it was kept; None where it was not.

        Raises:
            ParameterError: If the store cannot be read.
        """
        task = CandidateTask(trial_identity=identity)
        found = [batch.counts for batch in self.store.batches(task.identity, self._sweep.root)]
        if not found or not isinstance(found[0], RowAnswer):
            return None
        trial: dict[str, Any] = found[0].row["trial"]
        self._append(task, trial)
        return trial

    def __setitem__(self, identity: str, trial: dict[str, Any]) -> None:
        """Keep a trial: when this returns, no kill can take it back.

        Raises:
            ParameterError: If the store cannot be written.
        """
        task, found = CandidateTask(trial_identity=identity), Trial.from_dict(trial)
        row = {**found.figures, "how": found.how, "reason": found.reason, "trial": trial}
        row["security"] = found.security.as_dict()
        self.store.add(batch_of(task, RowAnswer.of(row), self._sweep.root, 0, None, 0.0))
        self._append(task, trial)

    def _append(self, task: CandidateTask, trial: Mapping[str, Any]) -> None:
        axes = {**trial["candidate"], **{name: trial[name] for name in self._more if name in trial}}
        self.store.append(self._sweep, SweepPoint(axes=axes, task=task))

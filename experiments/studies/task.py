"""Tasks of a study: a function of its script, at one point."""

from __future__ import annotations

import hashlib
import inspect
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any, ClassVar

from experiments.studies.rows import StudyRow
from experiments.sweep.counts import RowAnswer
from experiments.sweep.task import Task
from qnet import __version__
from qnet.estimate import Estimate
from qnet.metrics.security import chain_claim
from qnet.schema import SCHEMA, canonical

__all__ = ["SECURITY", "StudyPoint", "StudyTask", "Work"]

#: What tells one point from another: numbers, texts, flags and None.
StudyPoint = Mapping[str, Any]

#: What works out the row of a point, with a seed.
Work = Callable[[StudyPoint, int], StudyRow]

#: The column of the claims of secret bits.
SECURITY = "security"


@dataclass(frozen=True, kw_only=True, eq=False)
class StudyTask(Task):
    """A point of a study, and the function that works out its row.

    The seed depends on the study, the point and the seed of the run alone; the identity also on the
    script and the version, which may find something else.

    Args:
        study: Name of the study.
        work: The function; of a module, so that other processes find it.
        point: Its argument.
        keys: Columns that are secret bits, or rates of them: a row with one says what it claims.

    Examples:
        >>> from experiments.studies.gys import work
        >>> task = StudyTask(study="gys", work=work, point={"x": 1.0})
        >>> task.seed(1, 0) == StudyTask(study="gys", work=work, point={"x": 1.0}).seed(1, 0)
        True
    """

    study: str
    work: Work
    point: StudyPoint
    keys: tuple[str, ...] = ()
    engine: ClassVar[str] = "study"  # type: ignore[misc]
    is_refusal_final: ClassVar[bool] = False
    largest_chunk: ClassVar[int] = 1

    @cached_property
    def text(self) -> str:
        """The readable text behind the identity."""
        said = {"study": self.study, "point": canonical(self.point), "script": _script(self.work)}
        return json.dumps(said | {"version": __version__, "schema": SCHEMA}, indent=1) + "\n"

    def seed(self, root: int, batch: int) -> int:
        """A seed for each point, whatever else is worked out."""
        said = json.dumps([self.study, canonical(self.point), root], allow_nan=False)
        return int.from_bytes(hashlib.sha256(said.encode()).digest()[:4])

    def play(self, seed: int | None) -> RowAnswer:
        """The row: the point, what was found there, the seed, and what its keys claim.

        Raises:
            QnetError: If it cannot be worked out.
        """
        try:
            worked = self.work(self.point, 0 if seed is None else seed)
        except Exception as error:
            error.add_note(f"{self.study}: at the point {dict(self.point)}")
            raise
        row = {name: value for name, value in self.point.items() if name not in worked} | {**worked}
        row.setdefault("seed", seed)
        known = [value for value in map(row.get, self.keys) if value is not None]
        reason = row.get("reason") or ""
        if SECURITY not in row and (known or (self.keys and reason)):
            rates = [each.best if isinstance(each, Estimate) else each for each in known]
            row[SECURITY] = chain_claim(max(rates, default=0.0), reason).as_dict()
        return RowAnswer.of(row)


@lru_cache(maxsize=64)
def _script(work: Work) -> str:
    """Digest of the script that a function is from; empty where it is from none."""
    source = inspect.getsourcefile(work)
    found = source is not None and Path(source).exists()
    return hashlib.sha256(Path(source).read_bytes()).hexdigest() if source and found else ""

"""Integer programme as rows and columns, solved by HiGHS with status, bound and gap.

HiGHS: Q. Huangfu, J. A. J. Hall, Math. Program. Comput. 10, 119 (2018),
doi:10.1007/s12532-017-0130-5, through ``scipy.optimize.milp``.
"""

from __future__ import annotations

import math
import os
import sys
import threading
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from qnet.errors import EngineError

if TYPE_CHECKING:
    from scipy.optimize import LinearConstraint
    from scipy.sparse import csr_array

__all__ = ["IntegerProgramme", "LinearSolution", "SolvedProgramme"]

#: Words of ``scipy.optimize.milp`` by its status.
_WORDS = {0: "optimal", 1: "time limit", 2: "infeasible"}

#: Number of the output of the process, and of its messages.
_OUTPUT, _MESSAGES = 1, 2


class _Apart:
    """Output of the process sent where its messages go, as long as any thread is inside.

    HiGHS at times prints by itself, whatever it is told: when it mends a solution after its
    presolve. What asks for an answer as JSON must not find that in it.
    """

    def __init__(self) -> None:
        self._lock, self._inside, self._kept = threading.Lock(), 0, -1

    def __enter__(self) -> None:
        with self._lock:
            self._inside += 1
            if self._inside > 1:
                return
            with suppress(OSError, ValueError, AttributeError):
                sys.stdout.flush()
            with suppress(OSError):
                self._kept = os.dup(_OUTPUT)
                os.dup2(_MESSAGES, _OUTPUT)

    def __exit__(self, *_: object) -> None:
        with self._lock:
            self._inside -= 1
            if self._inside == 0 and self._kept >= 0:
                os.dup2(self._kept, _OUTPUT)
                os.close(self._kept)
                self._kept = -1


_APART = _Apart()


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class SolvedProgramme:
    """What HiGHS found.

    Args:
        status: ``optimal`` (within the gap asked for), ``time limit`` or ``infeasible``.
        values: Of the columns; None without a solution.
        objective: Of the values; None without.
        bound: No solution is below it; None where it is not known.
    """

    status: str
    values: npt.NDArray[np.float64] | None
    objective: float | None
    bound: float | None


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class LinearSolution:
    """Optimum of a linear programme.

    Args:
        values: Of the columns.
        objective: Its cost.
        prices: What one more on the right of each row adds to the cost.
        column_prices: What one more of the limit of each column adds to the cost.
    """

    values: npt.NDArray[np.float64]
    objective: float
    prices: npt.NDArray[np.float64]
    column_prices: npt.NDArray[np.float64]


class IntegerProgramme:
    """Columns with costs, limits and integrality, and rows between limits."""

    def __init__(self) -> None:
        self.costs: list[float] = []
        self.lows: list[float] = []
        self.highs: list[float] = []
        self.whole: list[int] = []
        self._entries: list[tuple[int, int, float]] = []
        self.row_lows: list[float] = []
        self.row_highs: list[float] = []

    def column(
        self, cost: float = 0.0, high: float = math.inf, *, low: float = 0.0, whole: bool = False
    ) -> int:
        """The number of a new column."""
        self.costs.append(cost)
        self.lows.append(low)
        self.highs.append(high)
        self.whole.append(int(whole))
        return len(self.costs) - 1

    def row(
        self, entries: Iterable[tuple[int, float]], low: float = -math.inf, high: float = math.inf
    ) -> int:
        """The number of a new row; entries of one column add up."""
        number = len(self.row_lows)
        self._entries += [(number, column, value) for column, value in entries]
        self.row_lows.append(low)
        self.row_highs.append(high)
        return number

    def entry(self, row: int, column: int, value: float) -> None:
        """Add a value to a row that stands."""
        self._entries.append((row, column, value))

    def solved(self, *, gap: float, time_limit_s: float) -> SolvedProgramme:
        """The solution by HiGHS.

        Args:
            gap: Relative gap at which it may stop.
            time_limit_s: Time after which it stops, in s.

        Raises:
            EngineError: If HiGHS fails.
        """
        from scipy.optimize import Bounds, milp

        if not self.costs:
            return SolvedProgramme(status="optimal", values=np.zeros(0), objective=0.0, bound=0.0)
        with _APART:
            found = milp(
                np.array(self.costs),
                integrality=np.array(self.whole),
                bounds=Bounds(np.array(self.lows), np.array(self.highs)),
                constraints=self._constraints(),
                options={"time_limit": max(time_limit_s, 1e-3), "mip_rel_gap": gap},
            )
        status = _WORDS.get(found.status)
        if status is None:
            message = f"HiGHS ends without an answer: {found.message}"
            raise EngineError(message)
        bound = getattr(found, "mip_dual_bound", None)
        known = bound is not None and math.isfinite(bound) and status != "infeasible"
        return SolvedProgramme(
            status=status,
            values=None if found.x is None else np.asarray(found.x, dtype=np.float64),
            objective=None if found.x is None else float(found.fun),
            bound=float(bound) if known and bound is not None else None,
        )

    def relaxed(
        self,
        costs: npt.ArrayLike | None = None,
        *,
        exact: bool = False,
        time_limit_s: float | None = None,
    ) -> LinearSolution | None:
        """The solution with whole numbers left out; None where there is none, or not in time.

        Args:
            costs: Other costs of the columns.
            exact: Whether rows hold to 1e-10.
            time_limit_s: Time after which the search stops, in s.
        """
        from scipy.optimize import linprog
        from scipy.sparse import vstack

        rows, lows, highs = self.matrix(), np.array(self.row_lows), np.array(self.row_highs)
        equal = lows == highs
        upper, lower = ~equal & np.isfinite(highs), ~equal & np.isfinite(lows)
        found = linprog(
            np.array(self.costs if costs is None else costs, dtype=np.float64),
            A_ub=vstack([rows[upper], -rows[lower]]),
            b_ub=np.concatenate([highs[upper], -lows[lower]]),
            A_eq=rows[equal],
            b_eq=lows[equal],
            bounds=np.column_stack([self.lows, self.highs]),
            method="highs-ds",
            options={
                **({"primal_feasibility_tolerance": 1e-10} if exact else {}),
                **({} if time_limit_s is None else {"time_limit": max(time_limit_s, 1e-3)}),
            },
        )
        if found.status != 0:
            return None
        prices = np.zeros(len(lows))
        prices[upper] = found.ineqlin.marginals[: int(upper.sum())]
        prices[lower] -= found.ineqlin.marginals[int(upper.sum()) :]
        prices[equal] = found.eqlin.marginals
        return LinearSolution(
            values=np.asarray(found.x, dtype=np.float64),
            objective=float(found.fun),
            prices=prices,
            column_prices=found.lower.marginals + found.upper.marginals,
        )

    def _constraints(self) -> LinearConstraint | tuple[()]:
        from scipy.optimize import LinearConstraint

        lows, highs = np.array(self.row_lows), np.array(self.row_highs)
        return LinearConstraint(self.matrix(), lows, highs) if len(lows) else ()

    def matrix(self) -> csr_array:
        """The rows as a sparse matrix."""
        from scipy.sparse import csr_array

        rows = np.array([each[0] for each in self._entries], dtype=np.int32)
        columns = np.array([each[1] for each in self._entries], dtype=np.int32)
        values = np.array([each[2] for each in self._entries], dtype=np.float64)
        shape = (len(self.row_lows), len(self.costs))
        return csr_array((values, (rows, columns)), shape=shape)

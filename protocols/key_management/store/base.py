"""Base of the parts of a key store: calls that are transactions, counters, rules of an edge."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial, wraps
from typing import Any, Concatenate, ParamSpec, TypeVar

from protocols.key_management.store.vault import Vault
from protocols.key_management.store.writer import GroupWriter
from protocols.key_networks import StoreTable

__all__ = ["StorePart", "transaction"]

P = ParamSpec("P")
S = TypeVar("S", bound="StorePart")
T = TypeVar("T")


class StorePart:
    """What every part of a key store uses: the writer's database, its counters, and the rules."""

    _writer: GroupWriter
    _vault: Vault
    _rules: StoreTable
    _edge_rules: dict[str, StoreTable]

    def _rules_of(self, edge: str) -> StoreTable:
        return self._edge_rules.get(edge, self._rules)

    def _sql(self, statement: str, *values: Any) -> list[tuple[Any, ...]]:  # noqa: ANN401
        """Rows of a statement, in the transaction of the call that is played."""
        return self._writer.transactions.database.execute(statement, values).fetchall()

    def _tally(self, name: str, subject: str, by: int) -> None:
        """Raise a counter of an edge or a peer, if this call is committed."""
        self._writer.transactions.tally[name, subject] += by

    def _after(self, effect: Callable[[], None]) -> None:
        """Do something in memory once this call is committed."""
        self._writer.transactions.after.append(effect)

    def _now(self) -> float:
        return self._writer.clock()


def transaction(
    method: Callable[Concatenate[S, P], T],
) -> Callable[Concatenate[S, P], T]:
    """Make a method one transaction: all or nothing, and on the disk when it returns."""

    @wraps(method)
    def durable(self: S, /, *args: P.args, **kwargs: P.kwargs) -> T:
        return self._writer.call(partial(method, self, *args, **kwargs))

    durable.played = method  # type: ignore[attr-defined]
    return durable

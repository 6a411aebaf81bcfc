"""Tables of the steps that an engine plays, filled where each is played.

An engine knows the steps of a plan, and no step knows an engine: each engine has one table, and the
file that plays a step registers it there. A new step is one class of `qnet.plans` and one entry for
every engine that plays it.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import Any, Generic, TypeVar

from qnet.errors import EngineError
from qnet.plans import Plan

__all__ = ["StepTable"]

T = TypeVar("T")
Entry = TypeVar("Entry")

#: The tables of engines, by name.
_TABLES: dict[str, StepTable[Any]] = {}


class StepTable(Generic[T]):
    """How each kind of step is played, by its class; a subclass is played as its base is.

    Args:
        engine: Name of the engine.
        modules: Those that register its own steps, loaded when the table is first asked.

    Examples:
        >>> from qnet import Link
        >>> from qnet.states import werner
        >>> table = StepTable[str]("demonstration")
        >>> _ = table.plays(Link)("by attempts")
        >>> table.of(Link(success_probability=0.1, attempt_time_s=1.0, state=werner(0.98)))
        'by attempts'
    """

    def __init__(self, engine: str, *modules: str) -> None:
        self.engine = engine
        self._modules = list(modules)
        self._entries: dict[type, T] = {}
        _TABLES[engine] = self

    def plays(self, *kinds: type) -> Callable[[Entry], Entry]:
        """Register an entry for some kinds of steps; returns it, so that it can decorate."""

        def register(entry: Entry) -> Entry:
            made = entry() if isinstance(entry, type) else entry
            self._entries.update(dict.fromkeys(kinds, made))  # type: ignore[arg-type]
            return entry

        return register

    def of(self, step: Plan) -> T:
        """The entry of a step.

        Raises:
            EngineError: If there is none; the message names the engines that have one.
        """
        if self._modules:
            self._load()
        for kind in type(step).__mro__:
            if kind in self._entries:
                return self._entries[kind]
        raise EngineError(self._unknown(step))

    def knows(self, kind: type[Plan]) -> bool:
        """Whether steps of this class are played."""
        self._load()
        return any(base in self._entries for base in kind.__mro__)

    def _load(self) -> None:
        modules, self._modules = self._modules, []
        for module in modules:
            import_module(module)

    def _unknown(self, step: Plan) -> str:
        kind = type(step)
        # By its name: the table of engines stands above those of their steps.
        engines = import_module("qnet.engines").ENGINES
        for engine in engines.values():
            engine.load()
        others = [f"engine={n!r}" for n in engines if n in _TABLES and _TABLES[n].knows(kind)]
        hint = f"use {' or '.join(others)}" if others else "no engine plays it"
        return f"the {self.engine} engine cannot play a {kind.__name__}; {hint}"

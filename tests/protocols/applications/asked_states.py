"""An application that asks for states and says how good they are: a toy for tests of services."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar

import numpy as np
from qiskit import QuantumCircuit

from protocols.applications import AppFigure, Delivered, Need
from protocols.applications.application import Application


@dataclass(frozen=True, kw_only=True, repr=False)
class Asking(Application):
    """Fidelity of all states of a round together, and of each by itself."""

    name: ClassVar[str] = "asking"
    title: ClassVar[str] = "fidelity of what was asked for"

    asked: tuple[Need, ...] = field(default=(Need(),))

    def __post_init__(self) -> None:
        """No file holds this one: nothing is checked."""

    @property
    def needs(self) -> tuple[Need, ...]:
        return self.asked

    def circuit(self) -> QuantumCircuit:
        return QuantumCircuit(1)

    def figures(self, delivered: Delivered) -> tuple[AppFigure, ...]:
        rows = [need.ideal() / 2.0**need.size for need in self.asked for _ in range(need.number)]
        together = np.ones(1)
        for row in rows:
            together = np.kron(together, row)
        values = [state @ row for state, row in zip(delivered.states(), rows, strict=True)]
        each = tuple(delivered.mean(value, 0.0, 1.0) for value in values)
        whole = delivered.mean(delivered.apply(together)[:, 0], 0.0, 1.0)
        return (AppFigure(name="together", value=whole), AppFigure(name="each", value=each))

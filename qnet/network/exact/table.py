"""Table of the exact solvers of networks, by name."""

from __future__ import annotations

from qnet.network.exact.solver import NetworkSolver

__all__ = ["NETWORK_SOLVERS"]

#: Every solver by name, in the order in which they are asked; a new one is a file and a line.
NETWORK_SOLVERS: dict[str, str | type[NetworkSolver]] = {
    "queue": "qnet.network.exact.queue:Queue",
    "loss": "qnet.network.exact.loss:LossNetwork",
    "time-division": "qnet.network.exact.slotted:TimeDivision",
    "switch": "qnet.network.exact.switch_rates:PoissonSwitch",
    "slotted-switch": "qnet.network.exact.switch_slots:SlottedSwitch",
    "star": "qnet.network.exact.star:SharedStar",
    "fusion": "qnet.network.exact.fusion:FusionSwitch",
    "buffer": "qnet.network.exact.buffer:Buffer",
    "window": "qnet.network.exact.window:Window",
    "line": "qnet.network.exact.line:SharedLine",
}

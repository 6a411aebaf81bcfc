"""Scenario files of repeater chains, read strictly; ``qnet.load`` reads those of every kind."""

from __future__ import annotations

from typing import TYPE_CHECKING

from qnet.lazy import lazy

if TYPE_CHECKING:
    from experiments.scenario.read import load as load, loads as loads
else:
    __all__, __getattr__, __dir__ = lazy(__name__)

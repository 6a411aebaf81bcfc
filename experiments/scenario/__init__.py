"""Scenario files: a chain of repeaters described in TOML, read strictly."""

from experiments.scenario.read import load, loads
from experiments.scenario.scenario import Chain, Distillation, Exact, Scenario

__all__ = ["Chain", "Distillation", "Exact", "Scenario", "load", "loads"]

"""Scenario files of repeater chains, read strictly; ``qnet.load`` reads those of every kind."""

from experiments.scenario.read import load, loads

__all__ = ["load", "loads"]

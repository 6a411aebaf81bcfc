"""Scenario files of repeater chains, read strictly; ``qnet.load`` reads those of every kind."""

from experiments.scenario.read import load, load_played, loads

__all__ = ["load", "load_played", "loads"]

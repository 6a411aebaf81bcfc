"""Scenario files of repeater chains, read strictly; ``qnet.load`` reads those of every kind."""

from experiments.scenario.read import load, loads, read_played

__all__ = ["load", "loads", "read_played"]

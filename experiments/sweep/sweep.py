"""Sweep: its points, the seed they share, and when each has been played enough."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from experiments.sweep.stopping import StoppingRule
from experiments.sweep.task import Task
from qnet import __version__, schema
from qnet.errors import ParameterError, check_integer
from qnet.schema import SCHEMA, canonical

__all__ = ["SweepPoint", "Sweep", "sweep_of"]


@dataclass(frozen=True, slots=True, kw_only=True)
class SweepPoint:
    """One point of a sweep.

    Args:
        axes: What is varied -> its value here.
        task: What is worked out.
    """

    axes: Mapping[str, Any]
    task: Task


@dataclass(frozen=True, slots=True, kw_only=True)
class Sweep:
    """Many tasks that answer one question.

    Points are made when they are asked for: a sweep that is finished is taken up again without
    making them.

    Args:
        name: What to call it.
        identity: Digest of all that it says; the store knows it by this.
        root: Seed of the sweep.
        until: When a task has been played enough.
        axes: Names of the axes.
        size: Number of points.
        point: Makes the point of a position, from 0 up to ``size - 1``.
        text: The file that it was read from; empty when it was not.

    Raises:
        ParameterError: If the seed is out of range, or there are no points.
    """

    name: str
    identity: str
    root: int
    until: StoppingRule
    axes: tuple[str, ...]
    size: int
    point: Callable[[int], SweepPoint] = field(repr=False, compare=False)
    text: str = field(default="", repr=False)

    def __post_init__(self) -> None:
        if check_integer("seed", self.root, 0) >= 2**63:
            raise ParameterError("seed", "be below 2**63", self.root, "give a smaller whole number")
        check_integer("the number of points", self.size)


def sweep_of(
    points: Iterable[tuple[Mapping[str, Any], Task]],
    *,
    name: str,
    until: StoppingRule,
    seed: int = 1,
) -> Sweep:
    """A sweep of tasks made in Python.

    Args:
        points: For each point its place on the axes, and its task.
        name: What to call it.
        until: When a task has been played enough.
        seed: Seed of the sweep.

    Examples:
        >>> from experiments.scenario import load
        >>> scenario = load("experiments/scenarios/two-segments.toml")
        >>> from experiments.sweep import ScenarioTask
        >>> engines = ("exact", "sampled")
        >>> tasks = [ScenarioTask(scenario=scenario, engine=engine) for engine in engines]
        >>> points = [({"engine": task.engine}, task) for task in tasks]
        >>> sweep = sweep_of(points, name="engines", until=StoppingRule(shots=1000))
        >>> sweep.size, sweep.axes
        (2, ('engine',))
    """
    made = [
        SweepPoint(axes={name: canonical(axes[name]) for name in axes}, task=task)
        for axes, task in points
    ]
    said = [name, seed, until.to_json(), [[point.axes, point.task.identity] for point in made]]
    return Sweep(
        name=name,
        identity=digest(said),
        root=seed,
        until=until,
        axes=tuple(dict.fromkeys(axis for point in made for axis in point.axes)),
        size=len(made),
        point=made.__getitem__,
    )


def digest(said: object) -> str:
    """Identity of a sweep that says this, to this version."""
    return schema.digest(json.dumps([said, SCHEMA, __version__], sort_keys=True))

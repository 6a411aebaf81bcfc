"""Agreement of the engines on an application: figures compared, and states timeline by timeline."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import numpy as np

from qnet.engines.agree import Agreement, Comparison
from qnet.errors import EngineError
from qnet.progress import opened, phase

if TYPE_CHECKING:
    from protocols.applications.application import Application
    from protocols.applications.delivered import Delivered
    from qnet.estimate import Estimate
    from qnet.progress import ProgressCallback

__all__ = ["agree_on_application"]

#: Width below which drawn values are alike.
_ALIKE = 1e-6

#: Number of events below which nothing may have been drawn of them.
_RARE = 10.0


def agree_on_application(
    application: Application,
    *,
    shots: int,
    seed: int,
    circuit_shots: int,
    workers: int = 1,
    progress: ProgressCallback | None = None,
) -> Agreement:
    """Play an application on every engine that can, and compare.

    Its figures and the duration of a round are compared in standard errors; each engine that draws
    has a seed of its own. Besides, the joint circuits of the circuit engine are compared with the
    states that the sampled engine composes for the same timelines.

    Args:
        application: What is played, on a chain or network.
        shots: Rounds that are drawn.
        seed: Seed of the sampled engine; joint circuits take the next one.
        circuit_shots: Rounds whose states come from joint circuits.
        workers: Number of processes.
        progress: Called with the rounds done and wanted of the engine that is playing.
    """
    rounds = {"exact": shots, "sampled": shots, "circuit": circuit_shots}
    seeds = {"exact": seed, "sampled": seed, "circuit": seed + 1}
    found: dict[str, Delivered] = {}
    refusals: list[tuple[str, str]] = []

    def deliver(engine: str, count: int, own: int) -> Delivered:
        how = {"workers": workers, "progress": progress}
        return application.deliver(engine=engine, shots=count, seed=own, **how)

    with opened(progress):
        for engine, count in rounds.items():
            phase(progress, engine, application.unit)
            try:
                found[engine] = deliver(engine, count, seeds[engine])
            except EngineError as error:
                refusals.append((engine, str(error)))
        deviations: tuple[float, ...] = ()
        if "circuit" in found and found["circuit"].engine == "circuit":
            same = deliver("sampled", circuit_shots, seeds["circuit"])
            deviations = tuple(_deviations(same, found["circuit"]))
    played = {name: each for name, each in found.items() if each.engine == name}
    if found and not played:
        refusals.append(("given", "the states are given: there is nothing that engines play"))
    return Agreement(
        comparisons=tuple(_comparisons(application, played)),
        deviations=deviations,
        refusals=tuple(refusals),
    )


def _comparisons(application: Application, played: dict[str, Delivered]) -> Iterator[Comparison]:
    """Every figure on every engine but the first, with that on the first."""
    if not played:
        return
    (_, first), *others = played.items()
    reference = dict(_figures(application, first))
    for engine, delivered in others:
        for name, value in _figures(application, delivered):
            if name in reference and _is_told_by_spread(reference[name], value):
                yield Comparison(figure=name, engine=engine, reference=reference[name], value=value)


def _is_told_by_spread(reference: Estimate, value: Estimate) -> bool:
    """Whether the spread of what was drawn says how far the two may be apart.

    Not where nearly all rounds are alike, and what differs is too rare to have been drawn.
    """
    scale = max(1.0, abs(reference.best))
    if value.n == 0 or value.high - value.low > _ALIKE * scale:
        return True
    return not 1e-9 * scale < abs(value.best - reference.best) < scale * _RARE / value.n


def _figures(application: Application, delivered: Delivered) -> Iterator[tuple[str, Estimate]]:
    """All figures of what was delivered, by name, and how long it took."""
    for figure in application.figures(delivered):
        if isinstance(figure.value, tuple):
            yield from ((f"{figure.name}_{k}", each) for k, each in enumerate(figure.value, 1))
        elif figure.value is not None:
            yield figure.name, figure.value
    if delivered.duration is not None:
        yield "duration_s", delivered.duration


def _deviations(one: Delivered, other: Delivered) -> Iterator[float]:
    """Largest difference of any component of any state, row by row."""
    pairs = [(a.vectors, b.vectors) for a, b in zip(one.groups, other.groups, strict=True)]
    for row in range(one.rows):
        yield max(float(np.abs(a[row] - b[row]).max()) for a, b in pairs)

"""Key of one memory node between two users, by the engine and by the paper's equations.

D. Luong, L. Jiang, J. Kim and N. Luetkenhaus, Appl. Phys. B 122, 96 (2016), arXiv:1508.02811: key
per use of the channel of one node that sends photons entangled with its memories to both users. The
equations of the paper stand, with values for every parameter, in code that was published for
another paper (J. Wallnoefer et al., Commun. Phys. 5, 169 (2022)); what this code gives is compared.

Run: ``qnet study papers/luong2016 [--quick] [--out DIR]``, seconds on one core.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from experiments.studies.one_repeater_against_plob import AT_ONCE, node_plan, use_s
from experiments.studies.papers.paper import (
    Paper,
    Published,
    agreement,
    beside,
    draw_theirs,
    points_of,
)
from experiments.studies.rows import StudyRow, column
from experiments.studies.study import StudyPoint
from qnet.engines import Key
from qnet.engines.exact import play_exact
from qnet.figures.style import COLOURS
from qnet.hardware import Preset, preset
from qnet.metrics import plob

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["PAPER", "STUDY"]

_SETS = {
    "no dark counts, 5 % misalignment": 1.0,
    "near the paper's parameters": 1.16,
}
_CODE, _NEAR = _SETS

PUBLISHED = tuple(
    Published(
        item=f"{name}, {length:g} km",
        value=value,
        known_by="code",
        unit="per use",
        at={"parameters": name, "length_km": length},
    )
    for name, length, value in (
        (_CODE, 20.0, 0.0122660133),
        (_CODE, 40.0, 0.00753922918),
        (_NEAR, 100.0, 0.027691104),
    )
)


@lru_cache(maxsize=4)
def _hardware(parameters: str) -> Preset:
    """The node of a parameter set: that of the published code, or the preset."""
    near = preset("luong")
    if parameters == _NEAR:
        return near
    node = near.node
    emitter = replace(node.emitter, collection_efficiency=0.3, preparation_time_s=0.0)
    detector = replace(node.detector, dark_count_probability=0.0)
    gates = replace(
        node.gates, two_qubit_depolarizing=0.0, readout_flip_0=0.05, readout_flip_1=0.05
    )
    return replace(near, node=replace(node, emitter=emitter, detector=detector, gates=gates))


def points(quick: bool) -> list[StudyPoint]:
    """The published numbers, and the curves."""
    lengths = range(10, 241, 60 if quick else 10)
    line = [
        {"item": "key", "parameters": each, "length_km": float(length)}
        for each in _SETS
        for length in lengths
    ]
    return [*points_of(PUBLISHED), *line]


def work(point: StudyPoint, seed: int) -> StudyRow:
    """Secret bits per use of the channel, by the exact engine; both arms make pairs at once."""
    hardware = _hardware(point["parameters"])
    plan = node_plan(point["length_km"], 1.0, AT_ONCE, hardware=hardware)
    key = Key(error_correction_efficiency=_SETS[point["parameters"]])
    ours = play_exact(plan, key=key).secret_key_rate_hz * use_s(plan)
    bound = 2.0 * float(plob(hardware.channel(point["length_km"]).transmission))
    return beside(PUBLISHED, point, ours, plob_of_two_modes=bound)


def answer(rows: Sequence[StudyRow]) -> str:
    """How far the engine is from the equations."""
    return f"{agreement(rows)}."


def draw(figure: Figure, rows: Sequence[StudyRow]) -> None:
    """Key over distance for both parameter sets, and the bound of the bare fibre."""
    axes = figure.subplots()
    own = sorted(rows, key=lambda row: row["length_km"])
    for place, name in enumerate(_SETS):
        keyed = [row for row in own if row["parameters"] == name and row["ours"].best > 0.0]
        look: dict[str, Any] = {
            "color": COLOURS[2 * place],
            "ls": "-:"[place],
            "marker": "",
            "label": f"{name}, ours",
        }
        axes.plot(column(keyed, "length_km"), [row["ours"].best for row in keyed], **look)
    draw_theirs(axes, rows, "length_km", "by the published code")
    lengths = sorted(set(column(rows, "length_km")))
    bounds = {row["length_km"]: row["plob_of_two_modes"] for row in rows}
    look = {"color": "0.5", "ls": "--", "marker": "", "label": "bare fibre, at most (PLOB)"}
    axes.plot(lengths, [bounds[each] for each in lengths], **look)
    axes.set(yscale="log", ylim=(1e-5, 1.0), xlabel="distance of the users (km)")
    axes.set(ylabel="key (bit/use), two modes", title="one node, both arms at once")
    axes.legend(loc="lower left", fontsize=8)


PAPER = Paper.of_script(
    __name__,
    "key of one memory node (key per use over distance)",
    PUBLISHED,
    reference="Luong2016",
    unknown=(
        "the paper's own table of parameters was not seen: one set is that of the code, the other "
        "is chosen near it; the dashed bound has attenuation in the fibre alone"
    ),
    finding="the engine plays circuits and waiting times, the paper has equations: they agree",
    keys=("ours",),
)

STUDY = PAPER.study

if __name__ == "__main__":
    raise SystemExit(STUDY.main())

"""Memory of the exact engine: what is foreseen covers what is taken, and 2 GB are not exceeded."""

from __future__ import annotations

import gc
import tracemalloc

import pytest

from protocols import nested, pumped, recurrence, sequential, swap_asap
from qnet import Cutoff, Gates, Memory, Multiplex, Station
from qnet.engines.exact import memory
from qnet.engines.exact.engine import play_exact, play_on_grid
from qnet.engines.exact.memory import MOST_BYTES, bytes_on_grid
from qnet.errors import EngineError
from tests.catalog import link

MEMORIES = {4: Memory(depolarizing_time_s=500.0), 16: Memory(t1_s=500.0, t2_s=400.0)}

#: What runs of segments take in blocks at most, however long the grid is; in bytes.
IN_BLOCKS = 1.6e8


def plans(components: int):
    one = link(1e-3, 0.98, MEMORIES[components])
    others = [link(1e-3 * (1.0 + 0.1 * k), 0.98, MEMORIES[components]) for k in range(4)]
    half = Station(success_probability=0.5, perfect=True)
    late = [Station(gates=Gates(two_qubit_time_s=float(k + 1))) for k in range(3)]
    yield "one link", one
    yield "nested", nested([one] * 4)
    yield "nested, unequal", nested(others)
    yield "nested, failing", nested(others, stations=half)
    for kind in ("difference", "total", "age"):
        yield f"{kind} cut-off", nested([one] * 2, cutoffs=Cutoff(kind=kind, time_s=500.0))
    yield "sequential", sequential([one] * 4)
    for scheme in ("dejmps", "bbpssw"):
        yield scheme, sequential([recurrence(one, scheme=scheme, rounds=1)] * 2)
    yield "pumped", pumped(one, steps=2)
    yield "multiplexed", nested([Multiplex(pair=one, copies=3)] * 2)
    yield "as soon as possible", swap_asap([one] * 4)
    yield "as soon as possible, unequal", swap_asap(others)
    yield "as soon as possible, late", swap_asap(others[:3], stations=late[:2])


@pytest.mark.parametrize("components", [4, 16])
def test_what_is_foreseen_covers_what_is_taken(components):
    """Against ``tracemalloc``, which counts what NumPy allocates."""
    play_on_grid(
        nested([link(1e-3, 0.98, MEMORIES[components])] * 2), t_max_s=100.0
    )  # imports are not counted
    for name, plan in plans(components):
        by_runs = name.startswith("as soon")
        size = 1 << (17 if by_runs and components == 4 and "late" not in name else 15)
        gc.collect()
        tracemalloc.start()
        try:
            play_on_grid(plan, t_max_s=float(size - 1))
            taken = tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
        foreseen = bytes_on_grid(plan, components, size) + (IN_BLOCKS if by_runs else 0.0)
        assert taken <= foreseen, name


def test_double_selection_takes_no_more_than_other_steps():
    """64 products of components at every step were 27 arrays; now a block of steps at a time."""
    plan = recurrence(link(1e-3, 0.98, MEMORIES[4]), scheme="double-selection", rounds=1)
    size = 1 << 18
    tracemalloc.start()
    try:
        play_on_grid(plan, t_max_s=float(size - 1))
        taken = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert taken <= bytes_on_grid(plan, 4, size) + 3e7


def test_a_grid_that_takes_too_much_is_refused_with_another_engine():
    """Five equal links of sixteen components in 5 million steps: more than 5 GB at least."""
    plan = nested(
        [link(1e-3, 0.98, MEMORIES[16])] * 4,
        stations=Station(success_probability=0.5, perfect=True),
    )
    size = 5_000_000
    assert bytes_on_grid(plan, 16, size) > MOST_BYTES
    with pytest.raises(EngineError, match=r"GB for this plan .* use engine='sampled'"):
        play_on_grid(plan, t_max_s=float(size - 1))


def test_where_the_grid_takes_too_much_other_ways_are_tried(monkeypatch):
    """The figures are those of the grid."""
    plan = nested([link(0.1, 0.98, MEMORIES[4])] * 2)
    wanted = play_exact(plan)
    monkeypatch.setattr("qnet.engines.exact.engine.MOST_BYTES", 1000.0)
    found = play_exact(plan)
    assert found.how == "outright"
    assert found.delivery_time_s.best == pytest.approx(wanted.delivery_time_s.best, rel=1e-8)
    assert found.fidelity.best == pytest.approx(wanted.fidelity.best, rel=1e-8)
    assert memory.MOST_BYTES == MOST_BYTES

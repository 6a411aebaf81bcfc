"""Surface codes beyond enumeration: losses by clusters, samples that are drawn in parts."""

import math

import numpy as np
import pytest

from protocols.repeaters import Chain
from protocols.repeaters.one_way_table import OneWayTable
from qnet.codes import PauliChannel, code_of, matching
from qnet.codes.assessment import assess
from qnet.codes.erasure import by_ranks, by_supports, erasure_counts, is_correctable
from qnet.codes.surface_losses import cluster_counts
from qnet.errors import EngineError


@pytest.mark.parametrize("distance", [2, 3, 4])
def test_clusters_count_what_supports_count(distance):
    # Oracle: the supports of all logical operators, and symplectic ranks.
    code = code_of(f"surface-{distance}")
    counts = cluster_counts(code).patterns
    assert counts == by_supports(code).patterns
    if code.n <= 9:
        assert counts == by_ranks(code).patterns


def crosses(d, lost):
    """Whether lost qubits of a square hold a chain across: of X downwards, or of Z sideways.

    Two qubits are neighbours of a chain of X where they share a check of Z, at a corner of the
    chessboard; the border checks of two qubits are among them.
    """
    for is_x in (True, False):
        reached, todo = set(), [q for q in lost if (q[0] if is_x else q[1]) == 0]
        while todo:
            place = todo.pop()
            reached.add(place)
            row, column = place
            for r in (row - 1, row):
                for c in (column - 1, column):
                    if (r + c) % 2 == (1 if is_x else 0):
                        corners = {(r, c), (r, c + 1), (r + 1, c), (r + 1, c + 1)}
                        todo += [q for q in corners & lost if q not in reached]
        if any((q[0] if is_x else q[1]) == d - 1 for q in reached):
            return True
    return False


@pytest.mark.parametrize(("distance", "loss"), [(3, 0.5), (7, 0.35), (7, 0.5)])
def test_clusters_against_ways_across_the_square(distance, loss):
    # Oracle: patterns that are drawn here, and searched for a way across; 4.5 standard errors. The
    # search itself: symplectic ranks of some of them.
    shots, rng = 4000, np.random.default_rng(20090519)
    code, kept = code_of(f"surface-{distance}"), 0
    for shot in range(shots):
        drawn = np.argwhere(rng.random((distance, distance)) < loss)
        lost = {(int(row), int(column)) for row, column in drawn}
        recovers = not crosses(distance, lost)
        kept += recovers
        if shot < 40:
            assert is_correctable(code, {r * distance + c for r, c in lost}) == recovers
    chance = cluster_counts(code).recovery(loss)
    assert abs(kept / shots - chance) < 4.5 * math.sqrt(chance * (1.0 - chance) / shots)


def test_distance_seven_at_the_limits():
    # Oracles: every loss below the distance is recovered, and not every one of seven qubits;
    # no-cloning at a half; nothing lost, everything lost.
    counts = erasure_counts(code_of("surface-7"))
    assert counts.patterns[:7] == tuple(math.comb(49, weight) for weight in range(7))
    assert counts.patterns[7] < math.comb(49, 7)
    assert counts.recovery(0.5) < 0.5
    assert counts.recovery(0.0) == 1.0
    assert counts.recovery(1.0) == 0.0
    # A loss of zero stands beside flips.
    both = assess(code_of("surface-7"), loss=0.0, flip=0.02, shots=1000)
    assert both.recovery == 1.0


def test_what_clusters_do_not_count():
    # Oracle: the rule.
    for name in ("surface-10", "steane"):
        with pytest.raises(EngineError, match="surface codes up to distance 9"):
            cluster_counts(code_of(name))


def test_a_chain_of_one_way_stations_of_distance_seven():
    # Oracle: the recovery of one station to the power of their number.
    table = OneWayTable(code="surface", distance=7, spacing_km=1.0, coupling=0.9)
    loss = 1.0 - 0.9 * math.exp(-1.0 / 22.0)
    wanted = cluster_counts(code_of("surface-7")).recovery(loss) ** 10
    assert Chain(length_km=10.0, one_way=table).plan().success_probability == pytest.approx(wanted)


def test_samples_in_parts_are_those_drawn_at_once(monkeypatch):
    # Oracle: the same patterns in one part.
    pytest.importorskip("pymatching")
    code, channel = code_of("surface-6"), PauliChannel.depolarising(0.1)
    whole = matching.matching_map(code, channel, shots=2000, seed=4)
    monkeypatch.setattr(matching, "_AT_ONCE", 300)
    assert matching.matching_map(code, channel, shots=2000, seed=4) == whole
    assert whole.logical_x > 0

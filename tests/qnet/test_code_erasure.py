"""Losses of codes: recovery by weight, against entropies, enumeration and closed forms."""

import itertools
from math import comb

import numpy as np
import pytest
from hypothesis import given, strategies as st
from qiskit import QuantumCircuit
from qiskit.quantum_info import Statevector

from qnet.codes import (
    CODES,
    bell_measurement,
    best_tree,
    code_of,
    encoder,
    erasure_counts,
    is_correctable,
    tree_measurement,
    tree_recovery,
)
from qnet.codes.circuits import encoder_inputs
from qnet.codes.erasure import by_blocks, by_ranks, by_supports
from qnet.codes.tree import is_recovered, photons
from qnet.errors import EngineError, ParameterError, UnknownNameError


def entropy(state, kept, total):
    """Entropy in bits of some qubits of a pure state."""
    tensor = state.reshape((2,) * total)
    rest = [axis for axis in range(total) if axis not in kept]
    matrix = tensor.transpose(*kept, *rest).reshape(2 ** len(kept), -1)
    weights = np.linalg.svd(matrix, compute_uv=False) ** 2
    weights = weights[weights > 1e-14]
    return float(-(weights * np.log2(weights)).sum())


@pytest.mark.parametrize("name", ["422", "513", "steane", "qpc-2-3", "tree-2-2"])
def test_losses_are_correctable_where_they_know_nothing(name):
    # Oracle: no-hiding. A pattern is correctable if and only if the lost qubits are uncorrelated
    # with a reference that the encoded qubits are entangled with: S(R E) = S(R) + S(E).
    code = code_of(name)
    total = code.n + code.k
    circuit = QuantumCircuit(total)
    for index, qubit in enumerate(encoder_inputs(code)):
        circuit.h(code.n + index)
        circuit.cx(code.n + index, qubit)
    circuit.compose(encoder(code), range(code.n), inplace=True)
    # Qiskit's first qubit is the last axis.
    state = np.asarray(Statevector(circuit))
    axes = [total - 1 - qubit for qubit in range(total)]
    reference = [axes[code.n + index] for index in range(code.k)]
    for pattern in range(2**code.n):
        lost = [axes[qubit] for qubit in range(code.n) if pattern >> qubit & 1]
        gap = (
            entropy(state, reference, total)
            + entropy(state, lost, total)
            - entropy(state, reference + lost, total)
        )
        names = [qubit for qubit in range(code.n) if pattern >> qubit & 1]
        assert (gap < 1e-9) == is_correctable(code, names)


@pytest.mark.parametrize(
    ("name", "patterns"),
    [
        ("422", (1, 4, 0, 0, 0)),
        ("513", (1, 5, 10, 0, 0, 0)),
        ("steane", (1, 7, 21, 28, 7, 0, 0, 0)),
    ],
)
def test_patterns_of_the_reference(name, patterns):
    # Oracle: P-B1.1 to P-B1.3.
    for counts in (by_ranks(code_of(name)), by_supports(code_of(name))):
        assert counts.patterns == patterns


def test_recovery_and_break_even_of_the_reference():
    # Oracle: P-B1.4, P-B1.5, P-B1.7.
    values = {"513": 0.99144, "steane": 0.9931896}
    for name, value in values.items():
        counts = erasure_counts(code_of(name))
        assert counts.recovery(0.1) == pytest.approx(value, rel=1e-12)
        assert counts.break_even == pytest.approx(0.5, rel=1e-12)
    halves = {"513": 0.5, "steane": 0.5, "shor": 0.248046875, "surface-3": 0.3046875}
    for name, value in halves.items():
        assert erasure_counts(code_of(name)).recovery(0.5) == pytest.approx(value, rel=1e-14)


@pytest.mark.parametrize(("n", "m", "t", "value"), [(2, 2, 0.9, 0.9477), (23, 5, 0.9, 0.999770024)])
def test_parity_codes_of_the_reference(n, m, t, value):
    # Oracle: P-B1.6, and the closed form.
    closed = (1 - (1 - t) ** m) ** n - (1 - (1 - t) ** m - t**m) ** n
    recovery = erasure_counts(code_of(f"qpc-{n}-{m}")).recovery(1 - t)
    assert recovery == pytest.approx(value, abs=5e-10)
    assert recovery == pytest.approx(closed, rel=1e-12)


SMALL = ["repetition-4", "422", "513", "steane", "shor", "qpc-3-2", "qpc-2-4", "qpc-4-3"]
SMALL += ["surface-2", "surface-3", "tree-2-2", "tree-3-2", "tree-2-1-1"]


@pytest.mark.parametrize("name", SMALL)
def test_ways_to_count_losses_agree(name):
    # Oracle: each other. Ranks, supports of logical operators, blocks.
    code = code_of(name)
    ranks = by_ranks(code).patterns
    assert by_supports(code).patterns == ranks
    if code.family in ("qpc", "repetition"):
        assert by_blocks(code).patterns == ranks
    for weight in range(code.distance):
        assert ranks[weight] == comb(code.n, weight)
    assert ranks[code.distance] < comb(code.n, code.distance)


@pytest.mark.parametrize("name", [*SMALL, "surface-4", "qpc-10-4", "qpc-31-7", "tree-4-14-4"])
def test_recovery_at_half_loss_is_at_most_a_half(name):
    # Oracle: no-cloning. Both halves of the qubits could else recover the same state.
    assert erasure_counts(code_of(name)).recovery(0.5) <= 0.5 + 1e-12


def test_every_example_of_the_catalogue_obeys_the_no_cloning_limit():
    # Oracle: as above, at every loss of a half or more.
    for family in CODES.values():
        counts = erasure_counts(code_of(family.example))
        assert all(counts.recovery(loss) <= 0.5 + 1e-12 for loss in (0.5, 0.6, 0.75, 0.9, 1.0))


@given(st.integers(1, 12), st.integers(1, 12))
def test_no_parity_code_clones(n, m):
    # Oracle: as above.
    if n * m > 1:
        code = code_of(f"qpc-{n}-{m}" if n > 1 else f"repetition-{m}")
        assert by_blocks(code).recovery(0.5) <= 0.5 + 1e-12


@given(st.lists(st.integers(1, 6), min_size=1, max_size=4), st.floats(0.5, 1.0))
def test_no_tree_clones(branching, loss):
    # Oracle: as above.
    assert tree_recovery(branching, loss) <= 0.5 + 1e-12


def test_polynomials_come_back_from_values():
    # Oracle: interpolation through n + 1 values; whole coefficients.
    for name in ("513", "steane", "tree-2-2"):
        counts = erasure_counts(code_of(name))
        losses = np.linspace(0.0, 1.0, counts.n + 1)
        powers = np.linalg.solve(
            np.vander(losses, increasing=True), [counts.recovery(loss) for loss in losses]
        )
        assert powers == pytest.approx(counts.polynomial, abs=1e-6)


@pytest.mark.parametrize(
    "branching", [(2, 2), (2, 2, 1), (3,), (1, 2, 2), (3, 2), (2, 1, 1, 1), (1, 1, 1), (2, 3)]
)
def test_recursion_of_trees_counts_the_patterns_that_the_protocol_survives(branching):
    # Oracle: the protocol, played step by step on every pattern.
    counts = erasure_counts(code_of("-".join(["tree", *map(str, branching)])))
    found = [0] * (counts.n + 1)
    for pattern in itertools.product((False, True), repeat=counts.n):
        lost = {photon for photon, gone in enumerate(pattern) if gone}
        found[len(lost)] += is_recovered(branching, lost)
        # Who recovers without looking ahead recovers looking ahead.
    assert counts.patterns == tuple(found)
    for loss in (0.0, 0.1, 0.37, 0.5, 1.0):
        assert counts.recovery(loss) == pytest.approx(tree_recovery(branching, loss), abs=1e-13)


def test_the_protocol_survives_only_what_can_be_corrected():
    # Oracle: ranks.
    code = code_of("tree-2-2-1")
    better = 0
    for pattern in range(2**code.n):
        lost = {photon for photon in range(code.n) if pattern >> photon & 1}
        played, correctable = is_recovered(code.sizes, lost), is_correctable(code, lost)
        assert correctable or not played
        better += correctable and not played
    assert better > 0


def test_trees_of_the_reference():
    # Oracle: P-B4.1, P-B4.2, P-B4.3, P-B4.5.
    assert erasure_counts(code_of("tree-2-2")).recovery(0.1) == pytest.approx(0.800442, rel=1e-12)
    large = erasure_counts(code_of("tree-4-14-4"))
    assert large.decoder.startswith("Varnava")
    for loss, value in ((0.1, 0.999758533), (0.2, 0.990893936)):
        assert large.recovery(loss) == pytest.approx(value, abs=5e-10)
        assert tree_recovery((4, 14, 4), loss) == pytest.approx(value, abs=5e-10)
    for name, value in (("tree-2-2", 0.925101), ("tree-2-2-1", 0.979728542)):
        ahead = erasure_counts(code_of(name), "ranks")
        assert "known first" in ahead.decoder
        assert ahead.recovery(0.1) == pytest.approx(value, abs=5e-10)
    assert photons((4, 14, 4)) == 284
    success, branching = best_tree(0.1, 40)
    assert (branching, photons(branching)) == ((3, 4, 2), 39)
    assert success == pytest.approx(0.993415277, abs=5e-10)
    assert tree_measurement((2, 2), 0.1) == pytest.approx((0.926559, 0.998001), abs=5e-10)
    assert tree_measurement((10, 5), 0.1) == pytest.approx((0.999489915, 0.99999), abs=5e-10)


def test_best_tree_is_the_best_of_all():
    # Oracle: every branching of depth 2 or 3 with at most 20 photons, by the recursion.
    trees = [
        tree
        for depth in (2, 3)
        for tree in itertools.product(range(1, 21), repeat=depth)
        if photons(tree) <= 20
    ]
    success, branching = best_tree(0.2, 20)
    assert success == max(tree_recovery(tree, 0.2) for tree in trees)
    assert branching in trees


@pytest.mark.parametrize(("n", "m", "t", "value"), [(4, 1, 1.0, 0.9375), (3, 2, 0.95, 0.773350752)])
def test_bell_measurement_of_the_reference(n, m, t, value):
    # Oracle: P-B1.8, and its closed form.
    found = bell_measurement(code_of(f"qpc-{n}-{m}"), t)
    a, b = 1 - (1 - t**2) ** m, t ** (2 * m) / 2
    assert found.success == pytest.approx(value, abs=5e-10)
    assert found.success == pytest.approx(a**n - (a - b) ** n, rel=1e-12)
    assert found.success == pytest.approx((found.phi + found.psi) / 2, rel=1e-14)


def test_bell_measurement_by_pairs_of_photons():
    # Oracle: every pattern of arrived pairs and of letters of the blocks, one by one.
    n, m, t = 2, 2, 0.8
    total = {0: 0.0, 1: 0.0}
    for arrived in itertools.product((False, True), repeat=n * m):
        chance = np.prod([t**2 if each else 1 - t**2 for each in arrived])
        for letters in itertools.product((0, 1), repeat=n):
            blocks = [arrived[b * m : b * m + m] for b in range(n)]
            known = all(any(block) for block in blocks)
            signed = any(all(block) and psi for block, psi in zip(blocks, letters, strict=True))
            total[sum(letters) % 2] += chance / 2 ** (n - 1) * (known and signed)
    found = bell_measurement(code_of(f"qpc-{n}-{m}"), t)
    assert (found.phi, found.psi) == pytest.approx((total[0], total[1]), rel=1e-12)


def test_large_codes_and_other_families_are_refused():
    # Oracle: the sentence names what can play it.
    with pytest.raises(EngineError, match="up to distance 9"):
        erasure_counts(code_of("surface-10"))
    with pytest.raises(EngineError, match="13"):
        by_ranks(code_of("surface-4"))
    with pytest.raises(EngineError, match="no blocks"):
        erasure_counts(code_of("steane"), "blocks")
    with pytest.raises(EngineError, match="no tree"):
        erasure_counts(code_of("steane"), "varnava")
    with pytest.raises(EngineError, match="no parity code"):
        bell_measurement(code_of("steane"), 0.9)
    with pytest.raises(UnknownNameError, match="'ranks'"):
        erasure_counts(code_of("steane"), "rank")


@pytest.mark.parametrize("loss", [-0.1, 1.1, float("nan"), float("inf"), "0.1", None, True])
def test_losses_that_are_no_probabilities_are_refused(loss):
    with pytest.raises(ParameterError):
        erasure_counts(code_of("513")).recovery(loss)
    with pytest.raises(ParameterError):
        tree_recovery((2, 2), loss)
    with pytest.raises(ParameterError):
        bell_measurement(code_of("qpc-2-2"), loss)


@pytest.mark.parametrize("branching", [(), (0,), (2, -1), (1.5,), (2, True)])
def test_branchings_that_are_no_trees_are_refused(branching):
    with pytest.raises(ParameterError):
        tree_recovery(branching, 0.1)
    with pytest.raises(ParameterError):
        best_tree(0.1, 0)

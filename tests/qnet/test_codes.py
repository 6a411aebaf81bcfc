"""Stabilizer codes as data: what makes a code, names, distances, and words that make none."""

import itertools

import numpy as np
import pytest

from qnet.codes import CODES, StabilizerCode, code_of
from qnet.codes.binary import rank, solve
from qnet.codes.code import product
from qnet.codes.hadamard_frames import css_frame
from qnet.errors import ParameterError, UnknownNameError
from qnet.references import REFERENCES

SMALL = [
    *("repetition-2", "repetition-5", "422", "513", "steane", "shor", "qpc-2-2", "qpc-3-2"),
    *("qpc-2-4", "qpc-1-3", "qpc-3-1", "surface-2", "surface-3", "tree-3", "tree-2-2"),
    *("tree-3-1", "tree-1-2-2", "tree-2-1-1"),
]

PAULIS = {
    "I": np.eye(2),
    "X": np.array([[0, 1], [1, 0]]),
    "Y": np.array([[0, -1j], [1j, 0]]),
    "Z": np.diag([1, -1]),
}


def matrix(word):
    """The operator of a word, qubit 0 the first factor."""
    found = np.eye(1)
    for letter in word:
        found = np.kron(found, PAULIS[letter])
    return found


def anticommute(one, other):
    """Whether two words anticommute: by letters that differ."""
    return sum(a != b and "I" not in (a, b) for a, b in zip(one, other, strict=True)) % 2 == 1


@pytest.mark.parametrize("name", ["repetition-3", "422", "513", "qpc-2-2", "surface-2", "tree-2-1"])
def test_code_space_is_that_of_its_operators(name):
    # Oracle: matrices. The projector of the stabilizers has rank 2^k, logical operators keep it.
    code = code_of(name)
    projector = np.eye(2**code.n)
    for word in code.stabilizers:
        projector = projector @ (np.eye(2**code.n) + matrix(word)) / 2
    assert np.isclose(np.trace(projector).real, 2**code.k)
    for x_word, z_word in zip(code.logical_x, code.logical_z, strict=True):
        x, z = matrix(x_word), matrix(z_word)
        assert np.allclose(x @ projector, projector @ x)
        assert np.allclose(z @ projector, projector @ z)
        assert np.allclose(x @ z, -z @ x)


@pytest.mark.parametrize("name", SMALL)
def test_distance_is_the_least_weight_of_a_logical_operator(name):
    # Oracle: every product of stabilizers and logical operators, up to 2^(n + k) words.
    code = code_of(name)
    words = {"I" * code.n}
    for word in code.stabilizers:
        words |= {product(word, other) for other in words}
    logical = set()
    for row in itertools.product((False, True), repeat=2 * code.k):
        chosen = "I" * code.n
        for used, word in zip(row, (*code.logical_x, *code.logical_z), strict=True):
            chosen = product(chosen, word) if used else chosen
        logical |= {product(chosen, word) for word in words} if any(row) else set()
    assert min(code.n - word.count("I") for word in logical) == code.distance
    assert len(logical) == 2 ** (code.n - code.k) * (4**code.k - 1)


@pytest.mark.parametrize("name", SMALL)
def test_syndromes_and_logical_actions_are_commutation_signs(name):
    # Oracle: letters that differ, counted.
    code = code_of(name)
    rng = np.random.default_rng(7)
    for _ in range(20):
        error = "".join(rng.choice(list("IXYZ"), code.n))
        bits = [anticommute(error, word) for word in code.stabilizers]
        assert code.syndrome(error) == sum(bit << i for i, bit in enumerate(bits))
        if not any(bits):
            acts = [
                "IXZY"[anticommute(error, z) + 2 * anticommute(error, x)]
                for x, z in zip(code.logical_x, code.logical_z, strict=True)
            ]
            assert code.logical(error) == "".join(acts)


@pytest.mark.parametrize(
    ("name", "parameters", "css"),
    [
        ("repetition-5", (5, 1, 1), True),
        ("422", (4, 2, 2), True),
        ("513", (5, 1, 3), False),
        ("steane", (7, 1, 3), True),
        ("shor", (9, 1, 3), True),
        ("qpc-10-4", (40, 1, 4), True),
        ("surface-5", (25, 1, 5), True),
        ("tree-4-14-4", (284, 1, 4), False),
    ],
)
def test_parameters_of_known_codes(name, parameters, css):
    # Oracle: the literature's [[n, k, d]]; 284 photons: P-B4.3.
    code = code_of(name)
    assert (code.parameters, code.is_css, code.name) == (parameters, css, name)
    symplectic = code.symplectic
    assert symplectic.shape == (code.n - code.k, 2 * code.n)
    assert not ((symplectic[:, : code.n] @ symplectic[:, code.n :].T) % 2 == 1).any() or not css


def test_steane_detects_with_the_hamming_code():
    # Oracle: columns of its checks are the numbers 1 to 7.
    checks = [word for word in code_of("steane").stabilizers if "Z" in word]
    columns = {tuple(word[i] for word in checks) for i in range(7)}
    assert len(columns) == 7
    assert ("I", "I", "I") not in columns


def test_every_family_has_an_example_and_references():
    # Oracle: the bibliography.
    for family in CODES.values():
        code = code_of(family.example)
        assert set(code.references) <= set(REFERENCES)
        assert code.references
        assert code.title


def test_frames_turn_trees_into_codes_of_two_letters():
    # Oracle: the words with the letters of turned qubits swapped.
    code = code_of("tree-2-2-1")
    turned, is_swapped = css_frame(code)
    swap = {"I": "I", "X": "Z", "Z": "X"}
    for word in (*code.stabilizers, *code.logical_x, *code.logical_z):
        letters = {swap[c] if i in turned else c for i, c in enumerate(word)} - {"I"}
        assert len(letters) == 1
    assert not is_swapped
    assert css_frame(code_of("513")) is None
    assert css_frame(code_of("422")) == (frozenset(), False)


@pytest.mark.parametrize(
    "name",
    [
        *("", "stean", "Steane", "steane-7", "qpc", "qpc-10", "qpc-10-4-2", "qpc-4-x", "qpc-04-4"),
        *("repetition", "repetition-1", "repetition--3", "repetition-5.0", "repetition-9999"),
        *("tree", "tree-", "tree-0-2", "tree-99-99", "qpc-0-4", "qpc-1-1", "qpc-99999-1"),
        *("513-1", "422 ", "qpc-10-4\n", "qpc-\u0661-4", "surface-1", "surface-32", "gkp"),
        *(None, 7, ("steane",)),
    ],
)
def test_malformed_names_are_refused(name):
    # Oracle: none; a name is a family and its whole numbers.
    with pytest.raises(ParameterError):
        code_of(name)


def test_unknown_names_come_with_the_known_ones():
    with pytest.raises(UnknownNameError, match=r"'qpc-N-M'.*'steane'.*did you mean 'steane'"):
        code_of("stean")


BIT_FLIP = {
    "name": "own",
    "stabilizers": ("ZZI", "IZZ"),
    "logical_x": ("XXX",),
    "logical_z": ("ZII",),
    "distance": 1,
}


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("stabilizers", ("ZZI",)),
        ("stabilizers", ("ZZI", "ZZI")),
        ("stabilizers", ("ZZI", "IZZ", "ZIZ")),
        ("stabilizers", ("XII", "IZZ")),
        ("stabilizers", ("ZZ", "IZZ")),
        ("stabilizers", ("ZZi", "IZZ")),
        ("stabilizers", (3, "IZZ")),
        ("stabilizers", ("III", "IZZ")),
        ("logical_x", ("XXI",)),
        ("logical_x", ("ZII",)),
        ("logical_x", ("XXX", "XXX")),
        ("logical_x", ()),
        ("logical_x", ("",)),
        ("logical_z", ("XXX",)),
        ("logical_z", ("ZZI",)),
        ("logical_z", ()),
        ("distance", 0),
        ("distance", 1.5),
    ],
)
def test_words_that_make_no_code_are_refused(field, value):
    # Oracle: the definition of a stabilizer code.
    StabilizerCode(**BIT_FLIP)
    with pytest.raises(ParameterError):
        StabilizerCode(**{**BIT_FLIP, field: value})


def test_operators_outside_the_code_have_no_logical_action():
    code = StabilizerCode(**BIT_FLIP)
    with pytest.raises(ParameterError, match="commute with every stabilizer"):
        code.logical("XII")
    with pytest.raises(ParameterError, match="3 letters"):
        code.syndrome("XI")


def test_linear_algebra_over_two_elements():
    # Oracle: all sums of the rows.
    rng = np.random.default_rng(5)
    for _ in range(30):
        rows = [int(row) for row in rng.integers(0, 64, size=6)]
        span = {0}
        for row in rows:
            span |= {row ^ other for other in span}
        assert 2 ** rank(rows) == len(span)
        wanted = int(rng.choice(sorted(span)))
        total = 0
        for position in solve(rows, wanted):
            total ^= rows[position]
        assert total == wanted
        for outside in set(range(64)) - span:
            with pytest.raises(ValueError, match="span"):
                solve(rows, outside)
            break


@pytest.mark.parametrize("name", ["repetition-9999", "qpc-9999-9999", "surface-9999"])
def test_a_code_too_large_is_refused_before_its_words_are_written(name):
    """Oracle: the rule. The words of 10^8 letters would take minutes and all memory."""
    with pytest.raises(ParameterError, match="code must have at most 1000 qubits"):
        code_of(name)

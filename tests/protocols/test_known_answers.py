"""Known-answer tests: the vectors that ship, and that each of them can fail."""

from __future__ import annotations

import copy
import dataclasses

import numpy as np
import pytest

from protocols.certification import budgets, check_known_answers, ciphers
from protocols.certification.known_answers import (
    ALGORITHMS,
    FAMILIES,
    check_family,
    is_right,
    known_answers,
)
from protocols.postprocessing import belief_propagation, cascade, codes, galois, hashing, sharing
from qnet.errors import ParameterError

VECTORS = [vector for name in FAMILIES for vector in known_answers(name).vectors]


def test_the_code_that_ships_gives_the_known_answers():
    """Oracle: the sources that the vectors name."""
    found = check_known_answers()
    assert [check.decision for check in found] == ["met"] * len(FAMILIES)
    assert sum(check.n for check in found) == len(VECTORS) >= 70
    assert len({check.id for check in found}) == len(found)


def test_every_vector_has_its_source_and_every_algorithm_a_vector():
    """Oracle: the table of algorithms."""
    assert all(len(vector.source) > 20 for vector in VECTORS)
    assert {vector.algorithm for vector in VECTORS} == set(ALGORITHMS)
    assert len({vector.id for vector in VECTORS}) == len(VECTORS)


def changed(answer):
    """Another answer, by one letter or by the least that a number shows."""
    if isinstance(answer, list):
        return [changed(answer[0]), *answer[1:]]
    if isinstance(answer, str):
        return answer[:-1] + ("0" if answer[-1] != "0" else "1")
    return answer + 1 if isinstance(answer, int) else answer * (1.0 + 1e-9)


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector.id)
def test_a_changed_answer_is_seen(vector):
    """Oracle: the vector itself, one letter changed: the check falls short and names it."""
    wrong = dataclasses.replace(vector, answer=changed(vector.answer))
    family = known_answers("crc")
    found = check_family(dataclasses.replace(family, vectors=(*family.vectors, wrong)))
    assert (found.decision, found.value.best) == ("fell short", 1.0)
    assert vector.id in found.sentence


def flipped(given, name):
    """The input with the first letter of a text changed."""
    other = copy.deepcopy(dict(given))
    text = other[name]
    other[name] = ("0" if text[0] != "0" else "1") + text[1:]
    return other


TEXTS = {
    "universal-hash": "point",
    "byte-polynomial-hash": "message",
    "tag-of-a-frame": "secret",
    "toeplitz": "seed",
    "cascade": "bob",
    "parity-check-syndrome": "word",
    "aes-gcm-seal": "key",
    "aes-gcm-open": "key",
    "poly1305": "message",
    "ghash-key": "key",
    "shamir-shares": "secret",
    "named-crc": "text",
    "crc": "text",
}


@pytest.mark.parametrize("name", TEXTS)
def test_a_changed_input_is_seen(name):
    """Oracle: the vector itself, of another input; each of these functions is a bijection in it."""
    vector = [each for each in VECTORS if each.algorithm == name][-1]
    if name in ("aes-gcm-open", "poly1305", "toeplitz"):  # one whose key does not hide the change
        vector = next(each for each in VECTORS if each.algorithm == name)
    wrong = dataclasses.replace(vector, input=flipped(vector.input, TEXTS[name]))
    assert is_right(vector)
    assert not is_right(wrong)


#: A small fault in the code that ships -> the family that sees it.
FAULTS = {
    "hash: another prime": ("hashing", hashing.universal_hash, "__defaults__", (2**127 - 3,)),
    "hash: shorter words": ("hashing", hashing, "WORD_BYTES", 14),
    "bytes: powers in disorder": ("hashing", galois, "_POWERS", [*galois._POWERS[1:], 1]),
    "shares: no interpolation": ("sharing", sharing, "byte_inverse", lambda a: a),
    "shares: a constant polynomial": ("sharing", sharing, "evaluate", lambda row, x: row[-1]),
    "codes: another share of columns": ("ldpc", codes, "SHARE_2", 0.8),
    "decoder: signs ignored": ("ldpc", belief_propagation, "SIGN", np.uint32(0)),
    "tags: hash without its pad": ("authentication", None, None, None),
    "budget: tags not counted": ("budgets", budgets, "DAYS_PER_YEAR", 366.0),
    "cipher: nonce ignored": ("ciphers", None, None, None),
    "cascade: the other half": ("cascade", None, None, None),
    "toeplitz: rounded down": ("toeplitz", None, None, None),
    "crc: not reflected": ("crc", None, None, None),
}


def break_it(monkeypatch, name):
    """Put the fault into the code that ships."""
    _, module, attribute, value = FAULTS[name]
    if module is not None:
        monkeypatch.setattr(module, attribute, value)
    elif name.startswith("tags"):
        monkeypatch.setattr("protocols.postprocessing.pool.KeyPool.pad", lambda *_: 0)
    elif name.startswith("cipher"):
        right = ciphers.aes_gcm_seal
        monkeypatch.setattr(
            ciphers, "aes_gcm_seal", lambda key, nonce, *rest: right(key, bytes(12), *rest)
        )
    elif name.startswith("cascade"):
        right = cascade._CascadePass.index
        monkeypatch.setattr(cascade._CascadePass, "index", lambda self, leaf: right(self, leaf ^ 1))
    elif name.startswith("toeplitz"):
        monkeypatch.setattr("protocols.postprocessing.privacy.np.rint", np.floor)
    else:
        monkeypatch.setattr("protocols.postprocessing.crc._reversed", lambda value, width: value)


@pytest.mark.parametrize("name", FAULTS)
def test_a_fault_in_the_code_is_seen(name, monkeypatch):
    """Oracle: the vectors, which the code without the fault gives."""
    family = known_answers(FAULTS[name][0])
    codes.build_code.cache_clear()
    break_it(monkeypatch, name)
    found = check_family(family)
    codes.build_code.cache_clear()
    assert found.decision == "fell short"


def test_without_the_extra_ciphers_are_inconclusive(monkeypatch):
    """Oracle: nothing was run, and the sentence says what is missing."""
    monkeypatch.setitem(__import__("sys").modules, "cryptography.hazmat.primitives.poly1305", None)
    found = check_family(known_answers("ciphers"))
    assert (found.decision, found.n, found.power) == ("inconclusive", 0, None)
    assert "pip install 'qnet-emulator[certify]'" in found.sentence


@pytest.mark.parametrize(
    ("arguments", "part"),
    [
        ({"shares": 2, "threshold": 3}, "threshold must lie in 1 to 2"),
        ({"shares": 300, "threshold": 3}, "threshold must lie in 1 to 255"),
        ({"shares": 3, "threshold": 0}, "threshold must be at least 1"),
    ],
)
def test_bad_numbers_of_shares(arguments, part):
    """Oracle: the rule in the sentence."""
    with pytest.raises(ParameterError, match=part):
        sharing.share(b"key", **arguments)


def test_shares_that_do_not_fit_are_refused():
    """Oracle: two points fix a line; a third that is off it shows."""
    line = sharing.share(b"a key", shares=4, threshold=2)
    assert sharing.recover(line[2:]) == sharing.recover(line) == b"a key"
    bad = dataclasses.replace(line[3], data=b"other")
    for shares, part in (
        ([*line[:2], bad], "lie on one polynomial"),
        (line[:1], "be 2 or more"),
        ([], "be 1 or more"),
        ([line[0], line[0]], "belong together"),
        ([line[0], dataclasses.replace(line[1], data=b"x")], "belong together"),
    ):
        with pytest.raises(ParameterError, match=part):
            sharing.recover(shares)


def test_too_few_shares_tell_nothing():
    """Oracle: for each of 256 secrets, one polynomial through the single share, by counting."""
    seen = {
        secret
        for secret in range(256)
        for slope in range(256)
        if sharing.share_with(bytes([secret]), [bytes([slope])], [7])[0].data == b"\x2a"
    }
    assert seen == set(range(256))


@pytest.mark.parametrize("at_once", [True, False])
@pytest.mark.parametrize("reuse", [True, False])
def test_every_schedule_of_cascade_corrects(at_once, reuse):
    """Oracle: the bits of Alice; an error rate where 14 passes leave an error once in 10^3 runs."""
    rng = np.random.default_rng(3)
    alice = rng.integers(0, 2, 2000).astype(np.uint8)
    bob = alice ^ (rng.random(2000) < 0.04).astype(np.uint8)
    levels = tuple(cascade.block_levels(0.04, 2000))
    schedule = cascade.CascadeSchedule(levels=levels, at_once=at_once, reuse=reuse)
    done = cascade.rehearse(alice, bob, schedule, seed=1)
    assert np.array_equal(done.bits[-1], alice)
    assert list(done.parities) == sorted(done.parities)


@pytest.mark.parametrize(
    ("arguments", "part"),
    [
        ({"levels": ()}, "levels must name one pass"),
        ({"levels": (2,), "orders": ((0, 1, 2, 2),), "frame_bits": 4}, "orders must hold"),
        ({"levels": (2, 2), "orders": ((0, 1, 2, 3),), "frame_bits": 4}, "orders must hold"),
    ],
)
def test_bad_schedules(arguments, part):
    """Oracle: the rule in the sentence."""
    with pytest.raises(ParameterError, match=part):
        cascade.CascadeSchedule(**arguments)

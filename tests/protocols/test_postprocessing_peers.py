"""Peers that hold the secret, and say what the protocol does not."""

from __future__ import annotations

import json
import struct

import numpy as np
import pytest

from protocols.postprocessing import AbortReason, Randomness, RawKey
from protocols.postprocessing.in_process import run_both
from protocols.postprocessing.messages import decode
from protocols.postprocessing.result import ProtocolAborted
from protocols.postprocessing.sifting import sift_as_alice
from protocols.postprocessing.verification import verify_as_alice, verify_as_bob
from qnet import ParameterError
from tests.protocols.two_ends import Scripted


def message(header: object, rest: bytes = b"") -> bytes:
    text = json.dumps(header).encode() if not isinstance(header, bytes) else header
    return struct.pack(">I", len(text)) + text + b"\n" + rest


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\xff\xff\xff\xff",
        message(["x", {}, [["a", "bits", 10**15]]]),
        message(["x", {}, [["a", "<i8", 2]]], bytes(15)),
        message(["x", {}, [["a", "<i8", -1]]]),
        message(["x", {}, [["a", "|O", 1]]], bytes(8)),
        message(["x", {}, [["a", "<i8", 1.0]]], bytes(8)),
        message(["x", {}, [["a", "<i8", True]]], bytes(8)),
        message(["x", {"a": 1}, [["a", "bits", 1]]], b"x"),
        message(["x", {}, [[f"a{i}", "bits", 0] for i in range(17)]]),
        message(["x", {}, []], b"left over"),
        message(["x", [], []]),
        message([1, {}, []]),
        message(["x", {}]),
        message(b"[" * 60_000),
        message(b" " * (1 << 17)),
    ],
    ids=range(16),
)
def test_p4_malformed_messages_are_refused_in_words(data):
    """Oracle: none of these is what `encode` writes; none may take memory or end in a traceback."""
    with pytest.raises(ParameterError, match="message must be well formed"):
        decode(data)


@pytest.mark.parametrize("fields", [{}, {"steps": 1}, {"steps": np.ones(2, np.int8), "low": "x"}])
def test_p4_messages_with_other_fields_end_the_step(fields):
    """Oracle: an authentic message of another version of the program."""
    raw = RawKey(bits=[0, 1], bases=[0, 0])
    with pytest.raises(ProtocolAborted, match="unexpected-message"):
        run_both(lambda link: sift_as_alice(link, raw), lambda link: link.send("bases", **fields))


@pytest.mark.parametrize(
    "change",
    [
        {"nonce": 5},
        {"nonce": "no"},
        {"at": 5},
        {"at": [[0, 0, 0, 0], [10**30]]},
        {"at": [[10**30, 0, 0, 0], [100, 100]]},
        {"at": [[-1, 0, 0, 0], [100, 100]]},
        {"at": [[0.5, 0, 0, 0], [100, 100]]},
        {"at": [[float("inf"), 0, 0, 0], [100, 100]]},
        {"at": {}},
        {"facts": 5},
        {"facts": None},
    ],
)
def test_p4_a_greeting_of_another_form_ends_the_run(change):
    """Oracle: a peer that holds the secret, and says something else."""

    def other(link):
        link.send("hello", **{"nonce": "00" * 8, "at": [[0] * 4, [9, 9]], "facts": {}, **change})

    with pytest.raises(
        ProtocolAborted, match="unexpected-message: the greeting is not well formed"
    ):
        run_both(lambda link: link.greet(), other)


@pytest.mark.parametrize(
    "fields",
    [{"point": 2**127 - 1}, {"factor": -1}, {"length": 127}, {"hash": 2**126}, {"hash": "x"}],
)
def test_p4_a_hash_of_no_family_ends_the_run(fields):
    """Oracle: numbers out of the ranges of the family."""
    given = {"point": 3, "factor": 5, "length": 40, "hash": 7, **fields}
    with pytest.raises(ProtocolAborted, match="unexpected-message"):
        run_both(
            lambda link: link.send("hash", **given),
            lambda link: verify_as_bob(link, np.ones(9, np.uint8)),
        )


@pytest.mark.parametrize("answer", [1, "yes", None, False, np.ones(3, np.uint8)])
def test_p4_only_yes_verifies(answer):
    link = Scripted([{"equal": answer}])
    with pytest.raises(ProtocolAborted, match="verification-failed"):
        verify_as_alice(link, np.ones(9, np.uint8), Randomness(), epsilon_correctness=1e-12)


def test_p4_the_reason_of_the_other_end_is_cut():
    """Oracle: a reason of many lines and 50,000 letters, from a peer that holds the secret."""
    with pytest.raises(ProtocolAborted) as stopped:
        run_both(
            lambda link: link.receive("x"),
            lambda link: link.abort(ProtocolAborted(AbortReason.FAULT, "very \n" * 10_000)),
        )
    assert len(stopped.value.sentence) < 1100
    assert "\n" not in stopped.value.sentence

"""Algorithms that known answers are about, as they ship, each a function of a vector's input.

Bytes are written in hexadecimal, strings of bits as zeros and ones, whole numbers above 2^53 as
``0x...``.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

import numpy as np

from protocols.certification import budgets, ciphers
from protocols.postprocessing import cascade, crc, galois, hashing, privacy, sharing
from protocols.postprocessing.authentication import AuthenticatedLink, KeyPool
from protocols.postprocessing.belief_propagation import decode
from protocols.postprocessing.bits import Bits, bits_from_text, text_from_bits, unpack
from protocols.postprocessing.channel import channel_pair
from protocols.postprocessing.codes import Code, build_code
from protocols.postprocessing.in_process import run_both
from protocols.postprocessing.randomness import Randomness
from protocols.postprocessing.result import ProtocolAborted
from protocols.postprocessing.verification import verify_as_alice, verify_as_bob

__all__ = ["ALGORITHMS", "Answer"]

#: What a vector's answer may be.
Answer = str | int | float | list[int] | list[str]

_Input = Mapping[str, Any]


def _bytes(value: str) -> bytes:
    return bytes.fromhex(value)


def _gf256_collisions(given: _Input) -> Answer:
    """How many of the 256 keys give both messages the same hash."""
    pair = [_bytes(given["first"]), _bytes(given["second"])]
    hashes = [[galois.polynomial_hash(message, key) for key in range(256)] for message in pair]
    return sum(a == b for a, b in zip(*hashes, strict=True))


def _universal_hash(given: _Input) -> Answer:
    key = hashing.HashKey(point=int(given["point"], 16), factor=int(given["factor"], 16))
    return f"{hashing.universal_hash(_bytes(given['data']), key, given['bits']):x}"


def _hash_collisions(given: _Input) -> Answer:
    """How many points modulo a small prime give both strings of words the same value."""
    prime = given["prime"]
    values = [
        [hashing.polynomial_value(given[name], point, prime) for point in range(prime)]
        for name in ("first", "second")
    ]
    return sum(a == b for a, b in zip(*values, strict=True))


def _toeplitz(given: _Input) -> Answer:
    bits, seed = bits_from_text(given["bits"]), bits_from_text(given["seed"])
    how = {"tile": given["tile"]} if "tile" in given else {}
    return text_from_bits(privacy.toeplitz_hash(bits, seed, given["length"], **how))


def _toeplitz_collisions(given: _Input) -> Answer:
    """How many of all seeds give both strings of bits the same hash."""
    pair = [bits_from_text(given[name]) for name in ("first", "second")]
    length = given["length"]
    size = pair[0].size + length - 1
    seeds = [unpack(seed.to_bytes(4, "big"), 32)[32 - size :] for seed in range(1 << size)]
    hashes = [[privacy.toeplitz_hash(x, seed, length).tolist() for seed in seeds] for x in pair]
    return sum(a == b for a, b in zip(*hashes, strict=True))


def _schedule(given: _Input) -> cascade.CascadeSchedule:
    """The schedule of a vector; orders are ``step * place`` modulo the length of a frame."""
    size, steps = given["frame_bits"], given.get("steps")
    orders = None
    if steps is not None:
        orders = tuple(tuple(step * place % size for place in range(size)) for step in steps)
    return cascade.CascadeSchedule(
        levels=tuple(given["levels"]),
        frame_bits=size,
        orders=orders,
        at_once=given.get("at_once", True),
        reuse=given.get("reuse", True),
    )


def _cascade(given: _Input) -> Answer:
    """Bob's bits after each pass, then the parities disclosed up to each."""
    alice, bob = (bits_from_text(given[name]) for name in ("alice", "bob"))
    done = cascade.rehearse(alice, bob, _schedule(given))
    return [*map(text_from_bits, done.bits), *map(str, done.parities)]


def _patterns(size: int) -> Bits:
    """All patterns of errors in a block, shape (2^size, size)."""
    return (np.arange(1 << size)[:, None] >> np.arange(size) & 1).astype(np.uint8)


def _pass(errors: Bits, size: int) -> cascade.CascadeRehearsal:
    """One pass over blocks with these errors, shape (blocks, size)."""
    bob = errors.reshape(-1)
    level = (size - 1).bit_length()
    schedule = cascade.CascadeSchedule(levels=(level,), frame_bits=size)
    return cascade.rehearse(np.zeros_like(bob), bob, schedule)


def _cascade_errors(given: _Input) -> Answer:
    """Mean errors that a first pass leaves in a block: each pattern played, by its probability."""
    size, rate = given["block"], given["qber"]
    errors = _patterns(size)
    weights = errors.sum(axis=1, dtype=np.int64)
    left = _pass(errors, size).bits[-1].reshape(-1, size).sum(axis=1)
    return float((rate**weights * (1.0 - rate) ** (size - weights) * left).sum())


def _cascade_parities(given: _Input) -> Answer:
    """Mean parities that a first pass discloses of a block: each pattern played."""
    size, rate = given["block"], given["qber"]
    errors, mean = _patterns(size), 0.0
    weights = errors.sum(axis=1, dtype=np.int64)
    for weight in range(size + 1):
        parities = _pass(errors[weights == weight], size).parities[-1]
        mean += rate**weight * (1.0 - rate) ** (size - weight) * parities
    return mean


def _code(given: _Input) -> Code:
    rows = tuple(np.array(row)[:, None] for row in given["checks"])
    return Code(bits=given["bits"], checks=len(rows), rows=rows)


def _syndrome(given: _Input) -> Answer:
    word = bits_from_text(given["word"])[:, None]
    return text_from_bits(_code(given).syndrome(word)[:, 0])


def _decode(given: _Input) -> Answer:
    """The word of a syndrome that is nearest to what was received, by belief propagation."""
    received = bits_from_text(given["received"]).astype(np.float32)
    beliefs = (1.0 - 2.0 * received) * np.array(given["certainty"], np.float32)
    syndrome = bits_from_text(given["syndrome"])[:, None]
    words, _, done = decode(_code(given), beliefs[:, None].astype(np.float32), syndrome)
    return text_from_bits(words[:, 0]) if done[0] else "no word found"


def _matrix(given: _Input) -> Answer:
    """Digest of the parity-check matrix that both ends build by themselves."""
    dense = build_code(given["base_checks"], given["lift"]).matrix()
    return hashlib.sha256(np.packbits(dense).tobytes()).hexdigest()


def _verification(given: _Input) -> Answer:
    """Whether two keys pass the verification."""
    alice, bob = (bits_from_text(given[name]) for name in ("alice", "bob"))
    epsilon = given["epsilon"]
    try:
        run_both(
            lambda link: verify_as_alice(link, alice, Randomness(), epsilon_correctness=epsilon),
            lambda link: verify_as_bob(link, bob),
        )
    except ProtocolAborted as stopped:
        return str(stopped.reason)
    return "equal"


def _frame(given: _Input) -> Answer:
    """The bytes that go over the channel for the first messages of Alice, each with its tag."""
    secret = unpack(_bytes(given["secret"]), 8 * len(_bytes(given["secret"])))
    near, far = channel_pair()
    pool = KeyPool.for_one_run(secret)
    link = AuthenticatedLink(near, pool, "alice", tag_bits=given["tag_bits"])
    frames = []
    for kind in given["kinds"]:
        link.send(kind)
        frames.append(far.receive(1.0).hex())
    link.close()
    return frames


def _crc(given: _Input) -> Answer:
    check = crc.CyclicCheck(
        width=given["width"],
        polynomial=int(given["polynomial"], 16),
        start=int(given["start"], 16),
        is_reflected=given["is_reflected"],
        last=int(given["last"], 16),
    )
    return f"{check.check(given['text'].encode('ascii')):0{given['width'] // 4}x}"


def _named_crc(given: _Input) -> Answer:
    check: crc.CyclicCheck = getattr(crc, given["name"])
    return f"{check.check(given['text'].encode('ascii')):0{check.width // 4}x}"


def _gcm_seal(given: _Input) -> Answer:
    names = ("key", "nonce", "message", "associated")
    return ciphers.aes_gcm_seal(*(_bytes(given[name]) for name in names)).hex()


def _gcm_open(given: _Input) -> Answer:
    names = ("key", "nonce", "sealed", "associated")
    opened = ciphers.aes_gcm_open(*(_bytes(given[name]) for name in names))
    return "refused" if opened is None else opened.hex()


def _poly1305(given: _Input) -> Answer:
    return ciphers.poly1305_tag(_bytes(given["key"]), _bytes(given["message"])).hex()


def _shares(given: _Input) -> Answer:
    coefficients = [_bytes(each) for each in given["coefficients"]]
    made = sharing.share_with(_bytes(given["secret"]), coefficients, given["numbers"])
    return [each.data.hex() for each in made]


def _recovered(given: _Input) -> Answer:
    shares = [
        sharing.KeyShare(number=number, threshold=given["threshold"], data=_bytes(data))
        for number, data in zip(given["numbers"], given["shares"], strict=True)
    ]
    return sharing.recover(shares).hex()


def _budget(given: _Input) -> Answer:
    """A security budget by its name."""
    arguments = dict(given)
    found: float = getattr(budgets, arguments.pop("budget"))(**arguments)
    return found


#: Name -> function of a vector's input.
ALGORITHMS: Mapping[str, Callable[[_Input], Answer]] = MappingProxyType(
    {
        "byte-product": lambda given: galois.byte_product(given["a"], given["b"]),
        "byte-polynomial-hash": lambda given: galois.polynomial_hash(
            _bytes(given["message"]), given["key"]
        ),
        "byte-polynomial-collisions": _gf256_collisions,
        "universal-hash": _universal_hash,
        "hash-collisions": _hash_collisions,
        "tag-of-a-frame": _frame,
        "verification": _verification,
        "toeplitz": _toeplitz,
        "toeplitz-collisions": _toeplitz_collisions,
        "cascade": _cascade,
        "cascade-errors-left": _cascade_errors,
        "cascade-parities": _cascade_parities,
        "parity-check-syndrome": _syndrome,
        "belief-propagation": _decode,
        "parity-check-matrix": _matrix,
        "crc": _crc,
        "named-crc": _named_crc,
        "aes-gcm-seal": _gcm_seal,
        "aes-gcm-open": _gcm_open,
        "ghash-key": lambda given: ciphers.ghash_key(_bytes(given["key"])).hex(),
        "poly1305": _poly1305,
        "shamir-shares": _shares,
        "shamir-secret": _recovered,
        "budget": _budget,
    }
)

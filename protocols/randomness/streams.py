"""Streams of bits: read from a file's bytes, and those that the emulator itself draws from."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from protocols.postprocessing.bits import Bits
from protocols.postprocessing.randomness import Randomness
from protocols.randomness.statistic import within
from qnet.errors import ParameterError, check_integer, check_one_of

__all__ = [
    "FORMATS",
    "MOST_BITS",
    "MOST_BYTES",
    "OWN_STREAMS",
    "BitStream",
    "own_stream",
    "parse_bits",
]

#: Formats of a file of bits, and what they are.
FORMATS = {
    "bits": "text of the characters 0 and 1, with spaces and line ends between them",
    "bytes": "raw bytes, the first bit of each the most significant one",
    "unpacked": "a byte of value 0 or 1 for each bit, as NIST's tools have them",
}

#: Most bits that are tested at once.
MOST_BITS = 4_000_000

#: Most bytes of a file that are read for them: with a space, or a line end, after every bit.
MOST_BYTES = 4 * MOST_BITS

_SPACES = b" \t\r\n"

#: What some programs put before text in UTF-8.
_MARK = b"\xef\xbb\xbf"

#: Fewest bytes, all 0 or 1, that are taken for unpacked bits without being asked.
_UNPACKED = 16

#: Streams that the emulator draws from, and where.
OWN_STREAMS = {
    "words": "64-bit words of numpy's default generator, seeded",
    "uniform": "first bits of its uniform numbers, as events are drawn",
    "spawned": "bits in turn of 64 spawned generators, as batches of shots have them",
    "post-processing": "bits of a reproducible source of the post-processing",
    "operating-system": "bits of the operating system, from which keys that are kept come",
}


@dataclass(frozen=True)
class BitStream:
    """A string of bits and where it is from.

    Attributes:
        bits: Shape (n,).
        source: Its name.
        form: One of `FORMATS`, or how it was drawn.
        why: In which way the format was found, if it was not given.
    """

    bits: Bits
    source: str
    form: str
    why: str = ""


def parse_bits(
    data: bytes, source: str, form: str | None = None, first: int | None = None
) -> BitStream:
    r"""The bits that a file's bytes mean.

    Without a format: a file that holds nothing but 0, 1 and white space is text of bits; one that
    holds other printable characters alone is neither, and refused; one of 16 or more bytes of value
    0 and 1, both of them, is unpacked bits; anything else is raw bytes.

    Args:
        data: What the file holds.
        source: Its name, for errors and reports.
        form: One of `FORMATS`.
        first: Only so many bits.

    Raises:
        ParameterError: If there are no bits, other characters among them, too many, or fewer than
            ``first``.

    Examples:
        >>> parse_bits(b"10 11\n", "a.txt").bits.tolist()
        [1, 0, 1, 1]
        >>> parse_bits(b"\x81", "a.bin").bits.tolist()
        [1, 0, 0, 0, 0, 0, 0, 1]
    """
    if form is not None:
        check_one_of("format", form, FORMATS)
    if form in (None, "bits"):
        data = data.removeprefix(_MARK)
    if not data.translate(None, _SPACES if form in (None, "bits") else b""):
        raise ParameterError("file of bits", "hold bits", "nothing", "record some, as 0 and 1")
    chosen, why = (form, "") if form is not None else _guess(data)
    most = MOST_BITS if first is None else within("first", first, 1, MOST_BITS)
    count, bits = _read(data, chosen, most)
    if first is None and count > most:
        hint = f"take the first ones: --first {MOST_BITS}"
        raise ParameterError("file of bits", f"hold at most {MOST_BITS} bits", count, hint)
    if first is not None and count < first:
        raise ParameterError(
            "first", f"be at most {count}, the bits of the file", first, "take less"
        )
    return BitStream(bits[:most], source, chosen, why)


def _read(data: bytes, form: str, most: int) -> tuple[int, Bits]:
    """How many bits there are, and the first ones: as many as asked for, or a few more."""
    if form == "bytes":
        return 8 * len(data), np.unpackbits(np.frombuffer(data[: -(-most // 8)], np.uint8))
    if form == "unpacked":
        if data.translate(None, b"\x00\x01"):
            hint = "say --format bytes if eight bits lie in each"
            highest = max(data)
            raise ParameterError("file of bits", "hold bytes of value 0 or 1", highest, hint)
        return len(data), np.frombuffer(data, np.uint8)
    letters = data.translate(None, _SPACES)
    others = letters.translate(None, b"01")
    if others:
        _refuse_others(data, others)
    return len(letters), np.frombuffer(letters, np.uint8) - np.uint8(ord("0"))


def _guess(data: bytes) -> tuple[str, str]:
    """Format of a file, and why."""
    others = data.translate(None, _SPACES + b"01")
    if not others:
        return "bits", "it holds 0, 1 and white space alone"
    if all(32 <= letter < 127 for letter in set(data.translate(None, _SPACES))):
        _refuse_others(data, others)
    if len(data) >= _UNPACKED and set(data) == {0, 1}:
        return "unpacked", "it holds bytes of value 0 and 1 alone"
    return "bytes", "it holds other bytes than characters of text"


def _refuse_others(data: bytes, others: bytes) -> None:
    place = data.index(others[0])
    line = data.count(b"\n", 0, place) + 1
    hint = "leave it out, or say --format bytes if these are raw bytes"
    shown = others[:1].decode("latin-1")
    rule = f"hold 0 and 1 alone, as line {line} does not"
    raise ParameterError("file of bits", rule, shown, hint)


def own_stream(name: str, count: int, seed: int) -> BitStream:
    """Bits of a stream that the emulator draws from.

    Args:
        name: One of `OWN_STREAMS`.
        count: Number of bits.
        seed: Seed; the operating system has none.

    Raises:
        ParameterError: If there is no such stream, or a number is out of range.

    Examples:
        >>> own_stream("words", 8, 1).bits.size
        8
    """
    check_one_of("stream", name, OWN_STREAMS)
    if check_integer("own", count, 1) > MOST_BITS:
        raise ParameterError("own", f"be at most {MOST_BITS}", count, "take fewer bits")
    check_integer("seed", seed, 0)
    return BitStream(_drawn(name, count, seed), f"own {name}", OWN_STREAMS[name])


def _drawn(name: str, count: int, seed: int) -> Bits:
    if name == "operating-system":
        return Randomness().bits(count)
    if name == "post-processing":
        return Randomness.reproducible(seed).child().bits(count)
    generator = np.random.default_rng(np.random.SeedSequence(seed))
    if name == "uniform":
        return np.asarray(generator.random(count) < 0.5, np.uint8)
    if name == "spawned":
        size = -(-count // 64)
        children = [_bits_of(child, size) for child in generator.spawn(64)]
        return np.stack(children, axis=1).reshape(-1)[:count]
    return _bits_of(generator, count)


def _bits_of(generator: np.random.Generator, count: int) -> Bits:
    """Bits of the words of a generator, shape (count,)."""
    return np.unpackbits(np.frombuffer(generator.bytes((count + 7) // 8), np.uint8), count=count)

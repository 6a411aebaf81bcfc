"""Records against published vectors, against arithmetic of their own, and against attackers."""

from __future__ import annotations

import hashlib
import hmac

import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from hypothesis import given, settings, strategies as st

from protocols.encryption.aes_gcm import AesGcmOpener, AesGcmSealer, GcmCipher, nonce_of
from protocols.encryption.derivation import derived_key, derived_keys
from protocols.encryption.exchange import KeyExchange, answered
from protocols.encryption.one_time_pad import (
    HASH_KEY_BYTES,
    RESERVE_BYTES,
    TAG_BYTES,
    Pad,
    PadOpener,
    PadSealer,
)
from protocols.encryption.records import (
    HEADER_BYTES,
    RECORD_BYTES,
    BrokenConnection,
    Header,
    Kind,
    key_bytes,
)
from protocols.encryption.rekeying import RekeyPolicy
from qnet.errors import ParameterError

#: McGrew and Viega, "The Galois/Counter Mode of Operation", test case 16 (submission to NIST, and
#: appendix of SP 800-38D's tests); NIST CAVP, gcmEncryptExtIV256.rsp, 128-bit plaintext, Count 0.
VECTORS = [
    (
        "feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308",
        "cafebabefacedbaddecaf888",
        "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72"
        "1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39",
        "feedfacedeadbeeffeedfacedeadbeefabaddad2",
        "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa"
        "8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662",
        "76fc6ece0f4e1768cddf8853bb2d551b",
    ),
    (
        "31bdadd96698c204aa9ce1448ea94ae1fb4a9a0b3c9d773b51bb1822666b8f22",
        "0d18e06c7c725ac9e362e1ce",
        "2db5168e932556f8089a0622981d017d",
        "",
        "fa4362189661d163fcd6a56d8bf0405a",
        "d636ac1bbedd5cc3ee727dc2ab4a9489",
    ),
    (
        "0000000000000000000000000000000000000000000000000000000000000000",
        "000000000000000000000000",
        "",
        "",
        "",
        "530f8afbc74536b9a963b4f1c4cb738b",
    ),
]

ONE, TWO = bytes(15) + b"\1", bytes(15) + b"\2"


@pytest.mark.parametrize(("key", "nonce", "data", "more", "hidden", "tag"), VECTORS)
def test_aes_256_gcm_gives_published_values(key, nonce, data, more, hidden, tag):
    # Oracle: the published vectors.
    nonce, data, more = map(bytes.fromhex, (nonce, data, more))
    out = bytearray(len(data) + 16)
    cipher = GcmCipher(bytearray.fromhex(key))
    cipher.seal(nonce, memoryview(data), more, memoryview(out))
    assert out.hex() == hidden + tag
    plain = bytearray(len(data))
    assert cipher.open(nonce, memoryview(out), more, memoryview(plain))
    assert plain == data
    out[-1] ^= 1
    assert not cipher.open(nonce, memoryview(out), more, memoryview(plain))


def hkdf(secret: bytes, salt: bytes, info: bytes, length: int) -> bytes:
    """RFC 5869, section 2, written out with HMAC."""
    prk = hmac.digest(salt, secret, "sha256")
    okm, block = b"", b""
    for count in range(1, -(-length // 32) + 1):
        block = hmac.digest(prk, block + info + bytes([count]), "sha256")
        okm += block
    return okm[:length]


def test_keys_are_derived_by_hkdf():
    # Oracle: RFC 5869, test case 1; then the same function on what the gateways concatenate.
    okm = hkdf(
        bytes([0x0B]) * 22,
        bytes(range(13)),
        bytes(range(0xF0, 0xFA)),
        42,
    )
    assert okm.hex() == (
        "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865"
    )
    parts = [b"quantum", b"", b"kem"]
    secret = b"\0\0\0\7quantum\0\0\0\0\0\0\0\3kem"
    assert derived_key(parts, b"salt", b"info") == hkdf(secret, b"salt", b"info", 32)


def test_x25519_gives_published_values():
    # Oracle: RFC 7748, section 6.1.
    exchange = KeyExchange()
    exchange._curve = X25519PrivateKey.from_private_bytes(
        bytes.fromhex("77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a")
    )
    public = exchange._curve.public_key().public_bytes_raw().hex()
    assert public == "8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a"
    bob = "de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f"
    shared = "4a5d9d5ba4ce2de1728e3bf480350f25e07e21c947d19e3376f09b3c1e161742"
    assert exchange.secrets({"x25519": bob})[0].hex() == shared


def test_an_exchange_agrees_and_a_changed_answer_does_not():
    # Oracle: both ends have the same secrets; FIPS 203: another ciphertext gives another secret.
    begun = KeyExchange()
    fields, secrets = answered(begun.public)
    assert begun.secrets(fields) == secrets
    assert [len(each) for each in secrets] == [32, 32 if "ml-kem-768" in fields else 0]
    if "ml-kem-768" in fields:
        changed = bytearray.fromhex(fields["ml-kem-768"])
        changed[7] ^= 1
        assert begun.secrets({**fields, "ml-kem-768": changed.hex()})[1] != secrets[1]
    for wrong in ({}, {"x25519": "00"}, {"x25519": "00" * 32}, None, {"x25519": 5}):
        with pytest.raises(BrokenConnection):
            begun.secrets(wrong)
        with pytest.raises(BrokenConnection):
            answered(wrong)


@pytest.mark.parametrize("changed", ["quantum", "curve", "kem", "context", "id", "direction"])
def test_every_part_of_a_hybrid_changes_the_key(changed):
    # Oracle: a combiner that ignored a part would not be safe when that part alone is secret.
    def key(**other):
        what = {
            "quantum": b"q" * 32,
            "curve": b"c" * 32,
            "kem": b"k" * 32,
            "context": b"x" * 32,
            "id": ONE,
            "direction": 1,
            **other,
        }
        exchanged = what["curve"], what["kem"]
        derive = derived_keys(what["context"], what["direction"], exchanged)
        return derive(what["id"], bytearray(what["quantum"]), True)

    other = 2 if changed == "direction" else TWO if changed == "id" else b"z" * 32
    assert key() != key(**{changed: other})
    assert key() == key()


def test_a_key_without_quantum_key_is_none_with_an_empty_one():
    # Oracle: the label says which it is, so that neither can be taken for the other.
    derive = derived_keys(b"x" * 32, 1, (b"c" * 32, b""))
    assert derive(ONE, bytearray(), True) != derive(ONE, bytearray(), False)


# --- the header

HEADERS = st.builds(
    Header,
    st.sampled_from(list(Kind)),
    st.integers(0, RECORD_BYTES),
    st.binary(min_size=16, max_size=16),
    st.integers(0, 2**64 - 1),
)


@given(HEADERS)
def test_headers_are_read_as_they_are_written(header):
    # Oracle: decoding undoes encoding.
    assert len(header.encode()) == HEADER_BYTES == 32
    assert Header.decode(header.encode()) == header


@given(st.binary(min_size=32, max_size=32))
def test_any_32_bytes_are_a_header_or_refused(data):
    # Oracle: what is read is written the same: nothing in a header is ignored.
    try:
        header = Header.decode(data)
    except BrokenConnection:
        return
    assert header.encode() == data


@pytest.mark.parametrize("text", ["", "alice", "0000", None, 5])
def test_what_is_no_uuid_is_no_key(text):
    with pytest.raises(ParameterError, match="key_ID must be a UUID"):
        key_bytes(text)


# --- both modes


def same(key_id, material, quantum):
    return bytearray(hashlib.sha256(key_id + material).digest())


def ends(mode):
    """A sealer and an opener with the same two keys."""
    if mode == "gcm":
        pair = AesGcmSealer(1, same), AesGcmOpener(1, same)
    else:
        pair = PadSealer(1, b"context"), PadOpener(1, b"context")
    for each in pair:
        each.add(ONE, bytearray(range(32)) if mode == "gcm" else pad_of(900, 1))
        each.add(TWO, bytearray(range(32)) if mode == "gcm" else pad_of(900, 2))
    return pair


def pad_of(count, seed):
    return bytearray(hashlib.shake_256(bytes([seed])).digest(count))


def sealed(sealer, kind, data):
    out = bytearray(len(data) + 64)
    return bytes(out[: sealer.seal(kind, memoryview(data), out)])


def opened(opener, record):
    header = Header.decode(record[:HEADER_BYTES])
    out = memoryview(bytearray(header.length))
    return header.kind, bytes(opener.open(header, memoryview(record)[HEADER_BYTES:], out))


MODES = pytest.mark.parametrize("mode", ["gcm", "pad"])


@MODES
def test_records_come_out_as_they_went_in(mode):
    sealer, opener = ends(mode)
    for kind, data in [
        (Kind.DATA, b"hello"),
        (Kind.KEYS, b"x" * 40),
        (Kind.DATA, b""),
        (Kind.END, b""),
    ]:
        assert opened(opener, sealed(sealer, kind, data)) == (kind, data)
    with pytest.raises(BrokenConnection):
        sealed(sealer, Kind.DATA, bytes(sealer.room() + 1))


@MODES
@settings(max_examples=40, deadline=None)
@given(data=st.data())
def test_one_flipped_bit_anywhere_is_noticed(mode, data):
    # Oracle: the tag covers the header, the payload and itself.
    sealer, opener = ends(mode)
    record = bytearray(sealed(sealer, Kind.DATA, b"twenty bytes of data"))
    bit = data.draw(st.integers(0, 8 * len(record) - 1))
    record[bit // 8] ^= 1 << bit % 8
    with pytest.raises(BrokenConnection):
        opened_as_a_gateway(opener, record)


def opened_as_a_gateway(opener, wire):
    """Read as many bytes after a header as it announces; more than came are zeros."""
    header = Header.decode(wire[:HEADER_BYTES])
    size = header.length + opener.tag_bytes
    body = (bytes(wire[HEADER_BYTES:]) + bytes(size))[:size]
    opener.open(header, memoryview(body), memoryview(bytearray(header.length)))


@MODES
def test_records_out_of_their_place_are_noticed(mode):
    # Oracle: each receiver takes record n after record n - 1, once.
    sealer, opener = ends(mode)
    first, second, third = (sealed(sealer, Kind.DATA, bytes([k])) for k in range(3))
    with pytest.raises(BrokenConnection, match="lost or moved"):
        opened(opener, second)
    assert opened(opener, first)[1] == b"\0"
    with pytest.raises(BrokenConnection, match="replayed"):
        opened(opener, first)
    with pytest.raises(BrokenConnection, match="lost or moved"):
        opened(opener, third)


def test_records_of_the_other_direction_or_another_connection_are_not_authentic():
    # Oracle: nonce and key depend on the direction, the key on the conversation.
    for other in (AesGcmSealer(2, same), AesGcmSealer(1, derived_keys(b"y" * 32, 1))):
        other.add(ONE, bytearray(range(32)))
        with pytest.raises(BrokenConnection, match="not authentic"):
            opened(ends("gcm")[1], sealed(other, Kind.DATA, b"data"))
    for direction, context in ((2, b"context"), (1, b"contexu")):
        other = PadSealer(direction, context)
        other.add(ONE, pad_of(900, 1))
        with pytest.raises(BrokenConnection, match="not authentic"):
            opened(ends("pad")[1], sealed(other, Kind.DATA, b"data"))


# --- AES-256-GCM


def test_nonces_count_and_never_start_again():
    # Oracle: AES-GCM of the library with nonce = direction (32 bits), sequence (64 bits).
    sealer = AesGcmSealer(2, same, RekeyPolicy(messages=2))
    keys = {ONE: bytes(same(ONE, bytes(32), True)), TWO: bytes(same(TWO, bytes(32), True))}
    sealer.add(ONE, bytearray(32))
    sealer.add(TWO, bytearray(32))
    for sequence in range(4):
        record = sealed(sealer, Kind.DATA, b"data")
        head, key = record[:32], ONE if sequence < 2 else TWO
        assert Header.decode(head) == Header(Kind.DATA, 4, key, sequence)
        nonce = b"\0\0\0\2" + sequence.to_bytes(8, "big")
        assert nonce_of(2, sequence) == nonce
        assert AESGCM(keys[key]).decrypt(nonce, record[32:], head) == b"data"
    assert sealer.room() == 0
    with pytest.raises(BrokenConnection):
        sealed(sealer, Kind.DATA, b"data")
    assert Header.decode(sealed(sealer, Kind.CREDIT, b"8bytes!!")[:32]).key == TWO


@pytest.mark.parametrize(
    ("policy", "expected"),
    [
        (RekeyPolicy(messages=3), [3, 3]),
        (RekeyPolicy(data_bytes=25), [3, 3]),  # 10 + 10 + 5 bytes
        (RekeyPolicy(seconds=2.0), [2, 2]),
    ],
)
def test_the_first_limit_ends_a_key(policy, expected):
    # Oracle: counting. Every record of 10 bytes takes one second.
    now = [0.0]
    sealer = AesGcmSealer(1, same, policy, clock=lambda: now[0])
    used = []
    for key in (ONE, TWO):
        sealer.add(key, bytearray(32))
        count = 0
        while (room := sealer.room()) > 0:
            sealed(sealer, Kind.DATA, bytes(min(room, 10)))
            now[0] += 1.0
            count += 1
        used.append(count)
    assert used == expected
    assert sealer.keys_used == 2


def test_an_idle_key_does_not_age_and_half_of_one_asks_for_the_next():
    now = [0.0]
    sealer = AesGcmSealer(1, same, RekeyPolicy(seconds=10.0), clock=lambda: now[0])
    assert sealer.wants_key()
    sealer.add(ONE, bytearray(32))
    now[0] = 100.0
    assert sealer.room() > 0
    assert not sealer.wants_key()
    sealed(sealer, Kind.DATA, b"data")
    now[0] = 104.9
    assert not sealer.wants_key()
    now[0] = 105.0
    assert sealer.wants_key()
    sealer.add(TWO, bytearray(32))
    assert not sealer.wants_key()


def test_a_key_is_overwritten_when_it_is_taken():
    material = bytearray(range(32))
    AesGcmSealer(1, same).add(ONE, material)
    assert material == bytes(32)
    assert "00010203" not in repr(AesGcmSealer(1, same))


# --- one-time pad

PRIME = 2**127 - 1


def expected_tag(stream, place, message):
    """Wegman-Carter written out: polynomial over 15-byte words, then the pad, modulo 2^96."""
    point, factor = (int.from_bytes(stream[k : k + 16], "big") >> 1 for k in (0, 16))
    words = [int.from_bytes(message[k : k + 15], "big") for k in range(0, len(message), 15)]
    words.append(len(message))
    value = sum(w * pow(point, len(words) - k, PRIME) for k, w in enumerate(words)) % PRIME
    hashed = value * factor % PRIME
    return (hashed + int.from_bytes(stream[place : place + 12], "big")) % 2**96


@settings(max_examples=40, deadline=None)
@given(
    keys=st.lists(st.integers(1, 300), min_size=4, max_size=12),
    sizes=st.lists(st.integers(0, 60), min_size=1, max_size=20),
)
def test_no_bit_of_the_pad_is_used_twice(keys, sizes):
    # Oracle: the keys as one string, cut here into 32 bytes for the hash, then for each record as
    # many as it has data and 12 for its tag, one after the other.
    materials = [pad_of(count, k) for k, count in enumerate([300, *keys])]
    stream = b"".join(materials)
    sealer, opener = PadSealer(1, b"context"), PadOpener(1, b"context")
    for k, material in enumerate(materials):
        sealer.add(bytes([k]) * 16, bytearray(material))
        opener.add(bytes([k]) * 16, bytearray(material))
    place = HASH_KEY_BYTES
    for size in sizes:
        if sealer.room() < size:
            with pytest.raises(BrokenConnection, match="used up"):
                sealed(sealer, Kind.DATA, bytes(size))
            break
        data = bytes(k % 251 for k in range(size))
        record = sealed(sealer, Kind.DATA, data)
        hidden = bytes(a ^ b for a, b in zip(data, stream[place : place + size], strict=True))
        assert record[32:-12] == hidden
        place += size
        tag = expected_tag(stream, place, record[:32] + b"\1context" + hidden)
        assert int.from_bytes(record[-12:], "big") == tag
        place += TAG_BYTES
        assert opened(opener, record) == (Kind.DATA, data)
        assert sealer.pad.taken == opener.pad.taken == place
        assert sealer.pad.left == opener.pad.left == len(stream) - place


@given(st.lists(st.integers(1, 40), max_size=8), st.lists(st.integers(0, 50), max_size=20))
def test_a_pad_gives_each_byte_once_and_overwrites_it(keys, takes):
    # Oracle: the concatenation of all that was taken is the beginning of all that was added.
    materials = [pad_of(count, k) for k, count in enumerate(keys)]
    stream, pad, taken = b"".join(materials), Pad(), b""
    for k, material in enumerate(materials):
        pad.add(bytes([k]) * 16, material)
    for count in takes:
        if count > pad.left:
            with pytest.raises(BrokenConnection):
                pad.take(count)
        else:
            taken += pad.take(count)
    assert taken == stream[: len(taken)]
    left = b"".join(materials)
    assert left == bytes(len(taken)) + stream[len(taken) :]
    pad.close()
    assert b"".join(materials) == bytes(len(stream))


def test_a_dry_pad_keeps_what_brings_more():
    # Oracle: data stops at the reserve; offers of keys go on below it, credit leaves some for them.
    sealer = PadSealer(1, b"")
    sealer.add(ONE, pad_of(1000, 1))
    sealed(sealer, Kind.DATA, bytes(sealer.room()))
    assert sealer.room() == 0
    assert sealer.pad.left == RESERVE_BYTES
    sent = 0
    while sealer.may_seal(Kind.CREDIT):
        sealed(sealer, Kind.CREDIT, bytes(8))
        sent += 1
    assert sent == RESERVE_BYTES // TAG_BYTES - 5
    assert sealer.may_seal(Kind.KEYS)
    assert sealer.wants_key()

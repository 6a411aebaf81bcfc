"""Requests that no KME may serve: each with the status and the message that it gets."""

from __future__ import annotations

import json
import re
import uuid

import pytest
from hypothesis import given, settings, strategies as st

from protocols.key_management.refusals import KeyRefusedError
from protocols.key_management.server.requests014 import KeyOrder, key_ids_of
from tests.protocols.key_management.kmes import RunningKmes

ENC, DEC, STATUS = (f"/api/v1/keys/bob/{name}" for name in ("enc_keys", "dec_keys", "status"))
ID = str(uuid.UUID(int=1))
INTEGER = "shall be an integer"
NUMBER = "number shall be 1 to 128"
SIZE = "size shall be 64 to 4096"
ARRAY = "shall be an array of"
JSON = "the body shall be a JSON object"
KNOWN = "known fields here are"
ONCE = "every parameter shall be given once"
GET = "GET takes number and size alone"
GET_ID = "GET takes a single key_ID alone"
UUID = "key_ID shall be a UUID"


def ids(*key_ids):
    return {"key_IDs": [{"key_ID": key_id} for key_id in key_ids]}


#: Bodies of POST enc_keys -> message; bytes and strings are sent as they are.
ENC_BODIES = [
    ({"number": 0}, NUMBER),
    ({"number": -1}, NUMBER),
    ({"number": 129}, NUMBER),
    ({"number": 10**30}, NUMBER),
    ({"number": True}, INTEGER),
    ({"number": "2"}, INTEGER),
    ({"number": 2.0}, INTEGER),
    ({"number": None}, INTEGER),
    ({"number": [2]}, INTEGER),
    ({"size": 257}, "size shall be a multiple of 8"),
    ({"size": 4097}, "size shall be a multiple of 8"),
    ({"size": 56}, SIZE),
    ({"size": 0}, SIZE),
    ({"size": -256}, SIZE),
    ({"size": 8192}, SIZE),
    ({"size": False}, INTEGER),
    ({"size": {}}, INTEGER),
    ({"additional_slave_SAE_IDs": "dave"}, ARRAY),
    ({"additional_slave_SAE_IDs": [1]}, ARRAY),
    ({"additional_slave_SAE_IDs": {"0": "dave"}}, ARRAY),
    ({"additional_slave_SAE_IDs": ["dave"]}, "no key multicast"),
    ({"additional_slave_SAE_IDs": ["bob"]}, "no key multicast"),
    ({"extension_mandatory": [{"a": 1}]}, "not all extension_mandatory parameters are supported"),
    ({"extension_mandatory": {"a": 1}}, ARRAY),
    ({"extension_mandatory": [1]}, ARRAY),
    ({"extension_optional": "a"}, ARRAY),
    ({"extension_optional": [[]]}, ARRAY),
    ({"numbers": 1}, KNOWN),
    ({"Number": 1}, KNOWN),
    (b"", JSON),
    (b"{", JSON),
    (b"[]", JSON),
    (b"null", JSON),
    (b'"number"', JSON),
    (b"number=1", JSON),
    (b'{"number": NaN}', JSON),
    (b'{"extension_optional": [{"x": Infinity}]}', JSON),
    (b'{"number": 1, "number": 2}', JSON),
    (b'{"number": 01}', JSON),
    (b'{"number": ' + b"9" * 5000 + b"}", JSON),
    (b'{"number": 1e400}', INTEGER),
    (b'{"extension_optional": ' + b"[" * 30_000 + b"]" * 30_000 + b"}", JSON),
    (b'{"number": 1}{"number": 1}', JSON),
    (b'\xef\xbb\xbf{"number": 1}', JSON),
    (b'{"number": "\xff"}', "the body shall be UTF-8"),
    ('{"number": 1}'.encode("utf-16"), "the body shall be UTF-8"),
    (b'{"extension_optional": [{"x": "' + b"x" * 65_536 + b'"}]}', "at most 65536 bytes"),
]

#: Bodies of POST dec_keys -> message.
DEC_BODIES = [
    ({}, "key_IDs shall be an array of objects"),
    ({"key_IDs": []}, "key_IDs shall be 1 to 128"),
    ({"key_IDs": ID}, "key_IDs shall be an array of objects"),
    ({"key_IDs": [ID]}, "key_IDs shall be an array of objects"),
    ({"key_IDs": [{}]}, UUID),
    ({"key_IDs": [{"key_id": ID}]}, KNOWN),
    ({"key_IDs": [{"key_ID": 1}]}, UUID),
    ({"key_IDs": [{"key_ID": ID, "key_ID_extension": 1}]}, "key_ID_extension shall be an object"),
    ({**ids(ID), "key_IDs_extension": []}, "key_IDs_extension shall be an object"),
    ({**ids(ID), "number": 1}, KNOWN),
    (ids("1"), UUID),
    (ids(ID + "\n"), UUID),
    (ids("{" + ID + "}"), UUID),
    (ids("' OR 1=1 --"), UUID),
    (b'{"key_IDs": [{"key_ID": "\\ud800"}]}', UUID),
    (ids(ID, ID), "every key_ID shall be given once"),
    (ids(ID, ID.upper()), "every key_ID shall be given once|is not here"),
    (ids(*(str(uuid.UUID(int=i)) for i in range(129))), "key_IDs shall be 1 to 128"),
    (ids(ID), "is not here"),
]

#: Paths of GET requests -> message.
PATHS = [
    (f"{ENC}?number=0", NUMBER),
    (f"{ENC}?number=", INTEGER),
    (f"{ENC}?number=+1", INTEGER),
    (f"{ENC}?number=1.5", INTEGER),
    (f"{ENC}?number=1e2", INTEGER),
    (f"{ENC}?number=%D9%A1", INTEGER),  # an Arabic one
    (f"{ENC}?number={'9' * 2000}", INTEGER),
    (f"{ENC}?size=257", "size shall be a multiple of 8"),
    (f"{ENC}?size=true", INTEGER),
    (f"{ENC}?number=1&number=1", ONCE),
    (f"{ENC}?Number=1", GET),
    (f"{ENC}?additional_slave_SAE_IDs=dave", GET),
    (f"{ENC}?extension_optional=x", GET),
    (f"{ENC}?key_ID={ID}", GET),
    (f"{ENC}?number", "the query is malformed"),
    (f"{ENC}?&", "the query is malformed"),
    (f"{ENC}?number=%FF", "the query is malformed"),
    (DEC, UUID),
    (f"{DEC}?key_ID=", UUID),
    (f"{DEC}?key_ID=1", UUID),
    (f"{DEC}?key_ID={ID}&key_ID={ID}", ONCE),
    (f"{DEC}?key_ID={ID}&size=256", GET_ID),
    (f"{DEC}?key_IDs={ID}", GET_ID),
    (f"{DEC}?key_ID={ID}", "is not here"),
    (f"{STATUS}?verbose=1", "status takes no parameters"),
    ("/api/v1/keys/nobody/status", "unknown in this network"),
    ("/api/v1/keys/nobody/enc_keys", "unknown in this network"),
    ("/api/v1/keys/%00/enc_keys", "unknown in this network"),
    ("/api/v1/keys/bob%2F/enc_keys", "unknown in this network"),
    ("/api/v1/keys/bo%FF/enc_keys", "unknown in this network"),
    ("/api/v1/keys/alice/enc_keys", "shares no key with itself"),
]

#: Paths that are none.
NO_PATHS = [
    "/",
    "/api/v1/keys",
    "/api/v1/keys/bob",
    f"{ENC}/",
    "/api/v2/keys/bob/status",
    "/api/v1/keys//status",
    "//api/v1/keys/bob/status",
    "/api/v1/keys/bob/Status",
]

#: Types of content that are not the standard's.
TYPES = ["text/plain", "application/x-www-form-urlencoded", "application/json; charset=latin-1",
         "application/jsonp", ""]  # fmt: skip

LINE = b"GET " + STATUS.encode() + b" HTTP/1.1\r\nHost: kme\r\n"
POST = b"POST " + ENC.encode() + b" HTTP/1.1\r\nHost: kme\r\nContent-Type: application/json\r\n"

#: Bytes that are no HTTP that is served, or too much of it.
BYTES = [
    b"hello\r\n\r\n",
    b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    b"GET / HTTP/9.9\r\n\r\n",
    b"GET  HTTP/1.1\r\n\r\n",
    b"G\xcbT / HTTP/1.1\r\nHost: a\r\n\r\n",
    LINE + b"no colon\r\n\r\n",
    LINE + b"A: \x00\r\n\r\n",
    LINE + b"A : b\r\n\r\n",
    LINE + b"A: " + b"x" * 5000 + b"\r\n\r\n",
    LINE + b"".join(b"A%d: x\r\n" % number for number in range(100)) + b"\r\n",
    b"GET /" + b"x" * 5000 + b" HTTP/1.1\r\nHost: a\r\n\r\n",
    POST + b"Content-Length: -1\r\n\r\n",
    POST + b"Content-Length: 1\r\nContent-Length: 2\r\n\r\n{}",
    POST + b"Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n{}",
    POST + b"Content-Length: 99999999999999999999\r\n\r\n",
    POST + b"Content-Length: 70000\r\n\r\n",
    POST + b"Content-Length: 2\r\nContent-Encoding: gzip\r\n\r\n{}",
    POST + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n0\r\n\r\n",
    POST + b"Transfer-Encoding: gzip\r\n\r\n{}",
    POST + b"Content-Length: 2\r\nExpect: the unexpected\r\n\r\n{}",
    LINE + b"Content-Length: 2\r\nConnection: close\r\n\r\n{}",
]


#: Names of fields, known and not.
NAMES = st.sampled_from(
    [
        *("number", "size", "additional_slave_SAE_IDs", "extension_mandatory"),
        *("extension_optional", "key_IDs", "key_ID", "key_IDs_extension", "key_ID_extension"),
        "Number",
    ]
)


@pytest.fixture(scope="module")
def kmes(tmp_path_factory):
    with RunningKmes(tmp_path_factory.mktemp("kmes")) as running:
        yield running
        for node in running.stores:
            counters = running.stores[node].counters()
            assert not counters.get("delivered"), "a malformed request got a key"


def check(answer, message):
    assert answer.status == 400, answer
    assert answer.headers["Content-Type"] == "application/json"
    assert set(answer.json) <= {"message", "details"}
    assert re.search(message, answer.message), answer.message


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=3),
    max_leaves=8,
)


@settings(max_examples=300, deadline=None)
@given(body=st.dictionaries(NAMES, VALUES, max_size=4), is_order=st.booleans())
def test_any_json_is_read_or_refused(body, is_order):
    """Oracle: what is read is a list of UUIDs, or integers and strings; all else is a refusal."""
    try:
        found = KeyOrder.read(body) if is_order else key_ids_of(body)
    except KeyRefusedError:
        return
    if is_order:
        assert type(found.number) is int
        assert found.size is None or type(found.size) is int
        assert all(isinstance(each, str) for each in found.additional_slaves)
    else:
        assert all(str(uuid.UUID(each)) == each for each in found)


def short(value):
    return str(value)[:50].encode("unicode_escape").decode()


@pytest.mark.parametrize(("body", "message"), ENC_BODIES, ids=short)
def test_bodies_of_enc_keys(kmes, body, message):
    """Oracle: section 6.2 of ETSI GS QKD 014, RFC 8259, and the words of section 5.2."""
    check(kmes.ask("alice", ENC, body=body), message)


@pytest.mark.parametrize(("body", "message"), DEC_BODIES, ids=short)
def test_bodies_of_dec_keys(kmes, body, message):
    """Oracle: section 6.4 of ETSI GS QKD 014; RFC 4122 for identities."""
    check(kmes.ask("alice", DEC, body=body), message)


@pytest.mark.parametrize(("path", "message"), PATHS, ids=short)
def test_queries(kmes, path, message):
    """Oracle: table 1 of ETSI GS QKD 014: what GET may ask; sections 5.1 to 5.3."""
    check(kmes.ask("alice", path), message)


@pytest.mark.parametrize("path", NO_PATHS)
def test_paths_that_are_none(kmes, path):
    """Oracle: RFC 9110, section 15.5.5; a message as in all other errors."""
    answer = kmes.ask("alice", path)
    assert (answer.status, answer.message) == (404, "there is no such path")


@pytest.mark.parametrize("content", TYPES)
def test_types_of_content(kmes, content):
    """Oracle: section 4.2: application/json in UTF-8."""
    answer = kmes.ask("alice", ENC, body=b"{}", headers={"Content-Type": content})
    check(answer, "Content-Type shall be application/json")


def test_parameters_stand_in_one_place(kmes):
    """Oracle: table 1: parameters of POST are its body's; a GET request has none."""
    check(kmes.ask("alice", f"{ENC}?number=2", body={}), "shall stand in its body")
    check(kmes.ask("alice", ENC, method="GET", body={"number": 2}), "shall have no body")


@pytest.mark.parametrize("sent", BYTES, ids=short)
def test_bytes_that_are_no_request(kmes, sent):
    """Oracle: RFC 9112: 400 and the end of the connection; nothing that was sent comes back."""
    got = kmes.raw("alice", sent)
    assert got.startswith((b"HTTP/1.1 400 Bad Request\r\n", b"HTTP/1.0 400 Bad Request\r\n")), got
    assert got.count(b"HTTP/1.") == 1
    assert json.loads(got.partition(b"\r\n\r\n")[2])["message"]
    assert b"unexpected" not in got

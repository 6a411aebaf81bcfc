"""ETSI GS QKD 014 V1.1.1 at KMEs that really run; section numbers are the standard's."""

from __future__ import annotations

import base64
import uuid
from concurrent.futures import ThreadPoolExecutor

import pytest

from protocols.key_networks import KmeTable
from tests.protocols.key_management.kmes import RunningKmes


@pytest.fixture(scope="module")
def kmes(tmp_path_factory):
    with RunningKmes(tmp_path_factory.mktemp("kmes")) as running:
        yield running


def keys_of(answer):
    assert answer.status == 200, answer.body
    assert answer.headers["Content-Type"] == "application/json"
    return {each["key_ID"]: each["key"] for each in answer.json["keys"]}


def test_status_has_the_fields_of_the_standard(kmes):
    """Oracle: table 9 of the standard, and the [kme] of the scenario."""
    answer = kmes.ask("alice", "/api/v1/keys/bob/status")
    assert answer.status == 200
    rules = kmes.rules
    stored = answer.json.pop("stored_key_count")
    found = {name: value for name, value in answer.json.items() if name != "stored_key_count"}
    assert 0 <= stored <= rules.ready_keys
    assert found == {
        "source_KME_ID": "kme-A",
        "target_KME_ID": "kme-C",
        "master_SAE_ID": "alice",
        "slave_SAE_ID": "bob",
        "key_size": rules.default_key_bits,
        "max_key_count": rules.ready_keys,
        "max_key_per_request": rules.max_keys_per_request,
        "max_key_size": rules.max_key_bits,
        "min_key_size": rules.min_key_bits,
        "max_SAE_ID_count": 0,
    }


@pytest.mark.parametrize(
    ("path", "body", "number", "size"),
    [
        ("", None, 1, 256),
        ("?number=3", None, 3, 256),
        ("?size=128&number=2", None, 2, 128),
        ("", {}, 1, 256),
        ("", {"number": 2, "size": 512}, 2, 512),
        ("", {"extension_mandatory": [], "extension_optional": [{"x": 1}]}, 1, 256),
        ("", {"additional_slave_SAE_IDs": []}, 1, 256),
    ],
)
def test_both_ends_get_the_same_keys(kmes, path, body, number, size):
    """Oracle: the request; the two ends' keys against each other."""
    out = keys_of(kmes.ask("alice", f"/api/v1/keys/bob/enc_keys{path}", body=body))
    assert len(out) == number
    assert all(str(uuid.UUID(key_id)) == key_id for key_id in out)
    assert {len(base64.b64decode(key, validate=True)) for key in out.values()} == {size // 8}
    assert keys_of(kmes.dec("bob", "alice", *out)) == out


def test_a_single_key_is_collected_by_get(kmes):
    """Oracle: section 5.3: GET with one key_ID in the query; upper case is the same UUID."""
    ((key_id, key),) = keys_of(kmes.enc("alice", "bob")).items()
    path = f"/api/v1/keys/alice/dec_keys?key_ID={key_id.upper()}"
    assert keys_of(kmes.ask("bob", path)) == {key_id: key}


def test_the_second_retrieval_fails(kmes):
    """Oracle: delivered keys leave the store; of the standard's errors only 400 fits."""
    (key_id,) = keys_of(kmes.enc("alice", "bob"))
    assert kmes.dec("bob", "alice", key_id).status == 200
    again = kmes.dec("bob", "alice", key_id)
    assert again.status == 400
    assert "is not here" in again.message


def test_several_keys_are_all_or_nothing(kmes):
    """Oracle: a list with one that is not here delivers none, and takes none."""
    out = keys_of(kmes.enc("alice", "bob", number=2))
    assert kmes.dec("bob", "alice", *out, str(uuid.uuid4())).status == 400
    assert keys_of(kmes.dec("bob", "alice", *out)) == out


@pytest.mark.parametrize(
    ("who", "node"),
    [("dave", "C"), ("erin", "C"), ("mallory", "C"), ("alice", "C"), ("kme-B", "C"),
     ("manager", "C"), ("link-A--B", "C"), ("erin", "B"), ("alice", "A")],
)  # fmt: skip
def test_who_was_not_named_gets_401_and_no_body(kmes, who, node):
    """Oracle: section 5.3: 401 unless the caller was named; the key is then still there."""
    out = keys_of(kmes.enc("alice", "bob"))
    for body in ({"key_IDs": [{"key_ID": key_id} for key_id in out]},):
        answer = kmes.ask(who, "/api/v1/keys/alice/dec_keys", node=node, body=body)
        if (who, node) == ("erin", "B"):  # her own KME never had the key
            assert answer.status == 400
        else:
            assert (answer.status, answer.body) == (401, b"")
    assert keys_of(kmes.dec("bob", "alice", *out)) == out


def test_the_master_in_the_path_must_be_who_asked(kmes):
    """Oracle: the same: named by alice is not named by carol."""
    out = keys_of(kmes.enc("alice", "bob"))
    answer = kmes.dec("bob", "carol", *out)
    assert (answer.status, answer.body) == (401, b"")
    assert keys_of(kmes.dec("bob", "alice", *out)) == out


@pytest.mark.parametrize("method", ["status", "enc_keys"])
@pytest.mark.parametrize("who", ["bob", "erin", "mallory", "kme-B", "manager", "link-A--B"])
def test_only_saes_of_the_node_are_served(kmes, who, method):
    """Oracle: section 4: an SAE is known to its own KME, by its certificate."""
    answer = kmes.ask(who, f"/api/v1/keys/bob/{method}", node="A")
    assert (answer.status, answer.body) == (401, b"")


@pytest.mark.parametrize("method", ["HEAD", "PUT", "DELETE", "PATCH", "OPTIONS"])
@pytest.mark.parametrize("path", ["status", "enc_keys", "dec_keys"])
def test_other_methods_are_refused(kmes, method, path):
    """Oracle: RFC 9110, section 15.5.6: 405 with the methods that there are."""
    answer = kmes.ask("alice", f"/api/v1/keys/bob/{path}", method=method)
    assert answer.status == 405
    assert answer.headers["Allow"] == ("GET" if path == "status" else "GET, POST")


def test_sixteen_at_once_get_a_key_once(kmes):
    """Oracle: at most once, always."""
    (key_id,) = keys_of(kmes.enc("alice", "bob"))
    with ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(lambda _: kmes.dec("bob", "alice", key_id), range(16)))
    assert sorted(answer.status for answer in answers) == [200] + 15 * [400]


def test_sixteen_masters_at_once_get_different_keys(kmes):
    """Oracle: no identity and no key comes twice."""
    with ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(lambda _: kmes.enc("alice", "bob", number=5), range(16)))
    found = [key for answer in answers for key in keys_of(answer).items()]
    assert len({key_id for key_id, _ in found}) == len({key for _, key in found}) == 80


def test_multicast_is_served_where_it_is_allowed(tmp_path):
    """Oracle: section 6.2: every slave gets the same key, each once, at its own KME."""
    with RunningKmes(tmp_path, rules=KmeTable(max_saes=2)) as kmes:
        assert kmes.ask("alice", "/api/v1/keys/bob/status").json["max_SAE_ID_count"] == 2
        others = ["dave", "erin"]
        out = keys_of(kmes.enc("alice", "bob", number=2, additional_slave_SAE_IDs=others))
        for slave in ("bob", "erin", "dave"):
            assert keys_of(kmes.dec(slave, "alice", *out)) == out
            assert kmes.dec(slave, "alice", *out).status == 400
        three = kmes.enc("alice", "bob", additional_slave_SAE_IDs=["dave", "erin", "carol"])
        assert (three.status, "at most 2" in three.message) == (400, True)
        twice = kmes.enc("alice", "bob", additional_slave_SAE_IDs=["bob"])
        assert (twice.status, "named once" in twice.message) == (400, True)


def test_too_little_key_is_said(tmp_path):
    """Oracle: 503 is the standard's answer when the KME lacks key; what is there is served."""
    with RunningKmes(tmp_path, left_bits=1024) as kmes:
        assert len(keys_of(kmes.enc("alice", "bob", number=3))) == 3
        short = kmes.enc("alice", "bob", number=2)
        assert (short.status, "256 bits of key are left" in short.message) == (503, True)
        assert len(keys_of(kmes.enc("alice", "bob"))) == 1
        assert kmes.enc("alice", "bob").status == 503
        assert kmes.ask("alice", "/api/v1/keys/bob/status").status == 200


def test_keys_outlive_the_server(tmp_path):
    """Oracle: what was assigned is collected after a restart on the same stores."""
    with RunningKmes(tmp_path) as kmes:
        out = keys_of(kmes.enc("alice", "bob", number=2))
    with RunningKmes(tmp_path) as kmes:
        assert keys_of(kmes.dec("bob", "alice", *out)) == out

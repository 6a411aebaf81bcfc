"""Evidence: every change is found, whatever byte, member or file it is of."""

from __future__ import annotations

import copy
import json

import pytest
import rfc8785
from hypothesis import given, settings, strategies as st

from protocols.certification import (
    AttackResult,
    CheckResult,
    SuiteRun,
    overall,
    read_evidence,
    verify_evidence,
    write_evidence,
)
from protocols.certification.evidence import sign_evidence
from protocols.certification.evidence.canonical import canonical, digest, document, read
from protocols.certification.evidence.files import code_digests
from protocols.certification.evidence.statement import seal_of, statement_of
from protocols.certification.evidence.verify import findings
from qnet.errors import ParameterError
from qnet.estimate import Estimate


def check(name="QBER-1", decision="met", **changes):
    """A result as a check gives it."""
    plain = {
        "id": name,
        "title": "few errors",
        "pointer": "own",
        "sub_layer": "Q5",
        "statistic": "errors",
        "value": Estimate(0.01, 0.03, 0.08, 100),
        "threshold": 5.0,
        "alpha": 1e-3,
        "power": 0.99,
        "n": 100,
        "decision": decision,
        "sentence": "3 errors of 100, at most 5",
    }
    return CheckResult(**(plain | changes))


ATTACK = AttackResult(
    name="intercept-resend", strength=0.1, detected=True, statistic="errors", n=100, power=0.99
)
RUN = SuiteRun(
    checks=(check(), check("Q-2", "not applicable", power=None, threshold=None)),
    attacks=(ATTACK,),
    seed=1,
    false_alarm=1e-3,
    miss=1e-2,
    finished="2026-11-26T12:00:00Z",
    duration_s=1.5,
    durations_s={"QBER-1": 0.5},
    configuration=("device.toml",),
)
INPUTS = {"device.toml": "ab" * 32}
CODE = {"qnet": "cd" * 32}
STATEMENT = statement_of(RUN, inputs=INPUTS, code=CODE, versions={"qnet": "0.2"})
FILE = document(STATEMENT)


def wrong(data: bytes) -> list[str]:
    return findings(data, INPUTS.get, CODE)


def test_what_was_written_is_unchanged():
    """Oracle: nothing was changed."""
    assert wrong(FILE) == []
    assert json.loads(FILE) == json.loads(canonical(STATEMENT))


@pytest.mark.parametrize("change", ["flip", "delete", "insert", "swap"])
def test_a_changed_byte_is_found_wherever_it_is(change):
    """Oracle: all positions of the file, one after the other; none of the changes is in vain."""
    silent = []
    for place in range(len(FILE)):
        data = bytearray(FILE)
        if change == "flip":
            data[place] ^= 1 << place % 8
        elif change == "delete":
            del data[place]
        elif change == "insert":
            data.insert(place, b" 0\n"[place % 3])
        else:
            data[place - 1], data[place] = data[place], data[place - 1]
        if bytes(data) != FILE and not wrong(bytes(data)):
            silent.append(place)
    assert silent == []


def paths(value, at=()):
    """The places of all objects and lists of a value."""
    if isinstance(value, dict | list):
        yield at
        inside = value.items() if isinstance(value, dict) else enumerate(value)
        for name, each in inside:
            yield from paths(each, (*at, name))


def at(value, path):
    for name in path:
        value = value[name]
    return value


def structural(path):
    """Every way to delete, add, rename, double or reorder what is in one object or list."""
    there = at(STATEMENT, path)
    if isinstance(there, dict):
        for name in there:
            yield f"less {name}", lambda x, name=name: x.pop(name)
            yield f"renamed {name}", lambda x, name=name: x.update({f"{name}_": x.pop(name)})
        yield "more", lambda x: x.update(more=1)
    else:
        yield "more", lambda x: x.append("more")
        for place in range(len(there)):
            yield f"less {place}", lambda x, place=place: x.pop(place)
            yield f"double {place}", lambda x, place=place: x.insert(place, x[place])
        if len(there) > 1:
            yield "other order", lambda x: x.reverse()


@pytest.mark.parametrize("path", list(paths(STATEMENT)), ids=lambda path: ".".join(map(str, path)))
def test_a_changed_member_is_found_wherever_it_is(path):
    """Oracle: every object and list of the statement, each written anew in the right form."""
    for name, change in structural(path):
        other = copy.deepcopy(STATEMENT)
        change(at(other, path))
        assert wrong(document(other)), name


ANY = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 9) | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)


@settings(max_examples=150, deadline=None)
@given(st.sampled_from([path for path in paths(STATEMENT) if path]), ANY)
def test_whatever_stands_there_is_a_finding_not_an_error(path, value):
    """Oracle: the statement, in which another value stood there."""
    other = copy.deepcopy(STATEMENT)
    if at(other, path) == value:
        return
    at(other, path[:-1])[path[-1]] = value
    assert wrong(json.dumps(other).encode())


@pytest.mark.parametrize("data", [b"", b"[]", b"1", b"\xff", b"[" * 100_000, b'{"a": NaN}', b"{}"])
def test_what_is_no_evidence_is_said_to_be_none(data):
    """Oracle: the sentence."""
    assert wrong(data)[0].startswith("the file is no evidence")


def test_findings_name_what_was_changed():
    """Oracle: what was changed."""
    other = copy.deepcopy(STATEMENT)
    other["predicate"]["qnet"]["checks"][0]["value"]["best"] = 0.02
    assert wrong(document(other)) == ["check QBER-1 was changed: checks[0]"]
    assert wrong(FILE.replace(b'"n": 100', b'"n":  100', 1))[0].startswith(
        "the text was changed at"
    )
    other = copy.deepcopy(STATEMENT)
    other["predicate"]["result"] = "FAILED"
    other["predicate"]["qnet"]["seal"] = seal_of(other)
    assert wrong(document(other)) == ["predicate.result does not follow from the checks"]
    assert findings(FILE, {}.get, CODE) == ["device.toml is not there"]
    assert findings(FILE, INPUTS.get, {"qnet": "00"}) == [
        "the code of qnet that is installed is not that of the evidence"
    ]
    assert findings(FILE, INPUTS.get, None) == []


# --- files --------------------------------------------------------------------------------------


@pytest.fixture
def evidence(tmp_path):
    """A file of evidence that names a file beside it and one in a folder."""
    (tmp_path / "counts").mkdir()
    (tmp_path / "device.toml").write_text("x = 1\n", encoding="utf-8")
    (tmp_path / "counts" / "counts.csv").write_bytes(bytes(range(256)))
    names = [tmp_path / "device.toml", tmp_path / "counts" / "counts.csv"]
    run = SuiteRun(checks=(check(),), configuration=(str(names[0]),))
    write_evidence(tmp_path / "evidence.json", run, names)
    return tmp_path / "evidence.json"


def test_a_changed_input_is_found_wherever_its_byte_is(evidence):
    """Oracle: all positions of a file of 256 different bytes."""
    counts = evidence.parent / "counts" / "counts.csv"
    right = counts.read_bytes()
    assert verify_evidence(evidence).is_unchanged
    for place in range(0, 256, 5):
        data = bytearray(right)
        data[place] ^= 1 << place % 8
        counts.write_bytes(data)
        found = verify_evidence(evidence, any_code=True).findings
        assert found == ["counts/counts.csv was changed: its SHA-256 is not that of the evidence"]
    counts.unlink()
    assert verify_evidence(evidence).findings == ["counts/counts.csv is not there"]


def test_the_code_that_ran_is_bound(evidence, monkeypatch):
    """Oracle: another digest of one package, as of a changed file."""
    other = code_digests() | {"protocols": "00" * 32}
    monkeypatch.setattr("protocols.certification.evidence.files.code_digests", lambda: other)
    assert len(verify_evidence(evidence).findings) == 1
    assert verify_evidence(evidence, any_code=True).is_unchanged


def test_a_statement_with_a_payload_is_no_envelope(evidence):
    """Oracle: the member that was added."""
    statement = read_evidence(evidence) | {"payload": ""}
    evidence.write_bytes(document(statement))
    found = verify_evidence(evidence, any_code=True).findings
    assert found == ["statement was changed: its digest is not that of the seal"]


def test_a_run_says_when_it_ended_and_what_it_was_told(evidence):
    """Oracle: the form of the time; the configuration is an input by its name from the file."""
    predicate = read_evidence(evidence)["predicate"]
    assert predicate["qnet"]["run"]["finished"].endswith("Z")
    assert [each["name"] for each in predicate["configuration"]] == ["device.toml"]
    assert set(predicate["qnet"]["checks"][0]["inputs"]) == {"device.toml", "counts/counts.csv"}


def test_bad_runs_are_refused(tmp_path):
    """Oracle: the rule in the sentence."""
    with pytest.raises(ParameterError, match="checks must have different ids"):
        SuiteRun(checks=(check(), check()))
    with pytest.raises(ParameterError, match="inputs must be files"):
        write_evidence(tmp_path / "e.json", RUN, [tmp_path / "nowhere.toml"])
    with pytest.raises(ParameterError, match="configuration must name inputs"):
        write_evidence(tmp_path / "e.json", RUN)
    with pytest.raises(ParameterError, match="decision must be one of"):
        check(decision="certified")
    with pytest.raises(ParameterError, match="alpha, power must lie in 0 to 1"):
        check(power=1.1)


def test_the_worst_decision_counts():
    """Oracle: the order of the words."""
    results = [check(decision=each) for each in ("not applicable", "met", "inconclusive")]
    assert [overall(results[:k]) for k in range(4)] == [
        "not applicable",
        "not applicable",
        "met",
        "inconclusive",
    ]
    missed = AttackResult(**(ATTACK.as_dict() | {"detected": False}))
    assert overall(results, [missed]) == "fell short"
    assert overall([], [ATTACK]) == "met"


def test_an_attack_that_was_found_by_luck_is_a_warning():
    """Oracle: the largest probability to miss it, which its power does not keep."""
    for power, result in ((0.98, "WARNED"), (0.995, "PASSED")):
        played = AttackResult(**(ATTACK.as_dict() | {"detected": True, "power": power}))
        run = SuiteRun(checks=(check(),), attacks=(played,), miss=0.01, changes=("pulses=9",))
        predicate = statement_of(run, inputs={}, code={}, versions={})["predicate"]
        assert predicate["result"] == result
        decision = {"WARNED": "inconclusive", "PASSED": "met"}[result]
        assert predicate["qnet"]["run"]["decision"] == decision
        assert predicate["qnet"]["run"]["changes"] == ["pulses=9"]


# --- canonical text -----------------------------------------------------------------------------


@settings(max_examples=300, deadline=None)
@given(ANY.filter(lambda value: "inf" not in repr(value)))
def test_canonical_text_is_that_of_another_writer(value):
    """Oracle: the package rfc8785, written by others."""
    assert canonical(value) == rfc8785.dumps(value)
    assert canonical(read(document(value))) == canonical(value)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (333333333.33333329, "333333333.3333333"),
        (1e30, "1e+30"),
        (4.5, "4.5"),
        (2e-3, "0.002"),
        (0.000000000000000000000000001, "1e-27"),
        (5e-324, "5e-324"),
        (-1.7976931348623157e308, "-1.7976931348623157e+308"),
        (9007199254740992.0, "9007199254740992"),
        (295147905179352830000.0, "295147905179352830000"),
        ("\u20ac$\u000f\u000aA'\u0042\u0022\u005c\\\"/", '"€$\\u000f\\nA\'B\\"\\\\\\\\\\"/"'),
    ],
)
def test_canonical_numbers_and_text_of_the_standard(value, text):
    """Oracle: RFC 8785, section 3.2.2 and appendix B."""
    assert canonical(value).decode() == text


@pytest.mark.parametrize("value", [float("nan"), 2**53, {1: 2}, object(), "\ud800", {"\ud800": 1}])
def test_what_has_no_place_in_json(value):
    """Oracle: RFC 8785 admits I-JSON alone (RFC 7493)."""
    with pytest.raises(ParameterError, match="have a place in JSON"):
        digest(value)


# --- signatures ---------------------------------------------------------------------------------


@pytest.fixture
def key(tmp_path):
    """A key pair, as files."""
    from cryptography.hazmat.primitives import serialization as forms
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    for name in ("key", "other"):
        private = Ed25519PrivateKey.generate()
        pem = (forms.Encoding.PEM, forms.PrivateFormat.PKCS8, forms.NoEncryption())
        (tmp_path / f"{name}.pem").write_bytes(private.private_bytes(*pem))
        public = private.public_key().public_bytes(
            forms.Encoding.PEM, forms.PublicFormat.SubjectPublicKeyInfo
        )
        (tmp_path / f"{name}.pub.pem").write_bytes(public)
    return tmp_path / "key.pem"


def test_a_signature_finds_every_byte_and_every_new_seal(evidence, key):
    """Oracle: all positions of the envelope, and an attacker who makes a new seal."""
    signed = evidence.with_name("signed.json")
    public = key.with_name("key.pub.pem")
    sign_evidence(evidence, key, signed)
    assert verify_evidence(signed, key=key).is_unchanged
    assert verify_evidence(signed, key=public) == ([], True)
    assert read_evidence(signed) == read_evidence(evidence)
    right = signed.read_bytes()
    for place in range(0, len(right), 41):
        data = bytearray(right)
        data[place] ^= 1 << place % 8
        signed.write_bytes(data)
        try:
            found = verify_evidence(signed, key=public, any_code=True).findings
        except ParameterError as error:
            found = [str(error)]
        assert found, place

    forged = read_evidence(evidence)
    forged["predicate"]["qnet"]["checks"][0]["sentence"] = "all is well"
    forged["predicate"]["qnet"]["seal"] = seal_of(forged)
    evidence.write_bytes(document(forged))
    assert verify_evidence(evidence).is_unchanged  # a seal is no signature
    sign_evidence(evidence, key.with_name("other.pem"), signed)
    found = verify_evidence(signed, key=public).findings
    assert found == [
        "the envelope names another key",
        "the signature is not that of this key over this payload",
    ]


def test_signatures_of_others_are_read(evidence, key):
    """Oracle: the envelope, read and verified by securesystemslib, written by others."""
    from securesystemslib.dsse import Envelope

    sign_evidence(evidence, key, evidence.with_name("signed.json"))
    found = Envelope.from_dict(json.loads(evidence.with_name("signed.json").read_bytes()))
    from cryptography.hazmat.primitives.serialization import load_pem_public_key

    public = load_pem_public_key(key.with_name("key.pub.pem").read_bytes())
    (signature,) = found.signatures.values()
    public.verify(bytes.fromhex(signature.signature), found.pae())
    assert found.payload == evidence.read_bytes()


def test_keys_and_files_that_do_not_fit(evidence, key, tmp_path):
    """Oracle: the rule in the sentence."""
    signed = tmp_path / "signed.json"
    sign_evidence(evidence, key, signed)
    assert verify_evidence(evidence, key=key).findings == ["the file is not signed"]
    for call, part in (
        (lambda: verify_evidence(signed), "--key must be given"),
        (lambda: verify_evidence(signed, key=evidence), "--key must be an Ed25519 key"),
        (lambda: sign_evidence(evidence, key.with_name("key.pub.pem"), signed), "be a private"),
        (lambda: sign_evidence(signed, key, signed), "--key must be given"),
        (lambda: verify_evidence(tmp_path / "nowhere.json"), "evidence must be a file"),
        (lambda: read_evidence(evidence.parent / "device.toml"), "evidence must be JSON"),
        (lambda: read_evidence(key.with_name("empty.json")), "evidence must hold a statement"),
    ):
        key.with_name("empty.json").write_text("{}", encoding="utf-8")
        with pytest.raises(ParameterError, match=part):
            call()
    evidence.write_bytes(evidence.read_bytes().replace(b"few errors", b"no errors"))
    with pytest.raises(ParameterError, match="evidence must be unchanged"):
        sign_evidence(evidence, key, signed)

"""``qnet evidence``: verified, signed, shown and exported, from file to exit code."""

from __future__ import annotations

import json
import re
import warnings
from xml.etree import ElementTree

import jsonschema
import pytest

from experiments.cli.main import main
from protocols.certification import AttackResult, SuiteRun, write_evidence
from protocols.certification.evidence import to_oscal
from qnet.errors import ParameterError
from tests.protocols.test_evidence import ATTACK, check

MISSED = AttackResult(
    name="detector blinding", strength=1.0, detected=False, statistic="none", n=0, power=None
)
CHECKS = (
    check(),
    check("Q-2", "fell short", sentence="9 errors \x01 of 100, < at most 5"),
    check("3 odd/id", "inconclusive", threshold=None, power=None),
    check("Q-4", "not applicable"),
)

#: What the specification of the statement and of its predicate say (in-toto/attestation, v1).
IN_TOTO = {
    "type": "object",
    "required": ["_type", "subject", "predicateType", "predicate"],
    "properties": {
        "_type": {"const": "https://in-toto.io/Statement/v1"},
        "predicateType": {"const": "https://in-toto.io/attestation/test-result/v0.1"},
        "subject": {"type": "array", "minItems": 1, "items": {"$ref": "#/$defs/resource"}},
        "predicate": {
            "type": "object",
            "required": ["result", "configuration"],
            "properties": {
                "result": {"enum": ["PASSED", "WARNED", "FAILED"]},
                "configuration": {"type": "array", "items": {"$ref": "#/$defs/resource"}},
                "passedTests": {"type": "array", "items": {"type": "string"}},
                "warnedTests": {"type": "array", "items": {"type": "string"}},
                "failedTests": {"type": "array", "items": {"type": "string"}},
            },
        },
    },
    "$defs": {
        "resource": {
            "type": "object",
            "required": ["name", "digest"],
            "properties": {
                "name": {"type": "string"},
                "digest": {
                    "type": "object",
                    "minProperties": 1,
                    "additionalProperties": {"type": "string", "pattern": "^[0-9a-f]{64}$"},
                },
                "annotations": {"type": "object"},
            },
        }
    },
}

#: Keys of a check and of an attack, as users were promised.
CHECK_KEYS = {
    "id",
    "title",
    "pointer",
    "sub_layer",
    "statistic",
    "value",
    "threshold",
    "alpha",
    "power",
    "n",
    "decision",
    "sentence",
}
ATTACK_KEYS = {"name", "strength", "detected", "statistic", "n", "power"}


@pytest.fixture
def evidence(tmp_path):
    """A file of evidence with every decision in it."""
    scenario = tmp_path / "device.toml"
    scenario.write_text("x = 1\n", encoding="utf-8")
    run = SuiteRun(
        checks=CHECKS,
        attacks=(ATTACK, MISSED),
        seed=2**60,
        configuration=(str(scenario),),
        finished="2026-11-26T12:00:00Z",
        duration_s=2.5,
        durations_s={"Q-2": 0.25},
    )
    write_evidence(tmp_path / "evidence.json", run, [scenario])
    return tmp_path / "evidence.json"


@pytest.fixture
def qnet(capsys):
    """Run the command; exit code, stdout and stderr."""

    def run(*arguments):
        code = main(["evidence", *map(str, arguments)])
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    return run


def test_exit_codes_of_verify(evidence, qnet):
    """Oracle: 0 unchanged, 1 changed with the sentence, 2 nothing to verify."""
    assert qnet("verify", evidence) == (0, f"{evidence}: unchanged, not signed\n", "")
    code, out, _ = qnet("verify", evidence, "--json")
    told = json.loads(out)
    assert (code, told["unchanged"], told["signed"], told["findings"]) == (0, True, False, [])
    (evidence.parent / "device.toml").write_text("x = 2\n", encoding="utf-8")
    code, out, err = qnet("verify", evidence)
    assert (code, err) == (1, "")
    assert out == f"{evidence}: device.toml was changed: its SHA-256 is not that of the evidence.\n"
    code, out, err = qnet("verify", evidence.with_name("nowhere.json"))
    assert (code, out) == (2, "")
    assert "evidence must be a file" in err


def test_signed_and_verified(evidence, qnet, tmp_path):
    """Oracle: exit codes; the name of the envelope."""
    from cryptography.hazmat.primitives import serialization as forms
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    key = tmp_path / "key.pem"
    form = (forms.Encoding.PEM, forms.PrivateFormat.PKCS8, forms.NoEncryption())
    key.write_bytes(Ed25519PrivateKey.generate().private_bytes(*form))
    signed = tmp_path / "evidence.dsse.json"
    assert qnet("sign", evidence, "--key", key) == (0, f"{signed}: signed\n", "")
    code, out, _ = qnet("verify", signed, "--key", key)
    assert (code, out) == (0, f"{signed}: unchanged, and the signature is that of the key\n")
    assert qnet("verify", signed)[0] == 2
    assert qnet("show", signed)[1] == qnet("show", evidence)[1]
    signed.write_bytes(signed.read_bytes().replace(b'"sig": "', b'"sig": "A', 1))
    assert qnet("verify", signed, "--key", key)[0] == 1


def test_what_is_shown(evidence, qnet):
    """Oracle: what the run decided."""
    code, out, _ = qnet("show", evidence)
    assert code == 0
    assert out.startswith("evidence of 2026-11-26T12:00:00Z: fell short\n")
    for line in ("QBER-1 +met +3 errors", "attack detector blinding +not found", "input +device"):
        assert re.search(line, out), line


def test_keys_and_form_of_the_statement(evidence, qnet):
    """Oracle: the specification of in-toto, and the keys that users were promised."""
    statement = json.loads(evidence.read_bytes())
    jsonschema.validate(statement, IN_TOTO)
    predicate = statement["predicate"]
    assert predicate["result"] == "FAILED"
    assert predicate["passedTests"] == ["QBER-1", "attack intercept-resend"]
    assert predicate["warnedTests"] == ["3 odd/id"]
    assert predicate["failedTests"] == ["Q-2"]
    more = {"seed", "inputs", "versions", "duration_s"}
    assert [set(row) for row in predicate["qnet"]["checks"]] == [CHECK_KEYS | more] * 4
    assert set(CHECKS[0].as_dict()) == CHECK_KEYS
    assert set(ATTACK.as_dict()) == ATTACK_KEYS
    assert predicate["qnet"]["checks"][0]["seed"] == str(2**60)


def test_oscal_is_read_by_another_program(evidence, qnet, tmp_path):
    """Oracle: compliance-trestle, generated from the published schema of OSCAL."""
    out = tmp_path / "oscal.json"
    assert qnet("export", evidence, "--to", "oscal", "--out", out) == (0, f"{out}: oscal\n", "")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from trestle.oscal.assessment_results import AssessmentResults

        found = AssessmentResults.oscal_read(out)
    (result,) = found.results
    assert len(result.observations) == 6
    assert str(result.start).startswith("2026-11-26 11:59:57")  # 2.5 s before the end
    states = [str(finding.target.status.state.value) for finding in result.findings]
    assert states == ["satisfied", *["not-satisfied"] * 2, "satisfied"]
    names = {prop.name: prop.value for prop in result.observations[1].props}
    assert (names["alpha"], names["n"], names["value-best"]) == ("0.001", "100", "0.03")
    assert qnet("export", evidence, "--to", "oscal")[1].encode() == out.read_bytes()


def test_junit_counts_and_holds_numbers(evidence, qnet):
    """Oracle: the rows of the run, counted by hand; an XML parser."""
    code, out, _ = qnet("export", evidence, "--to", "junit")
    root = ElementTree.fromstring(out)
    assert code == 0
    counts = [(suite.get("tests"), suite.get("failures"), suite.get("skipped")) for suite in root]
    assert counts == [("4", "1", "2"), ("2", "0", "1")]
    case = root[0][1]
    assert case.find("failure").get("message") == "9 errors \ufffd of 100, < at most 5"
    numbers = {each.get("name"): each.get("value") for each in case.find("properties")}
    assert (numbers["alpha"], numbers["threshold"], case.get("time")) == ("0.001", "5", "0.250")
    assert "low 0.01, best 0.03, high 0.08" in case.find("system-out").text


def test_oscal_without_a_time_is_refused():
    """Oracle: the rule in the sentence."""
    from protocols.certification.evidence.statement import statement_of

    made = statement_of(SuiteRun(checks=()), inputs={}, code={}, versions={})
    with pytest.raises(ParameterError, match="finished must say when the run ended"):
        to_oscal(made)


@pytest.mark.parametrize(
    ("arguments", "part"),
    [
        (["sign", "FILE"], "--key must be given"),
        (["export", "FILE"], "--to must be given"),
        (["show", "FILE", "--key", "k.pem"], "--key must come with sign or verify"),
        (["verify", "FILE", "--out", "x"], "--out must come with sign or export"),
        (["verify", "FILE", "--to", "junit"], "--to must come with export"),
        (["show", "FILE", "--any-code"], "--any-code must come with verify"),
        (["sign", "FILE", "--json", "--key", "k"], "--json must come with verify or show"),
        (["sign", "FILE", "--key", "nowhere.pem"], "--key must be a file"),
        (["forge", "FILE"], "invalid choice"),
        (["verify", "FOLDER"], "evidence must be a file"),
    ],
)
def test_bad_arguments(arguments, part, evidence, qnet):
    """Oracle: one line that says what is wrong."""
    there = {"FILE": str(evidence), "FOLDER": str(evidence.parent)}
    code, out, err = qnet(*(there.get(each, each) for each in arguments))
    assert (code, out) == (2, "")
    assert part in err
    assert err.count("\n") == 1

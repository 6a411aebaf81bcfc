"""Claims of the shipped scenarios: every assumption once, and none missing."""

import json
from pathlib import Path

import pytest

import experiments
from experiments.cli.main import main
from qnet.metrics.security import ASSUMPTIONS

SCENARIOS = Path(experiments.__file__).parent / "scenarios"
RECEIVERS = {"equal-detectors", "no-blinding", "double-clicks", "trusted-devices"}
CHAIN = ("asymptotic", {"trusted-devices", "identical-pairs", "collective"})

#: Notion and assumptions by hand, from the protocol's source, receivers and proof.
CLAIMS = {
    "dejmps": CHAIN,
    "nested-cutoff": CHAIN,
    "swap-asap-8": CHAIN,
    "two-segments": CHAIN,
    "qkd/bbm92": ("asymptotic", RECEIVERS | {"collective"}),
    "qkd/e91": ("fair-sampling", RECEIVERS - {"trusted-devices"} | {"fair-sampling", "collective"}),
    "qkd/gys": ("asymptotic", RECEIVERS | {"decoys", "collective"}),
    "qkd/mdi": ("asymptotic", {"single-photons", "trusted-devices", "collective"}),
    "qkd/single-photons": ("asymptotic", RECEIVERS | {"tagged", "collective"}),
    "qkd/six-state": ("asymptotic", RECEIVERS | {"single-photons", "collective"}),
    "qkd/decoy-bb84": ("composable", RECEIVERS | {"decoys"}),
}
NONE = {
    "single-click": "error rates",
    "qkd/intercept-resend": "error rates",
    "qkd/photon-number-splitting": ASSUMPTIONS["single-photons"],
}


def security(name, capsys, *arguments):
    assert main(["run", str(SCENARIOS / f"{name}.toml"), "--json", *arguments]) == 0
    return json.loads(capsys.readouterr().out)["security"]


@pytest.mark.parametrize("name", CLAIMS)
def test_a_claim_lists_each_assumption_once(name, capsys):
    """Oracle: the list above."""
    notion, names = CLAIMS[name]
    found = security(name, capsys, *(() if "/" in name else ("--shots", "2000")))
    known = [key for key, text in ASSUMPTIONS.items() if text in found["assumes"]]
    assert found["notion"] == notion
    assert (found["epsilon"] is not None) == (notion == "composable")
    assert set(known) == names
    assert len(set(found["assumes"])) == len(found["assumes"])
    assert found["reason"] is None
    if notion != "composable":
        assert len(found["assumes"]) == len(names)


@pytest.mark.parametrize("name", NONE)
def test_no_key_has_its_reason(name, capsys):
    """Oracle: why there is none, by the attack or the noise of the scenario."""
    found = security(name, capsys, *(() if "/" in name else ("--shots", "2000")))
    assert (found["notion"], found["epsilon"]) == ("none", None)
    assert NONE[name] in found["reason"]


def test_a_claim_is_not_broken_at_hyphens(capsys):
    """Lines for people fold between words."""
    assert main(["run", str(SCENARIOS / "qkd" / "bbm92.toml")]) == 0
    out = capsys.readouterr().out
    assert "post-processing one-way" in " ".join(out.split())
    assert not any(line.endswith("-") for line in out.splitlines())

"""Scenario files from dataclasses: read, written, changed by path, described."""

from __future__ import annotations

import json
import tomllib
from dataclasses import dataclass
from typing import ClassVar, Literal
from unittest.mock import patch

import pytest
from hypothesis import given, strategies as st

import qnet.schema.kinds as kinds
from qnet.errors import ParameterError, check_non_negative, check_positive
from qnet.hardware import Detector, Fibre
from qnet.schema import (
    Part,
    Scenario,
    Whole,
    assignment,
    check_fields,
    entries,
    key,
    loads,
    override,
    paths,
    register_kind,
    to_toml,
)
from qnet.schema.json_schema import json_schema
from qnet.schema.reference import pages


@dataclass(frozen=True, kw_only=True)
class Pump:
    """A pump laser.

    Args:
        power_w: Power of the
            pump.
        mode: How it runs.
    """

    power_w: float = key(example=0.1, check=check_positive)
    mode: Literal["pulsed", "continuous"] = "pulsed"

    def __post_init__(self) -> None:
        check_fields(self)


@dataclass(frozen=True, kw_only=True)
class Crystal(Scenario):
    """Pairs from a crystal.

    Args:
        seed: Seed of the run.
        length_km: How far.
        lengths_km: How far, piece by piece.
    """

    name: str = key("scenario", hidden=True, compare=False)
    kind: ClassVar[str] = "crystal"
    seed: int = key(1, check=Whole())
    length_km: float | None = key(
        None, table="way", check=check_non_negative, excludes=("lengths_km",)
    )
    lengths_km: tuple[float, ...] | None = key(None, table="way", check=check_non_negative)
    is_cold: bool = key(False, table="way")
    pump: Pump = key()
    detector: Detector | None = None
    fibre: Part[Fibre] | None = None
    arms: tuple[Pump, ...] = ()

    def __post_init__(self) -> None:
        check_fields(self)


TEXT = """
kind = "crystal"
seed = 3
[way]
length_km = 4
[pump]
power_w = 2
[fibre]
loss_db_per_km = 0.3
[[arms]]
power_w = 1.5
"""


@pytest.fixture(autouse=True)
def crystal():
    """A kind of file from outside: one class, one line."""
    with patch.dict(kinds.KINDS, clear=True):
        register_kind("crystal", Crystal)
        yield


def test_a_file_is_what_it_says():
    """Oracle: the description made in Python."""
    wanted = Crystal(
        seed=3,
        length_km=4.0,
        pump=Pump(power_w=2.0),
        fibre=Part(Fibre, {"loss_db_per_km": 0.3}),
        arms=(Pump(power_w=1.5),),
    )
    found = loads(TEXT, name="mine")
    assert found == wanted
    assert found.name == "mine"
    assert isinstance(found.length_km, float)


#: What is wrong: (old text, new text, the error).
WRONG = {
    "misspelt": (
        "length_km",
        "lenght_km",
        "way.lenght_km must be a key of [way] (got 4); did you mean length_km?",
    ),
    "misplaced": (
        "length_km = 4",
        "power_w = 4",
        "way.power_w must be a key of [way] (got 4); it belongs in [pump]",
    ),
    "misspelt table": ("[fibre]", "[fiber]", "did you mean fibre?"),
    "of the top": ("power_w = 2", "power_w = 2\nseed = 1", "it belongs in the top of the file"),
    "missing": (
        "power_w = 2",
        "",
        "pump.power_w must be given (got nothing); add power_w = 0.1 under [pump]",
    ),
    "no table": (TEXT, 'kind = "crystal"', "pump.power_w must be given"),
    "unit": (
        "length_km = 4",
        'length_km = "4 km"',
        "way.length_km must be a number (got '4 km'); give a number in km, without quotes and unit",
    ),
    "infinite": (
        "length_km = 4",
        "length_km = inf",
        "way.length_km must be a finite number (got inf); give a finite number in km",
    ),
    "range": (
        "length_km = 4",
        "length_km = -4",
        "way.length_km must not be negative (got -4); give zero or more",
    ),
    "range in a list": (
        "length_km = 4",
        "lengths_km = [1, -1]",
        "way.lengths_km[1] must not be negative (got -1); give zero or more",
    ),
    "both": (
        "length_km = 4",
        "length_km = 4\nlengths_km = [4]",
        "way.length_km must not be given together with way.lengths_km (got 4); keep one of them",
    ),
    "fraction": (
        "seed = 3",
        "seed = 3.0",
        "seed must be a whole number (got 3.0); write seed = 3, without point or exponent",
    ),
    "flag": (
        "length_km = 4",
        'is_cold = "no"',
        "way.is_cold must be true or false (got 'no'); write is_cold = true or is_cold = false, "
        "without quotes",
    ),
    "choice": (
        "power_w = 2",
        'power_w = 2\nmode = "pulsd"',
        "pump.mode must be one of 'continuous', 'pulsed' (got 'pulsd'); did you mean 'pulsed'?",
    ),
    "in a list of tables": (
        "power_w = 1.5",
        "power_w = -1.5",
        "arms[0].power_w must be positive (got -1.5); give a number above zero",
    ),
    "one bracket": (
        "[[arms]]",
        "[arms]",
        "arms must be a list of tables (got {'power_w': 1.5}); write [[arms]] with double brackets "
        "before each table",
    ),
    "two brackets": ("[pump]", "[[pump]]", "write [pump] with single brackets"),
    "range of a part": ("loss_db_per_km = 0.3", "loss_db_km = 0.3", "did you mean loss_db_per_km?"),
    "kind": ('"crystal"', '"cristal"', "did you mean 'crystal'?"),
}


@pytest.mark.parametrize(("old", "new", "error"), WRONG.values(), ids=list(WRONG))
def test_what_is_wrong_is_said(old, new, error):
    """Oracle: the sentence, with the key by its full path."""
    assert old in TEXT
    with pytest.raises(ParameterError) as caught:
        loads(TEXT.replace(old, new, 1))
    assert error in str(caught.value)


@given(
    st.integers(0, 2**63 - 1),
    st.floats(0.0, 1e6) | st.none(),
    st.floats(1e-9, 1e9),
    st.sampled_from(["pulsed", "continuous"]),
    st.lists(st.floats(1e-3, 1e3), max_size=3),
    st.dictionaries(st.sampled_from(["loss_db_per_km", "speed_km_per_s"]), st.floats(1.0, 2e5)),
)
def test_what_is_written_is_read_back(seed, length, power, mode, arms, part):
    """Oracle: the description itself."""
    one = Crystal(
        seed=seed,
        length_km=length,
        pump=Pump(power_w=power, mode=mode),
        fibre=Part(Fibre, part) if part else None,
        arms=tuple(Pump(power_w=each) for each in arms),
    )
    assert loads(one.to_toml()) == one
    assert loads(one.to_toml()).digest == one.digest


@given(
    st.recursive(
        st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.floats(allow_nan=False) | st.text(),
        lambda inner: st.lists(inner, max_size=3),
        max_leaves=5,
    )
)
def test_every_value_has_a_form_in_toml(value):
    """Oracle: tomllib."""
    assert tomllib.loads(to_toml({"a key": value, "t": {"v": value}})) == {
        "a key": value,
        "t": {"v": value},
    }


def test_changes_by_path_and_by_name():
    """Oracle: the description made in Python."""
    one = loads(TEXT)
    assert one.with_(length_km=5).length_km == 5.0
    assert one.with_({"arms[0].power_w": 7}).arms == (Pump(power_w=7.0),)
    assert one.with_(pump=Pump(power_w=9.0)).pump.power_w == 9.0
    assert one.with_(length_km=None, lengths_km=[1, 2]).lengths_km == (1.0, 2.0)
    assert one.with_(fibre=None).fibre is None
    with pytest.raises(ParameterError, match="did you mean length_km"):
        one.with_(lenght_km=3)
    with pytest.raises(ParameterError, match=r"did you mean fibre\.loss_db_per_km"):
        one.with_({"fibre.loss_db_km": 3})
    with pytest.raises(ParameterError, match=r"efficency must be a key .* did you mean efficiency"):
        one.with_(efficency=1)


def test_paths_and_assignments():
    """Oracle: the keys of the class, and values of TOML."""
    assert {"seed", "way.length_km", "pump.mode", "arms[0].power_w"} <= set(paths(Crystal))
    assert assignment("way.length_km=1e3") == ("way.length_km", 1e3)
    assert assignment("pump.mode = pulsed") == ("pump.mode", "pulsed")
    assert assignment('x="a b"') == ("x", "a b")
    assert assignment("x=[1, 2]") == ("x", [1, 2])
    for wrong in ("x", "=3", "a b=3", "x=1 2"):
        with pytest.raises(ParameterError, match="--set"):
            assignment(wrong)
    assert loads(TEXT, changes={"way.length_km": 7}).length_km == 7.0
    assert override({"a": [{"b": 1}]}, {"a[0].b": 2}) == {"a": [{"b": 2}]}


def test_json_schema_says_types_ranges_and_names():
    """Oracle: the description of the keys, by hand."""
    schema = json_schema("crystal")
    json.dumps(schema)
    assert schema["required"] == ["kind", "pump"]
    way = schema["properties"]["way"]["properties"]
    assert way["length_km"] == {"description": "How far. (in km)", "type": "number", "minimum": 0}
    assert way["lengths_km"]["items"] == {"type": "number", "minimum": 0}
    pump = schema["properties"]["pump"]
    assert pump["required"] == ["power_w"]
    assert pump["properties"]["mode"]["enum"] == ["pulsed", "continuous"]
    assert pump["additionalProperties"] is False
    assert schema["properties"]["arms"]["type"] == "array"


def test_reference_has_every_key():
    """Oracle: the list of paths."""
    page = pages()["crystal.md"]
    for path in paths(Crystal):
        assert f"`{path.rpartition('.')[2].removesuffix('[0]')}`" in page or f"[{path}]" in page
    assert '[`power_w`]{id="crystal:pump.power_w"} — number above 0\n' in page
    assert ": Power of the pump. Must be given. Example: `power_w = 0.1`\n" in page


def test_sentences_come_from_the_docstring():
    """Oracle: the docstring of the class above."""
    assert [entry.doc for entry in entries(Pump)] == ["Power of the pump.", "How it runs."]

"""HTML of plans and results in notebooks: it parses, and its words and numbers are theirs."""

from __future__ import annotations

from xml.etree import ElementTree

import pytest

from protocols import nested, recurrence, swap_asap
from protocols.key_rates import KeyRate
from protocols.qkd import BB84
from qnet import Abstract, Cutoff, Fibre, Multiplex, Pump, Station, Swap, play

LINK = Abstract(
    success_probability=0.5, fidelity=0.985, channel=Fibre(length_km=10.0), name="a < b & c"
).link()
OTHER = Abstract(success_probability=0.25).link()
FAILING = Station(success_probability=0.5, perfect=True)


def texts(html: str, tag: str) -> list[str]:
    return [element.text or "" for element in ElementTree.fromstring(html).iter(tag)]


def test_a_plan_is_a_nested_list_with_its_own_texts():
    cutoff = Cutoff(kind="difference", time_s=3.0)
    html = swap_asap([LINK, LINK, OTHER], stations=FAILING, cutoff=cutoff)._repr_html_()
    assert texts(html, "li") == [
        "swap as soon as possible, succeeds with 0.5, cut-off of the difference at 3 s",
        "2 × a < b & c over 10 km: probability 0.5 per attempt of 1 s, fidelity 0.985",
        "link: probability 0.25 per attempt of 1 s, fidelity 1",
    ]


@pytest.mark.parametrize(
    ("plan", "items"),
    [
        (nested([LINK] * 4), ["swap", "2 × swap"]),
        (recurrence(OTHER, rounds=2), ["dejmps of 2", "dejmps of 2"]),
        (Pump(pair=OTHER, steps=3), ["pumping, 3 steps"]),
        (Multiplex(pair=OTHER, copies=3), ["first of 3 copies"]),
        (Swap(left=OTHER, right=OTHER, order="sequential"), ["swap, one part after the other"]),
    ],
)
def test_every_step_has_its_words(plan, items):
    assert texts(plan._repr_html_(), "li")[:-1] == items


@pytest.mark.parametrize("options", [{"shots": 100, "seed": 1}, {"engine": "exact"}])
def test_a_result_is_the_table_of_its_figures(options):
    result = play(nested([LINK] * 2), **options)
    html = result._repr_html_()
    *rows, security = result.summary().splitlines()
    names = [line[:16].strip() for line in rows]
    assert security == f"security         {result.security.sentence}"
    assert result.security.sentence in html
    assert texts(html, "th") == names
    assert texts(html, "b")[1] == f"{result.rate_hz.best:.5g}"
    assert texts(html, "small")[1] == f"[{result.rate_hz.low:.5g}, {result.rate_hz.high:.5g}]"


def test_a_run_of_key_distribution_is_the_table_of_its_figures():
    result = BB84().run(2000, seed=3)
    html = result._repr_html_()
    assert texts(html, "th")[:2] == ["sifted bits", "QBER"]
    assert "CHSH" not in texts(html, "th")
    assert texts(html, "b")[0] == f"{result.sifted_bits.best:.5g}"
    assert texts(html, "caption") == [result.security.sentence]


def test_a_key_rate_says_why_there_is_none():
    rate = KeyRate(
        name="secret_bits", unclipped=-7.0, figures={"qber": 0.2}, reason="no key: <noise>"
    )
    html = rate._repr_html_()
    assert texts(html, "th") == ["qber", "secret bits"]
    assert texts(html, "b") == ["0.2", "0"]
    assert texts(html, "caption") == ["no key: <noise>"]

"""Malformed classical channels: each is refused with a message that says what to write."""

from __future__ import annotations

import pytest

import qnet
from qnet.errors import ParameterError
from tests.protocols.lit_scenarios import CHAIN, CV, GYS, KEY_NETWORK, NETWORK
from tests.protocols.malformed import blocks


@pytest.mark.parametrize(("changes", "message"), list(blocks("malformed_coexistence.txt")))
def test_malformed_channels_of_a_decoy_link(changes, message):
    with pytest.raises(ParameterError) as error:
        qnet.loads(GYS).with_(changes).key_rate()
    assert str(error.value) == message


def refused(text, changes, use):
    with pytest.raises(ParameterError) as error:
        use(qnet.loads(text).with_(changes))
    return str(error.value)


def test_links_without_detectors_have_no_room_for_noise():
    abstract = {
        "link": {
            "scheme": "abstract",
            "success_probability": 0.1,
            "attempt_time_s": 1.0,
            "state": {"werner": 0.98},
        }
    }
    said = refused(CHAIN, abstract, lambda chain: chain.parts)
    assert said.startswith("coexistence must come with a link whose detectors are described (got")
    assert said.endswith("give [link] a preset; numbers of an attempt have the noise in them")


def test_an_edge_says_where_its_channels_are_wrong():
    said = refused(NETWORK, {"edge[0].coexistence.filter_nm": -1.0}, lambda each: each.edge_parts)
    assert said.startswith("edge[0].coexistence.filter_nm must lie between 0 and 100 nm (got -1.0)")


def test_an_edge_without_channels_of_its_own_needs_those_of_all():
    gone = {"coexistence": None, "edge[0].coexistence": {"filter_nm": 0.3}}
    said = refused(NETWORK, gone, lambda each: each.edge_parts)
    assert said.startswith("edge[0].coexistence.channels must be given")


def test_a_rate_that_is_given_outright_has_its_noise_in_it():
    outright = {"link.keyrate": None, "link.key_rate_hz": 1000.0}
    said = refused(KEY_NETWORK, outright, lambda each: each.case)
    assert said.startswith(
        "link.key_rate_hz must be left out beside classical channels, at the edge A - B (got 1"
    )


def test_continuous_variables_need_a_fibre():
    said = refused(CV, {"fibre": None, "transmission": 0.5}, lambda each: each.link)
    assert said.startswith("fibre.length_km must be given")

"""Links of different generations in one scenario file."""

import tomllib

import pytest

import qnet
from experiments.cli.cite import citations
from protocols.planning.optimise.problem import Problem
from protocols.planning.optimise.space import Candidate
from protocols.repeaters import Chain
from protocols.repeaters.chain_link import ChainLink
from protocols.repeaters.chain_notes import generation_tables
from protocols.repeaters.cost import resources
from protocols.repeaters.encode_table import EncodeTable
from protocols.repeaters.one_way_table import OneWayTable
from protocols.repeaters.tables import Swapping
from qnet import Gates, Station
from qnet.schema import read
from qnet.states import werner

GATES = Gates(two_qubit_depolarizing=0.05)

SENT = (
    '[[links]]\none_way = { code = "qpc", n = 7, m = 4, coupling = 0.98, logical_error = 1e-4 }\n'
)
STORED = '[[links]]\nencode = { code = "steane", attempts = 50, physical_flip = 0.01 }\n'
BARE = '[[links]]\nencode = { code = "none", attempts = 50, physical_flip = 0.001 }\n'
PRESET = '[[links]]\npreset = "blueprint"\n'


def of_file(links, lengths_km, more=""):
    """The chain of a file with these links."""
    text = f"[chain]\nsegment_lengths_km = {lengths_km}\n{more}{links}"
    return read(Chain, tomllib.loads(text), name="mixed")


def test_a_file_with_all_three_says_what_python_says():
    """Oracle: the flips and the qubits of the parts, which the tables give on their own.

    (1 - 2P) of a chain of links that flip apart is the product of theirs; Steane's code with an
    outcome that flips in 0.01 of the cases leaves 0.00200407497.
    """
    chain = of_file(SENT + STORED + BARE, [50.0, 10.0, 10.0])
    result = chain.play(engine="exact")
    right = (1.0 - 2e-4) ** 50 * (1.0 - 2.0 * 0.00200407497) * (1.0 - 2.0 * 0.001)
    assert float(result.qber_x) == pytest.approx((1.0 - right) / 2.0, abs=1e-9)
    counted = resources(result.plan)
    assert (counted.stations, counted.qubits) == (52, 50 * 56 + 2 * 7 * 50 + 2 * 50)
    way = OneWayTable(code="qpc", n=7, m=4, coupling=0.98, logical_error=1e-4)
    alone = (
        Chain(length_km=50.0, one_way=way).plan(),
        *(
            Chain(segments=1, length_km=10.0, encode=table).plan()
            for table in (
                EncodeTable(code="steane", attempts=50, physical_flip=0.01),
                EncodeTable(code="none", attempts=50, physical_flip=0.001),
            )
        ),
    )
    assert chain.plan() == Chain(links=alone, swap=Swapping()).plan()


def test_the_engines_agree_on_a_mixed_chain():
    """Oracle: the sampled engine, by 4.5 standard errors of its mean."""
    chain = of_file(SENT + STORED + PRESET, [20.0, 10.0, 10.0])
    drawn = chain.play(shots=4000, seed=3).delivery_time_s
    exact = chain.play(engine="exact").delivery_time_s
    half = (drawn.high - drawn.low) / 2.0 / 1.96
    assert abs(drawn.best - exact.best) < 4.5 * half


def test_a_code_over_the_pairs_of_a_preset_is_that_of_encode():
    """Oracle: [encode] beside [link], which encodes every link with the preset's gates."""
    link = '[[links]]\npreset = "trapped-ion"\nencode = { code = "repetition-3" }\n'
    mixed = of_file(link, [10.0])
    table = EncodeTable(code="repetition-3")
    whole = Chain(segments=1, length_km=10.0, link=qnet.preset("trapped-ion"), encode=table)
    assert mixed.plan() == whole.plan()


def test_the_file_is_written_and_read_again_and_its_digest_tells_codes_apart():
    """Oracle: the text of the file; another code must change what a store is keyed by."""
    link = '[[links]]\npreset = "blueprint"\nencode = { code = "CODE" }\n'
    one, other = (
        of_file(SENT + link.replace("CODE", code), [20.0, 10.0]) for code in ("513", "steane")
    )
    assert qnet.loads(one.to_toml()) == one
    assert one.digest != other.digest
    plain = of_file(PRESET + PRESET, [10.0, 10.0])
    assert plain.digest == Chain(links=("blueprint",) * 2, segment_lengths_km=(10.0, 10.0)).digest


def test_tables_in_python_are_links_too():
    """Oracle: the same chain, described in two ways."""
    table = EncodeTable(code="steane", coupling=0.9)
    one = Chain(links=(table, table), length_km=20.0)
    assert one == Chain(links=(ChainLink(encode=table),) * 2, length_km=20.0)


@pytest.mark.parametrize(
    ("text", "field", "hint"),
    [
        (SENT + STORED + "[swap]\nreadout_flip = 0.01\n", "swap", 'code = "none" for bare pairs'),
        (SENT + STORED + '[encode]\ncode = "513"\n', "encode", "remove [encode]"),
        (SENT + STORED + "[distill]\nrounds = 1\n", "distill", "one table for all segments"),
        (SENT + SENT + '[one_way]\ncode = "513"\n', "links", "keep one of them"),
        (SENT + "modes = 2\n" + STORED, "links[0].modes", "that table says how pairs are made"),
        (SENT + STORED + "modes = 2\n", "links[1].modes", "give a preset, or a scheme"),
        (
            SENT + PRESET + 'one_way = { code = "513" }\n',
            "links[1].preset",
            "says how pairs are made",
        ),
        (
            SENT + PRESET + 'encode = { code = "513", coupling = 0.9 }\n',
            "links[1].encode.coupling",
            "remove [link]",
        ),
        (SENT + STORED + 'one_way = { code = "513" }\n', "links[1].encode", "keep one of them"),
    ],
)
def test_what_does_not_go_together_is_refused(text, field, hint):
    """Oracle: the messages, judged by eye: each names its key and says what to do."""
    with pytest.raises(qnet.ParameterError) as caught:
        of_file(text, [20.0, 10.0])
    assert caught.value.field == field
    assert hint in str(caught.value)


def test_notes_and_works_of_every_table_are_told():
    """Oracle: the tables of the file; a one-way link says what a delivery is, a block where it is
    decoded.
    """
    chain = of_file(SENT + STORED + STORED + PRESET, [20.0, 10.0, 10.0, 10.0])
    tables = generation_tables(chain)
    assert [table.table for table in tables] == ["one_way", "encode"]
    assert {note for table in tables for note in table.notes} <= set(chain.notes)
    works = set(citations(chain))
    assert {"Munro2012", "Jiang2009", "Steane1996", "Muralidharan2016"} <= works


def test_gates_of_a_station_beside_those_of_the_code_are_refused():
    """Oracle: a table [swap] that says the same is refused, and a chain reads what it writes."""
    table = EncodeTable(code="steane", gate_error=0.01)
    for swap in (Station(gates=GATES), Swapping(gates=GATES)):
        with pytest.raises(qnet.ParameterError, match=r"encode\.gate_error must be left out"):
            Chain(segments=2, length_km=10.0, encode=table, swap=swap)


@pytest.mark.parametrize(
    ("choice", "field"), [({"code": "steane"}, "codes"), ({"spacing_km": 1.0}, "spacings_km")]
)
def test_a_choice_that_no_table_has_is_refused(choice, field):
    """Oracle: the plan would be the one without it, under the name of one with it."""
    link = qnet.Link(success_probability=0.5, attempt_time_s=1.0, state=werner(0.98))
    problems = (
        Problem.of_links(link),
        Problem.of_chain(Chain(segments=2, link="trapped-ion", length_km=9.0)),
    )
    for problem in problems:
        with pytest.raises(qnet.ParameterError) as caught:
            problem.plan(Candidate(segments=2, **choice))
        assert caught.value.field == field
        assert caught.value.value == next(iter(choice.values()))

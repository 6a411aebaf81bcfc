"""Malformed sites, demands and siting questions: each is refused with field, rule, value, hint."""

import re
import tomllib

import pytest

import qnet
from experiments.cli.main import main
from qnet.schema import override, read_kind, to_toml
from tests.protocols.malformed import blocks

BASE = """
kind = "plan"
[sites]
list = [["A", 50.0, 8.0, 1e6], ["B", 51.0, 9.0, 2e6], ["C", 52.0, 13.0], ["D", 48.0, 11.0, 5e5]]
graph = "complete"
[demands]
list = [["A", "B", 1e4]]
[site]
question = "p-median"
p = 2
weight = "equal"
"""

READ = list(blocks("malformed_plan_sites.txt"))
ASKED = list(blocks("malformed_plan_questions.txt"))

#: What a file of sites holds, and the message that it is refused with.
FILES = {
    "empty": ("", "sites.file must not be empty (got nothing); check that the file is saved"),
    "comments alone": (
        "# nothing\n",
        "sites.file must have a header and rows (got 'comments alone'); add the rows",
    ),
    "no row": (
        "name,latitude,longitude\n",
        "sites.file must have a row below its header (got 'no row'); add the rows",
    ),
    "no names": (
        "city,latitude,longitude\nA,1,2\n",
        "sites.file must have a column called name (got 'none'); its columns are city, latitude, "
        'longitude: say columns = { name = "city" }',
    ),
    "a site twice": (
        "name,latitude,longitude\nA,1,2\n\nA,3,4\n",
        "sites.file, line 4 must name each site once (got 'A'); rename or drop one",
    ),
    "a name over two lines": (
        'name,latitude,longitude\n"A\nB",1,2\nC,3,4\n',
        "sites.file, line 2 must stand on one line (got 'AB 1 2'); close its quotation mark on the "
        "same line",
    ),
    "a column twice": (
        "name,latitude,longitude,latitude\nA,1,2,3\n",
        "sites.file, line 1 must name each column once (got 'latitude'); rename one",
    ),
    "a latitude of 95": (
        "name,latitude,longitude\nA,95,2\n",
        "sites.file, line 2, latitude must lie in [-90, 90] (got 95.0); give degrees, south "
        "negative",
    ),
    "a longitude of 200": (
        "name,latitude_deg,longitude_deg\nA,5,200\n",
        "sites.file, line 2, longitude_deg must lie in [-180, 180] (got 200.0); give degrees, west "
        "negative",
    ),
    "no number": (
        "name,latitude,longitude\nA,50N,2\n",
        "sites.file, line 2, latitude must be a number (got '50N'); mend the number",
    ),
    "not a number": (
        "name,latitude,longitude\nA,nan,2\n",
        "sites.file, line 2, latitude must be a finite number (got nan); give a finite number",
    ),
    "a negative population": (
        "name,latitude,longitude,population\nA,5,2,-3\n",
        "sites.file, line 2, population must not be negative (got -3.0); give zero or more",
    ),
    "half a place": (
        "name,latitude,longitude\nA,5,\n",
        "sites.file, line 2 must have latitude and longitude (got 'A'); give both, or neither",
    ),
    "a short row": (
        "name,latitude,longitude\nA,5\n",
        "sites.file, line 2 must have 3 values (got 2); the header has 3 columns",
    ),
    "a nameless site": (
        "name,latitude,longitude\n,5,6\n",
        "sites.file, line 2 must name its site (got 'nothing'); write its name",
    ),
    "no bytes of UTF-8": (
        b"name,latitude,longitude\n\xff,5,6\n",
        "sites.file must be a text in UTF-8 (got 'sites.csv'); byte 24 is no UTF-8: save it as "
        "UTF-8",
    ),
}


def test_there_are_enough_of_them():
    # Oracle: the number that was asked for, and more.
    assert len(READ) + len(ASKED) + len(FILES) >= 50


@pytest.mark.parametrize(("changes", "message"), READ)
def test_a_malformed_plan_is_not_read(changes, message):
    """Oracle: the messages, written down and judged by eye."""
    with pytest.raises(qnet.QnetError) as caught:
        read_kind(override(tomllib.loads(BASE), changes))
    assert str(caught.value) == message
    # Field, rule, value, hint: one sentence, and what to do about it.
    assert re.fullmatch(r"\S.* must .+ \(got .+\); \S.+", message)


@pytest.mark.parametrize(("changes", "message"), ASKED)
def test_what_cannot_be_answered_is_not(changes, message):
    """Oracle: the messages, written down and judged by eye."""
    scenario = read_kind(override(tomllib.loads(BASE), changes))
    with pytest.raises(qnet.QnetError) as caught:
        scenario.answer()
    assert str(caught.value) == message
    assert re.fullmatch(r"\S.* must .+ \(got .+\); \S.+", message)


@pytest.mark.parametrize(("content", "message"), FILES.values(), ids=list(FILES))
def test_a_malformed_file_of_sites_is_refused(content, message, tmp_path):
    """Oracle: the messages, written down and judged by eye."""
    path = tmp_path / "sites.csv"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    scenario = qnet.loads(
        'kind = "plan"\n[sites]\nfile = "sites.csv"\n[site]\nquestion = "cover"\nradius_km = 1.0',
        folder=str(tmp_path),
    )
    with pytest.raises(qnet.QnetError) as caught:
        scenario.answer()
    assert str(caught.value).replace(str(path), "sites.csv") == message


def test_the_command_line_says_it_in_one_line(tmp_path, capsys):
    # Oracle: the message of the reader, and the exit code for wrong scenarios.
    path = tmp_path / "plan.toml"
    path.write_text(to_toml(override(tomllib.loads(BASE), {"site.p": 9})))
    assert main(["site", str(path), "--json"]) == 2
    said = capsys.readouterr().err
    assert said == (
        "qnet: error: site.p must be at most the number of sites (got 9); there are 4 sites\n"
    )

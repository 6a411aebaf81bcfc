"""Pages of the reference that are made from the code: keys, commands, figures, presets.

Oracles: the list of paths of every kind, the parser and the reader of files, a validator of JSON
Schema, and what the commands print.
"""

from __future__ import annotations

import re
import tomllib
from functools import cache

from jsonschema import Draft202012Validator

from experiments.cli.commands import COMMANDS
from experiments.cli.main import EXIT_CODES, main
from experiments.cli.schema import shortest_files
from experiments.reference.commands import commands_page
from experiments.reference.figures import figures_page
from experiments.reference.presets import presets_page
from experiments.reference.write import write_pages
from protocols.qkd.result import QKD_FIGURES
from qnet.hardware import PRESETS
from qnet.metrics.figures import FIGURES
from qnet.metrics.security import NOTIONS
from qnet.network.result import DEMAND_FIGURES
from qnet.references import REFERENCES
from qnet.schema import KINDS, Entry, classes_of, entries, loads
from qnet.schema.entries import tables_beside
from qnet.schema.json_schema import _entry as schema_of
from qnet.schema.reference import Section, _sections, pages, sections, told_example

ANCHOR = re.compile(r'^\[`([\w.]+)`\]\{id="([\w.:-]+)"\}', re.M)
LINK = re.compile(r"\]\(#([\w.:-]+)\)")


@cache
def all_sections() -> list[Section]:
    found = [each for kind in KINDS for cls in classes_of(kind) for each in sections(cls)]
    for kind in KINDS:
        for cls in classes_of(kind):
            for name, table in tables_beside(cls).items():
                found += _sections(entries(table), name, "", False)
    return found


@cache
def all_entries() -> tuple[tuple[str, Entry], ...]:
    """Every key of every table of every kind, with its path."""
    return tuple(
        (f"{section.place}.{name}", entry)
        for section in all_sections()
        for name, entry, _ in section.keys
    )


def test_every_key_has_one_place_and_every_link_leads_there():
    text = "\n".join(pages(shortest_files()).values())
    anchors = [found[1] for found in ANCHOR.findall(text)]
    assert len(anchors) == len(set(anchors)) > 250
    assert {"memory.t2_s", "chain.length_km", "link.state.werner", "bb84:eve.attack"} < {*anchors}
    targets = {*anchors, *re.findall(r"^\(([\w:-]+)\)=$", text, re.M)}
    assert set(LINK.findall(text)) <= targets
    names = {name for section in all_sections() for name, _, _ in section.keys}
    assert names == {name for name, _ in ANCHOR.findall(text)}


def test_every_key_has_a_sentence_and_every_number_its_range():
    for path, entry in all_entries():
        assert len(entry.doc) > 12, path
        numbers = {hint for hint in entry.hints if hint in (int, float)}
        if numbers and not entry.choices:
            assert entry.range, path


def test_every_example_is_a_value_of_its_key():
    """Oracle: TOML, a validator of JSON Schema, and the check that the reader uses."""
    for path, entry in all_entries():
        name, example = path.rpartition(".")[2], told_example(entry)
        assert example or entry.table is not None, path
        if not example:
            continue
        value = tomllib.loads(f"{name} = {example}")[name]
        Draft202012Validator(schema_of(entry)).validate(value)
        if entry.options.read is not None:
            entry.options.read(name, value)
        elif entry.options.check is not None:
            for each in value if isinstance(value, list) else [value]:
                entry.options.check(name, each)


def test_whole_files_on_the_pages_are_read():
    """Oracle: the reader."""
    shown = {kind: text for kind, text in shortest_files().items() if "[sweep]" not in text}
    assert {"chain", "network", "bb84", "e91", "bbm92", "six-state", "mdi", "cv"} <= set(shown)
    for kind, text in shown.items():
        assert f'kind = "{kind}"' in text
        if "file =" not in text:
            assert type(loads(text)) in classes_of(kind)


def test_every_command_and_argument_is_on_the_page(capsys):
    """Oracle: what --help prints."""
    page = commands_page()
    for name in COMMANDS:
        assert main([name, "--help"]) == 0
        told = set(re.findall(r"^  (--[\w-]+)", capsys.readouterr().out, re.M))
        section = page.partition(f"## `qnet {name}`")[2].partition("\n## ")[0]
        assert told == set(re.findall(r"^`(--[\w-]+)", section, re.M)), name
    for code in EXIT_CODES:
        assert f"\n| {code} | " in page
    for variable in ("QNET_TRACEBACK", "QNET_PLUGINS"):
        assert f"| `{variable}` |" in page


def test_every_figure_says_what_it_is():
    page = figures_page()
    for figure in (*FIGURES.values(), *DEMAND_FIGURES.values(), *QKD_FIGURES):
        assert f"[`{figure.name}`]" in page
        assert figure.meaning, figure.name
        counts_bits = figure.name.startswith("secret")
        assert bool(figure.notion) == counts_bits, figure.name
        assert not counts_bits or set(figure.notion.split(" or ")) <= set(NOTIONS)


def test_every_number_of_a_preset_has_its_source(capsys):
    """Oracle: what ``qnet presets NAME`` prints."""
    page = presets_page()
    assert set(re.findall(r"\{cite:p\}`(\w+)`", page)) <= set(REFERENCES)
    for name in PRESETS:
        section = page.partition(f"## `{name}`")[2].partition("\n## ")[0]
        assert main(["presets", name]) == 0
        said = capsys.readouterr().out
        paths = re.findall(r"^([a-z]+\.\w+) ", said, re.M)
        assert re.findall(r"^\| `([\w.]+)` \|", section, re.M) == paths
        for link in re.findall(r"this preset: fidelity ([\d.]+)", said):
            assert f"| this preset | {link} |" in section


def test_a_page_that_has_not_changed_stays_as_it_is(tmp_path):
    names = write_pages(tmp_path)
    assert {"commands.md", "figures.md", "presets.md", "scenario/chain.md"} < set(names)
    times = {name: (tmp_path / name).stat().st_mtime_ns for name in names}
    (tmp_path / "figures.md").write_text("old", encoding="utf-8")
    write_pages(tmp_path)
    changed = {name for name in names if (tmp_path / name).stat().st_mtime_ns != times[name]}
    assert changed == {"figures.md"}

"""Changelog fragments are well formed, and are put where a reader looks first."""

from __future__ import annotations

import pytest

from tests.changelog import ROOT, UNRELEASED, assembled, faults, fragments


def test_fragments_are_well_formed():
    found = {path.name: faults(path) for path in fragments(ROOT / "changelog.d")}
    assert {name: wrong for name, wrong in found.items() if wrong} == {}


@pytest.mark.parametrize(
    ("name", "text", "fault"),
    [
        ("chain.md", "- A chain.\n", "name"),
        ("chain.news.md", "- A chain.\n", "name"),
        ("chain.added.md", "A chain.\n", "begin"),
        ("chain.added.md", "", "begin"),
        ("chain.added.md", "- A chain.\nAnd more.\n", "line 2"),
        ("chain.added.md", f"- {'A chain. ' * 20}\n", "line 1"),
    ],
)
def test_faults_are_named(tmp_path, name, text, fault):
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    assert any(fault in each for each in faults(path))


def test_a_good_fragment_has_no_fault(tmp_path):
    path = tmp_path / "one-chain.added.md"
    path.write_text("- One `Chain`:\n  a frozen description.\n", encoding="utf-8")
    assert faults(path) == []


def test_entries_come_under_headings_below_the_next_version():
    # Oracle: the format of Keep a Changelog, written by hand.
    before = f"# Changelog\n\n{UNRELEASED}\n### Added\n\n- Old.\n"
    after = assembled(before, {"fixed": "- A fault.\n", "added": "- A chain.\n"})
    assert after == (
        f"# Changelog\n\n{UNRELEASED}\n### Added\n\n- A chain.\n\n### Fixed\n\n- A fault.\n"
        "\n### Added\n\n- Old.\n"
    )
    assert UNRELEASED in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")

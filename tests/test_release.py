"""A release: fragments of the changelog, the version that is cited, and the section it gets."""

from __future__ import annotations

import shutil
from datetime import date

import pytest

from tests.release import (
    ROOT,
    UNRELEASED,
    Release,
    ReleaseError,
    assembled,
    cited,
    cut,
    faults,
    fragments,
    packaged,
    released,
)


@pytest.fixture
def root(tmp_path):
    """A project that can be released, by hand: 0.3.0 after 0.2.0."""
    (tmp_path / "changelog.d").mkdir()
    (tmp_path / "changelog.d" / "README.md").write_text("How.\n", encoding="utf-8")
    (tmp_path / "changelog.d" / "chain.added.md").write_text("- A chain.\n", encoding="utf-8")
    (tmp_path / "qnet").mkdir()
    (tmp_path / "qnet" / "__init__.py").write_text('__version__ = "0.3.0"\n', encoding="utf-8")
    (tmp_path / "CITATION.cff").write_text(
        "version: 0.3.0\ndate-released: 2027-01-31\n", encoding="utf-8"
    )
    changelog = f"# Changelog\n\n{UNRELEASED}\n## [0.2.0] - 2026-11-26\n\n### Added\n\n- Old.\n"
    (tmp_path / "CHANGELOG.md").write_text(changelog, encoding="utf-8")
    return tmp_path


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


def test_entries_come_under_headings_of_the_new_version():
    # Oracle: the format of Keep a Changelog, written by hand.
    before = f"# Changelog\n\n{UNRELEASED}\n## [0.1.0] - 2026-11-22\n\n### Added\n\n- Old.\n"
    new = Release("0.2.0", date(2026, 11, 26))
    after = assembled(before, new, {"fixed": "- A fault.\n", "added": "- A chain.\n"})
    assert after == (
        f"# Changelog\n\n{UNRELEASED}\n## [0.2.0] - 2026-11-26\n\n### Added\n\n- A chain.\n"
        "\n### Fixed\n\n- A fault.\n\n## [0.1.0] - 2026-11-22\n\n### Added\n\n- Old.\n"
    )


def test_a_release_moves_every_fragment_once(root):
    # Oracle: the files that were written by hand; a second release has nothing to say.
    assert cut(root) == Release("0.3.0", date(2027, 1, 31))
    assert [path.name for path in (root / "changelog.d").iterdir()] == ["README.md"]
    changelog = (root / "CHANGELOG.md").read_text(encoding="utf-8")
    assert [each.version for each in released(changelog)] == ["0.3.0", "0.2.0"]
    assert changelog.count("- A chain.") == 1
    with pytest.raises(ReleaseError, match=r"nothing to release[\s\S]*must be newer than 0\.3\.0"):
        cut(root)


@pytest.mark.parametrize(
    ("file", "old", "new", "reason"),
    [
        ("CITATION.cff", "version: 0.3.0", "version: 0.4.0", "cites 0.4.0"),
        ("CITATION.cff", "date-released", "date-accessed", "no date-released"),
        ("CITATION.cff", "2027", "2025", "is before that of 0.2.0"),
        ("qnet/__init__.py", "__version__", "version", "no __version__"),
        ("CHANGELOG.md", "[0.2.0]", "[0.10.0]", "newer than 0.10.0"),
        ("CHANGELOG.md", UNRELEASED, f"{UNRELEASED}\n- By hand.\n", "nothing under it"),
        ("CHANGELOG.md", UNRELEASED, "", "needs the line"),
        ("changelog.d/chain.added.md", "- A", "A", "chain.added.md: it must begin"),
    ],
)
def test_what_does_not_agree_is_named_and_nothing_moves(root, file, old, new, reason):
    path = root / file
    path.write_text(path.read_text(encoding="utf-8").replace(old, new), encoding="utf-8")
    before = {each: each.read_bytes() for each in root.rglob("*") if each.is_file()}
    with pytest.raises(ReleaseError, match=reason):
        cut(root)
    assert before == {each: each.read_bytes() for each in root.rglob("*") if each.is_file()}


def test_the_version_that_is_cited_is_the_package_s_and_dated_as_in_the_changelog():
    """Oracle: files that people read; the version is in the changelog, or can be put there."""
    release = cited(ROOT)
    assert release.version == packaged(ROOT)
    changelog = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    newest = released(changelog)[0]
    if newest.version == release.version:
        assert newest == release
    else:
        assert newest.number < release.number
        assert fragments(ROOT / "changelog.d")


def test_this_version_can_be_released_from_a_copy(tmp_path):
    """Oracle: each line of each fragment, found in the changelog that comes out."""
    for name in ("changelog.d", "qnet/__init__.py", "CITATION.cff", "CHANGELOG.md"):
        place = tmp_path / name
        place.parent.mkdir(exist_ok=True)
        (shutil.copytree if (ROOT / name).is_dir() else shutil.copy)(ROOT / name, place)
    waiting = fragments(tmp_path / "changelog.d")
    lines = [line for path in waiting for line in path.read_text(encoding="utf-8").splitlines()]
    newest = released((ROOT / "CHANGELOG.md").read_text(encoding="utf-8"))[0]
    if newest.version == packaged(ROOT):
        pytest.skip(f"{newest.version} is released; nothing has changed the version since")
    cut(tmp_path)
    section = (tmp_path / "CHANGELOG.md").read_text(encoding="utf-8").split("\n## [")[2]
    assert section.startswith(f"{packaged(ROOT)}] - ")
    assert [line for line in lines if line not in section.splitlines()] == []

"""Faults of a link: what goes wrong is said in a sentence, costs no more than it must, and ends."""

from __future__ import annotations

import errno
import os
import secrets
from pathlib import Path

import pytest

from protocols.key_management.link import LinkPlan, SecondEnd
from protocols.key_management.link.alarms import AlarmFile
from protocols.key_management.link.preshared import SECRET_BYTES
from protocols.key_management.store import KeyStore
from protocols.key_management.store.errors import KeyStoreError
from tests.protocols.key_management.links import (
    EDGE,
    ENDS,
    intercept,
    link_rig,
    wait_for,
)

pytest.importorskip("cryptography")


def store_with(folder: Path, node: str, numbered: dict[int, bytes]) -> None:
    """Put secrets into the store of a node before its link begins."""
    home = folder / "nodes" / node
    home.mkdir(parents=True, exist_ok=True)
    with KeyStore(home / "keys.sqlite") as store:
        for number, secret in numbered.items():
            store.add_secret(EDGE, number, secret)


def test_ends_with_different_secrets_make_no_key_and_try_the_next_one(
    tmp_path: Path, certs: Path
) -> None:
    """Oracle: a tag under another secret is wrong; the numbers after it are the same at both."""
    same = {number: secrets.token_bytes(SECRET_BYTES) for number in range(2, 17)}
    for node in ENDS:
        store_with(tmp_path, node, {1: secrets.token_bytes(SECRET_BYTES)})
        store_with(tmp_path, node, same)
    with link_rig(tmp_path, certs, LinkPlan(ends=ENDS, most_bits=40_000), secrets=False) as rig:
        rig.key()
        reports = rig.first.report(), rig.second.report()
        assert any("authentication-failed" in report.aborted for report in reports)


def test_secrets_that_one_end_lacks_are_passed_by(tmp_path: Path, certs: Path) -> None:
    """Oracle: the two ends' tables: 4 and 9 are in both."""
    table = {number: secrets.token_bytes(SECRET_BYTES) for number in range(1, 10)}
    for node, numbers in zip(ENDS, ((1, 2, 4, 6, 9), (3, 4, 5, 7, 8, 9)), strict=True):
        store_with(tmp_path, node, {number: table[number] for number in numbers})
    with link_rig(tmp_path, certs, LinkPlan(ends=ENDS, most_bits=40_000), secrets=False) as rig:
        rig.key()
        assert all(not end.report().aborted for end in (rig.first, rig.second))


def test_a_link_without_secrets_says_so_and_waits(tmp_path: Path, certs: Path) -> None:
    """Oracle: without a secret nothing can be authenticated; one that comes later is used."""
    with link_rig(tmp_path, certs, LinkPlan(ends=ENDS, most_bits=40_000), secrets=False) as rig:
        wait_for(lambda: "no secret left" in rig.first.report().sentence)
        assert rig.levels() == [0, 0]
        secret = secrets.token_bytes(SECRET_BYTES)
        for store in rig.stores:
            store.add_secret(EDGE, 5, secret)
            store.add_secret(EDGE, 6, secret[::-1])
        rig.key()


def test_ends_with_different_plans_do_not_begin(tmp_path: Path, certs: Path) -> None:
    """Oracle: a different alarm at the second end; no secret is used."""
    with link_rig(tmp_path, certs, LinkPlan(ends=ENDS, most_bits=40_000)) as rig:
        rig.second.stop()
        left = wait_for(lambda: rig.first.report()).secrets_left
        rig.stores[0].void_edge(EDGE)
        home = tmp_path / "nodes" / "B"
        other = LinkPlan(ends=ENDS, false_alarm=1e-3)
        rig.second = SecondEnd(other, rig.stores[1], certs, home, ports=rig.ports)
        rig.second.start()
        wait_for(lambda: "do not play the same protocol" in rig.second.report().sentence)
        assert rig.second.report().runs == 0
        assert left - rig.first.report().secrets_left <= 1


def test_a_run_of_too_few_bits_is_followed_by_longer_ones(tmp_path: Path, certs: Path) -> None:
    """Oracle: 500 sifted bits leave no composable key of 1e-10; 32 times as many do."""
    with link_rig(tmp_path, certs, LinkPlan(ends=ENDS, first_bits=500, most_bits=32_000)) as rig:
        rig.key()
        report = rig.first.report()
        assert report.aborted.get("too-few-bits", 0) >= 2


def test_a_spy_that_cannot_be_played_is_refused_and_the_link_goes_on(
    tmp_path: Path, certs: Path
) -> None:
    """Oracle: pairs of down-conversion have Fock states, on which no circuit acts."""
    file = tmp_path / "spdc.toml"
    file.write_text('kind = "bbm92"\n[source]\nmean_pair_number_half = 0.05\n')
    with link_rig(tmp_path, certs, LinkPlan(ends=ENDS, protocol=str(file))) as rig:
        rig.key()
        intercept(tmp_path, 0.3)
        wait_for(lambda: "the channel refused" in rig.second.report().sentence)
        intercept(tmp_path, 0.0)
        rig.stores[0].void_edge(EDGE)
        rig.stores[1].void_edge(EDGE)
        rig.key()
        assert not rig.alarms


def test_what_is_reported_holds_no_secret(tmp_path: Path, certs: Path) -> None:
    """Oracle: the key itself, in text or hexadecimal digits."""
    with link_rig(tmp_path, certs, LinkPlan(ends=ENDS, most_bits=40_000)) as rig:
        key = rig.key()
        said = repr(rig.first.report()) + str(rig.first.report().as_dict())
        for start in range(0, len(key) - 4, 4):
            assert key[start : start + 4].hex() not in said
        assert str(list(key[:4]))[1:-1] not in said


def test_an_alarm_on_a_full_disk_stops_the_edge_and_is_kept_later(
    tmp_path: Path, certs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Oracle: stop means stop; both files hold the alarm once the disk takes them."""

    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    def no_room(*_: object) -> None:
        raise KeyStoreError("the disk of the key store is full")

    with link_rig(tmp_path, certs, LinkPlan(ends=ENDS, most_bits=40_000)) as rig:
        wait_for(lambda: min(rig.levels()) > 0)
        with monkeypatch.context() as disk:
            disk.setattr(AlarmFile, "_write", full)
            for store in rig.stores:
                disk.setattr(store, "void_edge", no_room)
            intercept(tmp_path, 1.0)
            wait_for(lambda: len(rig.alarms) == 2)
            assert all(end.report().alarm for end in (rig.first, rig.second))
            assert not list(tmp_path.rglob("alarms/*.json"))
        wait_for(lambda: len(list(tmp_path.rglob("alarms/*.json"))) == 2)
        wait_for(lambda: rig.levels() == [0, 0])

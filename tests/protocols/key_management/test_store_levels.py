"""Levels of key stores over time: recorded, asked for over the network, printed as CSV."""

from __future__ import annotations

import asyncio
import json
from types import SimpleNamespace

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from experiments.cli.main import main
from protocols.key_management.certificates import CertificateSubject, make_certificates
from protocols.key_management.nodes.layout import RunFolder
from protocols.key_management.nodes.manage import manage_face
from protocols.key_management.nodes.manager import NetworkManager
from protocols.key_management.store import KeyStore, StoreLevel

EDGE = "A--B"


def used(store, records=3):
    """Record levels of a store whose edge gains ten bytes a second."""
    for second in range(records):
        name = f"b{second}"
        store.add_block(EDGE, name, b"x" * 10)
        store.record_levels(float(second))
        store.confirm_blocks(EDGE, [name])
    return [
        StoreLevel(float(second), layer, EDGE, blocks, 10 * blocks)
        for second in range(records)
        for layer, blocks in (("pending", 1), ("confirmed", second))
        if blocks
    ]


def test_levels_come_in_portions_that_cut_no_record(tmp_path):
    # Oracle: by hand; the first record has one row, each later one two.
    with KeyStore(tmp_path / "keys.sqlite") as store:
        expected = used(store, 5)
        assert store.level_history() == expected
        for most, last in ((1, 0.0), (2, 1.0), (3, 1.0), (4, 2.0), (9, 4.0), (99, 4.0)):
            found = store.level_history(most=most)
            assert found == [row for row in expected if row.time_s <= last]
        assert store.level_history(2.0) == [row for row in expected if row.time_s > 2.0]
        assert store.level_history(4.0) == []


def test_the_manager_asks_for_all_levels(tmp_path, monkeypatch):
    # Oracle: what the store says itself, although an answer has three rows at most.
    monkeypatch.setattr("protocols.key_management.nodes.manage.LEVELS", 2)
    make_certificates(tmp_path, [CertificateSubject(file="manager", name="manager")])

    async def ask(store):
        application = web.Application()
        application.add_routes(manage_face(SimpleNamespace(store=store, links={})).routes)
        async with TestServer(application) as server:
            urls = {"A": str(server.make_url("")).rstrip("/"), "B": "http://127.0.0.1:9"}
            async with NetworkManager(urls, tmp_path) as manager:
                return [await manager.levels("A"), await manager.levels("B")]

    with KeyStore(tmp_path / "keys.sqlite") as store:
        expected = used(store, 6)
        assert asyncio.run(ask(store)) == [expected, None]


@pytest.mark.parametrize("other", ["nodes", "elsewhere"])
def test_levels_of_a_network_that_does_not_run(tmp_path, capsys, other):
    # Oracle: by hand.
    folder = RunFolder(tmp_path)
    make_certificates(folder.certificates, [CertificateSubject(file="manager", name="manager")])
    kmes = {"A": "https://127.0.0.1:9", "B": "https://127.0.0.1:9"}
    (tmp_path / "up.json").write_text(json.dumps({"kmes": kmes, "edges": {}}))
    for node, place in (("A", "nodes"), ("B", other)):
        (tmp_path / place / node).mkdir(parents=True)
        with KeyStore(tmp_path / place / node / "keys.sqlite") as store:
            used(store, 2)
    rows = ["0.0,pending,A--B,1,10", "1.0,pending,A--B,1,10", "1.0,confirmed,A--B,1,10"]
    nodes = "AB" if other == "nodes" else "A"
    expected = [
        "node,time_s,layer,subject,keys,bytes",
        *(f"{n},{row}" for n in nodes for row in rows),
    ]
    assert main(["kme", "levels", "--dir", str(tmp_path)]) == (0 if other == "nodes" else 1)
    said = capsys.readouterr()
    assert said.out.splitlines() == expected
    if other != "nodes":
        assert said.err == f"node B does not answer, and its store is not in {tmp_path}\n"

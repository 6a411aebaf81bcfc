"""Calls between nodes: each end known for sure, refusals as errors, odd news, silence."""

from __future__ import annotations

import asyncio
import socket

import pytest
from aiohttp import web

from protocols.key_management.certificates import (
    CertificateSubject,
    make_certificates,
    server_context,
)
from protocols.key_management.nodes.agreements import read_assignments
from protocols.key_management.peering.book import PeerBook
from protocols.key_management.peering.calls import PeerLostError
from protocols.key_management.peering.client import PeerClient
from protocols.key_management.peering.face import peer_face
from protocols.key_management.refusals import (
    KeyRefusedError,
    KeyShortageError,
    KeyUnknownError,
)
from protocols.key_management.server.application import application_of
from protocols.key_management.server.face import Face, json_answer
from protocols.key_management.server.listening import KmeServer


@pytest.fixture(scope="module")
def certificates(tmp_path_factory):
    folder = tmp_path_factory.mktemp("certs")
    hosts = ("localhost", "127.0.0.1")
    make_certificates(
        folder,
        [CertificateSubject(file=f"kme-{n}", name=f"kme-{n}", hosts=hosts) for n in "ABCX"],
    )
    return folder


async def echo(sender, body):
    return {"sender": sender, "body": body}


def raising(error):
    async def answer(sender, body):
        raise error

    return answer


ANSWERS = {
    "echo": echo,
    "nothing": lambda sender, body: asyncio.sleep(0),
    "short": raising(KeyShortageError("too little key")),
    "unknown": raising(KeyUnknownError("no such key")),
    "fault": raising(ValueError("a secret")),
}


def call(certificates, what="echo", *, caller="A", server="B", expected="B", body=None, odd=None):
    """What a node hears when it calls another one, which has the certificate of a server."""

    async def run():
        faces = [peer_face(frozenset("ABC"), ANSWERS)] if odd is None else [odd]
        context = server_context(certificates, f"kme-{server}")
        async with KmeServer(application_of(faces), context) as listening:
            url = f"https://127.0.0.1:{listening.port}"
            client = PeerClient(caller, {expected: url}, certificates)
            try:
                answer = await client.call(expected, what, {} if body is None else body)
                again = await client.call(expected, what, {} if body is None else body)
                assert again == answer
                return answer
            finally:
                await client.close()

    return asyncio.run(run())


def test_the_caller_is_who_its_certificate_says(certificates):
    # Oracle: what was sent, and the certificates.
    found = call(certificates, body={"x": [1, "two"]})
    assert found == {"sender": "A", "body": {"x": [1, "two"]}}
    assert call(certificates, "nothing") == {}


def test_a_node_that_poses_as_another_hears_nothing(certificates):
    # Oracle: B has a good certificate, but stands where C should.
    with pytest.raises(PeerLostError, match="the certificate is of kme-B, not of kme-C"):
        call(certificates, expected="C")


def test_a_kme_of_no_node_is_refused(certificates):
    with pytest.raises(KeyRefusedError, match="X is no node of this network"):
        call(certificates, caller="X")


@pytest.mark.parametrize(
    ("what", "error", "said"),
    [
        ("short", KeyShortageError, "too little key"),
        ("unknown", KeyRefusedError, "no such key"),
        ("fault", PeerLostError, "internal error"),
        ("other", KeyRefusedError, "there is no such path"),
    ],
)
def test_refusals_come_as_errors_and_faults_tell_nothing(certificates, what, error, said):
    with pytest.raises(error, match=said) as caught:
        call(certificates, what)
    assert "a secret" not in str(caught.value)


def test_an_answer_that_is_none_is_refused(certificates):
    async def list_of(request):
        return json_answer([1])

    odd = Face(prefix="/peer", roles={"kme"}, routes=[web.post("/peer/v1/echo", list_of)])
    with pytest.raises(KeyRefusedError, match="cannot be read"):
        call(certificates, odd=odd)


def test_silence_is_an_error_that_leaves_it_open(certificates):
    # Oracle: nobody listens; and somebody who listens and says nothing.
    async def run(url):
        client = PeerClient("A", {"B": url}, certificates)
        try:
            await client.call("B", "echo", {}, timeout_s=0.3)
        finally:
            await client.close()

    with socket.create_server(("127.0.0.1", 0)) as listening:
        url = f"https://127.0.0.1:{listening.getsockname()[1]}"
        with pytest.raises(PeerLostError, match="the KME of B does not answer"):
            asyncio.run(run(url))
    with pytest.raises(PeerLostError, match="the KME of B does not answer"):
        asyncio.run(run(url))


NEWS = {"incarnation": "1", "edges": {"A--B": [80, ""]}}


@pytest.mark.parametrize(
    "news",
    [
        {},
        NEWS | {"incarnation": 1},
        NEWS | {"edges": []},
        NEWS | {"edges": {"A--B": [80]}},
        NEWS | {"edges": {"A--B": [-1, ""]}},
        NEWS | {"edges": {"A--B": [True, ""]}},
        NEWS | {"edges": {"A--B": [80, None]}},
    ],
    ids=str,
)
def test_news_that_make_no_sense_are_refused(news):
    with pytest.raises(KeyRefusedError, match="cannot be read"):
        PeerBook(["B"], {"A--B": ("A", "B")}).hear("B", news)


def test_a_node_speaks_for_its_own_edges_alone():
    book = PeerBook(["B", "C"], {"A--B": ("A", "B"), "B--C": ("B", "C"), "A--C": ("A", "C")})
    book.hear("C", NEWS | {"edges": {"A--B": [0, "a lie"], "B--C": [8, "a spy"]}})
    assert book.stopped() == {"B--C": "a spy"}
    book.hear("B", NEWS | {"edges": {"B--C": [16, ""]}})
    # Where both speak, the end that allocates says how much there is, and either may stop it.
    assert (book.levels(), book.stopped()) == ({"B--C": 16}, {"B--C": "a spy"})


def test_another_process_of_a_node_is_new_and_has_yet_to_settle():
    book = PeerBook(["B"], {"A--B": ("A", "B")})
    assert book.hear("B", NEWS)
    book.entries["B"].is_settled = True
    assert not book.hear("B", NEWS)
    assert book.entries["B"].is_settled
    assert book.hear("B", NEWS | {"incarnation": "2"})
    assert not book.entries["B"].is_settled
    assert book.miss("B")
    assert not book.miss("B")


@pytest.mark.parametrize(
    "value",
    [
        None,
        [1],
        [{}],
        [{"key_id": "k", "master": "m"}],
        [{"key_id": 1, "master": "m", "slaves": ["s"]}],
        [{"key_id": "k", "master": "m", "slaves": "s"}],
        [{"key_id": "k", "master": "m", "slaves": [None]}],
        [{"key_id": "k", "master": "m", "slaves": ["s"], "more": 1}],
    ],
    ids=str,
)
def test_assignments_that_make_no_sense_are_refused(value):
    with pytest.raises(KeyRefusedError, match="cannot be read"):
        read_assignments(value)

"""Keys of another system of the same site: ETSI GS QKD 020 between two systems over mutual TLS.

Oracle: ETSI's OpenAPI description of GS QKD 020 V1.1.1: paths, fields, codes, and the rules that a
void needs a confirmation without identities and fails for keys that were delivered.
"""

from __future__ import annotations

import asyncio
import base64
import secrets
import uuid
from contextlib import asynccontextmanager

import pytest

from protocols.key_management.external_keys import ExternalKeys, ExternalTransfer
from protocols.key_management.keys import ManagedKey
from protocols.key_management.refusals import KeyRefusedError, KeyUnknownError
from protocols.key_networks import KmeTable
from tests.protocols.key_management.key_faces import JoinedNetwork, served

pytest.importorskip("aiohttp")

from protocols.key_management.peering.site_calls import SiteCalls
from protocols.key_management.server.etsi020 import etsi020_face

PATH = "/kmapi/v1/ext_keys"


class TwoSystems:
    """System Y (nodes A, B, C) behind kme-A, and system X behind kme-X, in one room."""

    def __init__(self, folder):
        self.folder, self.pauses = folder, []
        self.y = JoinedNetwork(folder, rules=KmeTable(max_saes=1))
        (folder / "x").mkdir()
        self.x = JoinedNetwork(folder / "x", {"zoe": "X"})

    @asynccontextmanager
    async def open(self):
        with self.y, self.x:
            certificates = self.folder / "certs"
            self.calls = {name: SiteCalls(certificates, f"kme-{name}") for name in "AX"}
            self.at_y = self._keys(self.y, "A")
            self.at_x = self._keys(self.x, "X")
            face_x = etsi020_face(self.at_x, KmeTable())
            async with served([face_x], certificates, "X", ()) as (self.x_url, _):
                face = etsi020_face(self.at_y, KmeTable(max_saes=1))
                there = served([face], certificates, "A", ("alice", "manager", "kme-Z"))
                async with there as (self.y_url, self.client):
                    yield self
                    await asyncio.gather(self.at_x.close(), self.at_y.close())

    def _keys(self, network, node):
        async def sleep(pause_s):
            self.pauses.append(pause_s)

        acknowledge = self.calls[node].acknowledge
        ways = network.agreements[node]
        return ExternalKeys(network.services[node], ways, acknowledge, sleep=sleep)

    async def hand_over(self, *keys, targets=("bob",), back=None):
        """Hand keys of Zoe from X to Y, and wait until Y has done with them."""
        await self.calls["X"].hand_over(
            "kme-A",
            self.y_url + PATH,
            ExternalTransfer(keys=keys, initiator="zoe", targets=targets),
            callback_url=back or f"{self.x_url}{PATH}/ack",
            keys=self.at_x,
        )
        await asyncio.gather(*self.at_y._tasks)

    async def post(self, path, body, name="kme-X"):
        how = {"data": body} if isinstance(body, bytes) else {"json": body}
        async with self.client(name) as session, session.post(path, **how) as answer:
            return answer.status, await answer.json() if answer.content_length else None

    async def void(self, *ids, targets=("bob",), **more):
        body = {"key_ids": list(ids), "initiator_sae_id": "zoe", "target_sae_ids": list(targets)}
        status, found = await self.post(f"{PATH}/void", body | more)
        return status, [(each["ack_status"], each["key_ids"]) for each in found]


def new_key(size=32):
    return ManagedKey(key_id=str(uuid.uuid4()), material=secrets.token_bytes(size))


def system(conversation):
    """A test of a conversation with both systems open."""

    def test(tmp_path):
        async def run():
            async with TwoSystems(tmp_path).open() as systems:
                await conversation(systems)

        asyncio.run(run())

    test.__name__, test.__doc__ = conversation.__name__, conversation.__doc__
    return test


@system
async def test_keys_get_to_their_target_once(systems):
    """Figure 5: X hands over, Y relays and acknowledges, the target collects the same bytes."""
    keys = [new_key(), new_key(16), new_key()]
    await systems.hand_over(*keys)
    assert [systems.at_x.became_of(each.key_id) for each in keys] == [{"bob": "relayed"}] * 3
    ids = [each.key_id for each in keys]
    bob = systems.y.services["B"]
    assert await bob.collect_keys("bob", "zoe", ids) == keys
    with pytest.raises(KeyUnknownError):
        await bob.collect_keys("bob", "zoe", ids[:1])
    assert not systems.pauses


@system
async def test_several_targets(systems):
    """One acknowledgement for each target; each collects its copy; more than two are refused."""
    key = new_key()
    await systems.hand_over(key, targets=("bob", "alice"))
    assert systems.at_x.became_of(key.key_id) == {"bob": "relayed", "alice": "relayed"}
    for sae, node in (("bob", "B"), ("alice", "A")):
        assert await systems.y.services[node].collect_keys(sae, "zoe", [key.key_id]) == [key]
    for targets in (("bob", "ben"), ("alice", "bob", "carol")):
        with pytest.raises(KeyRefusedError, match="answered 503: 2 targets of a key are served"):
            await systems.hand_over(new_key(), targets=targets)


@system
async def test_a_key_that_cannot_be_relayed(systems):
    """202 at first, then failed with the reason; the same key may be tried again, and comes."""
    key = new_key()
    systems.y.agreements["A"].stopped = "the edge A--B has stopped"
    await systems.hand_over(key)
    assert systems.at_x.became_of(key.key_id) == {"bob": "failed"}
    systems.y.agreements["A"].stopped = ""
    await systems.hand_over(key)
    assert systems.at_x.became_of(key.key_id) == {"bob": "relayed"}
    await systems.hand_over(key)
    assert systems.at_x.became_of(key.key_id) == {"bob": "relayed"}
    assert await systems.y.services["B"].collect_keys("bob", "zoe", [key.key_id]) == [key]


@system
async def test_void(systems):
    """Voided before delivery, failed after it, unknown otherwise; all only with a confirmation."""
    keys = [new_key() for _ in range(4)]
    ids = [each.key_id for each in keys]
    await systems.hand_over(*keys)
    bob = systems.y.services["B"]
    await bob.collect_keys("bob", "zoe", ids[:1])
    assert await systems.void(*ids[:2]) == (
        200,
        [("failed to void", ids[:1]), ("voided", ids[1:2])],
    )
    with pytest.raises(KeyUnknownError):
        await bob.collect_keys("bob", "zoe", ids[1:2])
    nowhere = str(uuid.uuid4())
    assert await systems.void(nowhere) == (200, [("key not present", [nowhere])])
    assert await systems.void(ids[2], targets=["carol"]) == (200, [("key not present", [ids[2]])])
    pair = {"initiator_sae_id": "zoe", "target_sae_ids": ["bob"]}
    for body in (pair, {**pair, "key_ids": []}, {**pair, "all_confirmation": 1}):
        status, problem = await systems.post(f"{PATH}/void", body)
        assert status == 400
        assert "no_all_confirmation" in problem["details"]
    other = await systems.post(f"{PATH}/void", {**pair, "all_confirmation": True}, name="kme-Z")
    assert other == (200, [])
    _, found = await systems.void(all_confirmation=True)
    assert sorted(found) == [("failed to void", ids[:1]), ("voided", ids[1:])]
    assert not systems.y.stores["B"].in_ids("A")


@system
async def test_void_with_a_callback(systems):
    """202, and the status at the URL, as for keys."""
    key = new_key()
    await systems.hand_over(key)
    body = {
        "key_ids": [key.key_id],
        "initiator_sae_id": "zoe",
        "target_sae_ids": ["bob"],
        "ack_callback_url": f"{systems.x_url}{PATH}/ack",
    }
    assert await systems.post(f"{PATH}/void", body) == (202, None)
    await asyncio.gather(*systems.at_y._tasks)
    assert systems.at_x.became_of(key.key_id) == {"bob": "voided"}


@system
async def test_acknowledgements_that_nobody_takes(systems):
    """Tried four times, then the keys are withdrawn: their initiator will never be given them."""
    key = new_key()
    await systems.hand_over(key, back=f"{systems.y_url}{PATH}/ack")
    assert systems.pauses == [0.5, 2.0, 8.0]
    assert not systems.y.stores["B"].in_ids("A")
    assert systems.at_x.became_of(key.key_id) == {"bob": "on the way"}


@system
async def test_acknowledgements_that_come(systems):
    """The fields of the published description and of the drafts; unknown keys are refused."""
    key = new_key()
    systems.at_y.sent([key.key_id], ["zoe"])
    published = {
        "key_id_container": [{"key_id": key.key_id, "extension": {"E1_a": 1}}],
        "ack_status": "relayed",
        "initiator_sae_id": "bob",
        "target_sae_ids": ["zoe"],
    }
    assert await systems.post(f"{PATH}/ack", [published]) == (200, None)
    assert systems.at_y.became_of(key.key_id) == {"zoe": "relayed"}
    draft = {"key_ids": [key.key_id], "ack_status": "voided", "initiator_sae_id": "bob"}
    assert (await systems.post(f"{PATH}/ack", [draft | {"target_sae_id": "zoe"}]))[0] == 200
    assert systems.at_y.became_of(key.key_id) == {"zoe": "voided"}
    for wrong, kind in (
        ([draft | {"target_sae_id": "yann"}], "key-not-present"),
        ([published | {"ack_status": "lost"}], "ack-not-understood"),
        (published, "ack-not-understood"),
        ([], "ack-not-understood"),
        (b"{", "ack-not-understood"),
    ):
        status, problem = await systems.post(f"{PATH}/ack", wrong)
        assert status == 400
        assert problem["type"].endswith(kind)


KEY = {"key_id": "550e8400-e29b-41d4-a716-446655440000", "value": base64.b64encode(b"k").decode()}
GOOD = {"keys": [KEY], "initiator_sae_id": "zoe", "target_sae_ids": ["bob"]}
REFUSED = [
    (b"{", 400, "malformed_body"),
    ([], 400, "malformed_body"),
    (GOOD | {"keys": []}, 400, "keys"),
    (GOOD | {"keys": [7]}, 400, "keys"),
    (GOOD | {"keys": [KEY | {"key_id": "7"}]}, 400, "key_id"),
    (GOOD | {"keys": [KEY, KEY]}, 400, "key_ids"),
    (GOOD | {"keys": [KEY | {"value": "?"}]}, 400, "value"),
    (GOOD | {"keys": [KEY | {"value": ""}]}, 400, "value"),
    (GOOD | {"keys": [KEY | {"value": "AAAA" * 1000}]}, 400, "value"),
    (GOOD | {"initiator_sae_id": ""}, 400, "initiator_sae_id"),
    (GOOD | {"initiator_sae_id": "z" * 65}, 400, "initiator_sae_id"),
    (GOOD | {"initiator_sae_id": "zoë"}, 400, "initiator_sae_id"),
    (GOOD | {"initiator_sae_id": "alice"}, 400, "target_sae_id_not_recognized"),
    (GOOD | {"target_sae_ids": ["nobody"]}, 400, "target_sae_id_not_recognized"),
    (GOOD | {"target_sae_ids": []}, 400, "target_sae_ids"),
    (GOOD | {"target_sae_ids": ["bob", "bob"]}, 400, "target_sae_ids"),
    (GOOD | {"ack_callback_url": "http://localhost/"}, 400, "ack_callback_url"),
    (GOOD | {"extension_mandatory": {"E1_x": 1}}, 503, "unsupported_mandatory_extension"),
]


@system
async def test_refusals(systems):
    """400 and 503 as problem details, with nothing kept; optional extensions are let be."""
    for body, code, detail in REFUSED:
        status, problem = await systems.post(PATH, body)
        assert (status, problem["status"], list(problem["details"])) == (code, code, [detail])
        assert problem["type"].startswith("https://qkd.etsi.org/gs020-interop-kms/")
    assert not systems.y.stores["B"].in_ids("A")
    good = GOOD | {"extension_optional": {"E1_x": 1}}
    status, found = await systems.post(PATH, good)
    assert (status, found[0]["ack_status"]) == (200, "relayed")
    assert (found[0]["target_sae_ids"], found[0]["target_sae_id"]) == (["bob"], "bob")
    status, found = await systems.post(PATH, good, name="kme-Z")
    assert (status, found[0]["ack_status"]) == (200, "failed")


@system
async def test_versions_and_strangers(systems):
    """Version 1; certificates of SAEs and of the manager are refused with 401."""
    async with systems.client("kme-X") as session, session.get("/kmapi/versions") as answer:
        assert await answer.json() == {"versions": ["v1"]}
    for name in ("alice", "manager"):
        status, problem = await systems.post(PATH, GOOD, name=name)
        assert (status, problem["type"].rpartition("/")[2]) == (401, "unauthorized")

"""Key service of a node, apart from any interface: what fails, and what goes together."""

from __future__ import annotations

import asyncio

import pytest

from protocols.key_management.joined_stores import JoinedStores, joined_services
from protocols.key_management.refusals import (
    KeyRefusedError,
    KeyShortageError,
    KeyUnknownError,
    NotEntitledError,
)
from protocols.key_management.service import KeyService
from protocols.key_management.store import KeyStore
from protocols.key_networks import KmeTable, SaeTable

SAES = tuple(
    SaeTable(name=name, node=node)
    for name, node in {"alice": "A", "carol": "A", "bob": "B", "dave": "B", "erin": "C"}.items()
)


@pytest.fixture
def stores(tmp_path):
    made = {node: KeyStore(tmp_path / f"{node}.sqlite") for node in "ABC"}
    yield made
    for store in made.values():
        store.close()


def service(stores, agreements, **rules):
    return KeyService(
        "A", store=stores["A"], agreements=agreements, saes=SAES, rules=KmeTable(**rules)
    )


class Failing(JoinedStores):
    """Agreements of which some calls fail."""

    def __init__(self, stores, *, assign=None, spread=None, left_bits=float("inf")):
        super().__init__("A", stores, left_bits=left_bits)
        self.made = []
        self.fails = {"assign": assign, "spread": spread}
        self.told = []

    async def assign(self, node, assignments):
        self.told.append((node, len(assignments)))
        if error := self.fails["assign"]:
            raise error
        return await super().assign(node, assignments)

    async def make(self, node, *, number, size_bits):
        self.made.append(number)
        await asyncio.sleep(0)
        return await super().make(node, number=number, size_bits=size_bits)

    async def spread(self, first, ids, nodes):
        if error := self.fails["spread"]:
            raise error
        await super().spread(first, ids, nodes)


def test_concurrent_requests_share_messages(stores):
    """Oracle: each key comes once; a first message goes, then one for all the rest."""
    agreements = Failing(stores)
    asked = service(stores, agreements)

    async def all_at_once():
        await agreements.make("B", number=40, size_bits=256)
        return await asyncio.gather(*(asked.request_keys("alice", ["bob"]) for _ in range(40)))

    found = asyncio.run(all_at_once())
    assert len({key.key_id for (key,) in found}) == 40
    assert sum(number for _, number in agreements.told) == 40
    assert len(agreements.told) <= 2


def gathered(asked, numbers):
    """What requests for so many keys each get, all at once."""

    async def all_at_once():
        calls = (asked.request_keys("alice", ["bob"], number=number) for number in numbers)
        return await asyncio.gather(*calls, return_exceptions=True)

    return asyncio.run(all_at_once())


def test_keys_on_demand_are_made_together(stores):
    """Oracle: the first has keys made for itself or all; then once for all who wait."""
    agreements = Failing(stores)
    found = gathered(service(stores, agreements), 10 * [1])
    assert len({key.key_id for keys in found for key in keys}) == 10
    assert len(agreements.made) <= 2
    assert sum(agreements.made) == 10


def test_a_shortage_is_found_once_for_all_who_wait(stores):
    """Oracle: no link is asked ten times for what it does not have."""
    agreements = Failing(stores, left_bits=0)
    found = gathered(service(stores, agreements), 10 * [1])
    assert all(isinstance(each, KeyShortageError) for each in found)
    assert len(agreements.made) <= 2


def test_who_wants_less_gets_what_there_is(stores):
    """Oracle: 4 keys can be made: the request for 5 is refused, those for 1 are not."""
    agreements = Failing(stores, left_bits=4 * 256)
    found = gathered(service(stores, agreements), [5, 1, 1, 1, 1, 1])
    assert isinstance(found[0], KeyShortageError)
    served = [keys for keys in found if not isinstance(keys, KeyShortageError)]
    assert [len(keys) for keys in served] == [1, 1, 1, 1]


def test_a_key_whose_node_cannot_be_told_serves_later(stores):
    """Oracle: nothing was delivered: the key is ready as before, and nobody can collect it."""
    lost = KeyShortageError("kme-B does not answer")
    agreements = Failing(stores, assign=lost)
    asked = service(stores, agreements)
    with pytest.raises(KeyShortageError, match="kme-B does not answer"):
        asyncio.run(asked.request_keys("alice", ["bob"]))
    assert stores["A"].ready("B", 256) == 1
    agreements.fails["assign"] = None
    (key,) = asyncio.run(asked.request_keys("alice", ["bob"]))
    assert stores["A"].ready("B", 256) == 0
    assert stores["B"].collect("bob", "alice", [key.key_id]) == [key]


def test_keys_that_the_other_node_lost_are_replaced(stores):
    """Oracle: the key that comes is one that both ends have; the other is voided."""
    agreements = Failing(stores)
    asked = service(stores, agreements)
    lost, kept = asyncio.run(agreements.make("B", number=2, size_bits=256))
    stores["B"].void_keys("A", [lost], "in")
    (key,) = asyncio.run(asked.request_keys("alice", ["bob"]))
    assert key.key_id == kept
    assert stores["A"].out_ids("B") == []
    assert stores["A"].counters()["voided_keys"] == 1
    assert stores["B"].collect("bob", "alice", [key.key_id]) == [key]


@pytest.mark.parametrize("what", ["assign", "spread"])
def test_a_key_that_may_be_at_several_nodes_serves_nobody_else(stores, what):
    """Oracle: a slave of the request that failed could have it: it must not be ready again."""
    agreements = Failing(stores, **{what: KeyShortageError("lost on the way")})
    asked = service(stores, agreements, max_saes=2)
    with pytest.raises(KeyShortageError, match="lost on the way"):
        asyncio.run(asked.request_keys("alice", ["bob", "erin"]))
    assert stores["A"].ready("B", 256) == 0
    assert stores["A"].out_ids("B") == []


def test_a_shortage_takes_nothing(stores):
    """Oracle: what is ready stays ready."""
    asked = joined_services(stores, SAES, left_bits=512)["A"]
    asyncio.run(asked.request_keys("alice", ["bob"]))
    asyncio.run(asked._agreements.make("B", number=1, size_bits=256))
    for _ in range(2):
        with pytest.raises(KeyShortageError, match="0 bits of key are left"):
            asyncio.run(asked.request_keys("alice", ["bob"], number=2))
    assert stores["A"].ready("B", 256) == 1
    assert asyncio.run(asked.status("alice", "bob")).stored == 1
    assert asyncio.run(asked.status("alice", "bob")).reason


@pytest.mark.parametrize(
    ("slaves", "how", "message"),
    [
        (["bob", "bob"], {}, "no key multicast"),
        (["bob", "dave"], {}, "no key multicast"),
        (["nobody"], {}, "unknown"),
        (["alice"], {}, "with itself"),
        (["bob"], {"number": 0}, "number shall be 1 to 128"),
        (["bob"], {"size_bits": 12}, "multiple of 8"),
    ],
)
def test_rules_are_kept(stores, slaves, how, message):
    """Oracle: [kme] of the scenario."""
    asked = joined_services(stores, SAES)["A"]
    with pytest.raises(KeyRefusedError, match=message):
        asyncio.run(asked.request_keys("alice", slaves, **how))


def test_saes_of_one_node_share_keys(stores):
    """Oracle: the same keys, once; no key of any link is needed, and the master is no slave."""
    asked = joined_services(stores, SAES, left_bits=0)["A"]
    keys = asyncio.run(asked.request_keys("alice", ["carol"], number=3))
    ids = [key.key_id for key in keys]
    with pytest.raises(NotEntitledError):
        asyncio.run(asked.collect_keys("alice", "carol", ids))
    assert asyncio.run(asked.collect_keys("carol", "alice", ids)) == keys
    with pytest.raises(KeyUnknownError):
        asyncio.run(asked.collect_keys("carol", "alice", ids))
    status = asyncio.run(asked.status("alice", "carol"))
    assert (status.source, status.target, status.stored) == ("A", "A", 64)


@pytest.mark.parametrize("slaves", [["carol", "bob"], ["bob", "erin", "carol"]])
def test_a_neighbour_can_be_one_of_several_slaves(stores, slaves):
    """Oracle: every slave gets the key at its own node, once."""
    rules = KmeTable(max_saes=2)
    asked = joined_services(stores, SAES, rules=rules)
    (key,) = asyncio.run(asked["A"].request_keys("alice", slaves))
    for slave in slaves:
        (node,) = (sae.node for sae in SAES if sae.name == slave)
        assert asyncio.run(asked[node].collect_keys(slave, "alice", [key.key_id])) == [key]
        with pytest.raises(KeyUnknownError):
            asyncio.run(asked[node].collect_keys(slave, "alice", [key.key_id]))


def test_a_multicast_that_fails_leaves_a_neighbour_nothing(stores):
    """Oracle: nothing of it can be collected."""
    agreements = Failing(stores, assign=KeyShortageError("lost on the way"))
    asked = service(stores, agreements, max_saes=2)
    with pytest.raises(KeyShortageError, match="lost on the way"):
        asyncio.run(asked.request_keys("alice", ["bob", "carol"]))
    assert stores["A"].in_ids("A") == stores["A"].out_ids("B") == []


def test_who_asks_is_an_sae_of_the_node(stores):
    """Oracle: [[sae]] of the scenario."""
    asked = joined_services(stores, SAES)["A"]
    for call in (
        asked.status("bob", "alice"),
        asked.request_keys("bob", ["alice"]),
        asked.collect_keys("bob", "alice", ["k"]),
    ):
        with pytest.raises(NotEntitledError, match="bob is no SAE of A"):
            asyncio.run(call)


def test_a_master_is_no_slave_of_its_own_key(stores):
    """Oracle: ETSI GS QKD 014, section 5.3: who was not named is not entitled; who asks for what
    never was gets the other refusal."""
    asked = joined_services(stores, SAES)["A"]
    (key,) = asyncio.run(asked.request_keys("alice", ["bob"]))
    with pytest.raises(NotEntitledError):
        asyncio.run(asked.collect_keys("alice", "bob", [key.key_id]))
    with pytest.raises(KeyUnknownError):
        asyncio.run(asked.collect_keys("alice", "bob", ["never"]))


def test_an_asker_that_goes_away_keeps_nobody_waiting(stores):
    """Oracle: the others of the same message are answered."""
    agreements = Failing(stores)
    asked = service(stores, agreements)

    async def some_go():
        await agreements.make("B", number=10, size_bits=256)
        tasks = [asyncio.create_task(asked.request_keys("alice", ["bob"])) for _ in range(10)]
        await asyncio.sleep(0)
        for task in tasks[::2]:
            task.cancel()
        return await asyncio.gather(*tasks, return_exceptions=True)

    found = asyncio.run(some_go())
    assert [isinstance(each, asyncio.CancelledError) for each in found] == 5 * [True, False]
    assert len({key.key_id for each in found[1::2] for key in each}) == 5

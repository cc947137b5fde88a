"""What the registry keeps: whole changes or none, with versions, pointers and an audit trail."""

from dataclasses import replace

import pytest

from tests.memory_table import MemoryTable
from touchline.kernel.errors import Conflict, NotFound, StoreUnavailable
from touchline.kernel.ids import AccountId, CampaignId, EndpointId, EventName, PartnerId
from touchline.registry.audit import AuditEntry, Author
from touchline.registry.kinds import ACCOUNT, CAMPAIGN, ENDPOINT, EVENT, PARTNER
from touchline.registry.model import (
    Account,
    Campaign,
    Endpoint,
    EventDefinition,
    Partner,
    Secret,
)
from touchline.registry.store import RegistryStore

SHOP = AccountId("shop")
OTHER = AccountId("other")


def by(at: int = 1_000) -> Author:
    return Author("tok_1 ops", at, f"aud_{at}")


def trail(store: RegistryStore, first: int, last: int = 9_000) -> list[AuditEntry]:
    entries, following = store.audit(SHOP, first=first, last=last)
    found = list(entries)
    while following:
        entries, following = store.audit(SHOP, first=first, last=last, start=following)
        found += entries
    return found


@pytest.fixture
def table() -> MemoryTable:
    return MemoryTable(page_items=2)


@pytest.fixture
def store(table: MemoryTable) -> RegistryStore:
    store = RegistryStore(table)
    store.create(SHOP, ACCOUNT, Account(SHOP, site_key="tl_site_1"), by())
    return store


def test_a_snapshot_holds_everything_that_was_declared(store: RegistryStore) -> None:
    store.create(SHOP, EVENT, EventDefinition(EventName("purchase")), by(2))
    store.create(SHOP, PARTNER, Partner(PartnerId("acme")), by(3))
    store.create(SHOP, CAMPAIGN, Campaign(CampaignId("spring")), by(4))
    store.create(SHOP, ENDPOINT, Endpoint(EndpointId("crm")), by(5))
    snapshot = store.snapshot(SHOP)
    assert snapshot.account.id == SHOP
    assert set(snapshot.events) == {"purchase"}
    assert set(snapshot.partners) == {"acme"}
    assert set(snapshot.campaigns) == {"spring"}
    assert set(snapshot.endpoints) == {"crm"}


def test_an_unknown_account_is_not_found(store: RegistryStore) -> None:
    with pytest.raises(NotFound):
        store.snapshot(OTHER)
    with pytest.raises(NotFound):
        store.entry(SHOP, PARTNER, "nobody")


def test_a_thing_is_made_once(store: RegistryStore) -> None:
    store.create(SHOP, PARTNER, Partner(PartnerId("acme")), by(2))
    with pytest.raises(Conflict) as refused:
        store.create(SHOP, PARTNER, Partner(PartnerId("acme"), name="other"), by(3))
    assert refused.value.code == "exists"


def test_a_stale_change_is_refused_and_leaves_nothing(
    store: RegistryStore, table: MemoryTable
) -> None:
    read = store.create(SHOP, PARTNER, Partner(PartnerId("acme")), by(2))
    store.replace(SHOP, read, replace(read.value, name="first"), by(3))
    before = table.items()
    with pytest.raises(Conflict) as refused:
        store.replace(SHOP, read, replace(read.value, name="second"), by(4))
    assert refused.value.code == "stale_version"
    with pytest.raises(Conflict):
        store.remove(SHOP, read, by(5))
    assert table.items() == before


def test_a_campaign_is_found_by_its_id_alone_and_its_id_is_one_accounts(
    store: RegistryStore,
) -> None:
    store.create(OTHER, ACCOUNT, Account(OTHER), by(2))
    made = store.create(SHOP, CAMPAIGN, Campaign(CampaignId("spring")), by(3))
    assert store.account_of_campaign(CampaignId("spring")) == SHOP
    with pytest.raises(Conflict) as refused:
        store.create(OTHER, CAMPAIGN, Campaign(CampaignId("spring")), by(4))
    assert refused.value.code == "exists"
    store.remove(SHOP, made, by(5))
    assert store.account_of_campaign(CampaignId("spring")) is None


def test_a_new_site_key_replaces_the_old_one(store: RegistryStore) -> None:
    read = store.entry(SHOP, ACCOUNT, SHOP)
    assert store.account_of_site("tl_site_1") == SHOP
    store.replace(SHOP, read, replace(read.value, site_key="tl_site_2"), by(2))
    assert store.account_of_site("tl_site_1") is None
    assert store.account_of_site("tl_site_2") == SHOP


def test_a_site_key_of_another_account_is_refused(store: RegistryStore) -> None:
    with pytest.raises(Conflict):
        store.create(OTHER, ACCOUNT, Account(OTHER, site_key="tl_site_1"), by(2))
    assert list(store.accounts()) == [SHOP]


def test_a_rename_moves_the_row_in_one_step(store: RegistryStore) -> None:
    read = store.create(SHOP, EVENT, EventDefinition(EventName("buy")), by(2))
    store.replace(SHOP, read, replace(read.value, api_name=EventName("purchase")), by(3))
    assert set(store.snapshot(SHOP).events) == {"purchase"}
    again = store.create(SHOP, EVENT, EventDefinition(EventName("lead")), by(4))
    with pytest.raises(Conflict) as refused:
        store.replace(SHOP, again, replace(again.value, api_name=EventName("purchase")), by(5))
    assert refused.value.code == "exists"


def test_entries_are_read_page_by_page(store: RegistryStore) -> None:
    for number in range(5):
        store.create(SHOP, PARTNER, Partner(PartnerId(f"p{number}")), by(number + 2))
    page = store.entries(SHOP, PARTNER, limit=2)
    seen = [entry.id for entry in page.entries]
    while page.next:
        page = store.entries(SHOP, PARTNER, limit=2, start=page.next)
        seen += [entry.id for entry in page.entries]
    assert seen == ["p0", "p1", "p2", "p3", "p4"]


def test_every_change_is_in_the_audit_trail_without_secrets(store: RegistryStore) -> None:
    endpoint = Endpoint(EndpointId("crm"), secrets=(Secret("whsec_hidden"),))
    made = store.create(SHOP, ENDPOINT, endpoint, by(2_000))
    changed = store.replace(SHOP, made, replace(endpoint, url="https://x.example"), by(3_000))
    store.remove(SHOP, changed, by(4_000))
    entries = trail(store, first=2_000)
    assert [(entry.action, entry.thing, entry.at) for entry in entries] == [
        ("delete", "crm", 4_000),
        ("update", "crm", 3_000),
        ("create", "crm", 2_000),
    ]
    assert entries[1].before is not None
    assert entries[1].after is not None
    assert entries[1].before["url"] == ""
    assert entries[1].after["url"] == "https://x.example"
    assert "whsec_hidden" not in repr(entries)


def test_the_audit_trail_is_read_by_time(store: RegistryStore) -> None:
    for at in (2_000, 3_000, 4_000):
        store.create(SHOP, PARTNER, Partner(PartnerId(f"p{at}")), by(at))
    entries = trail(store, first=3_000, last=3_000)
    assert [entry.at for entry in entries] == [3_000]


def test_a_table_that_is_down_leaves_nothing_half_written(
    store: RegistryStore, table: MemoryTable
) -> None:
    before = table.items()
    table.fail("transact", lambda: StoreUnavailable("down"))
    with pytest.raises(StoreUnavailable):
        store.create(SHOP, PARTNER, Partner(PartnerId("acme")), by(2))
    assert table.items() == before

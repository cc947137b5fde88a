"""The registry as a warm function sees it: at most 60 s behind, and alive through an outage."""

from collections.abc import Callable
from itertools import count

import pytest

from tests.memory_table import MemoryTable
from touchline.kernel.errors import NotFound, StoreUnavailable, Unauthorized
from touchline.kernel.ids import AccountId, CampaignId, PartnerId
from touchline.registry.audit import Author
from touchline.registry.cache import RegistryCache
from touchline.registry.keys import token_key
from touchline.registry.kinds import ACCOUNT, CAMPAIGN, PARTNER
from touchline.registry.model import Account, Campaign, Partner, Token
from touchline.registry.store import RegistryStore
from touchline.registry.token_store import TokenStore
from touchline.registry.tokens import Draft, issue, mint

SHOP = AccountId("shop")
WRITES = {"put", "update", "delete", "transact", "batch_write"}


class Story:
    """An account with one token, a clock that the test moves, and a cache over it all."""

    def __init__(self) -> None:
        self.now = 1_000_000
        self.table = MemoryTable()
        self.store = RegistryStore(self.table)
        self.tokens = TokenStore(self.table)
        self._entries = count()
        self.store.create(SHOP, ACCOUNT, Account(SHOP, site_key="tl_site_1"), self.author())
        self.store.create(SHOP, CAMPAIGN, Campaign(CampaignId("spring")), self.author())
        self.token, self.text = self.issued()
        self.cache = RegistryCache(self.store, self.tokens, lambda: self.now)

    def author(self) -> Author:
        return Author("test", self.now, f"aud_{next(self._entries)}")

    def issued(self, number: int = 7) -> tuple[Token, str]:
        token, text = issue(
            Draft(SHOP, "backend", ("ingest",)),
            clock=lambda: self.now,
            new_id=lambda prefix: f"{prefix}_{number}",
            random_bits=lambda _: number,
        )
        self.tokens.add(token, self.author())
        return token, text

    def later(self, seconds: float) -> None:
        self.now += int(seconds * 1000)


@pytest.fixture
def story() -> Story:
    return Story()


def test_a_valid_token_is_told(story: Story) -> None:
    assert story.cache.token(story.text).id == story.token.id


def test_unknown_and_malformed_tokens_are_indistinguishable_and_write_nothing(
    story: Story,
) -> None:
    """SE-12, I16: what has no token's shape costs not even a read."""
    refusals = []
    unknown = mint(lambda _: 99)
    for text in ("", "wrong", story.text[:-1] + "!", "tl_live_ż", unknown):
        story.table.calls.clear()
        with pytest.raises(Unauthorized) as refused:
            story.cache.token(text)
        refusals.append((refused.value.code, refused.value.detail))
        assert not WRITES & set(story.table.calls)
        assert len(story.table.calls) == (1 if text is unknown else 0)
    assert set(refusals) == {("unauthorized", "")}


def test_a_revocation_works_within_sixty_seconds(story: Story) -> None:
    """SE-07"""
    story.cache.token(story.text)
    story.tokens.revoke(SHOP, story.token.id, story.author())
    story.later(60)
    with pytest.raises(Unauthorized):
        story.cache.token(story.text)


def test_two_tokens_are_valid_during_a_rotation(story: Story) -> None:
    """SE-06"""
    _, fresh = story.issued(8)
    ends = story.now + 3_600_000
    story.tokens.revoke(SHOP, story.token.id, story.author(), at=ends)
    story.later(3_599.999)
    assert story.cache.token(story.text)
    assert story.cache.token(fresh)
    story.later(0.001)
    with pytest.raises(Unauthorized):
        story.cache.token(story.text)
    assert story.cache.token(fresh)


def test_a_token_read_lately_serves_while_the_table_is_down(story: Story) -> None:
    """I17: a verdict at most 60 s old, then `unavailable`, never `unauthorized`."""
    story.cache.token(story.text)
    story.table.fail("get", lambda: StoreUnavailable("down"), times=99)
    story.later(59)
    assert story.cache.token(story.text)
    story.later(2)
    with pytest.raises(StoreUnavailable):
        story.cache.token(story.text)


def test_an_unread_token_is_unavailable_while_the_table_is_down(story: Story) -> None:
    """I17"""
    story.table.fail("get", lambda: StoreUnavailable("down"), times=99)
    with pytest.raises(StoreUnavailable):
        story.cache.token(story.text)


def test_the_last_use_is_noted_at_most_once_an_hour(story: Story) -> None:
    """SE-06"""
    first = story.now
    for _ in range(5):
        story.cache.token(story.text)
        story.later(60)
    assert story.table.calls.count("update") == 1
    assert story.tokens.one(SHOP, story.token.id).last_used_at == first
    story.later(3_600)
    story.cache.token(story.text)
    assert story.tokens.one(SHOP, story.token.id).last_used_at == story.now


def test_a_note_of_use_that_fails_refuses_nobody(story: Story) -> None:
    story.table.fail("update", lambda: StoreUnavailable("down"))
    assert story.cache.token(story.text)


def test_a_snapshot_is_at_most_sixty_seconds_old(story: Story) -> None:
    assert not story.cache.registry(SHOP).partners
    story.store.create(SHOP, PARTNER, Partner(PartnerId("acme")), story.author())
    story.later(60)
    assert set(story.cache.registry(SHOP).partners) == {"acme"}


@pytest.mark.parametrize(
    "ask",
    [
        lambda cache: cache.registry(SHOP),
        lambda cache: cache.campaign(CampaignId("spring")),
        lambda cache: cache.site("tl_site_1"),
    ],
)
def test_repeated_questions_cost_one_read(
    story: Story, ask: Callable[[RegistryCache], object]
) -> None:
    story.table.calls.clear()
    assert ask(story.cache) == ask(story.cache)
    assert len(story.table.calls) == 1


def test_whose_campaign_and_whose_site_key_it_is(story: Story) -> None:
    assert story.cache.campaign(CampaignId("spring")) == SHOP
    assert story.cache.campaign(CampaignId("nobodys")) is None
    assert story.cache.site("tl_site_1") == SHOP
    assert story.cache.site("tl_site_9") is None


def test_an_unknown_account_is_not_found(story: Story) -> None:
    with pytest.raises(NotFound):
        story.cache.registry(AccountId("nobody"))


def test_an_accounts_tokens_are_listed_with_those_revoked(story: Story) -> None:
    story.issued(8)
    story.tokens.revoke(SHOP, story.token.id, story.author())
    tokens = story.tokens.of_account(SHOP)
    assert [token.id for token in tokens] == ["tok_7", "tok_8"]
    assert tokens[0].revoked_at == story.now
    with pytest.raises(NotFound):
        story.tokens.revoke(AccountId("other"), story.token.id, story.author())


def test_noting_the_use_of_a_token_that_is_gone_makes_no_row(story: Story) -> None:
    story.table.delete(token_key(story.token.hash))
    story.tokens.used(story.token, story.now, every_ms=1)
    assert story.tokens.by_hash(story.token.hash) is None


def test_what_was_declared_just_now_is_found_by_who_misses_it(story: Story) -> None:
    summer = CampaignId("summer")
    story.cache.registry(SHOP)
    story.store.create(SHOP, CAMPAIGN, Campaign(summer), story.author())
    story.later(1)
    assert summer not in story.cache.registry(SHOP).campaigns
    assert summer in story.cache.latest(SHOP).campaigns
    assert summer in story.cache.registry(SHOP).campaigns

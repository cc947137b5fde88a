"""Every key of the registry table, each with the string it makes.

IDs of the registry are slugs (kernel.ids.is_slug), which have no `#`, so nothing needs escaping.
"""

from urllib.parse import quote

from touchline.kernel.ids import AccountId, CampaignId, Realm, TokenId
from touchline.platform.dynamo import Key

DECLARED = "R#"
"""What a snapshot reads: one Query with this prefix."""
TOKENS = "T#"
AUDIT = "Z#"


def account_pk(account: AccountId) -> str:
    """`A#shop`: everything declared for one account, its tokens and its audit trail."""
    return f"A#{account}"


def account_key(account: AccountId) -> Key:
    """`A#shop` / `R#account`."""
    return Key(account_pk(account), f"{DECLARED}account")


def thing_key(account: AccountId, kind: str, thing: str) -> Key:
    """`A#shop` / `R#partner#acme`: kind is event, campaign, partner or endpoint."""
    return Key(account_pk(account), f"{DECLARED}{kind}#{thing}")


def kind_prefix(kind: str) -> str:
    """`R#partner#`."""
    return f"{DECLARED}{kind}#"


def token_key(token_hash: str) -> Key:
    """`K#9f86d081…` / `token`: a token by the SHA-256 of its text; the one truth about it."""
    return Key(f"K#{token_hash}", "token")


def token_pointer_key(account: AccountId, token: TokenId) -> Key:
    """`A#shop` / `T#tok_…`: names the hash, so that an account's tokens can be listed."""
    return Key(account_pk(account), f"{TOKENS}{token}")


def campaign_pointer_key(campaign: CampaignId) -> Key:
    """`G#spring` / `campaign`: whose campaign this is; click URLs name no account."""
    return Key(f"G#{campaign}", "campaign")


def site_pointer_key(site_key: str) -> Key:
    """`S#tl_site_…` / `site`: whose pages send this site key."""
    return Key(f"S#{site_key}", "site")


def listed_account_key(account: AccountId) -> Key:
    """`L#accounts` / `shop`: the list of accounts."""
    return Key("L#accounts", account)


def former_account_key(account: AccountId) -> Key:
    """`L#former` / `shop`: a deleted account, whose raw requests go when their time is over."""
    return Key("L#former", account)


def audit_key(account: AccountId, at: int, entry: str) -> Key:
    """`A#shop` / `Z#1767225600000#aud_…`: one change, in order of time."""
    return Key(account_pk(account), f"{AUDIT}{at:013d}#{entry}")


def spend_pk(realm: Realm) -> str:
    """`M#shop`: what was spent on advertising."""
    return f"M#{realm}"


def spend_key(realm: Realm, day: str, channel: str, campaign: str) -> Key:
    """`M#shop` / `2026-01-31#paid%20search#spring`: one day's cost of one campaign; the names come
    from advertisers' tools, so they are percent-encoded."""
    return Key(spend_pk(realm), f"{day}#{quote(channel, safe='')}#{quote(campaign, safe='')}")

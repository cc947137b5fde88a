"""Whether a token may do what is asked, and for which account."""

from touchline.kernel.errors import Forbidden, Refused
from touchline.kernel.ids import AccountId
from touchline.registry.model import Token
from touchline.registry.tokens import ANY_ACCOUNT


def check_may(token: Token, scope: str, asked: str = "") -> None:
    """Raises Forbidden `forbidden_scope` unless the token has the scope, and `forbidden_account`
    when another account than the token's is asked for."""
    if scope not in token.scopes:
        raise Forbidden("forbidden_scope", f"this needs the scope {scope}")
    if asked and token.account not in {ANY_ACCOUNT, asked}:
        raise Forbidden("forbidden_account")


def admitted(token: Token, scope: str, asked: str = "") -> AccountId:
    """The account that a valid token acts on: its own, or with an operator's token the asked one.

    Raises Forbidden like `check_may`, and Refused `account_needed` when an operator's token comes
    without saying which account is meant.
    """
    check_may(token, scope, asked)
    if token.account != ANY_ACCOUNT:
        return token.account
    if not asked:
        raise Refused("account_needed", "add ?account=…", field="account")
    return AccountId(asked)

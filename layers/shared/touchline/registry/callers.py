"""Whether a token may do what is asked, and for which account."""

from touchline.kernel.errors import Forbidden, Refused
from touchline.kernel.ids import AccountId
from touchline.registry.model import Token
from touchline.registry.tokens import ANY_ACCOUNT


def admitted(token: Token, scope: str, asked: str = "") -> AccountId:
    """The account that a valid token acts on: its own, or with an operator's token the asked one.

    Raises Forbidden `forbidden_scope` or `forbidden_account`, and Refused `account_needed` when an
    operator's token comes without saying which account is meant.
    """
    if scope not in token.scopes:
        raise Forbidden("forbidden_scope", f"this needs the scope {scope}")
    if token.account != ANY_ACCOUNT:
        if asked and asked != token.account:
            raise Forbidden("forbidden_account")
        return token.account
    if not asked:
        raise Refused("account_needed", "add ?account=…", field="account")
    return AccountId(asked)

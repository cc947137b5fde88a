"""Which account a report is about, whatever sort of token asks."""

from cli.api import Api, ApiRefused


def account_read(api: Api, named: str) -> str:
    """The named account, or "" for a token that has just one, or the only one there is.

    Raises NotOneAccount.
    """
    if named:
        return named
    try:
        api.get("/reports/me")
    except ApiRefused as error:
        if error.code != "account_needed":
            raise
        return api.account()
    return ""

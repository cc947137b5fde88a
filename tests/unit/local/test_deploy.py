"""`make deploy` says what it lacks before it builds anything."""

import pytest
from boto3.session import Session
from botocore.session import get_session

from local.deploy import lacking


def shell(*, keys: str = "", region: str | None = None) -> Session:
    """A shell with these credentials and this region, whatever this machine has."""
    inner = get_session()
    inner.get_component("credential_provider").providers.clear()
    for name in ("region", "profile", "config_file", "credentials_file"):
        inner.set_config_variable(name, None)
    inner.get_component("config_store").set_config_variable("region", region)
    if keys:
        inner.set_credentials(keys, keys)
    return Session(botocore_session=inner)


@pytest.mark.parametrize("guided", [True, False])
def test_without_credentials_the_fix_is_named(guided: bool) -> None:
    assert "aws configure" in lacking(shell(region="eu-central-1"), guided=guided)


def test_a_guided_deployment_asks_for_the_region_itself() -> None:
    assert "AWS_DEFAULT_REGION" in lacking(shell(keys="key"), guided=False)
    assert lacking(shell(keys="key"), guided=True) == ""


def test_with_both_nothing_is_lacking() -> None:
    assert lacking(shell(keys="key", region="eu-central-1"), guided=False) == ""

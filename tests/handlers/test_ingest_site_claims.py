"""What a site may claim about who its visitor is."""

from concurrent.futures import ThreadPoolExecutor

from tests.handlers.ingest_stage import Answer, Stage
from tests.intake_factories import a_registry
from touchline.kernel.ids import AccountId, Realm
from touchline.ledger.identity import Identity
from touchline.registry.model import Account

SHOP, VISITOR = Realm("shop"), Identity("visitor:v")


def a_stage() -> Stage:
    return Stage(a_registry(account=Account(AccountId("shop"), currency="EUR", site_key="site_1")))


def claim(stage: Stage, *identities: str) -> Answer:
    body = {"identities": list(identities)}
    return stage.post("/identify", body, token="", query="site_key=site_1")


def known_as(stage: Stage) -> set[str]:
    links = stage.ledger.around(SHOP, VISITOR).links
    return {link.other for link in links if link.undone_at is None}


def test_a_page_that_tells_the_same_again_writes_nothing() -> None:
    stage = a_stage()
    assert claim(stage, VISITOR, "crm:7").outcome == "stored"
    stage.table.calls.clear()
    assert claim(stage, VISITOR, "crm:7").outcome == "stored"
    assert set(stage.table.calls) == {"batch_get"}


def test_of_many_claims_at_once_no_more_stay_than_the_limit() -> None:
    """Each looks again after it wrote, so none of them can miss all the others."""
    stage = a_stage()
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda n: claim(stage, VISITOR, f"crm:{n}"), range(1, 17)))
    kept = known_as(stage)
    assert len(kept) <= 5
    assert len(kept) == sum(answer.outcome == "stored" for answer in answers)


def test_what_was_claimed_before_stays_when_a_claim_is_one_too_many() -> None:
    stage = a_stage()
    for n in range(1, 6):
        claim(stage, VISITOR, f"crm:{n}")
    refused = claim(stage, VISITOR, "crm:9")
    assert (refused.outcome, refused.code) == ("refused", "too_many_identities")
    assert len(known_as(stage)) == 5

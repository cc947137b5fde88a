"""The stack comes up from template.yaml alone, and every route reaches its function."""

from local.api import Api


def test_the_api_answers(anybody: Api) -> None:
    assert anybody.get("/health").status == 200


def test_routes_of_operators_refuse_a_stranger(anybody: Api) -> None:
    for path in ("/admin/accounts", "/reports/runs"):
        answer = anybody.get(path)
        assert answer.status == 401, path
        assert answer.json()["error"]["code"] == "unauthorized"
        assert answer.receipt

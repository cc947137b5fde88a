"""`status` and `redrive`: is all well, and dead letters back to where they came from."""

import json

import pytest
from typer.testing import CliRunner

from cli.main import app
from tests.admin_api import AdminApi
from tests.http_bridge import serving
from touchline.platform.watch import Alarm


@pytest.fixture
def api() -> AdminApi:
    api = AdminApi()
    api.shop()
    return api


def dead(api: AdminApi, *bodies: str) -> None:
    for body in bodies:
        api.connections.queue("delivery-dead").send(body, group="acme")


def test_an_operator_sees_every_account_and_the_queues(api: AdminApi) -> None:
    dead(api, "one")
    told = api.get("/admin/status").body
    named = {one["name"]: one["level"] for one in told["findings"]}
    assert named["night of shop"] == "note"
    assert named["deliveries of shop"] == "well"
    assert named["delivery dead letters"] == "bad"
    assert told["status"] == "bad"


def test_an_operator_sees_what_is_old_and_which_alarms_are_on(api: AdminApi) -> None:
    api.connections.queue("spill").send("request")
    api.connections.watched.values = {"spill": 1000.0, "streams": 4.0, "unknown": 1.0}
    api.connections.watched.found = [Alarm("touchline-SpillAgeAlarm-1", "Old. See there", True)]
    told = {one["name"]: one for one in api.get("/admin/status").body["findings"]}
    assert told["spill"]["level"] == "bad"
    assert told["spill"]["said"] == "1 waiting, the oldest for 16 min"
    assert told["streams"]["level"] == "well"
    assert told["alarm touchline-SpillAgeAlarm-1"]["see"] == "there"


def test_the_rest_is_told_when_nobody_tells_of_alarms(api: AdminApi) -> None:
    api.connections.watched.is_down = True
    told = {one["name"]: one for one in api.get("/admin/status").body["findings"]}
    assert told["alarms"]["level"] == "note"
    assert told["failures"]["level"] == "well"


def test_an_account_sees_itself_and_no_queue(api: AdminApi) -> None:
    api.post("/admin/accounts", {"id": "other"})
    mine = api.token("shop", "admin")
    told = api.get("/admin/status", token=mine).body
    assert {one["name"] for one in told["findings"]} == {"night of shop", "deliveries of shop"}


def test_i21_in_22_a_redrive_moves_every_dead_letter_once_however_often_it_is_run(
    api: AdminApi,
) -> None:
    bodies = [f"message {number}" for number in range(25)]
    dead(api, *bodies)
    first = api.post("/admin/redrive", {"queue": "delivery"})
    again = api.post("/admin/redrive", {"queue": "delivery"})
    assert first.body == {"queue": "delivery", "moved": 25, "left": 0}
    assert again.body == {"queue": "delivery", "moved": 0, "left": 0}
    home = api.connections.queue("queue")
    assert home.bodies() == bodies
    assert {message.group for message in home.messages} == {"acme"}


def test_a_redrive_that_breaks_off_loses_nothing(api: AdminApi) -> None:
    """I21: sent before deleted."""
    dead(api, "one", "two")
    home = api.connections.queue("queue")
    home.fail(1)
    assert api.post("/admin/redrive", {"queue": "delivery"}).status == 503
    assert api.connections.queue("delivery-dead").bodies() == ["one", "two"]
    assert api.post("/admin/redrive", {"queue": "delivery"}).body["moved"] == 2


@pytest.mark.parametrize("queue", [None, "failures", "delivery_dead_letters", 5, {}])
def test_only_queues_with_dead_letters_are_redriven(api: AdminApi, queue: object) -> None:
    refused = api.post("/admin/redrive", {"queue": queue})
    assert (refused.status, refused.code) == (400, "bad_field")


def test_a_redrive_is_in_the_audit_trail_of_operators(api: AdminApi) -> None:
    api.post("/admin/redrive", {"queue": "spill"})
    entries = api.get("/admin/audit", query={"account": "*"}).body["items"]
    assert "redrive" in [entry["action"] for entry in entries]


def test_the_commands_say_it_in_one_screen(api: AdminApi) -> None:
    dead(api, "one")
    with serving(api) as url:
        options = ["--api-url", url, "--token", api.operator]
        seen = CliRunner().invoke(app, ["status", *options])
        assert seen.exit_code == 1
        assert "delivery dead letters: 1 waiting" in seen.output
        assert "alarms: none of 0 is on" in seen.output
        assert "Somebody should look now." in seen.output
        assert "docs/runbook.md#delivery-dead-letter" in seen.output
        moved = CliRunner().invoke(app, ["redrive", "delivery", "--json", *options])
        assert json.loads(moved.stdout) == {"queue": "delivery", "moved": 1, "left": 0}
        assert CliRunner().invoke(app, ["redrive", "nothing", *options]).exit_code == 1

"""docs/api.md is true: each of its examples is sent, in order, and answered as the page says."""

import re
from pathlib import Path

from tests.factories import NOON
from tests.handlers.ingest_stage import Stage

PAGE = Path(__file__).parents[2] / "docs" / "api.md"
EXAMPLE = re.compile(r"```http\n(GET|POST) (\S+)\n(?:(\{.*\})\n)?→ (\d+) (\w+) ?(\w*)\n```")


def test_every_example_of_the_page_is_answered_as_it_says() -> None:
    text = PAGE.read_text()
    examples = EXAMPLE.findall(text)
    assert len(examples) == text.count("```http")
    stage = Stage()
    for method, target, body, status, outcome, code in examples:
        path, _, query = target.replace("TOKEN", "own").partition("?")
        said = body.replace("NOW_SECONDS", str(NOON // 1000)).replace("NOW", str(NOON))
        token = "" if "token=" in query else "own"
        answer = stage.request(
            method, path, query=query, body=said.encode() if said else None, token=token
        )
        assert (answer.status, answer.outcome) == (int(status), outcome), (target, body)
        assert code in answer.body.decode()

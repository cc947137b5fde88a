"""The JSON Schema that editors get says yes and no where the Admin API does."""

import json
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator  # type: ignore[import-untyped]

from cli.export import stated
from local.places import ROOT
from touchline.registry.contracts import parse
from touchline.registry.external import outside
from touchline.registry.kinds import PARTNER
from touchline.registry.schema import file_schema

SCHEMA = Draft202012Validator(file_schema())


def problems(document: Any) -> list[str]:
    return [problem.message for problem in SCHEMA.iter_errors(document)]


def test_the_schema_is_one() -> None:
    Draft202012Validator.check_schema(file_schema())


def test_the_example_file_fits() -> None:
    text = (ROOT / "examples" / "registry.yaml").read_text(encoding="utf-8")
    documents = [json.loads(json.dumps(one, default=str)) for one in yaml.safe_load_all(text)]
    assert documents
    assert [problems(one) for one in documents] == [[]] * len(documents)


def test_what_is_exported_fits() -> None:
    partner = {"id": "acme", "payouts": [{"percent": "5%"}], "rate_limit": {"count": 5}}
    exported = stated(PARTNER, outside(parse(PARTNER, partner)))
    assert problems({"account": {"id": "shop"}, "partners": [exported]}) == []


@pytest.mark.parametrize(
    "document",
    [
        {},
        {"account": {"id": "shop"}, "partner": []},
        {"account": {"id": "shop", "nmae": "x"}},
        {"account": {"id": "shop", "fraud": {"verdict": "drop"}}},
        {"account": {"id": "shop"}, "partners": [{"id": "acme", "strict": "yes"}]},
        {"account": {"id": "shop"}, "partners": [{"name": "no id"}]},
        {"account": {"id": "shop"}, "tokens": [{"name": "x", "scopes": ["root"]}]},
        {"account": {"id": "shop"}, "endpoints": [{"id": "crm", "ports": [99_999]}]},
    ],
)
def test_what_cannot_be_declared_is_marked_in_the_editor(document: Any) -> None:
    assert problems(document)

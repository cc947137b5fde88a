"""How a plan tells what differs."""

from typing import Any

import pytest

from touchline.registry.plan import Difference, differences


@pytest.mark.parametrize(
    ("before", "after", "told"),
    [
        ({"a": 1}, {"a": 1}, []),
        ({"a": {"b": 1, "c": 2}}, {"a": {"b": 3, "c": 2}}, [Difference("a.b", 1, 3)]),
        (
            {"payouts": [{"percent": "5%", "event": None}]},
            {"payouts": [{"percent": "7%", "event": None}]},
            [Difference("payouts.0.percent", "5%", "7%")],
        ),
        ({"hosts": ["a"]}, {"hosts": ["a", "b"]}, [Difference("hosts", ["a"], ["a", "b"])]),
        ({"hosts": ["a", "b"]}, {"hosts": ["a", "c"]}, [Difference("hosts.1", "b", "c")]),
        ({"a": 1}, {}, [Difference("a", 1, None)]),
        ({"a": [1]}, {"a": {"b": 1}}, [Difference("a", [1], {"b": 1})]),
    ],
)
def test_what_differs_is_told_by_its_place(before: Any, after: Any, told: list[Difference]) -> None:
    assert list(differences(before, after)) == told

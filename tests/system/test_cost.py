"""What a million events cost stays within what is promised, and the page says what is measured."""

import json

from docs.costs.__main__ import PRICES, cost_of, counted, main, with_mixes


def test_touches_and_real_journeys_cost_what_is_promised_at_most() -> None:
    """Per million: 2.20 $ one by one over the HTTP API, 0.80 $ in batches of a hundred."""
    prices = json.loads(PRICES.read_text(encoding="utf-8"))
    kinds = with_mixes(counted())
    cost = {counts.name: sum(cost_of(counts, prices).values()) for counts in kinds}
    for what in ("a touch", "real journeys"):
        assert cost[what] <= 2.20
        assert cost[f"{what}, 100 in a batch"] <= 0.80


def test_a_touch_is_one_write_and_a_conversion_three() -> None:
    units = {counts.name: counts.write_units / counts.events for counts in counted()}
    assert units["a touch"] == units["a touch, 100 in a batch"] == 1
    assert units["a conversion"] == units["a conversion, 100 in a batch"] == 3


def test_the_page_about_cost_says_what_is_measured() -> None:
    assert main(["--check"]) == 0, "run `.venv/bin/python -m docs.costs`"

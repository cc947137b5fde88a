"""docs/data-model.md from the files that spell the keys: `python -m docs.data_model [--check]`."""

import inspect
import sys
from collections.abc import Iterator, Sequence
from types import ModuleType

from docs.pages import cell, write_or_check
from touchline.delivery import keys as delivery_keys
from touchline.ledger import keys as ledger_keys
from touchline.ledger import result_keys
from touchline.platform.dynamo.indexes import INDEXES, Index
from touchline.registry import keys as registry_keys

TABLES = (
    (
        "LedgerTable",
        "What partners, sites and back ends sent; nothing in it is derived.",
        ledger_keys,
    ),
    ("RegistryTable", "What operators declared, their tokens and the audit trail.", registry_keys),
    ("ResultsTable", "What the night made of it; all of it can be made again.", result_keys),
    ("DeliveriesTable", "What is told to partners: each delivery and attempt.", delivery_keys),
)
MEANINGS = {
    "by_batch": "Conversions, links and deliveries of a day and shard, for the night and the log.",
    "by_identity": "Conversions of an identity; clicks of a partner, by day and shard.",
    "by_due": "Deliveries that wait for their time, or are held, for the sweeper.",
    "by_time": "Deliveries of an account in order of time, for the log.",
}


def page() -> str:
    """The page: each table with its keys, then the indexes."""
    return "\n".join(_lines()) + "\n"


def _lines() -> Iterator[str]:
    yield "# Data model"
    yield ""
    yield "Four DynamoDB tables by life cycle, each with the string keys `pk` and `sk`. Keys are"
    yield "spelled in one file per table; parts are escaped (`%`, `#`), so that no two things ever"
    yield "share a key. `shop` stands for a realm: an account, or its test side `shop~test`."
    yield "This page is made from those files by `python -m docs.data_model`."
    for name, meaning, module in TABLES:
        yield from ("", f"## {name}", "", meaning, "", f"Spelled in `{_file(module)}`.", "")
        yield from ("| key | what it is |", "|---|---|")
        yield from _rows(module)
    yield from ("", "## Indexes", "", "All sparse and projecting everything.", "")
    yield from ("| index | partition | sort | holds |", "|---|---|---|---|")
    yield from (_index(index) for index in INDEXES.values())


def _rows(module: ModuleType) -> Iterator[str]:
    for name, function in vars(module).items():
        if not inspect.isfunction(function) or function.__module__ != module.__name__:
            continue
        said = inspect.getdoc(function) or ""
        if said.startswith("`") and not name.startswith("_"):
            example, meaning = _parted(said)
            yield f"| {cell(example)} | {cell(meaning) or name.replace('_', ' ')} |"


def _parted(said: str) -> tuple[str, str]:
    """The example and what it means, parted by the first colon that is not within backticks."""
    quoted = False
    for at, letter in enumerate(said):
        quoted ^= letter == "`"
        if letter == ":" and not quoted:
            return said[:at], said[at + 1 :].strip()
    return said.removesuffix("."), ""


def _index(index: Index) -> str:
    return f"| `{index.name}` | `{index.partition}` | `{index.sort}` | {MEANINGS[index.name]} |"


def _file(module: ModuleType) -> str:
    return "touchline/" + "/".join(module.__name__.split(".")[1:]) + ".py"


def main(arguments: Sequence[str]) -> int:
    """Write the page or check it."""
    return write_or_check("data-model.md", page(), "python -m docs.data_model", arguments)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

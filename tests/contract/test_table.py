"""What every table keeps, whoever answers. One suite over all implementations."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from touchline.kernel.errors import ConditionFailed, ItemTooLarge, StoreRefused
from touchline.platform.dynamo import (
    Add,
    AllOf,
    AnyOf,
    Append,
    AtLeast,
    AtMost,
    Condition,
    Contains,
    Equals,
    Exists,
    Key,
    Less,
    Missing,
    Not,
    Remove,
    Set,
    SetIfMissing,
    Table,
    TransactCheck,
    TransactDelete,
    TransactPut,
    TransactUpdate,
    Value,
)

KEY = Key("shop#C", "one")


@pytest.fixture(params=["memory", "moto", "emulator_boto", "emulator_wire"])
def table(request: pytest.FixtureRequest) -> Table:
    found: Table = request.getfixturevalue(f"{request.param}_table")
    return found


def row(sk: str = "one", pk: str = "shop#C", **values: Value) -> dict[str, Value]:
    return {"pk": pk, "sk": sk, **values}


def test_an_item_comes_back_as_it_was_put(table: Table) -> None:
    item = row(
        text="żółć ☃",
        empty="",
        number=-(10**18),
        yes=True,
        none=None,
        raw=b"\x00\xff",
        list=[1, "a", [None]],
        map={"a": {"b": 2}, "odd name.x": 1},
    )
    table.put(item)
    assert table.get(KEY) == item


def test_true_does_not_come_back_as_one(table: Table) -> None:
    table.put(row(yes=True, one=1))
    found = table.get(KEY)
    assert found is not None
    assert found["yes"] is True
    assert type(found["one"]) is int


def test_what_is_not_there_is_none(table: Table) -> None:
    assert table.get(KEY) is None
    assert table.delete(KEY) is None


def test_a_put_replaces_the_whole_item(table: Table) -> None:
    table.put(row(a=1))
    table.put(row(b=2))
    assert table.get(KEY) == row(b=2)


def test_a_refused_put_tells_what_was_there(table: Table) -> None:
    table.put(row(attempt="first"))
    with pytest.raises(ConditionFailed) as refused:
        table.put(row(attempt="second"), condition=Missing("pk"))
    assert refused.value.existing == row(attempt="first")
    assert table.get(KEY) == row(attempt="first")


def test_a_refused_write_on_nothing_tells_that_there_was_nothing(table: Table) -> None:
    with pytest.raises(ConditionFailed) as refused:
        table.update(KEY, [Set("a", 1)], condition=Exists("pk"))
    assert refused.value.existing is None


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        (Exists("n"), True),
        (Exists("map.inner"), True),
        (Exists("map.other"), False),
        (Missing("n"), False),
        (Equals("n", 5), True),
        (Equals("n", "5"), False),
        (Equals("yes", True), True),
        (Equals("none", None), True),
        (Equals("absent", 5), False),
        (Equals("map.inner", "x"), True),
        (Less("n", 6), True),
        (Less("n", 5), False),
        (AtMost("n", 5), True),
        (AtMost("absent", 5), False),
        (AtLeast("n", 5), True),
        (AtLeast("text", "a"), True),
        (AtLeast("text", "é"), False),
        (Contains("list", 2), True),
        (Contains("list", 3), False),
        (Contains("text", "on"), True),
        (Not(Equals("absent", 5)), True),
        (Not(Equals("n", 5)), False),
        (AllOf(Exists("pk"), Equals("n", 5)), True),
        (AllOf(Exists("pk"), Equals("n", 6)), False),
        (AnyOf(Missing("pk"), Equals("n", 5)), True),
        (AnyOf(Missing("pk"), AllOf(Equals("n", 5), Not(Less("n", 5)))), True),
        (AnyOf(Missing("pk"), Equals("n", 6)), False),
        (AnyOf(Missing("pk"), AllOf(Equals("n", 5))), True),
        (AnyOf(AllOf(Equals("n", 6))), False),
    ],
)
def test_conditions_are_judged_alike(table: Table, condition: Condition, expected: bool) -> None:
    table.put(row(n=5, text="long", yes=True, none=None, list=[1, 2], map={"inner": "x"}))
    if expected:
        table.update(KEY, [Set("done", True)], condition=condition)
    else:
        with pytest.raises(ConditionFailed):
            table.update(KEY, [Set("done", True)], condition=condition)


@pytest.mark.parametrize("table", ["memory", "emulator_boto", "emulator_wire"], indirect=True)
def test_a_comparison_across_types_is_false(table: Table) -> None:
    """Not on moto, which fails on it with a TypeError of its own."""
    table.put(row(n=5))
    with pytest.raises(ConditionFailed):
        table.update(KEY, [Set("done", True)], condition=Less("n", "6"))


def test_an_update_makes_changes_and_returns_the_whole_item(table: Table) -> None:
    table.put(row(n=5, gone=1, kept="old", map={"a": 1}, list=[1]))
    after = table.update(
        KEY,
        [
            Set("map.b", [2]),
            SetIfMissing("kept", "new"),
            SetIfMissing("fresh", "new"),
            Add("n", -7),
            Add("map.count", 2),
            Remove("gone"),
            Append("list", [2, 3]),
            Append("other", ["x"]),
        ],
    )
    assert after == row(
        n=-2,
        kept="old",
        fresh="new",
        map={"a": 1, "b": [2], "count": 2},
        list=[1, 2, 3],
        other=["x"],
    )
    assert table.get(KEY) == after


def test_an_update_makes_the_item_that_was_missing(table: Table) -> None:
    assert table.update(KEY, [Add("n", 3)]) == row(n=3)


def test_an_update_of_only_removals_is_fine(table: Table) -> None:
    table.put(row(a=1, b=2))
    assert table.update(KEY, [Remove("a")]) == row(b=2)


def test_names_that_dynamodb_reserves_are_fine(table: Table) -> None:
    table.put(row(status="new", name="n", values={"count": 1}))
    after = table.update(
        KEY, [Set("status", "old"), Add("values.count", 1)], condition=Exists("name")
    )
    assert after == row(status="old", name="n", values={"count": 2})


def test_a_path_whose_parent_is_missing_is_refused(table: Table) -> None:
    table.put(row())
    with pytest.raises(StoreRefused):
        table.update(KEY, [Set("map.b", 1)])


def test_a_delete_returns_what_went(table: Table) -> None:
    table.put(row(a=1))
    with pytest.raises(ConditionFailed):
        table.delete(KEY, condition=Equals("a", 2))
    assert table.delete(KEY, condition=Equals("a", 1)) == row(a=1)
    assert table.get(KEY) is None


def test_a_query_reads_one_partition_in_order_of_bytes(table: Table) -> None:
    for sk in ("b", "B", "é", "a#2", "a#10", "~"):
        table.put(row(sk))
    table.put(row("a#1", pk="other"))
    page = table.query("shop#C")
    assert [item["sk"] for item in page.items] == ["B", "a#10", "a#2", "b", "~", "é"]
    assert page.next is None


@pytest.mark.parametrize(
    ("narrowed", "expected"),
    [
        ({"prefix": "a#"}, ["a#1", "a#2", "a#3"]),
        ({"first": "a#2"}, ["a#2", "a#3", "b"]),
        ({"last": "a#2"}, ["a#1", "a#2"]),
        ({"first": "a#2", "last": "a#3"}, ["a#2", "a#3"]),
        ({"prefix": "a#", "descending": True}, ["a#3", "a#2", "a#1"]),
        ({"prefix": "a#", "limit": 2}, ["a#1", "a#2"]),
        ({"descending": True, "limit": 1}, ["b"]),
        ({"prefix": "zz"}, []),
    ],
)
def test_a_query_is_narrowed(
    table: Table, narrowed: dict[str, object], expected: list[str]
) -> None:
    for sk in ("a#3", "a#1", "b", "a#2"):
        table.put(row(sk))
    page = table.query("shop#C", **narrowed)  # type: ignore[arg-type]
    assert [item["sk"] for item in page.items] == expected


def test_a_prefix_together_with_bounds_is_a_mistake(table: Table) -> None:
    with pytest.raises(ValueError, match="not both"):
        table.query("shop#C", prefix="a", first="b")


@pytest.mark.parametrize("descending", [False, True])
def test_pages_join_without_gap_or_repeat(table: Table, descending: bool) -> None:
    """B3: a cursor continues after the last item of the page before."""
    names = [f"{n:02}" for n in range(7)]
    table.batch_write([row(sk) for sk in names])
    seen: list[object] = []
    page = table.query("shop#C", limit=3, descending=descending)
    while True:
        seen += [item["sk"] for item in page.items]
        if page.next is None:
            break
        page = table.query("shop#C", limit=3, descending=descending, start=page.next)
    assert seen == (names[::-1] if descending else names)


def test_query_all_reads_over_the_page_limit(table: Table) -> None:
    table.batch_write([row(f"{n:02}", blob="x" * 300_000) for n in range(8)])
    assert len(table.query("shop#C").items) < 8
    assert [item["sk"] for item in table.query_all("shop#C")] == [f"{n:02}" for n in range(8)]


def test_an_index_holds_only_items_that_have_its_attributes(table: Table) -> None:
    table.put(row("1", due_shard="s1", due_at="30"))
    table.put(row("2", due_shard="s1", due_at="10"))
    table.put(row("3", due_shard="s2", due_at="20"))
    table.put(row("4", due_at="20"))
    page = table.query("s1", index="by_due", last="20")
    assert [item["sk"] for item in page.items] == ["2"]
    assert [item["sk"] for item in table.query_all("s1", index="by_due")] == ["2", "1"]


def test_index_pages_join_where_sort_keys_tie(table: Table) -> None:
    table.batch_write([row(str(n), due_shard="s", due_at="same") for n in range(5)])
    seen: list[object] = []
    page = table.query("s", index="by_due", limit=2)
    while True:
        seen += [item["sk"] for item in page.items]
        if page.next is None:
            break
        page = table.query("s", index="by_due", limit=2, start=page.next)
    assert sorted(map(str, seen)) == ["0", "1", "2", "3", "4"]


def test_removing_an_index_attribute_takes_the_item_out_of_the_index(table: Table) -> None:
    table.put(row(due_shard="s", due_at="1"))
    table.update(KEY, [Remove("due_shard")])
    assert table.query("s", index="by_due").items == ()


def test_an_empty_index_attribute_is_refused(table: Table) -> None:
    with pytest.raises(StoreRefused):
        table.put(row(due_shard="", due_at="1"))


def test_an_empty_key_is_refused(table: Table) -> None:
    with pytest.raises(StoreRefused):
        table.put(row(""))
    with pytest.raises(StoreRefused):
        table.get(Key("", "x"))


@pytest.mark.parametrize("key", [Key("p" * 2049, "s"), Key("p", "s" * 1025), Key("é" * 1025, "s")])
def test_a_key_of_too_many_bytes_is_refused(table: Table, key: Key) -> None:
    with pytest.raises(StoreRefused):
        table.put({"pk": key.pk, "sk": key.sk})


def test_the_longest_keys_are_taken(table: Table) -> None:
    item = {"pk": "p" * 2048, "sk": "s" * 1024}
    table.put(item)
    assert table.get(Key(item["pk"], item["sk"])) == item


def test_an_item_over_400_kb_is_refused(table: Table) -> None:
    with pytest.raises(ItemTooLarge):
        table.put(row(blob="x" * 410_000))


def test_a_batch_reads_any_number_in_the_order_asked(table: Table) -> None:
    table.batch_write([row(f"{n:03}", n=n) for n in range(230)])
    keys = [Key("shop#C", f"{n:03}") for n in reversed(range(240))]
    found = table.batch_get([*keys, keys[-1]])
    assert [item["n"] for item in found] == list(reversed(range(230)))
    assert table.batch_get([]) == []


def test_a_batch_writes_and_deletes_any_number(table: Table) -> None:
    table.batch_write([row(f"{n:03}") for n in range(60)])
    table.batch_write(
        [row("new", n=1), row("new", n=2)], [Key("shop#C", f"{n:03}") for n in range(59)]
    )
    assert list(table.query_all("shop#C")) == [row("059"), row("new", n=2)]
    table.batch_write()


def test_a_put_and_a_delete_of_one_key_is_refused(table: Table) -> None:
    with pytest.raises(StoreRefused):
        table.batch_write([row()], [KEY])


def test_a_scan_finds_each_item_in_one_segment(table: Table) -> None:
    table.batch_write([row("x", pk=f"p{n}", n=n, other=1) for n in range(50)])
    seen: list[object] = []
    for segment in range(4):
        page = table.scan(segment=segment, segments=4, fields=("n",))
        while True:
            assert all(set(item) == {"n"} for item in page.items)
            seen += [item["n"] for item in page.items]
            if page.next is None:
                break
            page = table.scan(segment=segment, segments=4, start=page.next, fields=("n",))
    assert sorted(int(str(n)) for n in seen) == list(range(50))


def test_a_transaction_does_all_or_nothing(table: Table) -> None:
    table.put(row("1", n=1))
    table.put(row("2", n=1))
    with pytest.raises(ConditionFailed) as refused:
        table.transact(
            [
                TransactPut(row("3")),
                TransactUpdate(Key("shop#C", "1"), [Add("n", 1)], Equals("n", 7)),
            ]
        )
    assert refused.value.existing == row("1", n=1)
    assert len(table.query("shop#C").items) == 2
    table.transact(
        [
            TransactPut(row("3"), Missing("pk")),
            TransactUpdate(Key("shop#C", "1"), [Add("n", 1)], Equals("n", 1)),
            TransactDelete(Key("shop#C", "2")),
            TransactCheck(Key("shop#C", "4"), Missing("pk")),
        ]
    )
    assert table.query("shop#C").items == (row("1", n=2), row("3"))


@pytest.mark.parametrize("table", ["memory", "emulator_boto", "emulator_wire"], indirect=True)
def test_of_many_writers_at_once_exactly_one_wins(table: Table) -> None:
    """I10: a conditional put is the only authority. (moto is wrong under threads.)"""

    def attempt(n: int) -> bool:
        try:
            table.put(row(writer=n), condition=Missing("pk"))
        except ConditionFailed:
            return False
        return True

    with ThreadPoolExecutor(16) as pool:
        assert sum(pool.map(attempt, range(50))) == 1


@pytest.mark.parametrize("table", ["memory", "emulator_boto", "emulator_wire"], indirect=True)
def test_additions_of_many_writers_all_count(table: Table) -> None:
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: table.update(KEY, [Add("n", 1)]), range(40)))
    assert table.get(KEY) == row(n=40)


def test_what_was_read_does_not_change_under_the_reader(table: Table) -> None:
    source = row(list=[1])
    table.put(source)
    source["list"] = [2]
    found = table.get(KEY)
    table.update(KEY, [Append("list", [3])])
    assert found == row(list=[1])

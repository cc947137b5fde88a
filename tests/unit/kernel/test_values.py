"""Our dataclass does what the standard one does, frozen and slotted."""

import copy
import dataclasses
import pickle
from collections.abc import Mapping
from dataclasses import field
from typing import Any, Generic, TypeVar

import pytest

from touchline.kernel.values import dataclass

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Point:
    """Two numbers."""

    x: int
    y: int = 2
    tags: Mapping[str, str] = field(default_factory=dict)

    @property
    def sum(self) -> int:
        return self.x + self.y


@dataclass(frozen=True, slots=True)
class Twin:
    """The same fields under another name."""

    x: int
    y: int = 2
    tags: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Boxed(Generic[T]):
    """A generic value."""

    inner: T


@dataclass(frozen=True, slots=True)
class Empty:
    """No field at all."""


@dataclass(frozen=True, slots=True)
class All:
    """An `__init__` of its own."""

    parts: tuple[int, ...]

    def __init__(self, *parts: int) -> None:
        object.__setattr__(self, "parts", parts)


def test_it_is_made_with_positions_names_and_defaults() -> None:
    assert Point(1).y == 2
    assert Point(y=5, x=1).sum == 6
    assert Point(1).tags == {}
    assert Point(1).tags is not Point(1).tags


@pytest.mark.parametrize("wrong", [{}, {"x": 1, "z": 2}])
def test_wrong_arguments_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(TypeError):
        Point(**wrong)


def test_it_equals_its_like_and_no_other_class() -> None:
    assert Point(1) == Point(1, 2)
    assert Point(1) != Point(2)
    assert Point(1) != Twin(1)
    assert Empty() == Empty()
    assert All(1, 2) == All(1, 2)


def test_it_hashes_as_it_equals() -> None:
    assert len({All(1, 2), All(1, 2), All(2)}) == 2
    with pytest.raises(TypeError):
        hash(Point(1))


def test_it_cannot_be_changed() -> None:
    for change in (lambda p: setattr(p, "x", 5), lambda p: delattr(p, "x")):
        with pytest.raises(dataclasses.FrozenInstanceError):
            change(Point(1))
    assert not hasattr(Point(1), "__dict__")


def test_it_tells_itself_as_it_is_written() -> None:
    assert repr(Point(1)) == "Point(x=1, y=2, tags={})"
    assert repr(Empty()) == "Empty()"


def test_the_standard_tools_take_it() -> None:
    assert [one.name for one in dataclasses.fields(Point)] == ["x", "y", "tags"]
    assert dataclasses.replace(Point(1), y=7) == Point(1, 7)
    assert dataclasses.asdict(Point(1)) == {"x": 1, "y": 2, "tags": {}}
    assert dataclasses.is_dataclass(Boxed)


def test_it_is_copied_and_pickled() -> None:
    point = Point(1, tags={"a": "b"})
    assert copy.deepcopy(point) == point
    assert pickle.loads(pickle.dumps(point)) == point  # noqa: S301 - our own bytes


def test_it_is_matched_by_position() -> None:
    match Point(1, 5):
        case Point(x, y):
            assert (x, y) == (1, 5)


def test_it_may_be_generic() -> None:
    assert Boxed[int](5).inner == 5


def test_there_is_no_other_form() -> None:
    with pytest.raises(TypeError):
        dataclass(frozen=False, slots=True)

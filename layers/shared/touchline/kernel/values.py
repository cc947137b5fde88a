"""A frozen, slotted dataclass that costs a third of the standard one to define.

The standard decorator compiles six methods for each class, and intake defines more than a hundred
classes whenever Lambda starts it: that was 37 % of its start. Here only `__init__` is compiled; the
other methods are shared code. `dataclasses.fields`, `replace`, `asdict` and `field(…)` still
work, because the class is registered with the standard decorator.
"""

import dataclasses
from collections.abc import Callable
from operator import attrgetter
from typing import Any, TypeVar, dataclass_transform

Made = TypeVar("Made")


@dataclass_transform(frozen_default=True, field_specifiers=(dataclasses.field,))
def dataclass(*, frozen: bool, slots: bool) -> Callable[[type[Made]], type[Made]]:
    """Like `dataclasses.dataclass(frozen=True, slots=True)`, the only form there is here."""
    if not (frozen and slots):
        raise TypeError("values are frozen and slotted; for others take the standard dataclass")
    return _made


def _made(cls: Any) -> Any:
    own_init = "__init__" in cls.__dict__
    cls = dataclasses.dataclass(init=False, repr=False, eq=False)(cls)
    fields = dataclasses.fields(cls)
    names = tuple(field.name for field in fields)
    inherited = {name for base in cls.__mro__[1:-1] for name in getattr(base, "__slots__", ())}
    body = {
        name: value
        for name, value in cls.__dict__.items()
        if name not in names and name not in {"__dict__", "__weakref__"}
    }
    body["__slots__"] = tuple(name for name in names if name not in inherited)
    body["__setattr__"] = body["__delattr__"] = _refuse
    body.setdefault("__repr__", _repr)
    body["__getstate__"], body["__setstate__"] = _getstate, _setstate
    _compare(body, names)
    if not own_init:
        body["__init__"] = _init(fields)
    made: Any = type(cls)(cls.__name__, cls.__bases__, body)
    made.__qualname__ = cls.__qualname__
    return made


def _compare(body: dict[str, Any], names: tuple[str, ...]) -> None:
    values_of: Any = attrgetter(*names) if names else lambda _: ()

    def __eq__(self: Any, other: object) -> Any:  # noqa: N807
        if other.__class__ is not self.__class__:
            return NotImplemented
        return values_of(self) == values_of(other)

    def __hash__(self: Any) -> int:  # noqa: N807
        return hash(values_of(self))

    body.setdefault("__eq__", __eq__)
    if body.get("__hash__") is None:
        body["__hash__"] = __hash__


def _init(fields: tuple[Any, ...]) -> Any:
    """The one compiled method. Its text is made of field names, which are Python's identifiers."""
    known: dict[str, Any] = {"_set": object.__setattr__, "_missing": dataclasses.MISSING}
    parameters, lines = ["self"], []
    for at, field in enumerate(fields):
        value = field.name
        parameter = field.name
        if field.default is not dataclasses.MISSING:
            known[f"_default{at}"] = field.default
            parameter = f"{field.name}=_default{at}"
        elif field.default_factory is not dataclasses.MISSING:
            known[f"_make{at}"] = field.default_factory
            parameter = f"{field.name}=_missing"
            value = f"_make{at}() if {field.name} is _missing else {field.name}"
        parameters.append(parameter)
        lines.append(f"    _set(self, {field.name!r}, {value})")
    text = f"def __init__({', '.join(parameters)}):\n" + ("\n".join(lines) or "    pass")
    exec(text, known)  # noqa: S102  # nosec B102
    return known["__init__"]


def _refuse(self: Any, name: str, *_: Any) -> None:
    raise dataclasses.FrozenInstanceError(f"cannot change {name!r} of a {type(self).__name__}")


def _repr(self: Any) -> str:
    told = ", ".join(f"{f.name}={getattr(self, f.name)!r}" for f in dataclasses.fields(self))
    return f"{type(self).__qualname__}({told})"


def _getstate(self: Any) -> list[Any]:
    return [getattr(self, field.name) for field in dataclasses.fields(self)]


def _setstate(self: Any, state: list[Any]) -> None:
    for field, value in zip(dataclasses.fields(self), state, strict=True):
        object.__setattr__(self, field.name, value)

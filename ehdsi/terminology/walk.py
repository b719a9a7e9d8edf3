"""Rebuilding a frozen patient summary with every coded value replaced: one generic walk.

The fields that can hold a coded value are found once, from the type hints of the model; what did not change
is not copied, so a walk that changes nothing returns the same object.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any, TypeVar, get_args, get_type_hints

from ehdsi.cda import model
from ehdsi.cda.datatypes import Coded, Qualifier
from ehdsi.terminology.bindings import Binding, binding_of

T = TypeVar("T")

#: What is done to each coded value: the value, its binding, ``"Class.field"`` → the new value (or the same).
Visit = Callable[[Coded, Binding, str], Coded]

#: Translations of a quantity describe its unit in words; they are no coded elements of the profile.
_NOT_WALKED = {("Quantity", "translations"), ("Coded", "translations")}


def rebuild(summary: T, visit: Visit) -> T:
    """A copy of a model value with ``visit`` applied to every ``Coded`` in it, in document order."""
    walker = _Walker(visit)
    rebuilt: T = walker.node(summary)
    return rebuilt


class _Walker:
    """The walk and what it knows of where it is: section, vaccine or not, observation code."""

    def __init__(self, visit: Visit) -> None:
        self.visit = visit
        self.section = ""
        self.vaccine = False

    def node(self, node: Any) -> Any:
        """One dataclass of the model, rebuilt only if something below it changed."""
        outer = (self.section, self.vaccine)
        if isinstance(node, model.Section) and node.code is not None:
            self.section = node.code.code or ""
        elif isinstance(node, model.Immunization):
            self.vaccine = True
        kind = type(node)
        changes: dict[str, Any] = {}
        for name in _fields_with_codes(kind):
            old = getattr(node, name)
            if old is not None and old != ():
                new = self.value(old, node, kind.__name__, name)
                if new is not old:
                    changes[name] = new
        self.section, self.vaccine = outer
        return dataclasses.replace(node, **changes) if changes else node

    def value(self, value: Any, owner: Any, kind: str, name: str) -> Any:
        if isinstance(value, Coded):
            return self.coded(value, owner, kind, name)
        if isinstance(value, tuple):
            items = tuple([self.value(item, owner, kind, name) for item in value])
            return value if all(a is b for a, b in zip(items, value, strict=True)) else items
        return self.node(value) if _fields_with_codes(type(value)) else value

    def coded(self, coded: Coded, owner: Any, kind: str, name: str) -> Coded:
        observation = owner.code if kind == "Observation" else None
        binding = binding_of(kind, name, section=self.section, vaccine=self.vaccine, observation=observation)
        new = self.visit(coded, binding, f"{kind}.{name}")
        if new.qualifiers:
            qualifiers: tuple[Qualifier, ...] = self.value(new.qualifiers, new, "Coded", "qualifiers")
            if qualifiers is not new.qualifiers:
                new = dataclasses.replace(new, qualifiers=qualifiers)
        return new


_KNOWN: dict[Any, tuple[str, ...]] = {}


def _fields_with_codes(kind: Any) -> tuple[str, ...]:
    """Names of the fields of a model class below which a ``Coded`` can stand; empty for other types."""
    found = _KNOWN.get(kind)
    if found is None:
        found = _KNOWN[kind] = _find_fields(kind)
    return found


def _find_fields(kind: Any) -> tuple[str, ...]:
    if not isinstance(kind, type) or not dataclasses.is_dataclass(kind):
        return ()
    hints = get_type_hints(kind)
    return tuple(
        field.name
        for field in dataclasses.fields(kind)
        if (kind.__name__, field.name) not in _NOT_WALKED and _may_hold_code(hints[field.name])
    )


def _may_hold_code(hint: Any, seen: frozenset[type] = frozenset()) -> bool:
    if hint is Coded or hint is model.Entry:
        return True
    if isinstance(hint, type) and dataclasses.is_dataclass(hint):
        if hint in seen:
            return False
        return any(
            _may_hold_code(inner, seen | {hint})
            for name, inner in get_type_hints(hint).items()
            if (hint.__name__, name) not in _NOT_WALKED
        )
    return any(_may_hold_code(inner, seen) for inner in get_args(hint))

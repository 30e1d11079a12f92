"""Classes that records make, beside the same classes made by attrs."""

from __future__ import annotations

import pickle
from functools import cached_property
from typing import Any

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cmxdsl import records

LISTS = st.lists(st.integers(0, 2), max_size=2)


def _classes(frozen: Any, define: Any, field: Any) -> tuple[Any, Any, Any]:
    @frozen
    class Base:
        a: int
        b: str = field(repr=False)

        @cached_property
        def double(self) -> int:
            return 2 * self.a

    @frozen
    class Point(Base):
        c: int = 3
        d: tuple[int, ...] = field(factory=tuple)
        e: int = field(default=0, eq=False)

    @define
    class Bag:
        x: list[int] = field(factory=list)
        y: int = field(init=False)

        def __attrs_post_init__(self) -> None:
            self.y = len(self.x)

    return Base, Point, Bag


OURS = _classes(records.frozen, records.define, records.field)
THEIRS = _classes(attrs.frozen, attrs.define, attrs.field)


@given(st.integers(0, 1), st.sampled_from("xy"), st.integers(0, 1), st.integers(0, 1), LISTS)
def test_as_attrs(a: int, b: str, c: int, e: int, x: list[int]) -> None:
    made = []
    for base, point, bag in (OURS, THEIRS):
        one, other = point(a, b, c, e=e), point(0, "x", d=(1,))
        assert hash(one) == hash(point(a, b, c))
        with pytest.raises(AttributeError):
            one.a = 5
        with pytest.raises(AttributeError):
            one.unknown = 5
        made.append(
            (
                one == other,
                one == point(0, "x", 0),
                one != base(a, b),
                repr(one).split(".")[-1],
                repr(bag(x)).split(".")[-1],
                one.double,
                bag(x) == bag([0]),
                bag().x is bag().x,
                point.__match_args__,
                bag(x).y,
            )
        )
        with pytest.raises(TypeError):
            hash(bag())
        with pytest.raises(TypeError):
            point(1)
    assert made[0] == made[1]
    one = OURS[1](a, b, c)
    assert records.evolve(one, c=7) == OURS[1](a, b, 7) == attrs.evolve(one, c=7)
    with pytest.raises(TypeError):
        records.evolve(one, z=1)
    assert records.as_dict(one) == attrs.asdict(one) | {"d": []}
    assert [(f.name, f.default, f.eq) for f in attrs.fields(OURS[1])][:3] == [
        (f.name, f.default, f.eq) for f in attrs.fields(THEIRS[1])
    ][:3]


@records.frozen
class Kept:
    """At the top of a module, where pickle finds it."""

    a: int
    b: tuple[int, ...] = ()


def test_equal_by_identity_only() -> None:
    @records.frozen(eq=False)
    class One:
        a: int

    one = One(1)
    assert one != One(1) and one == one and {one: 2}[one] == 2


def test_nodes_are_equal_by_their_fields() -> None:
    class Node(records.Record):
        a: int

    class Leaf(Node):
        b: str

    assert Leaf(1, "x") == Leaf(1, "x") != Leaf(1, "y")
    assert hash(Leaf(1, "x")) == hash(Leaf(1, "x")) and Leaf.fields == ("a", "b")
    assert Node(1) != Leaf(1, "x")
    with pytest.raises(AttributeError):
        Leaf(1, "x").c = 2  # type: ignore[attr-defined]
    with pytest.raises(TypeError):
        Leaf(1)  # type: ignore[call-arg]


def test_pickled() -> None:
    """A pool of processes hands findings over."""
    assert pickle.loads(pickle.dumps(Kept(1, (2,)))) == Kept(1, (2,))

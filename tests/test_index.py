"""Index arithmetic against brute force, on hundreds of random patterns."""

from __future__ import annotations

from itertools import product

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cmxdsl.model import Const, Dim, Expr, Op, Var, index
from cmxdsl.model import index_image as images
from cmxdsl.model.index_image import Image
from cmxdsl.units import number

NAMES = ("i", "j", "k")
constants = st.integers(-3, 6).map(lambda n: Const(number(n)))
leaves = st.one_of(constants, st.sampled_from(NAMES).map(Var))


_SIGNS = st.sampled_from(["<", "<=", "==", "!="])


def _grown(inner: st.SearchStrategy[Expr]) -> st.SearchStrategy[Expr]:
    plain = st.tuples(st.sampled_from("+-*"), inner, inner).map(lambda t: Op(t[0], (t[1], t[2])))
    divided = st.tuples(st.sampled_from(["div", "mod"]), inner, st.integers(1, 5)).map(
        lambda t: Op(t[0], (t[1], Const(number(t[2]))))
    )
    asked = st.tuples(_SIGNS, inner, inner).map(lambda t: Op(t[0], (t[1], t[2])))
    chosen = st.tuples(inner, asked, inner).map(lambda t: Op("if", t))
    return st.one_of(plain, divided, chosen)


expressions = st.recursive(leaves, _grown, max_leaves=6)
affine = st.recursive(
    leaves, lambda e: st.tuples(st.sampled_from("+-"), e, e).map(lambda t: Op(t[0], (t[1], t[2]))), max_leaves=4
)
domains = st.tuples(*(st.integers(1, 4) for _ in NAMES)).map(
    lambda sizes: tuple(Dim(n, 0, s) for n, s in zip(NAMES, sizes, strict=True))
)
conditions = st.tuples(_SIGNS, leaves, leaves).map(lambda t: Op(t[0], (t[1], t[2])))


def everything(domain: index.Domain, where: Expr | None = None) -> list[dict[str, int]]:
    found = []
    for values in product(*(range(d.start, d.stop) for d in domain)):
        env = dict(zip((d.name for d in domain), values, strict=True))
        if where is None or index.evaluate(where, env):
            found.append(env)
    return found


def shifted(several: list[Image]) -> tuple[list[Image], tuple[int, ...]]:
    """The images moved so that all indices count from 0, and the shape that holds them."""
    ranges = [[index.interval(e, m.domain) for e in m.indices] for m in several]
    low = [min(r[k][0] for r in ranges) for k in range(len(ranges[0]))]
    high = [max(r[k][1] for r in ranges) for k in range(len(ranges[0]))]
    moved = [
        Image(tuple(Op("-", (e, Const(number(n)))) for e, n in zip(m.indices, low, strict=True)), m.domain, m.where)
        for m in several
    ]
    return moved, tuple(h - n + 1 for h, n in zip(high, low, strict=True))


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(expressions, domains)
def test_intervals_hold_every_value(expr: Expr, domain: index.Domain) -> None:
    low, high = index.interval(expr, domain)
    values = [index.evaluate(expr, env) for env in everything(domain)]
    assert low <= min(values) and max(values) <= high
    if index.affine(expr) is not None:
        assert (low, high) == (min(values), max(values))


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(domains, conditions)
def test_counts(domain: index.Domain, where: Expr) -> None:
    assert index.count(domain, None) == len(everything(domain))
    assert index.count(domain, where) == len(everything(domain, where))


@pytest.fixture(params=["plain", "bulk"], autouse=True)
def engine(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Both ways to enumerate give the same answers."""
    if request.param == "bulk":
        monkeypatch.setattr(index, "SMALL", -1)


@settings(max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.one_of(affine, expressions), min_size=1, max_size=3), domains, st.one_of(st.none(), conditions))
def test_injectivity(exprs: list[Expr], domain: index.Domain, where: Expr | None) -> None:
    image = Image(tuple(exprs), domain, where)
    tuples = [tuple(index.evaluate(e, env) for e in exprs) for env in everything(domain, where)]
    unique = len(set(tuples)) == len(tuples)
    proved = images.injective(image)
    assert proved is None or proved == unique
    (moved,), shape = shifted([image])
    found = images.duplicate(moved, shape)
    assert (found is None) == unique
    if found is not None:
        first, second = (tuple(index.evaluate(e, at) for e in exprs) for at in found)
        assert first == second and found[0] != found[1]


@settings(max_examples=200, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(affine, min_size=2, max_size=2),
    st.lists(expressions, min_size=2, max_size=2),
    domains,
    domains,
    conditions,
)
def test_collisions(a: list[Expr], b: list[Expr], one: index.Domain, other: index.Domain, where: Expr) -> None:
    left, right = Image(tuple(a), one), Image(tuple(b), other, where)
    if not everything(other, where):
        return
    taken = [
        {tuple(index.evaluate(e, env) for e in m.indices) for env in everything(m.domain, m.where)}
        for m in (left, right)
    ]
    meet = bool(taken[0] & taken[1])
    assert not (images.disjoint(left, right) and meet)
    moved, shape = shifted([left, right])
    assert (images.collision(moved[0], moved[1], shape) is not None) == meet


def test_simplify_keeps_the_answer() -> None:
    shape = (1000, 4)
    a = Image((Var("r"), Var("n")), (Dim("r", 0, 1000), Dim("n", 0, 4)))
    b = Image((Var("s"), Const(number(3))), (Dim("s", 0, 500),))
    small_a, small_b, rest = images.simplify(a, b, shape)
    assert rest == () and small_a.domain == small_b.domain == ()


def test_large_enumerations_are_refused_before_they_start() -> None:
    with pytest.raises(index.TooMany):
        index.tuples((Dim("i", 0, 10**6), Dim("j", 0, 10**6)))


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(expressions, min_size=1, max_size=3), domains, st.one_of(st.none(), conditions))
def test_keys_are_the_same_one_by_one_and_in_bulk(exprs: list[Expr], domain: index.Domain, where: Expr | None) -> None:
    (moved,), shape = shifted([Image(tuple(exprs), domain, where)])
    assert images.few_keys(moved, shape) == images.keys(moved, shape)[0].tolist()


EXPRESSIONS = st.recursive(
    st.one_of(st.integers(-5, 9).map(lambda n: Const(number(n))), st.sampled_from(["i", "j"]).map(Var)),
    lambda inner: (
        st.tuples(st.sampled_from(["+", "-", "*", "<", "<=", "==", "!="]), inner, inner).map(
            lambda t: Op(t[0], (t[1], t[2]))
        )
        | st.tuples(st.sampled_from(["div", "mod"]), inner, st.integers(1, 7)).map(
            lambda t: Op(t[0], (t[1], Const(number(t[2]))))
        )
    ),
    max_leaves=12,
)


@given(EXPRESSIONS, st.integers(-9, 9), st.integers(-9, 9))
def test_compiled_expressions_are_the_same(expr: Expr, i: int, j: int) -> None:
    assert index.compiled(expr, ["i", "j"])(i, j) == index.evaluate(expr, {"i": i, "j": j})


def test_an_expression_nested_too_deeply_for_python_is_still_evaluated() -> None:
    expr: Expr = Var("i")
    for _ in range(120):
        expr = Op("+", (Op("*", (expr, Const(number(1)))), Const(number(1))))
    assert index.compiled(expr, ["i"])(3) == 123

"""Images: the sets of index tuples that patterns take, and whether they collide.

Algebra decides most cases whatever their size; what is left is enumerated, one by one when it is small and in bulk
with NumPy up to `index.LIMIT`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import islice, pairwise, product
from math import gcd, prod
from typing import Any

from cmxdsl.model import index
from cmxdsl.model.arithmetic import mixed
from cmxdsl.model.expr import Const, Expr, Op, Var
from cmxdsl.model.index import Dim, Domain, TooMany, affine, each, evaluate, integer, interval, size, tuples, variables
from cmxdsl.records import frozen
from cmxdsl.units import number

FEW = 32  # up to here images are compared pair by pair


@frozen
class Image:
    """The set of index tuples that expressions take over a domain: `down[4*r + n]` for all r and n."""

    indices: tuple[Expr, ...]
    domain: Domain
    where: Expr | None = None


def in_digits(image: Image) -> Image:
    """The image with `v div a`, `v mod b` and `(v div a) mod b` made affine, by splitting v into digits.

    The digits' box holds every value of v, and perhaps some past its end: what is proved for all of them holds.
    """
    radices: dict[str, set[int]] = {}
    for expr in image.indices:
        _radices(expr, radices)
    dims: list[Dim] = []
    digits: dict[str, list[tuple[str, int]]] = {}
    for d in image.domain:
        chain = [1, *sorted(r for r in radices.get(d.name, ()) if 1 < r < d.stop)]
        if len(chain) == 1 or d.start != 0 or any(b % a for a, b in pairwise(chain)):
            dims.append(d)
            continue
        digits[d.name] = [(f"{d.name}.{k}", weight) for k, weight in enumerate(chain)]
        for (name, weight), above in zip(digits[d.name], [*chain[1:], d.stop], strict=True):
            dims.append(Dim(name, 0, -(-above // weight)))
    if not digits:
        return image
    indices = tuple(_rewritten(e, digits) for e in image.indices)
    where = None if image.where is None else _rewritten(image.where, digits)
    return Image(indices, tuple(dims), where)


def _parts(expr: Expr) -> tuple[str, int, int] | None:
    """(v, a, b) for `(v div a) mod b`, with a = 1 or b = 0 where there is no such part."""
    match expr:
        case Op("mod", (Op("div", (Var(name), Const() as a)), Const() as b)):
            return name, integer(a), integer(b)
        case Op("div", (Var(name), Const() as a)):
            return name, integer(a), 0
        case Op("mod", (Var(name), Const() as b)):
            return name, 1, integer(b)
    return None


def _radices(expr: Expr, found: dict[str, set[int]]) -> None:
    parts = _parts(expr)
    if parts is not None:
        name, a, b = parts
        found.setdefault(name, set()).update((a, a * b))
    elif isinstance(expr, Op):
        for operand in expr.operands:
            _radices(operand, found)


def _rewritten(expr: Expr, digits: Mapping[str, list[tuple[str, int]]]) -> Expr:
    parts = (expr.name, 1, 0) if isinstance(expr, Var) else _parts(expr)
    if parts is not None and parts[0] in digits:
        name, a, b = parts
        total: Expr = Const(number(0))
        for digit, weight in digits[name]:
            if weight >= a and (b == 0 or weight < a * b):
                total = Op("+", (total, Op("*", (Const(number(weight // a)), Var(digit)))))
        return total
    if isinstance(expr, Op):
        return Op(expr.operator, tuple(_rewritten(o, digits) for o in expr.operands))
    return expr


def injective(image: Image) -> bool | None:
    """True when no two tuples of the domain give the same indices; None when that is not provable here.

    A dimension whose terms behave like digits of a number (each coefficient above the span of the smaller
    ones) fixes its variables; variables fixed so far are constants for the other dimensions.
    """
    used = set().union(*(variables(e) for e in image.indices)) if image.indices else set()
    if image.where is None and any(d.size > 1 and d.name not in used for d in image.domain):
        return False
    image = in_digits(image)
    open_dims = {d.name: d for d in image.domain if d.size > 1}
    forms = [affine(e) for e in image.indices]
    progress = True
    while open_dims and progress:
        progress = False
        for form in forms:
            if form is None:
                continue
            terms = sorted((abs(c), open_dims[v].size, v) for v, c in form.coefficients.items() if v in open_dims)
            span, digits = 0, bool(terms)
            for coefficient, length, _ in terms:
                digits = digits and coefficient > span
                span += coefficient * (length - 1)
            if digits:
                progress = True
                for _, _, v in terms:
                    del open_dims[v]
    return None if open_dims else True


def disjoint(a: Image, b: Image) -> bool | None:
    """True when two images provably share no tuple; None when that is not provable here."""
    a, b = in_digits(a), in_digits(b)
    for left, right in zip(a.indices, b.indices, strict=True):
        low_a, high_a = interval(left, a.domain)
        low_b, high_b = interval(right, b.domain)
        if high_a < low_b or high_b < low_a:
            return True
        form_a, form_b = affine(left), affine(right)
        if form_a is not None and form_b is not None:
            step = gcd(*form_a.coefficients.values(), *form_b.coefficients.values())
            if step and (form_a.constant - form_b.constant) % step:
                return True
    return None


def simplify(a: Image, b: Image, shape: Sequence[int]) -> tuple[Image, Image, tuple[int, ...]]:
    """Drop the dimensions that cannot decide whether two images meet: where one side is free to take any value."""
    keep = list(range(len(shape)))
    changed = True
    while changed:
        changed = False
        for k in keep:
            for image in (a, b):
                if _free(image, k, keep, shape[k]):
                    keep.remove(k)
                    changed = True
                    break
            if changed:
                break
    return _kept(a, keep), _kept(b, keep), tuple(shape[k] for k in keep)


def _free(image: Image, k: int, keep: list[int], length: int) -> bool:
    expr = image.indices[k]
    if not isinstance(expr, Var):
        return False
    dim = next(d for d in image.domain if d.name == expr.name)
    elsewhere = any(expr.name in variables(image.indices[j]) for j in keep if j != k)
    bound = image.where is not None and expr.name in variables(image.where)
    return not elsewhere and not bound and dim.start == 0 and dim.stop == length


def _kept(image: Image, keep: list[int]) -> Image:
    indices = tuple(image.indices[k] for k in keep)
    used = set().union(*(variables(e) for e in indices)) if indices else set()
    if image.where is not None:
        used |= variables(image.where)
    return Image(indices, tuple(d for d in image.domain if d.name in used), image.where)


def keys(image: Image, shape: Sequence[int]) -> tuple[Any, dict[str, Any]]:
    """One integer for each tuple of the image (mixed radix over `shape`), and the tuples that gave them."""
    import numpy as np

    env = tuples(image.domain, image.where)
    length = len(next(iter(env.values()))) if env else 1
    if prod(shape) > index.INT_LIMIT:
        raise TooMany(prod(shape), index.INT_LIMIT)
    key: Any = np.zeros(length, dtype=np.int64)
    for expr, radix in zip(image.indices, shape, strict=True):
        key = key * radix + evaluate(expr, env)
    return key, env


def few_keys(image: Image, shape: Sequence[int]) -> list[int]:
    """The keys of a small image, in the order of `each`.

    A key is a mixed-radix number of affine indices, so it is affine itself, and the keys of all tuples are sums.
    """
    forms = [affine(e) for e in image.indices]
    if image.where is not None or any(f is None for f in forms):
        names = [d.name for d in image.domain]
        key = index.compiled(mixed(image.indices, shape), names)
        tuples = product(*(range(d.start, d.stop) for d in image.domain))
        if image.where is None:
            return [key(*values) for values in tuples]
        holds = index.compiled(image.where, names)
        return [key(*values) for values in tuples if holds(*values)]
    constant, weights = 0, dict.fromkeys((d.name for d in image.domain), 0)
    for form, radix in zip(forms, shape, strict=True):
        assert form is not None
        constant = constant * radix + form.constant
        for name in weights:
            weights[name] = weights[name] * radix + form.coefficients.get(name, 0)
    found = [constant]
    for d in image.domain:
        steps = [weights[d.name] * v for v in range(d.start, d.stop)]
        found = [key + step for key in found for step in steps]
    return found


def repeated(image: Image, shape: Sequence[int]) -> tuple[dict[str, int], dict[str, int]] | None:
    """Two tuples of the domain with the same indices, or None: by algebra where it decides. Raises TooMany."""
    proved = injective(image)
    if proved:
        return None
    if proved is False:
        used = set().union(*(variables(e) for e in image.indices))
        free = next(d for d in image.domain if d.name not in used and d.size > 1)
        first = {d.name: d.start for d in image.domain}
        return first, first | {free.name: free.start + 1}
    return duplicate(image, shape)


def duplicate(image: Image, shape: Sequence[int]) -> tuple[dict[str, int], dict[str, int]] | None:
    """Two tuples of the domain with the same indices, found by enumeration, or None."""
    if size(image.domain) <= index.SMALL:
        seen: dict[int, int] = {}
        for position, key in enumerate(few_keys(image, shape)):
            if key in seen:
                return _nth(image, seen[key]), _nth(image, position)
            seen[key] = position
        return None
    import numpy as np

    found, env = keys(image, shape)
    order = np.argsort(found, kind="stable")
    same = np.flatnonzero(np.diff(found[order]) == 0)
    if len(same) == 0:
        return None
    pick = same[np.argmin(order[same + 1])]
    first, second = int(order[pick]), int(order[pick + 1])
    return _pick(env, first), _pick(env, second)


def collision(a: Image, b: Image, shape: Sequence[int]) -> tuple[dict[str, int], dict[str, int]] | None:
    """A tuple of each domain that gives the same indices, found by enumeration, or None."""
    if size(a.domain) + size(b.domain) <= index.SMALL:
        taken = {key: position for position, key in reversed(list(enumerate(few_keys(a, shape))))}
        for position, key in enumerate(few_keys(b, shape)):
            if key in taken:
                return _nth(a, taken[key]), _nth(b, position)
        return None
    import numpy as np

    keys_a, env_a = keys(a, shape)
    keys_b, env_b = keys(b, shape)
    common, first, second = np.intersect1d(keys_a, keys_b, return_indices=True)
    if len(common) == 0:
        return None
    return _pick(env_a, int(first[0])), _pick(env_b, int(second[0]))


def clashes(found: Sequence[Image], shape: Sequence[int]) -> Iterator[tuple[int, int, dict[str, int], dict[str, int]]]:
    """Each image that meets an earlier one: the numbers of both, and a tuple of each with the same indices.

    A few are compared by algebra, many are enumerated once and sorted. Raises TooMany.
    """
    if len(found) <= FEW:
        for second, image in enumerate(found):
            for first, other in enumerate(found[:second]):
                hit = None if disjoint(other, image) else collision(other, image, shape)
                if hit is not None:
                    yield first, second, *hit
                    break
        return
    total = sum(size(image.domain) for image in found)
    if total > index.LIMIT:
        raise TooMany(total)
    met = _owners_met(found, shape) if total <= index.SMALL else _owners_met_in_bulk(found, shape)
    for second, first in sorted(met.items()):
        hit = collision(found[first], found[second], shape)
        assert hit is not None
        yield first, second, *hit


def _owners_met(found: Sequence[Image], shape: Sequence[int]) -> dict[int, int]:
    """For each image that meets an earlier one, the first that it meets."""
    owner: dict[int, int] = {}
    met: dict[int, int] = {}
    for which, image in enumerate(found):
        for key in few_keys(image, shape):
            other = owner.setdefault(key, which)
            if other != which:
                met[which] = min(other, met.get(which, other))
    return met


def _owners_met_in_bulk(found: Sequence[Image], shape: Sequence[int]) -> dict[int, int]:
    import numpy as np

    taken = [keys(image, shape)[0] for image in found]
    key = np.concatenate(taken)
    owner = np.repeat(np.arange(len(taken)), [len(t) for t in taken])
    order = np.argsort(key, kind="stable")  # the earliest owner of a key comes first
    key, owner = key[order], owner[order]
    _, start, group = np.unique(key, return_index=True, return_inverse=True)
    first = owner[start][group]
    later = np.flatnonzero(first != owner)
    met: dict[int, int] = {}
    for which, other in zip(owner[later].tolist(), first[later].tolist(), strict=True):
        met[which] = min(other, met.get(which, other))
    return met


def _nth(image: Image, position: int) -> dict[str, int]:
    """The tuple at a position of `few_keys`."""
    return next(islice(each(image.domain, image.where), position, None))


def _pick(env: Mapping[str, Any], position: int) -> dict[str, int]:
    return {name: int(values[position]) for name, values in env.items()}

"""What devices and ports of the design are called on the real machine.

A map is a CSV file with the columns `design`, `device`, and where they are needed `port` and `guid`. A row names one
device, or with index variables a whole array:

    design,device,port
    unit[s].leaf[r],*-IBLEAF-{r + 1}-{s + 1}
    unit[s].node[n].nic[r],dgx-{s + 1}-{n + 1},rail{r}
    unit[s].leaf[r].p[i],*-IBLEAF-*,swp{i + 1}

In braces stands any index expression of the language, with `:02` behind it for numbers of so many digits; a number that
is read matches with leading zeros too, and `*` matches anything.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

from cmxdsl.analysis.base.injection import ports_on
from cmxdsl.analysis.base.ports import steps_of
from cmxdsl.analysis.network.wiring import Plan, numbers_of, ordinal
from cmxdsl.diagnostics import Findings, closest
from cmxdsl.model import Component, Dim, Expr, Op, Var, index
from cmxdsl.model.arithmetic import constant
from cmxdsl.readers.built import MAX_LINE, Unread, damaged, lines
from cmxdsl.records import define, field, frozen
from cmxdsl.schema import KINDS
from cmxdsl.source import Source
from cmxdsl.syntax import nodes as n
from cmxdsl.syntax import parse

MAX_ROWS = 3_000_000
MAX_NAME = 256  # characters of a name that a pattern is tried on
MAX_STARS = 3  # `*` of a name, each of which may be tried at every character
_STEP = re.compile(r"\s*(?P<name>[A-Za-z_]\w*)\s*(?:\[(?P<inside>[^\]]*)\])?\s*")
_HOLE = re.compile(r"\{([^{}]*)\}")
_OPERATORS = ("+", "-", "*", "div", "mod")


@frozen
class _Template:
    """A text with places for numbers: a pattern that finds them, what each of them is, and the text around them."""

    pattern: re.Pattern[str]
    holes: tuple[Expr, ...]
    parts: tuple[str, ...] = ()
    digits: tuple[int, ...] = ()

    def written(self, numbers: tuple[int, ...]) -> str:
        """The text with these numbers."""
        filled = zip(self.parts, numbers, self.digits, strict=False)
        return "".join(f"{part}{number:0{digits}}" for part, number, digits in filled) + self.parts[-1]

    @property
    def exact(self) -> bool:
        """Whether it says all of a text."""
        return all("*" not in part for part in self.parts)

    def numbers(self, text: str) -> tuple[int, ...] | None:
        found = self.pattern.fullmatch(text) if len(text) <= MAX_NAME else None
        return tuple(map(int, found.groups())) if found else None


@frozen
class _Row:
    """A row of a map: what an array of devices, or of their ports, is called."""

    device: _Template
    port: _Template | None
    known: Mapping[tuple[int, ...], int] = field(repr=False)  # the device by the numbers, or the port's by its own
    place: tuple[str, int] = ("", 0)  # the file and line of the row
    component: Component | None = None  # whose ports the row names; None where it names devices

    def numbers(self, name: str) -> tuple[int, ...] | None:
        """The numbers in a device's name: `gpu003`, or `gpu003 mlx5_1` where the row has a port."""
        if self.port is None:
            return self.device.numbers(name)
        host, _, port = name.partition(" ")
        one, other = self.device.numbers(host), self.port.numbers(port)
        return None if one is None or other is None else one + other


@define
class Naming:
    """Which device and port of the design a name is. `unused` are the names of a map that nothing is called by."""

    plan: Plan
    rows: list[_Row] = field(factory=list)
    guids: dict[str, int] = field(factory=dict)
    exact: dict[str, int] = field(factory=dict)
    _paths: dict[tuple[str, ...], int] = field(factory=dict)
    _of_any: dict[str, int | None] = field(factory=dict)

    def device(self, name: str, guid: str = "") -> int | None:
        """A device by GUID, by its name in a map (an adapter's is that of its host and the host's port), or by its name
        in the design."""
        if guid and guid in self.guids:
            return self.guids[guid]
        if name in self.exact:
            return self.exact[name]
        for row in self.rows:
            if row.component is None:
                numbers = row.numbers(name)
                if numbers is not None and numbers in row.known:
                    return row.known[numbers]
        found = self._path(name)
        return None if found is None or found[1] is not None else found[0]

    def through(self, name: str, port: str) -> tuple[int, int | None] | None:
        """A device that is told by a port of what holds it, as adapters are by ports of a host; and the port's number
        where that follows."""
        for row in self.rows:
            if row.component is None and row.port is not None:
                numbers, more = row.device.numbers(name), row.port.numbers(port)
                if numbers is not None and more is not None and numbers + more in row.known:
                    return row.known[numbers + more], None
        found = self._path(f"{name}.{port}") if name else self._path(port)
        return found if found is not None and found[1] is not None else None

    def port(self, device: int, name: str, port: str) -> int | None:
        """A port's number in its device by what a map or the design calls it."""
        component = self.plan.component(device)
        for row in self.rows:
            if row.component is component and row.port is not None and row.device.pattern.fullmatch(name):
                numbers = row.port.numbers(port)
                if numbers is not None and numbers in row.known:
                    return row.known[numbers]
        step = _STEP.fullmatch(port.rpartition(".")[2])
        if step is None:
            return None
        digits = _digits(step["inside"])
        return None if digits is None else ordinal(component, self.plan.plane, step["name"], digits)

    def port_of_any(self, port: str) -> int | None:
        """The number of a port by the design's own name for it, where it is the same in every part that has one of that
        name: what a device without a name can be told by."""
        if port not in self._of_any:
            step = _STEP.fullmatch(port)
            digits = _digits(step["inside"]) if step is not None else None
            parts = {g.component for g in self.plan.net.groups}
            found = (
                {ordinal(p, self.plan.plane, step["name"], digits) for p in parts}
                if step and digits is not None
                else set()
            )
            known = found - {None}
            self._of_any[port] = known.pop() if len(known) == 1 else None
        return self._of_any[port]

    def names(self) -> dict[int, str]:
        """What devices are called by the map: an adapter by its host and the host's port, `dgx-1-2 rail3`. Raises
        Unread for a name that leaves something open with `*`."""
        found = {device: name for name, device in self.exact.items()}
        for row in self.rows:
            if row.component is not None:
                continue
            if not row.device.exact:
                raise damaged(*row.place, "a name with `*` cannot be written: say all of it")
            last = len(row.device.holes)
            for numbers, device in row.known.items():
                behind = f" {row.port.written(numbers[last:])}" if row.port is not None else ""
                found.setdefault(device, row.device.written(numbers[:last]) + behind)
        return found

    def ports(self) -> dict[tuple[Component, int], str]:
        """What ports are called by the map, by their device's part and their number in it."""
        return {
            (row.component, number): row.port.written(numbers)
            for row in self.rows
            if row.component is not None and row.port is not None
            for numbers, number in row.known.items()
        }

    def _path(self, text: str) -> tuple[int, int | None] | None:
        """A device of the design by its full name, or one of its ports."""
        if "[" not in text and "." not in text and (text,) not in self.plan.groups:
            return None
        names: list[str] = []
        digits: list[int] = []
        for part in text.split("."):
            step = _STEP.fullmatch(part)
            inside = _digits(step["inside"]) if step is not None else None
            if step is None or inside is None:
                return None
            if tuple(names) in self.plan.groups:
                device = self._number(tuple(names), digits)
                number = None
                if device is not None:
                    number = ordinal(self.plan.component(device), self.plan.plane, step["name"], inside)
                return None if device is None or number is None else (device, number)
            names.append(step["name"])
            digits += inside
        device = self._number(tuple(names), digits) if tuple(names) in self.plan.groups else None
        return None if device is None else (device, None)

    def _number(self, names: tuple[str, ...], digits: list[int]) -> int | None:
        group = self.plan.net.groups[self.plan.groups[names]]
        number = numbers_of(group.shape, tuple(digits))
        return None if number is None else group.start + number


def _digits(inside: str | None) -> tuple[int, ...] | None:
    if inside is None:
        return ()
    words = [word.strip() for word in inside.split(",")]
    return tuple(map(int, words)) if all(word.isdecimal() for word in words) else None


# --- maps -------------------------------------------------------------------------------------------------


def naming(plan: Plan, top: Component, file: str = "") -> Naming:
    """The names of a map, where there is one, beside those of the design. Raises Unread."""
    found = Naming(plan)
    if file:
        for number, row in _rows(file):
            _add(found, top, row, file, number)
    return found


def _rows(file: str) -> Iterable[tuple[int, dict[str, str]]]:
    titles: list[str] | None = None
    csv.field_size_limit(MAX_LINE)
    for number, text in lines(Path(file), file):
        if number > MAX_ROWS:
            raise damaged(file, number, f"a map has {MAX_ROWS:,} rows at most")
        if not text.strip() or text.startswith("#"):
            continue
        cells = [cell.strip() for cell in _cells(text.removeprefix("\ufeff"), file, number)]
        if titles is None:
            titles = [cell.casefold() for cell in cells]
            if "design" not in titles or not {"device", "guid"} & set(titles):
                raise damaged(file, number, "a map has the columns `design` and `device`, `port` or `guid`", text)
            continue
        if len(cells) > len(titles):
            raise damaged(file, number, "a row has more cells than there are columns", text)
        yield number, dict(zip(titles, cells, strict=False))


def _cells(text: str, file: str, number: int) -> list[str]:
    """A row's cells; commas inside brackets belong to indices."""
    try:
        cells = next(csv.reader([text], strict=True))
    except csv.Error as error:
        raise damaged(file, number, f"this is no CSV: {error}") from None
    joined: list[str] = []
    for cell in cells:
        if joined and joined[-1].count("[") > joined[-1].count("]"):
            joined[-1] += "," + cell
        else:
            joined.append(cell)
    return joined


def _add(found: Naming, top: Component, row: dict[str, str], file: str, number: int) -> None:
    plan = found.plan
    names, expressions, port = _path(plan, top, row["design"], file, number)
    group = plan.net.groups[plan.groups[names]]
    guid = row.get("guid", "").casefold().removeprefix("0x")
    if guid or (
        "{" not in row.get("device", "") and "*" not in row.get("device", "") and port is None and not row.get("port")
    ):
        digits = tuple(int(text) if text.strip().isdecimal() else -1 for text in expressions)
        device = numbers_of(group.shape, digits)
        if device is None:
            raise damaged(file, number, f"`{row['design']}` is not one device", row["design"])
        if guid:
            found.guids[guid.zfill(16)] = group.start + device
        if row.get("device"):
            found.exact[row["device"]] = group.start + device
        return
    if not row.get("device"):
        raise damaged(file, number, "the row names no device", row["design"])
    if port is not None:
        own, inside = port
        shape = next(p.shape for p in ports_on(group.component, plan.plane) if p.name == own)
        known = _known(shape, inside, [_template(row.get("port", ""), file, number)], file, number)
        start = ordinal(group.component, plan.plane, own, (0,) * len(shape)) or 0
        moved = {key: value + start for key, value in known.items()}
        anyone = _Template(_template(re.sub(r"\{[^{}]*\}", "*", row["device"]), file, number).pattern, ())
        found.rows.append(
            _Row(anyone, _template(row.get("port", ""), file, number), moved, (file, number), group.component)
        )
        return
    templates = [_template(row["device"], file, number)]
    if row.get("port"):
        templates.append(_template(row["port"], file, number))
    known = _known(group.shape, expressions, templates, file, number)
    moved = {key: value + group.start for key, value in known.items()}
    found.rows.append(_Row(templates[0], templates[1] if len(templates) > 1 else None, moved, (file, number)))


def _path(
    plan: Plan, top: Component, text: str, file: str, number: int
) -> tuple[tuple[str, ...], list[str], tuple[str, list[str]] | None]:
    """The array that a path leads to, its indices as texts, and the port where the path goes on to one."""
    names: list[str] = []
    inside: list[str] = []
    parts = [_STEP.fullmatch(part) for part in re.split(r"\.(?![^\[]*\])", text)]
    for k, step in enumerate(parts):
        if step is None:
            raise damaged(file, number, "this is no path: write `unit[s].leaf[r]`", text)
        own = [word for word in (step["inside"] or "").split(",") if word.strip()]
        if tuple(names) in plan.groups and k == len(parts) - 1:
            component = plan.net.groups[plan.groups[tuple(names)]].component
            if any(p.name == step["name"] for p in ports_on(component, plan.plane)):
                return tuple(names), inside, (step["name"], own)
        names.append(step["name"])
        inside += own
    if tuple(names) not in plan.groups:
        near = closest(".".join(names), [".".join(known) for known in plan.groups])
        hint = f"; did you mean `{near}`?" if near else ""
        raise damaged(file, number, f"`{'.'.join(names)}` are no devices of the plane `{plan.plane}`{hint}")
    sizes = [size for shape in steps_of(top, tuple(names)) for size in shape]
    if len(sizes) != len(inside):
        raise damaged(file, number, f"`{'.'.join(names)}` has {len(sizes)} indices, not {len(inside)}")
    return tuple(names), inside, None


def _template(text: str, file: str, number: int) -> _Template:
    pattern, holes, at = "", [], 0
    parts, digits = [], []
    for hole in _HOLE.finditer(text):
        inside, _, wide = hole[1].partition(":")
        if wide and re.fullmatch(r"0?\d", wide) is None:
            raise damaged(
                file, number, "behind the `:` stands how many digits a number has, as in `{r + 1:02}`", hole[0]
            )
        pattern += re.escape(text[at : hole.start()]).replace(r"\*", ".*?") + r"0*(\d{1,15})"
        holes.append(_expression(inside, file, number))
        parts.append(text[at : hole.start()])
        digits.append(int(wide or 1))
        at = hole.end()
    pattern += re.escape(text[at:]).replace(r"\*", ".*")
    if text.count("*") > MAX_STARS:
        raise damaged(file, number, f"a name has {MAX_STARS} `*` at most", text)
    return _Template(re.compile(pattern), tuple(holes), (*parts, text[at:]), tuple(digits))


def _known(
    shape: tuple[int, ...], inside: list[str], templates: list[_Template], file: str, number: int
) -> dict[tuple[int, ...], int]:
    """Each element's number by the numbers in its name."""
    import numpy as np

    fixed = {k: int(text) for k, text in enumerate(inside) if text.strip().isdecimal()}
    names = {k: text.strip() for k, text in enumerate(inside) if k not in fixed}
    if any(not name.isidentifier() for name in names.values()) or len(set(names.values())) != len(names):
        raise damaged(file, number, "an index of a map is a number or a name of its own", ", ".join(inside))
    dims = tuple(
        Dim(names.get(k, f"#{k}"), fixed.get(k, 0), fixed.get(k, size - 1) + 1) for k, size in enumerate(shape)
    )
    env = index.tuples(dims, None)
    size = index.size(dims)
    element: Any = np.zeros(size, dtype=np.int64)
    for d, radix in zip(dims, shape, strict=True):
        element = element * radix + env[d.name]
    columns = []
    for template in templates:
        for hole in template.holes:
            strange = index.variables(hole) - set(env)
            if strange:
                raise damaged(file, number, f"`{', '.join(sorted(strange))}` is no index of this row")
            try:
                with np.errstate(divide="raise"):
                    columns.append(np.broadcast_to(index.evaluate(hole, env), (size,)).tolist())
            except (ArithmeticError, index.BadIndex):
                raise damaged(file, number, "an expression in braces divides by zero") from None
    keys = list(zip(*columns, strict=True)) if columns else [()] * size
    known = dict(zip(keys, element.tolist(), strict=True))
    if len(known) != size:
        raise damaged(file, number, f"{size:,} elements would share {len(known):,} names: name every index")
    return known


@lru_cache(maxsize=64)
def _parsed(text: str) -> n.Expr | None:
    findings = Findings()
    file = parse(Source("", f"let value = {text}"), KINDS, findings)
    return None if findings.items or len(file.lets) != 1 else file.lets[0].claim.value


def _expression(text: str, file: str, number: int) -> Expr:
    """An index expression of a map. Raises Unread."""
    node = _parsed(text.strip()) if len(text) < 200 else None
    made = None if node is None else _index(node)
    if made is None:
        raise damaged(file, number, "in braces stands an index expression, such as `{r + 1}`", "{" + text + "}")
    return made


def _index(node: n.Expr) -> Expr | None:
    match node:
        case n.Number() if not node.unit and node.value.denominator == 1:
            return constant(int(node.value))
        case n.Path() if node.bare is not None:
            return Var(node.bare)
        case n.Operation() if node.operator in _OPERATORS:
            operands = [_index(one) for one in node.operands]
            return None if None in operands else Op(node.operator, tuple(operands))  # type: ignore[arg-type]
    return None


__all__ = ["Naming", "Unread", "naming"]

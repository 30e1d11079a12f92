"""InfraGraph (infragraph.dev): a device for each part, with a component for each port, so that parallel links stay
apart; instances for arrays, and edges by slices where links go on one by one."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from cmxdsl.analysis.base.injection import port_count
from cmxdsl.analysis.base.roles import role_of
from cmxdsl.model import Component
from cmxdsl.outputs.exports.cabling import Cabling, Link, plain
from cmxdsl.outputs.registry import Unwritable

KINDS = {"switch": "switch", "accelerator": "xpu", "nic": "nic", "processor": "cpu", "memory": "memory"}


def infragraph(plane: Cabling) -> Iterator[str]:
    """The plane as YAML. A node of its graph is called `array.3.port.5`. Raises Unwritable where two arrays or two
    parts would have one name."""
    groups = [g for g in plane.net.groups if g.count]
    parts = {g.component: _name(g.component.name) for g in groups}
    arrays = {g.start: _name(g.label or g.component.name) for g in groups}
    for names in (parts, arrays):
        if len(set(names.values())) < len(names):
            twice = next(n for n in names.values() if list(names.values()).count(n) > 1)
            raise Unwritable(f"two of the plane `{plane.net.plane}` would be called `{twice}`")
    yield f"name: {_name(plane.subject.top.name)}\n"
    yield f"description: plane {_name(plane.net.plane)}\n"
    yield "devices:\n"
    for part, name in parts.items():
        yield from _device(part, name, port_count(part, plane.net.plane))
    media: dict[tuple[str, float | None], str] = {}
    for link in plane.links():
        media.setdefault((link.medium, link.rate), _medium(link, len(media)))
    yield "links:\n"
    for (_, rate), name in media.items():
        yield f"- name: {name}\n"
        if rate is not None:
            width = f"{{choice: gigabits_per_second, gigabits_per_second: {rate / 1e9:.12g}}}"
            yield f"  physical: {{bandwidth: {width}}}\n"
    yield "instances:\n"
    for group in groups:
        yield f"- {{name: {arrays[group.start]}, device: {parts[group.component]}, count: {group.count}}}\n"
    yield "edges:\n"
    for run in _runs(plane):
        yield f"- scheme: one2one\n  link: {media[run.first.medium, run.first.rate]}\n"
        for key, device, port, moved, ported in (
            ("ep1", run.first.a, run.first.a_port, run.step[0], run.step[1]),
            ("ep2", run.first.b, run.first.b_port, run.step[2], run.step[3]),
        ):
            group = plane.net.group_of(device)
            at = _slice(device - group.start, run.many if moved else 1)
            to = _slice(port % plane.plan.stride, run.many if ported else 1)
            yield f"  {key}: {{instance: '{arrays[group.start]}{at}', component: 'port{to}'}}\n"


def _name(text: str) -> str:
    return plain(text) or "x"


def _medium(link: Link, number: int) -> str:
    return f"{_name(link.medium or 'link')}-{number}"


def _device(part: Component, name: str, ports: int) -> Iterator[str]:
    role = role_of(part) or part.kind
    kind = KINDS.get("switch" if part.kind == "switch" else role, "custom")
    said = f"custom, custom: {{type: {_name(role)}}}" if kind == "custom" else kind
    yield f"- name: {name}\n  components:\n"
    yield f"  - {{name: core, count: 1, choice: {said}}}\n"
    yield f"  - {{name: port, count: {max(1, ports)}, choice: port}}\n"
    yield "  links:\n  - {name: inside}\n  edges:\n"
    yield "  - {scheme: many2many, link: inside, ep1: {component: core}, ep2: {component: port}}\n"


class _Run(NamedTuple):
    """So many links from the first on: by how much each goes on from the one before, in the device and the port at each
    end; at an end only one of both moves."""

    first: Link
    many: int
    step: tuple[int, int, int, int]


def _runs(plane: Cabling) -> Iterator[_Run]:
    stride = plane.plan.stride

    def place(link: Link) -> tuple[int, int, int, int]:
        return link.a, link.a_port % stride, link.b, link.b_port % stride

    def together(one: Link, other: Link) -> bool:
        array = plane.net.group_of
        return array(one.a) is array(other.a) and array(one.b) is array(other.b)

    first: Link | None = None
    last: Link | None = None
    many, step = 0, (0, 0, 0, 0)
    for link in plane.links():
        if first is not None and last is not None:
            moved = tuple(new - old for new, old in zip(place(link), place(last), strict=True))
            joins = (link.medium, link.rate) == (last.medium, last.rate) and (many == 1 or moved == step)
            fits = set(moved) <= {0, 1} and moved[0] + moved[1] == 1 and moved[2] + moved[3] == 1
            if joins and fits and together(link, last):
                last, many, step = link, many + 1, (moved[0], moved[1], moved[2], moved[3])
                continue
            yield _Run(first, many, step if many > 1 else (0, 0, 0, 0))
        first = last = link
        many = 1
    if first is not None:
        yield _Run(first, many, step if many > 1 else (0, 0, 0, 0))


def _slice(start: int, many: int) -> str:
    return f"[{start}]" if many == 1 else f"[{start}:{start + many}]"

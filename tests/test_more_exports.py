"""InfraGraph and Parquet: what their own packages read is the plane."""

from __future__ import annotations

import csv
import warnings
from collections import Counter
from io import BytesIO, StringIO
from pathlib import Path

import pytest

import cmxdsl
from cmxdsl.model import Subject
from cmxdsl.outputs.exports import write
from cmxdsl.outputs.exports.cabling import cabling
from cmxdsl.outputs.kit import parquet as rows_of
from cmxdsl.outputs.registry import Unwritable
from cmxdsl.readers import read

DESIGNS = Path(__file__).parents[1] / "designs"
PLANES = [
    ("cloudmatrix384", "scale_up"),
    ("gb200_nvl72", "scale_up"),
    ("trainium2_ultraserver", "scale_up"),
    ("fire_flyer2", "scale_out"),
    ("two_racks", "scale_up"),
]
ODD = """
protocol P { plane = scale_up; rate = 100 Gb/s }
protocol U { plane = scale_up }
chip A { port p[2, 3]: P; port u: U }
switch S { port p[24]: P; port u[4]: U }
system Top {
    a[2, 2]: A
    s: S
    link a[i, j].p[k, l] -- s.p[(i*2 + j)*6 + k*3 + l]
    link a[i, j].u -- s.u[3 - (i*2 + j)]
}
"""


def plane_of(name: str, plane: str) -> tuple[Subject, str]:
    top = {"trainium2_ultraserver": "UltraServer"}.get(name)
    return cmxdsl.load(DESIGNS / f"{name}.cmx", top=top).subject, plane


def links_of(subject: Subject, plane: str) -> Counter[frozenset[tuple[str, int, int]]]:
    """Each link by its ends: the array, the device's number in it, the port's number."""
    made = cabling(subject, plane)

    def end(device: int, port: int) -> tuple[str, int, int]:
        group = made.net.group_of(device)
        return group.label.replace(".", "-"), device - group.start, port % made.plan.stride

    return Counter(frozenset((end(x.a, x.a_port), end(x.b, x.b_port))) for x in made.links())


@pytest.mark.parametrize(("name", "plane"), [*PLANES, ("odd", "scale_up")])
def test_infragraphs_own_graph_has_each_link(name: str, plane: str) -> None:
    pytest.importorskip("infragraph")
    from infragraph import Infrastructure
    from infragraph.infragraph_service import InfraGraphService

    subject = cmxdsl.loads(ODD).subject if name == "odd" else plane_of(name, plane)[0]
    text = "".join(str(piece) for piece in write(subject, "infragraph", plane=plane))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        service = InfraGraphService()
        service.set_graph(Infrastructure().deserialize(text))
        graph = service.get_networkx_graph()
    found: Counter[frozenset[tuple[str, int, int]]] = Counter()
    for a, b in graph.edges:
        ends = [node.rsplit(".", 3) for node in (a, b)]
        if all(kind == "port" for _, _, kind, _ in ends):
            found[frozenset((array, int(number), int(port)) for array, number, _, port in ends)] += 1
    assert found == links_of(subject, plane)


@pytest.mark.parametrize(("name", "plane"), [*PLANES, ("odd", "scale_up")])
def test_our_reader_has_each_link_too(name: str, plane: str, tmp_path: Path) -> None:
    pytest.importorskip("yaml")
    subject = cmxdsl.loads(ODD).subject if name == "odd" else plane_of(name, plane)[0]
    file = tmp_path / "f.yaml"
    file.write_text("".join(str(piece) for piece in write(subject, "infragraph", plane=plane)))
    built = read([str(file)], "infragraph")
    rates = Counter(f"{cable.rate:.9g}" if cable.rate else None for cable in built.cables)
    assert sum(rates.values()) == sum(links_of(subject, plane).values())
    wanted = Counter(f"{link.rate:.9g}" if link.rate else None for link in cabling(subject, plane).links())
    assert rates == wanted


def test_lists_are_short_where_links_go_on() -> None:
    text = "".join(str(piece) for piece in write(cmxdsl.loads(ODD).subject, "infragraph"))
    assert text.count("scheme: one2one") == 8  # six ports of a chip in one, and four links whose ports go backwards
    assert "component: 'port[0:6]'" in text and "link-1" in text and text.count("physical") == 1


@pytest.mark.parametrize("rows", [1, 7, 100_000])
def test_parquet_has_the_rows_of_the_csv(rows: int, monkeypatch: pytest.MonkeyPatch) -> None:
    parquet = pytest.importorskip("pyarrow.parquet")
    monkeypatch.setattr(rows_of, "ROWS", rows)
    subject = cmxdsl.loads(ODD).subject
    for what in ("links", "devices"):
        pieces = list(write(subject, f"{what}-parquet"))
        table = parquet.read_table(BytesIO(b"".join(p for p in pieces if isinstance(p, bytes))))
        listed = list(csv.DictReader(StringIO("".join(str(p) for p in write(subject, what)))))
        assert table.num_rows == len(listed) == (28 if what == "links" else 5)
        assert table.column_names == list(listed[0])
        for ours, theirs in zip(table.to_pylist(), listed, strict=True):
            if what == "links":
                rate = ours.pop("rate")
                assert theirs.pop("rate") == ("" if rate is None else f"{rate / 1e9:.12g} Gb/s")
            assert {key: str(value) for key, value in ours.items()} == theirs
    assert table.schema.field("ports").type == "int64"


def test_a_rate_says_its_unit_and_the_unknown_is_null() -> None:
    parquet = pytest.importorskip("pyarrow.parquet")
    pieces = [p for p in write(cmxdsl.loads(ODD).subject, "links-parquet") if isinstance(p, bytes)]
    table = parquet.read_table(BytesIO(b"".join(pieces)))
    assert table.schema.field("rate").metadata == {b"unit": b"b/s"}
    assert Counter(table["rate"].to_pylist()) == {1e11: 24, None: 4}


def test_without_pyarrow_it_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    import sys

    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(Unwritable, match=r"cmxdsl\[parquet\]"):
        list(write(cmxdsl.loads(ODD).subject, "links-parquet"))

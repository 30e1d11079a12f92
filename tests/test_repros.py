"""Files that crashed, hung or ate memory: each ends, in seconds and under 1 GB, in an answer or a finding."""

from __future__ import annotations

import gc
from pathlib import Path

import pytest

import cmxdsl

from .conftest import ROOT
from .fuzz import commands
from .fuzz.watch import watched

REPROS = ROOT / "tests" / "repros"
FILES = sorted(REPROS.glob("*.cmx"))
SLOW = ("chain_800.cmx", "rh_1.cmx", "wh_1.cmx", "many-patterns", "many-unknown", "nested-lets")
SOME = ("check",)  # of those that take seconds for each command, one stands for all
SECONDS = 10  # of processor time for one command
MEGABYTES = 1000


def made() -> dict[str, str]:
    """Texts too long to keep as files."""
    ports = "protocol P { plane = scale_up; rate = 1 Gb/s }\nchip A { port p[1000000]: P }\n"
    links = "".join(f"    link a[0].p[i*3+{k}] -- a[1].p[i*5+{k}] for i in 0..1999\n" for k in range(300))
    parts = "".join(f"chip C{k} {{ }}\n" for k in range(2000))
    unknown = "".join(f"    a{k}: D{k}\n" for k in range(2000))
    deep = 600
    lets = "".join(f"    let a{k} = a{k - 1} + a{k - 1}\n" for k in range(1, deep))
    ask = "chip C { power { peak = 1 W } }\nboard A {\n    c: C\n    let a0 = total(power.peak)\n"
    return {
        "many-patterns": f"{ports}board B {{\n    a[2]: A\n{links}}}\n",
        "many-unknown": f"{parts}board B {{\n{unknown}}}\n",
        "nested-parentheses": f"chip A {{\n    x.a = {'(' * deep}1{')' * deep}\n}}\n",
        "nested-groups": f"chip A {{\n{'x { ' * deep}y = 1{' }' * deep}\n}}\n",
        "nested-lists": f"chip A {{\n    x.a = {'[' * deep}1{']' * deep}\n}}\n",
        "nested-ifs": f"chip A {{\n{'if true { ' * deep}x.a = 1{' }' * deep}\n}}\n",
        "nested-parts": "chip C0 { }\n" + "".join(f"board C{k} {{ a: C{k - 1} }}\n" for k in range(1, deep)),
        "nested-variants": "chip C0 { }\n" + "".join(f"chip C{k} : C{k - 1} {{ }}\n" for k in range(1, deep)),
        "nested-lets": f"{ask}{lets}    require a{deep - 1} < 3 W\n}}\n",
        "doubled-lets": ask + lets.partition("    let a40 ")[0] + "    require a39 < 3 W\n    x.a = a39\n}\n",
        "long-names": f"chip {'a' * 100_000} {{ }}\nboard B {{ a: {'a' * 100_001} }}\n",
    }


@pytest.fixture(scope="module", autouse=True)
def warm(tmp_path_factory: pytest.TempPathFactory) -> None:
    commands.warm(tmp_path_factory.mktemp("warm"))


@pytest.mark.parametrize("name", [*(f.name for f in FILES), *made()])
def test_every_command_ends(name: str, tmp_path: Path) -> None:
    file = tmp_path / "design.cmx"
    file.write_text(made()[name] if name in made() else (REPROS / name).read_text(encoding="utf-8"), encoding="utf-8")

    def work() -> list[commands.Ran]:
        every = commands.every(str(file), tmp_path)
        done = [commands.run(arguments) for arguments in every if name not in SLOW or arguments[0] in SOME]
        if name not in SLOW:
            commands.edited(str(file))
        return done

    ended = watched(work, 200)
    assert not ended.problem
    assert ended.megabytes < MEGABYTES
    wrong = [r for r in ended.value if r.status not in (0, 1, 2) or r.seconds > SECONDS or "Traceback" in r.said]
    assert wrong == []


def test_totals_do_not_depend_on_the_collector() -> None:
    one = (REPROS / "idreuse_min.cmx").read_text(encoding="utf-8")
    variants = "".join(f"    a{k}: Inner {{ x.watts = {k} W }}\n" for k in range(1, 301))
    many = one.partition("rack R")[0] + "rack R {\n    height = 42 U\n" + variants + "}\n"
    before = gc.get_threshold()
    try:
        for threshold in (5, 700, 1_000_000):
            gc.set_threshold(threshold)
            for text, watts in ((one, 600), (many, 300 * 301 // 2)):
                total = cmxdsl.loads(text).summary().power["peak"].value
                assert total is not None and total.value == watts
    finally:
        gc.set_threshold(*before)

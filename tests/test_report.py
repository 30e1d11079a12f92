"""The report: what it says, that it holds everything, and that it works in a real browser."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

import cmxdsl
from cmxdsl.cli.main import cli
from cmxdsl.design import Design

from .conftest import ROOT

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
    "--disable-quic",
]
needs_browser = pytest.mark.skipif(
    CHROMIUM is None, reason="there is no Chromium on this machine: apt-get install chromium"
)

HOSTILE = """
//! </script><script>alert(1)</script>
/// <img src=x onerror="alert(2)"> </template> "]]> \\
chip Evil { vendor = "</script><script>alert(3)</script>"; description = "<svg onload=alert(4)>"
    power { peak = 1 W from "\\"><script>alert(5)</script>" }
    x.note = "javascript:alert(6)" }
/// {{constructor.constructor('alert(7)')()}}
rack R { height = 4 U; e[3]: Evil { description = "<b>" } }
system S { r[2]: R
    /// <script>alert(8)</script>
    view bad { label x.note, vendor, description; show hierarchy }
    require total(power.peak) <= 1 W, "<script>alert(9)</script>" }
"""


@pytest.fixture(scope="module")
def page(flagship: Design) -> str:
    return flagship.report()


class _Reader(HTMLParser):
    """Tags with their attributes; text of scripts."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.scripts: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        if self.tags and self.tags[-1][0] == "script":
            self.scripts.append(data)


def read(text: str) -> _Reader:
    reader = _Reader()
    reader.feed(text)
    return reader


def test_the_flagship_fits_and_explains_itself(page: str) -> None:
    assert len(page) < 2_000_000
    for words in (
        "384 accelerators (Ascend910C)",
        "12 × ComputeRack, each with 4 × Node, each with 8 × Ascend910C",
        "299.5 PFLOPS",
        "5,376 transceivers",
        "Huawei AI CloudMatrix 384, 2025-04-16",
        "17 of 18 derived figures hold",
        "5 differ, as explained",
    ):
        assert words in page, words
    for id in ("overview", "explore", "plans", "charts", "parts", "fabric", "fidelity", "findings"):
        assert f'<section id="{id}"' in page


def test_failures_stand_beside_the_networks(page: str) -> None:
    """A compute rack takes 32 of 384 accelerators: C(384, 2) - C(352, 2) pairs."""
    networks = page[page.index('id="fabric"') :]
    assert "single failures, for compute.node.npu" in networks and "<td class=n>11,760</td>" in networks


def test_the_same_design_gives_the_same_page(page: str) -> None:
    assert cmxdsl.load(ROOT / "designs" / "cloudmatrix384.cmx").report().replace(str(ROOT) + "/", "") == page.replace(
        str(ROOT) + "/", ""
    )


def test_nothing_is_loaded_and_only_its_own_script_runs(page: str) -> None:
    tags = read(page).tags
    assert not [t for t, a in tags if t in ("link", "iframe", "object", "embed", "img", "base", "form")]
    assert all(
        not (a.get("src") or a.get("href") or "#").lower().startswith(("http", "//", "javascript")) for _, a in tags
    )
    assert not [k for _, a in tags for k in a if k.startswith("on") or k == "style"]
    policy = next(a["content"] for t, a in tags if a.get("http-equiv") == "Content-Security-Policy")
    assert policy is not None and "default-src 'none'" in policy and "unsafe" not in policy


def test_hostile_names_stay_text() -> None:
    design = cmxdsl.loads(HOSTILE)
    reader = read(design.report())
    scripts = [a for t, a in reader.tags if t == "script"]
    assert len(scripts) == 3 and [a.get("type") for a in scripts] == ["application/json", "application/json", None]
    assert not [a for _, a in reader.tags if any(k.startswith("on") for k in a)]
    assert not [t for t, _ in reader.tags if t in ("img", "b") and t == "img"]


def test_a_design_with_errors_gives_what_stands() -> None:
    wrong = cmxdsl.loads(
        "chip C { power { peak = 1 W } }\nsystem S { c[2]: C; d: Nothing; require total(power.peak) <= 1 W }\n"
    )
    text = wrong.report()
    assert text.index('id="findings"') < text.index('id="overview"') and "CMX0201" in text
    nothing = cmxdsl.loads("chip {\n").report()
    assert "<h2" in nothing and "CMX0101" in nothing and 'id="overview"' not in nothing


def test_a_campus_of_a_million_fits_too() -> None:
    text = cmxdsl.load(ROOT / "benchmarks" / "campus.cmx").report()
    assert len(text) < 4_000_000 and "1,048,576 accelerators" in text


def test_the_command_writes_the_page_and_says_when_there_are_errors(tmp_path: Path) -> None:
    file, out = tmp_path / "m.cmx", tmp_path / "m.html"
    file.write_text("chip C { }\nsystem S { c: D }\n", encoding="utf-8")
    result = CliRunner().invoke(cli, ["report", str(file), "-o", str(out)])
    assert result.exit_code == 1 and "errors on top" in result.output and "CMX0201" in out.read_text("utf-8")


# --- in a browser -----------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    api = pytest.importorskip("playwright.sync_api")
    with api.sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield opened
        opened.close()


@pytest.fixture
def visit(browser: Any, tmp_path: Path) -> Iterator[Any]:
    """Opens a text as a page; at the end no request was made, and nothing was said on the console."""
    context = browser.new_context(viewport={"width": 1400, "height": 1000}, accept_downloads=True)
    said: list[str] = []
    asked: list[str] = []

    def open_(text: str) -> Any:
        (tmp_path / "r.html").write_text(text, encoding="utf-8")
        view = context.new_page()
        view.on("console", lambda m: said.append(m.text))
        view.on("pageerror", lambda e: said.append(str(e)))
        view.on("dialog", lambda d: said.append(f"dialog {d.message}"))
        view.on("request", lambda r: asked.append(r.url))
        view.goto((tmp_path / "r.html").as_uri())
        return view

    yield open_
    context.close()
    assert said == [] and [u for u in asked if not u.startswith(("file:", "blob:"))] == [] and len(asked) <= 2


@needs_browser
def test_search_finds_and_drill_down_opens(visit: Any, page: str) -> None:
    view = visit(page)
    assert view.locator("#canvas svg").count() == 1
    view.keyboard.press("/")
    view.keyboard.type("ubswitchl1")
    assert view.locator("#hits button").first.inner_text().startswith("UBSwitchL1")
    view.keyboard.press("Enter")
    view.wait_for_function("document.querySelector('#details h3').textContent === 'UBSwitchL1'")
    assert "estimated" in view.locator("#details").inner_text()
    assert view.locator("#crumbs").inner_text().replace("\n", "") == "CloudMatrix384›ComputeRack›Node"
    view.locator("#crumbs button").first.click()
    view.locator("#canvas g.node.part-UBSwitchL2").first.click()
    assert view.locator("#details h3").inner_text() == "UBSwitchL2"
    view.locator("#canvas g.cluster.part-ComputeRack text").first.dblclick()
    view.wait_for_function("document.querySelector('#crumbs').textContent.endsWith('ComputeRack')")


@needs_browser
def test_it_works_by_keyboard(visit: Any, page: str) -> None:
    view = visit(page)
    box = "document.querySelector('#canvas svg').getAttribute('viewBox')"
    view.locator("#canvas").focus()
    before = view.evaluate(box)
    view.keyboard.press("+")
    assert view.evaluate(box) != before
    view.keyboard.press("0")
    assert view.evaluate(f"{box}.split(' ').map(Number).join()") == ",".join(
        str(float(v)).removesuffix(".0") for v in before.split()
    )
    view.keyboard.press("ArrowRight")
    assert view.evaluate(box) != before
    view.locator("#canvas g.cluster[tabindex='0']").first.focus()
    name = view.evaluate("document.activeElement.getAttribute('aria-label')").split()[-1]
    view.keyboard.press("Enter")
    assert view.locator("#details h3").inner_text() == name
    view.keyboard.press("Enter")
    view.wait_for_function(f"document.querySelector('#crumbs').textContent.endsWith({name!r})")
    view.keyboard.press("Backspace") if view.locator("#canvas").evaluate("e => (e.focus(), true)") else None
    view.wait_for_function("document.querySelector('#crumbs').textContent === 'CloudMatrix384'")


@needs_browser
def test_parts_filter_sort_and_download(visit: Any, page: str) -> None:
    view = visit(page)
    view.locator("#bom-filter").fill("optic")
    assert view.locator("#bom tbody tr:visible").count() == 2 and "2 of" in view.locator("#bom-count").inner_text()
    view.locator("#bom-filter").fill("")
    view.locator("#bom th").first.click()
    numbers = [int(t.replace(",", "")) for t in view.locator("#bom tbody td:first-child").all_inner_texts()]
    assert numbers == sorted(numbers)
    with view.expect_download() as download:
        view.locator("#bom-csv").click()
    text = Path(download.value.path()).read_text("utf-8")
    assert text.startswith("part,kind,vendor") and "LPO400,optic" in text


@needs_browser
def test_hostile_names_do_no_harm(visit: Any) -> None:
    view = visit(cmxdsl.loads(HOSTILE).report())
    for choice in view.locator("#figure-choice option").all():
        view.locator("#figure-choice").select_option(choice.get_attribute("value"))
    view.locator("#search").fill("evil")
    view.locator("#hits button").first.click()
    assert "alert(3)" in view.locator("#details").inner_text()
    assert view.locator("#details img, #details svg").count() == 0


@needs_browser
def test_contrast_and_names(visit: Any, page: str) -> None:
    """Every control has a name; text stands out from its ground by 4.5 to 1 (WCAG 2.2, 1.4.3), light and dark."""
    view = visit(page)
    for theme in ("light", "dark"):
        view.evaluate(f"document.documentElement.dataset.theme = '{theme}'")
        worst = view.evaluate(
            """() => {
              const lum = (c) => { const [r, g, b] = c.match(/[0-9.]+/g).map(Number).map((v) => v / 255).map((v) => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4); return 0.2126 * r + 0.7152 * g + 0.0722 * b; };
              const ground = (e) => { for (; e; e = e.parentElement) { const c = getComputedStyle(e).backgroundColor; if (!/, 0\\)$|transparent/.test(c)) return c; } return 'rgb(255, 255, 255)'; };
              let worst = [99, ''];
              for (const e of document.querySelectorAll('p, td, th, dt, dd, b, span, small, a, button, h2, h3, h4, pre, li')) {
                if (!e.textContent.trim() || e.closest('svg') || !e.offsetParent) continue;
                const [x, y] = [lum(getComputedStyle(e).color), lum(ground(e))].sort((a, b) => b - a);
                const ratio = (x + 0.05) / (y + 0.05);
                if (ratio < worst[0]) worst = [ratio, e.outerHTML.slice(0, 80)];
              }
              return worst; }"""
        )
        assert worst[0] >= 4.5, (theme, worst)
    nameless = view.evaluate(
        "[...document.querySelectorAll('button, input, select')].filter((e) => !(e.textContent.trim() || e.getAttribute('aria-label') || e.labels?.length)).length"
    )
    assert nameless == 0


def test_assets_are_small_and_ours() -> None:
    for name in ("report.css", "report.js"):
        text = (ROOT / "cmxdsl" / "assets" / name).read_text("utf-8")
        assert len(text) < 30_000 and not re.search(r"https?://|@import|eval\(|innerHTML", text)

"""The live preview: it answers its own page only, and follows the file."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from http.client import HTTPConnection
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

import cmxdsl
from cmxdsl.cli.preview import Preview, server

from .test_report import CHROMIUM, FLAGS, needs_browser

TEXT = """protocol P { plane = scale_up; rate = 1 Gb/s }
chip C { port p: P }
switch S { port p[9]: P }
rack R { height = 4 U; c[3]: C; s: S; link c[i].p -- s.p[i] for i in 0..2 }
system Y { r[2]: R }
"""


class Running:
    """A preview of a file, and the server that shows it."""

    def __init__(self, file: Path) -> None:
        self.file = file
        self.preview = Preview(lambda: cmxdsl.load(file))
        self.web = server(self.preview, "127.0.0.1", 0)
        self.port = self.web.server_port
        threading.Thread(target=self.web.serve_forever, daemon=True).start()

    def get(self, path: str, **headers: str) -> tuple[int, str]:
        connection = HTTPConnection("127.0.0.1", self.port, timeout=10)
        connection.request("GET", path, headers={k.replace("_", "-"): v for k, v in headers.items()})
        answer = connection.getresponse()
        found = answer.status, answer.read().decode()
        connection.close()
        return found


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Running]:
    file = tmp_path / "m.cmx"
    file.write_text(TEXT, encoding="utf-8")
    made = Running(file)
    yield made
    made.web.shutdown()
    made.web.server_close()


def test_it_shows_the_page_and_its_pictures(running: Running) -> None:
    status, text = running.get("/")
    assert status == 200 and "data-live" in text and "connect-src 'self'" in text and "<template" not in text
    status, svg = running.get("/figure?key=" + quote("Y/topology/scale_up"))
    assert status == 200 and svg.startswith("<svg")
    assert running.get("/figure?key=x")[0] == 404


@pytest.mark.parametrize(
    "path", ["/../m.cmx", "/m.cmx", "/%2e%2e/etc/passwd", "/figure?key=../../etc/passwd", "//etc/passwd"]
)
def test_it_serves_no_files(running: Running, path: str) -> None:
    assert running.get(path)[0] == 404


def test_it_answers_its_own_page_only(running: Running) -> None:
    assert running.get("/", Host="evil.example")[0] == 403  # a name that was bent to this address
    assert running.get("/", Host=f"evil.example:{running.port}")[0] == 403
    assert running.get("/", Origin="http://evil.example")[0] == 403
    assert running.get("/", Sec_Fetch_Site="cross-site")[0] == 403
    assert running.get("/", Host=f"localhost:{running.port}", Origin=f"http://localhost:{running.port}")[0] == 200


def test_an_error_is_shown_over_the_last_good_picture(running: Running) -> None:
    running.file.write_text(TEXT + "system {\n", encoding="utf-8")
    running.preview.reload()
    text = running.get("/")[1]
    assert "id=overlay" in text and "CMX0101" in text and 'id="explore"' in text


def test_changes_are_told_to_everybody(running: Running) -> None:
    told: list[bytes] = []

    def follow() -> None:
        connection = HTTPConnection("127.0.0.1", running.port, timeout=10)
        connection.request("GET", "/events")
        answer = connection.getresponse()
        told.append(answer.fp.readline())
        answer.close()
        connection.close()

    threads = [threading.Thread(target=follow) for _ in range(3)]
    for thread in threads:
        thread.start()
    while len(running.preview.listeners) < 3:
        time.sleep(0.01)
    running.preview.reload()
    for thread in threads:
        thread.join(10)
    assert told == [b"event: changed\n"] * 3


@needs_browser
def test_a_browser_keeps_its_place_when_the_file_changes(running: Running) -> None:
    api: Any = pytest.importorskip("playwright.sync_api")
    expect = api.expect
    with api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        view = browser.new_page()
        said: list[str] = []
        view.on("console", lambda m: said.append(m.text))
        view.on("pageerror", lambda e: said.append(str(e)))
        view.goto(f"http://127.0.0.1:{running.port}/")
        view.wait_for_selector("#canvas svg")
        view.locator("#canvas g.part-R text").first.dblclick()
        expect(view.locator("#crumbs")).to_have_text("Y›R")
        view.wait_for_selector("#canvas svg")
        view.locator("#canvas").focus()
        view.keyboard.press("+")
        seen = "document.querySelector('#canvas svg')?.getAttribute('viewBox')"
        before = view.evaluate(seen)
        running.file.write_text(TEXT.replace("c[3]", "c[4]").replace("0..2", "0..3"), encoding="utf-8")
        while not running.preview.listeners:
            time.sleep(0.01)
        with view.expect_navigation():
            running.preview.reload()
        expect(view.locator("#crumbs")).to_have_text("Y›R")
        expect(view.locator("#canvas")).to_contain_text("c × 4")
        assert view.evaluate(seen) == before and said == []
        browser.close()

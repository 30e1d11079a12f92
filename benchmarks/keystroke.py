"""One keystroke in a file of 5,000 lines: the language server's analysis, beside the same without remembered pieces.

python benchmarks/keystroke.py [KEYSTROKES]
"""

from __future__ import annotations

import re
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from cmxdsl.lsp.documents import Workspace
from cmxdsl.syntax import parse

PARTS = Path(__file__).parents[1] / "cmxdsl" / "template" / "parts" / "parts.cmx"
LINES = 5000


def long_text() -> str:
    """The template's parts again and again, each time under other names."""
    base = PARTS.read_text(encoding="utf-8")
    names = re.findall(r"^(?:protocol|chip|switch|rack) (\w+)", base, re.M)
    texts: list[str] = []
    while sum(text.count("\n") for text in texts) < LINES:
        copy = base
        for name in names:
            copy = re.sub(rf"\b{name}\b", f"{name}{len(texts)}", copy)
        texts.append(copy)
    return "".join(texts)


def letter(text: str, stroke: int) -> str:
    """The text with one letter changed."""
    return text.replace("like an H100", f"like an H{stroke % 10}", 1)


def line(text: str, stroke: int) -> str:
    """The text with lines added at its top."""
    return "\n" * (stroke % 10 + 1) + text


def median(workspace: Workspace, path: Path, text: str, strokes: int, edit: Callable[[str, int], str]) -> float:
    """Seconds from a changed text to its findings."""
    workspace.texts[path] = text
    workspace.analyse(path)
    times = []
    for stroke in range(strokes):
        workspace.texts[path] = edit(text, stroke)
        start = time.perf_counter()
        workspace.analyse(path)
        times.append(time.perf_counter() - start)
    return statistics.median(times)


def main() -> None:
    strokes = int(sys.argv[1]) if len(sys.argv) > 1 else 11
    text = long_text()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "long.cmx"
        path.write_text(text, encoding="utf-8")
        for name, edit in (("a letter", letter), ("a line at the top", line)):
            remembered, whole = Workspace(), Workspace(parser=parse)  # type: ignore[arg-type]
            fast, slow = (median(w, path, text, strokes, edit) for w in (remembered, whole))
            print(
                f"{name} in {text.count(chr(10))} lines: {fast * 1000:.0f} ms with remembered pieces, "
                f"{slow * 1000:.0f} ms without, ratio {fast / slow:.2f}   aim: 300 ms"
            )


if __name__ == "__main__":
    main()

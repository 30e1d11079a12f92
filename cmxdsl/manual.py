"""The documentation that comes with the tool: its pages, and where words are in them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from cmxdsl.records import frozen

MOST = 40  # places that a search lists


@frozen
class Hit:
    """A line of a page in which all words are, with the heading that it stands under."""

    topic: str
    heading: str
    line: int
    text: str


@cache
def pages() -> dict[str, Path]:
    """The pages by topic, from the installed package or from the source tree."""
    package = Path(__file__).parent
    folder = next((f for f in (package / "manual", package.parent / "docs") if f.is_dir()), None)
    found = sorted((*folder.glob("*.md"), *folder.glob("llms.txt"))) if folder is not None else []
    return {path.stem: path for path in found}


def page(topic: str) -> str:
    """A page as Markdown. Raises KeyError."""
    return pages()[topic].read_text(encoding="utf-8")


def title(topic: str) -> str:
    """What a page is about, by its first heading."""
    first = re.search(r"^# (.+)$", page(topic), re.MULTILINE)
    return first[1] if first is not None else topic


def search(words: str) -> Iterator[Hit]:
    """Where all of some words are in one line; headings first, then text, `MOST` at most."""
    wanted = words.casefold().split()
    found = []
    for topic in pages() if wanted else ():
        heading = ""
        for number, line in enumerate(page(topic).splitlines(), 1):
            if line.startswith("#"):
                heading = line.lstrip("# ")
            if all(word in line.casefold() for word in wanted):
                found.append((not line.startswith("#"), Hit(topic, heading, number, line.strip())))
    found.sort(key=lambda item: item[0])
    yield from (hit for _, hit in found[:MOST])

"""JSON and XML from strangers: bounded, and with a place for what is wrong."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from xml.etree import ElementTree
from xml.parsers import expat

from cmxdsl.limits import LimitExceeded, over
from cmxdsl.readers.built import Unread, damaged, whole

Json = Any
MAX_DEPTH = 200  # of elements inside one another
MAX_ELEMENTS = 2_000_000
_LINE = "{}line"  # the attribute that an element's line is kept in: no file can have one of that name


def json_of(path: Path, file: str) -> Json:
    """The value in a JSON file. Raises Unread, LimitExceeded."""
    try:
        return json.loads(whole(path, file).decode("utf-8"))
    except UnicodeDecodeError:
        raise damaged(file, 1, "this is not UTF-8 text") from None
    except json.JSONDecodeError as error:
        raise damaged(file, error.lineno, f"this is not JSON: {error.msg.lower()}") from None
    except RecursionError:
        raise damaged(file, 1, "lists are nested too deep") from None


def text_of(row: Any, key: str, file: str) -> str:
    """A member that has to be a text. Raises Unread."""
    value = row.get(key) if isinstance(row, dict) else None
    if not isinstance(value, str) or not value:
        raise damaged(file, 1, f"an entry has no text `{key}`")
    return value


def xml_of(path: Path, file: str) -> ElementTree.Element:
    """The root of an XML file. Entities are refused, as they could grow without bound; nothing else is opened.

    Raises Unread, LimitExceeded.
    """
    builder = ElementTree.TreeBuilder()
    parser = expat.ParserCreate()
    parser.buffer_text = True
    depth = elements = 0

    def start(tag: str, attributes: dict[str, str]) -> None:
        nonlocal depth, elements
        depth += 1
        elements += 1
        if depth > MAX_DEPTH:
            raise damaged(file, parser.CurrentLineNumber, "elements are nested too deep")
        if elements > MAX_ELEMENTS:
            raise LimitExceeded(f"`{file}` is too large: " + over(elements, MAX_ELEMENTS, "elements"))
        builder.start(tag, {**attributes, _LINE: str(parser.CurrentLineNumber)})

    def end(tag: str) -> None:
        nonlocal depth
        depth -= 1
        builder.end(tag)

    def refuse(*_: object) -> None:
        raise damaged(file, parser.CurrentLineNumber, "an entity of its own has no place in a dump")

    parser.StartElementHandler = start
    parser.EndElementHandler = end
    parser.CharacterDataHandler = builder.data
    parser.EntityDeclHandler = refuse
    try:
        parser.Parse(whole(path, file), True)
        return builder.close()
    except expat.ExpatError as error:
        raise damaged(file, error.lineno, f"this is not XML: {expat.ErrorString(error.code)}") from None


def line_of(element: ElementTree.Element) -> int:
    """The line where an element of `xml_of` begins."""
    return int(element.get(_LINE, "1"))


__all__ = ["Json", "Unread", "json_of", "line_of", "text_of", "xml_of"]

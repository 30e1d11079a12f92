"""YAML from strangers: texts, lists and mappings with their lines. Nothing is made of a tag, and nothing grows: an
alias, by which a few lines can stand for more than memory holds, is refused."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from cmxdsl.limits import LimitExceeded, over
from cmxdsl.readers.built import damaged, whole
from cmxdsl.readers.rules import NO_READER
from cmxdsl.records import define, field

MAX_DEPTH = 50  # of lists and mappings inside one another
MAX_BYTES = 10_000_000  # of one file; a device type has some thousands
_TAGS = {None, "!", *(f"tag:yaml.org,2002:{name}" for name in ("str", "int", "float", "bool", "null", "seq", "map"))}


@define
class Scalar:
    """A text, a number or a flag, as it is written. `plain` is one without quotes, which may be a number or empty."""

    text: str
    line: int
    plain: bool

    @property
    def empty(self) -> bool:
        return self.plain and self.text in ("", "~", "null", "Null", "NULL")


@define
class Listing:
    items: list[Value]
    line: int


@define
class Mapping:
    """`lines` has the line of each key."""

    entries: dict[str, Value]
    line: int
    lines: dict[str, int] = field(factory=dict)


Value = Scalar | Listing | Mapping


def yaml_of(path: Path, file: str) -> Value:
    """What the one document of a YAML file holds. Raises Unread, LimitExceeded, OSError."""
    data = whole(path, file)
    if len(data) > MAX_BYTES:
        raise LimitExceeded(f"`{file}` is too large: " + over(len(data), MAX_BYTES, "bytes of YAML"))
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise damaged(file, data.count(b"\n", 0, error.start) + 1, "this is not UTF-8 text") from None
    try:
        import yaml
    except ImportError:
        raise damaged(file, 1, "YAML needs PyYAML", rule=NO_READER) from None
    if hasattr(yaml, "CSafeLoader"):
        try:
            return _Builder(file).build(yaml.parse(text, Loader=yaml.CSafeLoader))
        except yaml.YAMLError:
            pass  # libyaml words it otherwise: what is said does not depend on whether it is there
    return _Builder(file).build(_events(text, file))


def _events(text: str, file: str) -> Iterator[Any]:
    """The parser's events, what is wrong with a place."""
    import yaml

    try:
        yield from yaml.parse(text, Loader=yaml.SafeLoader)
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        raise damaged(file, line, f"character {error.character:#x} has no place in YAML") from None
    except yaml.YAMLError as error:
        mark = getattr(error, "problem_mark", None)
        said = " ".join(str(getattr(error, "problem", None) or "it cannot be read").split())
        raise damaged(file, mark.line + 1 if mark else 1, f"this is not YAML: {said}") from None


@define
class _Builder:
    file: str
    open: list[Listing | Mapping] = field(factory=list)
    keys: list[str | None] = field(factory=list)  # of each open mapping, the key that waits for its value
    root: Value | None = None

    def build(self, events: Iterator[Any]) -> Value:
        for event in events:
            kind, line = type(event).__name__, event.start_mark.line + 1
            if kind == "AliasEvent":
                raise damaged(self.file, line, "an alias has no place in this file: write out what it stands for")
            if kind == "DocumentStartEvent" and self.root is not None:
                raise damaged(self.file, line, "the file holds more than one document")
            if kind in ("ScalarEvent", "SequenceStartEvent", "MappingStartEvent"):
                self._begin(event, kind, line)
            elif kind in ("SequenceEndEvent", "MappingEndEvent"):
                self.open.pop()
                self.keys.pop()
        if self.root is None:
            raise damaged(self.file, 1, "the file is empty")
        return self.root

    def _begin(self, event: Any, kind: str, line: int) -> None:
        if event.tag not in _TAGS:
            raise damaged(self.file, line, f"the tag `{event.tag[:40]}` has no place in this file")
        if kind == "ScalarEvent":
            self._add(Scalar(event.value, line, event.style is None), line)
            return
        made: Listing | Mapping = Listing([], line) if kind == "SequenceStartEvent" else Mapping({}, line)
        self._add(made, line)
        self.open.append(made)
        self.keys.append(None)
        if len(self.open) > MAX_DEPTH:
            raise damaged(self.file, line, "lists and mappings are nested too deep")

    def _add(self, value: Value, line: int) -> None:
        if not self.open:
            self.root = value
            return
        top = self.open[-1]
        if isinstance(top, Listing):
            top.items.append(value)
            return
        key = self.keys[-1]
        if key is not None:
            top.entries[key] = value
            self.keys[-1] = None
            return
        if not isinstance(value, Scalar):
            raise damaged(self.file, line, "a key is a text")
        if value.text in top.entries:
            raise damaged(self.file, line, f"`{value.text[:40]}` is there twice")
        top.lines[value.text] = line
        self.keys[-1] = value.text


__all__ = ["Listing", "Mapping", "Scalar", "Value", "yaml_of"]

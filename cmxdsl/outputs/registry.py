"""What a design can be written as, and where the writers of other distributions are found."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from importlib import import_module
from typing import TYPE_CHECKING, Any

from cmxdsl.records import frozen

if TYPE_CHECKING:
    from cmxdsl.model import Subject

GROUP = "cmx.writers"
SUFFIXES = {"table": "txt", "text": "txt", "markdown": "md"}  # of files, where it is not the format's name

Written = str | bytes | Iterable[str | bytes]
Files = Iterator[tuple[str, Written]]


class Unwritable(Exception):
    """What was asked for cannot be written of this design; the message says why, and what could be."""


class Unanswered(Unwritable):
    """An error in the design leaves nothing to write."""


@frozen
class Writer:
    """Something that a design can be written as: by the command of its name, by `Design.write`, and by `cmx build`.

    `formats` begin with the usual one. `make` is called with a subject, a format and options by name, and gives a text,
    bytes, or pieces of them as they are made; in a table it keeps to the options `width` and `color`. It raises
    Unwritable. `built` are the formats that `cmx build` leaves, as `stem` and a suffix; where that is not all there is
    to say, `build` gives names and contents for a subject: none where it has nothing to show. A function may be named,
    `module:function`, and is then imported when it is used.
    """

    name: str
    title: str
    formats: tuple[str, ...]
    make: str | Callable[..., Written]
    built: tuple[str, ...] = ()
    stem: str = ""
    build: str | Callable[[Subject], Files] | None = None

    def write(self, subject: Subject, format: str = "", **options: object) -> Written:
        """A subject in one of the formats. Raises Unwritable."""
        if format and format not in self.formats:
            raise Unwritable(f"there is no format `{format}` of `{self.name}`: it is one of {', '.join(self.formats)}")
        made: Written = _function(self.make)(subject, format or self.formats[0], **options)
        return made

    def files(self, subject: Subject) -> Files:
        """The files that `cmx build` leaves."""
        if self.build is not None:
            yield from _function(self.build)(subject)
            return
        for format in self.built:
            made = self.write(subject, format)
            yield f"{self.stem or self.name}.{SUFFIXES.get(format, format)}", made


def _function(named: str | Callable[..., Any]) -> Callable[..., Any]:
    if not isinstance(named, str):
        return named
    module, _, name = named.partition(":")
    found: Callable[..., Any] = getattr(import_module(module), name)
    return found


def added() -> tuple[list[Writer], list[str]]:
    """The writers that other distributions add, by name, and what was wrong with those that could not be loaded."""
    found, problems = [], []
    from importlib import metadata

    for point in sorted(metadata.entry_points(group=GROUP), key=lambda p: p.name):
        try:
            loaded = point.load()
        except Exception as error:  # a broken plug-in is a message, not a crash
            problems.append(f"writer `{point.name}` cannot be loaded: {error}")
            continue
        if isinstance(loaded, Writer):
            found.append(loaded)
        else:
            problems.append(f"writer `{point.name}` is not a Writer")
    return found, problems

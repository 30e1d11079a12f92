"""The files of a design: finding, reading and parsing them, and what each can see of the others."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Mapping
from pathlib import Path

from attrs import define, field

from cmxdsl.diagnostics import Diagnostic, Findings, Related, nearest
from cmxdsl.elaborate import rules
from cmxdsl.elaborate.library import module_text, std_modules
from cmxdsl.elaborate.same import Same
from cmxdsl.schema import KINDS
from cmxdsl.source import NotText, Source, Span, decoded
from cmxdsl.syntax import nodes as n
from cmxdsl.syntax import parse
from cmxdsl.syntax import rules as text_rules

MAX_BYTES = 10_000_000
MAX_TOTAL = 40_000_000
MAX_FILES = 1000
_ROOT_MARKS = (".git", "cmx.toml", "pyproject.toml")


@define(eq=False)
class FileScope:
    """A parsed file and the names that it can see."""

    source: Source
    node: n.File
    library: bool
    definitions: dict[str, n.Definition] = field(factory=dict)
    lets: dict[str, n.Let] = field(factory=dict)
    used: list[tuple[n.Use, FileScope]] = field(factory=list)
    poison: bool = False  # a used file could not be read: unknown names may come from it

    def find(self, name: str) -> list[tuple[FileScope, n.Definition]]:
        """The definitions that `name` may mean here: the file's own, else those of the files it uses."""
        if name in self.definitions:
            return [(self, self.definitions[name])]
        found = {Same(s.definitions[name]): (s, s.definitions[name]) for _, s in self.used if name in s.definitions}
        return list(found.values())

    def find_let(self, name: str) -> tuple[FileScope, n.Let] | None:
        for scope in (self, *(s for _, s in self.used)):
            if name in scope.lets:
                return scope, scope.lets[name]
        return None

    def names(self) -> list[str]:
        return [*self.definitions, *(name for _, s in self.used for name in s.definitions)]

    def lost(self, name: str) -> bool:
        """Whether `name` may have been defined in text that could not be read."""
        return self.poison or name in self.node.broken or any(name in s.node.broken for _, s in self.used)


def project_root(file: Path) -> Path:
    """The folder that a design may read in: the nearest one above `file` that looks like a project's root."""
    start = file.resolve().parent
    for folder in (start, *start.parents):
        if any((folder / mark).exists() for mark in _ROOT_MARKS):
            return folder
    return start


@define
class Project:
    """Reads files once each, never outside `root`."""

    root: Path
    findings: Findings
    overlay: Mapping[Path, str] = field(factory=dict)
    parser: Callable[[Source, Collection[str], Findings], n.File] = parse
    scopes: dict[str, FileScope] = field(factory=dict)
    read: int = 0
    _pending: list[tuple[FileScope, Path | None]] = field(factory=list)

    @property
    def sources(self) -> dict[str, Source]:
        return {scope.source.file: scope.source for scope in self.scopes.values()}

    def open(self, path: Path, shown: str, at: Span | None = None) -> FileScope | None:
        """The file at `path`, called `shown` in messages; `at` is the place that asks for it."""
        real = path.resolve()
        key = str(real)
        if key in self.scopes:
            return self.scopes[key]
        place = at or Span(shown, 1, 1, 1, 1)
        text = self.overlay.get(real)
        if text is None:
            result = self.text_of(path, shown, place)
            if isinstance(result, Diagnostic):
                self.findings.add(result)
                return None
            text = result
        return self.add(key, Source(shown, text), path.parent)

    def text_of(self, path: Path, shown: str, place: Span) -> str | Diagnostic:
        """The file's text, or why it cannot be had."""
        try:
            if not path.is_file():
                why = "is a folder" if path.is_dir() else "is no plain file" if path.exists() else "does not exist"
                return text_rules.UNREADABLE.at(place, f"`{shown}` {why}")
            with path.open("rb") as stream:
                data = stream.read(MAX_BYTES + 1)
        except OSError as error:
            reason = (error.strerror or "cannot be read").lower()
            return text_rules.UNREADABLE.at(place, f"`{shown}`: {reason}")
        return self.decode(data, shown, place)

    def decode(self, data: bytes, shown: str, place: Span) -> str | Diagnostic:
        self.read += len(data)
        if len(data) > MAX_BYTES:
            return text_rules.TOO_BIG.at(place, f"`{shown}` has more than {MAX_BYTES // 1_000_000} MB")
        if self.read > MAX_TOTAL or len(self.scopes) >= MAX_FILES:
            return text_rules.TOO_BIG.at(place, f"with `{shown}` the design has more than 1,000 files or 40 MB")
        try:
            return decoded(data)
        except NotText as error:
            return text_rules.UNREADABLE.at(place, f"`{shown}` is not text in UTF-8: {error}", "save it as UTF-8")

    def add(self, key: str, source: Source, folder: Path | None, library: bool = False) -> FileScope:
        """Parse a text; `folder` is where its relative paths start."""
        node = self.parser(source, KINDS, self.findings)
        scope = FileScope(source, node, library)
        self.scopes[key] = scope
        for definition in node.definitions:
            self.declare(scope.definitions, definition)
        for let in node.lets:
            self.declare(scope.lets, let)
        self._pending.append((scope, folder))
        return scope

    def follow_uses(self) -> None:
        """Read what the files read so far use, and so on, until nothing is left."""
        while self._pending:
            scope, folder = self._pending.pop(0)
            for use in scope.node.uses:
                other = self.follow(use, scope, folder)
                if other is None:
                    scope.poison = True
                elif other is not scope:
                    scope.used.append((use, other))

    def declare(self, names: dict[str, n.Definition] | dict[str, n.Let], node: n.Definition | n.Let) -> None:
        earlier = names.get(node.name.text)
        if earlier is not None:
            first = Related(earlier.name.span, "first defined here")
            self.findings.add(
                rules.DUPLICATE.at(node.name.span, f"`{node.name.text}` is defined twice", related=[first])
            )
            return
        names[node.name.text] = node  # type: ignore[assignment]

    def follow(self, use: n.Use, scope: FileScope, folder: Path | None) -> FileScope | None:
        if use.module:
            return self.module(use)
        if folder is None or scope.library:
            self.findings.add(text_rules.OUTSIDE.at(use.place, "the library uses modules only"))
            return None
        target = folder / use.path.replace("\0", "")
        if "\0" in use.path or Path(use.path).is_absolute() or not target.resolve().is_relative_to(self.root):
            self.findings.add(
                text_rules.OUTSIDE.at(
                    use.place,
                    f"`{use.path}` lies outside the project's folder",
                    "copy the file into the project, or name the folder that holds both with `--root`",
                )
            )
            return None
        shown = os.path.normpath(os.path.join(os.path.dirname(scope.source.file), use.path))  # noqa: PTH118, PTH120
        return self.open(target, Path(shown).as_posix(), use.place)

    def module(self, use: n.Use) -> FileScope | None:
        head, _, name = use.module.partition(".")
        modules = std_modules()
        if head != "std" or name not in modules:
            self.findings.add(
                rules.UNKNOWN_MODULE.at(
                    use.place,
                    f"there is no library module `{use.module}`",
                    nearest(use.module, [f"std.{m}" for m in modules])
                    or f"a file is written in quotes; the modules are {', '.join(f'std.{m}' for m in modules)}",
                )
            )
            return None
        key = f"std/{name}.cmx"
        if key not in self.scopes:
            self.add(key, Source(key, module_text(name)), None, library=True)
        return self.scopes[key]

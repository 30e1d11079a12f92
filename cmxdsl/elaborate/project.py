"""The files of a design: finding, reading and parsing them, and what each can see of the others."""

from __future__ import annotations

import os
import posixpath
import re
from collections.abc import Callable, Collection, Mapping
from pathlib import Path

from cmxdsl.diagnostics import Diagnostic, Findings, Related, nearest
from cmxdsl.elaborate import rules
from cmxdsl.elaborate.library import module_file, module_node, module_text, std_modules
from cmxdsl.elaborate.packages import STD, Library, LibraryFault, Packages
from cmxdsl.elaborate.same import Same
from cmxdsl.fixes import Fix
from cmxdsl.records import define, field, frozen
from cmxdsl.schema import KINDS, STANDARD, Vocabulary
from cmxdsl.source import NotText, Source, Span, decoded
from cmxdsl.syntax import nodes as n
from cmxdsl.syntax import parse
from cmxdsl.syntax import rules as text_rules
from cmxdsl.syntax.fixes import without, without_definition

MAX_BYTES = 10_000_000
MAX_TOTAL = 40_000_000
MAX_FILES = 1000


@frozen(eq=False)
class Origin:
    """Where a library's file comes from: the module that it is, its place on the disk, and for an installed library
    that library and the file's path in it."""

    module: str
    where: Path
    package: Library | None = None
    path: str = ""


@define(eq=False)
class FileScope:
    """A parsed file and the names that it can see."""

    source: Source
    node: n.File
    origin: Origin | None = None
    definitions: dict[str, n.Definition] = field(factory=dict)
    lets: dict[str, n.Let] = field(factory=dict)
    used: list[tuple[n.Use, FileScope]] = field(factory=list)
    vocabulary: Vocabulary = STANDARD  # the planes and attributes that it sees; see `declarations`
    poison: bool = False  # a used file could not be read: unknown names may come from it

    @property
    def library(self) -> bool:
        """Whether it is a file that the project only uses: of the library of the tool, or of an installed one."""
        return self.origin is not None

    @property
    def aliases(self) -> dict[str, n.Use]:
        """What used files were given names, by those names."""
        return {use.alias.text: use for use in self.node.uses if use.alias is not None}

    def seen(self, alias: str) -> list[FileScope]:
        """The used files that go by a name here, or with the empty name those that were given none."""
        return [s for use, s in self.used if (use.alias.text if use.alias is not None else "") == alias]

    def find(self, name: str) -> list[tuple[FileScope, n.Definition]]:
        """The definitions that `name` (or `alias.name`) may mean here: the file's own, else those of files it uses."""
        return [(scope, d) for scope, d in self._found(name) if scope is self or not d.private]

    def hidden(self, name: str) -> list[tuple[FileScope, n.Definition | n.Let]]:
        """The private definitions and `let`s of used files that have the name."""
        found: list[tuple[FileScope, n.Definition | n.Let]] = [*self._found(name), *self._found_lets(name)]
        return [(scope, item) for scope, item in found if scope is not self and item.private]

    def _found(self, name: str) -> list[tuple[FileScope, n.Definition]]:
        alias, _, plain = name.rpartition(".")
        if name in self.definitions:
            return [(self, self.definitions[name])]
        scopes = self.seen(alias)
        return list(
            {Same(s.definitions[plain]): (s, s.definitions[plain]) for s in scopes if plain in s.definitions}.values()
        )

    def find_lets(self, name: str) -> list[tuple[FileScope, n.Let]]:
        """The `let`s at the top of files that a name may mean here, likewise."""
        return [(scope, let) for scope, let in self._found_lets(name) if scope is self or not let.private]

    def _found_lets(self, name: str) -> list[tuple[FileScope, n.Let]]:
        alias, _, plain = name.rpartition(".")
        if name in self.lets:
            return [(self, self.lets[name])]
        return list({Same(s): (s, s.lets[plain]) for s in self.seen(alias) if plain in s.lets}.values())

    def split(self, path: n.Path) -> tuple[str, Span, str]:
        """The name that a path starts with (`H100`, or `nv.H100` where `nv` is a used file), where it stands, and the
        rest of the path."""
        first, *more = path.segments
        if not (more and first.name.text in self.aliases):
            return first.name.text, first.name.span, ".".join(s.name.text for s in more)
        name = f"{first.name.text}.{more[0].name.text}"
        return name, first.name.span.to(more[0].name.span), ".".join(s.name.text for s in more[1:])

    def whole_name(self, path: n.Path) -> str | None:
        """The name, when a path is one name without indices, or one behind the name of a used file."""
        name, _, rest = self.split(path)
        return None if rest or any(s.indices for s in path.segments) else name

    def declared(self, word: str) -> tuple[FileScope, n.Plane | n.Declared] | None:
        """Where a plane or an attribute that can be named here is declared."""
        for scope in (self, *(used for _, used in self.used)):
            for node in scope.node.declared:
                if node.dotted == word:
                    return scope, node
        return None

    def names(self) -> list[str]:
        """The definitions that can be named here, as they are written here."""
        found = list(self.definitions)
        for use, scope in self.used:
            before = f"{use.alias.text}." if use.alias is not None else ""
            found += [before + name for name, d in scope.definitions.items() if not d.private]
        return found

    def lost(self, name: str) -> bool:
        """Whether `name` may have been defined in text that could not be read."""
        alias, _, plain = name.rpartition(".")
        return self.poison or any(plain in s.node.broken for s in (self, *self.seen(alias)))


def alias_for(file: str) -> str:
    """A name for a used file, from its own: `parts/h-100.cmx` is `h_100`."""
    return re.sub(r"\W|^(?=\d)", "_", Path(file).stem)


@define
class Project:
    """Reads files once each, never outside `root`."""

    root: Path
    findings: Findings
    overlay: Mapping[Path, str] = field(factory=dict)
    parser: Callable[[Source, Collection[str], Findings], n.File] = parse
    locked: bool = False  # installed libraries are those of `cmx.lock`, or refused
    scopes: dict[str, FileScope] = field(factory=dict)
    read: int = 0
    packages: Packages = field(init=False)
    _pending: list[tuple[FileScope, Path | None]] = field(factory=list)

    def __attrs_post_init__(self) -> None:
        self.packages = Packages(self.root, self.locked)

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
                why = "is a folder" if path.is_dir() else "is not a regular file" if path.exists() else "does not exist"
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

    def add(
        self, key: str, source: Source, folder: Path | None, origin: Origin | None = None, node: n.File | None = None
    ) -> FileScope:
        """Parse a text, unless it was (`node`); `folder` is where its relative paths start."""
        node = node or self.parser(source, KINDS, self.findings)
        scope = FileScope(source, node, origin)
        self.scopes[key] = scope
        for definition in node.definitions:
            self.declare(source, scope.definitions, definition)
        for let in node.lets:
            self.declare(source, scope.lets, let)
        items: tuple[n.Definition | n.Let, ...] = (*node.definitions, *node.lets)
        named = {item.name.text: item.name for item in items}
        for word in node.declared:
            if len(word.key) == 1:
                self.once(named, word.key[0])
        titles: dict[str, n.Name] = {}
        for test in node.tests:
            if self.once(titles, test.title):
                titles[test.title.text] = test.title
        for use in node.uses:
            if use.alias is not None:
                self.once(named, use.alias)
                named[use.alias.text] = use.alias
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

    def declare(
        self, source: Source, names: dict[str, n.Definition] | dict[str, n.Let], node: n.Definition | n.Let
    ) -> None:
        known = names.get(node.name.text)
        if known is None:
            names[node.name.text] = node  # type: ignore[assignment]
            return
        fix = without_definition(source, node) if isinstance(node, n.Definition) else without(source, node)
        self.once({known.name.text: known.name}, node.name, (fix,))

    def once(self, names: Mapping[str, n.Name], name: n.Name, fixes: tuple[Fix, ...] = ()) -> bool:
        """Whether a name is new; reported where it is not."""
        earlier = names.get(name.text)
        if earlier is not None:
            first = Related(earlier.span, "first defined here")
            message = f"`{name.text}` is defined twice"
            self.findings.add(rules.DUPLICATE.at(name.span, message, "", [first], fixes))
        return earlier is None

    def follow(self, use: n.Use, scope: FileScope, folder: Path | None) -> FileScope | None:
        package = scope.origin.package if scope.origin is not None else None
        if package is not None and use.module.partition(".")[0] != STD:
            return self.within(use, scope, package)
        if use.module:
            return self.module(use)
        if folder is None:
            self.findings.add(text_rules.OUTSIDE.at(use.place, "the library uses modules only"))
            return None
        target = folder / use.path.replace("\0", "")
        if "\0" in use.path or Path(use.path).is_absolute() or not target.resolve().is_relative_to(self.root):
            self.findings.add(
                text_rules.OUTSIDE.at(
                    use.place,
                    f"`{use.path}` is outside the project's folder",
                    "copy the file into the project, or name the folder that has both with `--root`",
                )
            )
            return None
        shown = os.path.normpath(os.path.join(os.path.dirname(scope.source.file), use.path))  # noqa: PTH118, PTH120
        return self.open(target, Path(shown).as_posix(), use.place)

    def module(self, use: n.Use) -> FileScope | None:
        head, _, name = use.module.partition(".")
        if name and head != STD:
            try:
                return self.packaged(use, *self.packages.find(use.module))
            except LibraryFault as fault:
                self.findings.add(fault.rule.at(use.place, fault.message, fault.help))
                return None
        modules = std_modules()
        if name not in modules:
            self.findings.add(
                rules.UNKNOWN_MODULE.at(
                    use.place,
                    f"unknown library module `{use.module}`",
                    nearest(use.module, [f"std.{m}" for m in modules])
                    or f"a file is written in quotes; the modules are {', '.join(f'std.{m}' for m in modules)}",
                )
            )
            return None
        key = f"std/{name}.cmx"
        if key not in self.scopes:
            source, node = module_node(key, name) if self.parser is parse else (Source(key, module_text(name)), None)
            self.add(key, source, None, Origin(use.module, module_file(name)), node)
        return self.scopes[key]

    def modules(self, faults: list[LibraryFault] | None = None) -> list[str]:
        """Every module that `use` can name here; what keeps libraries from being listed goes to `faults`."""
        found = [f"{STD}.{module}" for module in std_modules()]
        try:
            names = sorted(self.packages.allowed)
        except LibraryFault as fault:
            names = []
            if faults is not None:
                faults.append(fault)
        for name in names:
            try:
                found += self.packages.library(name).modules
            except LibraryFault as fault:
                if faults is not None:
                    faults.append(fault)
        return found

    def within(self, use: n.Use, scope: FileScope, package: Library) -> FileScope | None:
        """A file of an installed library that another file of it uses."""
        assert scope.origin is not None
        path = posixpath.normpath(posixpath.join(posixpath.dirname(scope.origin.path), use.path))
        if use.module or path not in package.files:
            message = f"`{package.name}` has no file `{path}`" if use.path else f"`{use.module}` is not its own file"
            help = "a library uses modules of `std`, and files of its own by their relative paths"
            self.findings.add(text_rules.OUTSIDE.at(use.place, message, help))
            return None
        return self.packaged(use, package, path)

    def packaged(self, use: n.Use, package: Library, path: str) -> FileScope | None:
        """A file of an installed library."""
        shown = package.shown(path)
        if shown in self.scopes:
            return self.scopes[shown]
        try:
            text = self.decode(self.packages.read(package, path), shown, use.place)
        except LibraryFault as fault:
            text = fault.rule.at(use.place, fault.message, fault.help)
        if isinstance(text, Diagnostic):
            self.findings.add(text)
            return None
        module = f"{package.name}.{path.removesuffix('.cmx').replace('/', '.')}"
        return self.add(shown, Source(shown, text), None, Origin(module, package.where(path), package, path))

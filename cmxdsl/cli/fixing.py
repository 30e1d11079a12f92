"""`cmx check --fix`: the safe fixes applied, as far as what comes out can be read and has no new finding."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from difflib import unified_diff
from pathlib import Path
from typing import TYPE_CHECKING

from cmxdsl.design import load
from cmxdsl.diagnostics import Findings, Severity
from cmxdsl.fixes import Fix, applied, compatible
from cmxdsl.records import define, field
from cmxdsl.schema import KINDS
from cmxdsl.source import Source, decoded
from cmxdsl.syntax import parse
from cmxdsl.syntax.format import formatted

if TYPE_CHECKING:
    from cmxdsl.design import Design

ROUNDS = 10  # a fix may make room for another


@define
class Fixing:
    """The texts of a design's files as they are and as they become."""

    file: str
    top: str | None
    parameters: Mapping[str, str]
    root: str | None
    locked: bool = False
    old: dict[str, str] = field(factory=dict)  # by the name that spans have, as read
    new: dict[str, str] = field(factory=dict)
    count: int = 0

    def run(self) -> None:
        """Apply what is safe, round by round, until nothing is left or nothing helps."""
        design = self.design(self.new)
        for _ in range(ROUNDS):
            fixes = list(compatible(self.safe(design)))
            tried = self.attempt(design, fixes) if fixes else None
            if tried is None:
                for fix in fixes if len(fixes) > 1 else []:
                    single = self.attempt(design, [fix])
                    if single is not None:
                        tried, fixes = single, [fix]
                        break
            if tried is None:
                return
            self.new, design = tried
            self.count += len(fixes)

    def design(self, texts: Mapping[str, str]) -> Design:
        overlay = {Path(file).resolve(): text for file, text in texts.items()}
        return load(
            self.file, top=self.top, parameters=self.parameters, root=self.root, texts=overlay, locked=self.locked
        )

    def safe(self, design: Design) -> Iterator[Fix]:
        """The safe fixes of findings, of files that are there to be written."""
        scopes = design.texts[0].scopes.values() if design.texts is not None else ()
        used = {scope.source.file for scope in scopes if scope.library}
        for found in design.diagnostics:
            for fix in found.fixes:
                files = {edit.span.file for edit in fix.edits}
                if fix.safe and not files & used and all(self.text(file) is not None for file in files):
                    yield fix
                    break  # one for a finding

    def text(self, file: str) -> str | None:
        """The present text of a file; None for what is no file."""
        if file in self.new:
            return self.new[file]
        if file not in self.old:
            path = Path(file)
            if not path.is_file():
                return None
            self.old[file] = decoded(path.read_bytes())
        return self.old[file]

    def attempt(self, design: Design, fixes: Sequence[Fix]) -> tuple[dict[str, str], Design] | None:
        """The texts with the fixes, and what they come to; None when that is not better."""
        texts = dict(self.new)
        for file in dict.fromkeys(edit.span.file for fix in fixes for edit in fix.edits):
            before = self.text(file)
            assert before is not None
            after = applied(before, [e for fix in fixes for e in fix.edits if e.span.file == file])
            texts[file] = _styled(after) if _is_styled(self.old.get(file, before)) else after
        result = self.design(texts)
        return (texts, result) if _better(design, result) else None


def _better(before: Design, after: Design) -> bool:
    """Whether findings went and none came. What comes to light once a text can be read, or a design is free of errors,
    was there before."""
    old, new = _tally(before), _tally(after)
    unread, wrong = any(c.startswith("CMX01") for c, _, _ in old), any(s is Severity.ERROR for _, s, _ in old)
    for key in new - old:
        code, severity, _ = key
        hidden = unread if severity is Severity.ERROR else unread or wrong
        if code.startswith("CMX01") or not hidden:
            return False
    return bool(old - new)


def _tally(design: Design) -> Counter[tuple[str, Severity, str]]:
    return Counter((d.code, d.severity, d.message) for d in design.diagnostics)


def _readable(text: str) -> bool:
    findings = Findings()
    parse(Source("x", text), KINDS, findings)
    return not findings.items


def _is_styled(text: str) -> bool:
    return _readable(text) and formatted(text) == text


def _styled(text: str) -> str:
    """In canonical style where it can be read."""
    return formatted(text) if _readable(text) else text


def difference(old: Mapping[str, str], new: Mapping[str, str]) -> str:
    """What changes, as a unified diff."""
    lines: list[str] = []
    for file, text in new.items():
        lines += unified_diff(old[file].splitlines(True), text.splitlines(True), f"{file} (now)", f"{file} (fixed)")
    return "".join(lines)

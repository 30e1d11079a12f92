"""The plan of a study that a file states, or that is asked for on the command line."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

from cmxdsl.design import Design, load
from cmxdsl.diagnostics import nearest
from cmxdsl.model import Component, Study
from cmxdsl.records import frozen
from cmxdsl.source import project_root
from cmxdsl.studies.plan import Plan, Question, StudyFault

ASKED = "asked"  # the name of a study that is not in the file


@frozen
class Lines:
    """A study as lines: `vary` as `racks in 4..16 step 4`, and expressions."""

    vary: tuple[str, ...] = ()
    keep: tuple[str, ...] = ()
    report: tuple[str, ...] = ()
    minimize: tuple[str, ...] = ()
    maximize: tuple[str, ...] = ()

    @property
    def statement(self) -> str:
        """As the statement that a file would have."""
        lines = [f"vary {line.replace('=', ' in ', 1) if ' in ' not in line else line}" for line in self.vary]
        for word in ("keep", "report", "minimize", "maximize"):
            lines += [f"{word} {line}" for line in getattr(self, word)]
        return f"study {ASKED} {{\n" + "\n".join(lines) + "\n}"


def with_study(design: Design, path: str, root: str | None, sets: Mapping[str, str], lines: Lines) -> Design:
    """The same design with a study of these lines at the end of its top component."""
    top = design.component
    source = design.sources[top.span.file]
    if Path(source.file).resolve() != Path(path).resolve():
        raise StudyFault(f"`{top.name}` stands in another file than `{path}`: write the study there")
    _, scope = design.texts or (None, None)
    assert scope is not None
    node = scope.definitions[top.name]
    rows = source.text.split("\n")
    end = sum(len(row) + 1 for row in rows[: node.span.end_line - 1]) + node.span.end_column - 1
    body = source.text[:end].rstrip()
    if not body.endswith("}"):
        raise StudyFault(f"`{top.name}` has no block, and so no parameter that anything depends on")
    text = f"{body[:-1]}\n{lines.statement}\n}}{source.text[end:]}"
    return load(path, top=top.name, parameters=sets, root=root, text=text)


def plan_of(
    design: Design,
    path: str,
    root: str | None,
    sets: Mapping[str, str],
    name: str = "",
    sampling: str = "grid",
    count: int = 0,
    seed: int = 0,
) -> Plan:
    """The plan of a study of a design. Raises StudyFault where there is no such study."""
    top = design.component
    study = _chosen(top, name)
    folder = Path(root).resolve() if root is not None else project_root(Path(path))
    texts = tuple(
        (str(Path(file).resolve()), source.text)
        for file, source in sorted(design.sources.items())
        if not file.startswith(("--set ", "<")) and os.path.exists(file)  # noqa: PTH110
    )
    return Plan(
        path,
        str(folder),
        texts,
        top.name,
        tuple(sorted(sets.items())),
        study.name,
        tuple((v.name, v.values) for v in study.varies),
        tuple(Question(g.kind, g.name, g.text) for g in study.goals),
        sampling,
        count,
        seed,
    )


def _chosen(top: Component, name: str) -> Study:
    known = {study.name: study for study in top.studies}
    if not known:
        raise StudyFault(f"`{top.name}` has no study: write one, or ask with `--vary`")
    if not name and len(known) > 1:
        raise StudyFault(f"`{top.name}` has several studies: name one of {', '.join(known)}")
    if name and name not in known:
        hint = nearest(name, known).text
        raise StudyFault(f"`{top.name}` has no study `{name}`: {hint or 'it has ' + ', '.join(known)}")
    return known[name] if name else next(iter(known.values()))

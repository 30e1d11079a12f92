"""`cmx fmt --upgrade`: what an older text lacks in the language of today."""

from __future__ import annotations

from pathlib import Path

from cmxdsl.diagnostics import Findings
from cmxdsl.elaborate import rules
from cmxdsl.elaborate.overrides import override_findings
from cmxdsl.elaborate.project import Project
from cmxdsl.fixes import applied, compatible
from cmxdsl.source import Source, project_root

UPGRADED = {rules.NO_OVERRIDE.code}  # what an older text could leave out; each finding's first fix writes it


def upgraded(path: Path, text: str, findings: Findings) -> tuple[str, dict[str, Source]]:
    """A file's text as it is written today, and the sources that `findings` may be about.

    Adds `override` where a variant replaces something of its base. `findings` takes what keeps the files that it uses
    from being read, so that its bases are not known.
    """
    project = Project(project_root(path), findings, {path.resolve(): text})
    main = project.open(path, str(path))
    if main is None:
        return text, project.sources
    project.follow_uses()
    found = [d for d in override_findings(main) if d.code in UPGRADED]
    edits = [edit for fix in compatible(d.fixes[0] for d in found if d.fixes) for edit in fix.edits]
    return applied(text, edits), project.sources

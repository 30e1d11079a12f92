"""The one pipeline from an opened file to findings: read what it uses, elaborate, choose media, check."""

from __future__ import annotations

from collections.abc import Mapping

from cmxdsl.analysis.physical.media_choice import choose_media
from cmxdsl.checks import run
from cmxdsl.elaborate import Elaborated, FileScope, Project, elaborate


def compiled(
    project: Project,
    main: FileScope,
    top: str | None = None,
    parameters: Mapping[str, str] | None = None,
    alone: bool = False,
) -> Elaborated:
    """The elaborated design of `main`, a file that `project` opened; mistakes go to the project's findings.

    `top` names the component to answer for, `parameters` gives its parameters as text. With `alone` it is looked at
    without the rest of its file, and only for errors.
    """
    project.follow_uses()
    design = choose_media(elaborate(project, main, top, parameters, alone))
    run(design, project.findings, errors=alone)
    return design

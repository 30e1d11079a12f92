"""A Pygments lexer for cmx, found by its entry point, so that docs and terminals colour cmx."""

from __future__ import annotations

from typing import ClassVar

from pygments.lexer import RegexLexer, bygroups, words
from pygments.token import Comment, Keyword, Name, Number, Operator, Punctuation, String, Whitespace

from cmxdsl.schema import FUNCTIONS, KINDS
from cmxdsl.syntax import keywords
from cmxdsl.syntax.words import SOFT

VALUES = ("true", "false", "unknown")
OPERATORS = ("and", "or", "not", "div", "mod")


class CmxLexer(RegexLexer):  # type: ignore[misc]
    """Colours by words and shapes; nothing is parsed, so that half-written text is coloured too."""

    name = "cmx"
    aliases: ClassVar[list[str]] = ["cmx"]
    filenames: ClassVar[list[str]] = ["*.cmx"]

    tokens: ClassVar[dict[str, list[object]]] = {
        "root": [
            (r"\s+", Whitespace),
            (r"//[/!].*?$", Comment.Special),
            (r"//.*?$", Comment.Single),
            (r"/\*[\s\S]*?\*/", Comment.Multiline),
            (r'"(\\.|[^"\\\n])*"', String),
            (rf"({'|'.join(KINDS)})(\s+)([A-Za-z_]\w*)", bygroups(Keyword.Declaration, Whitespace, Name.Class)),
            (rf"\b({'|'.join(SOFT)})(?=[ \t]+[A-Za-z_\"]|[ \t]*$)", Keyword),
            (words(VALUES, suffix=r"\b"), Keyword.Constant),
            (words(OPERATORS, suffix=r"\b"), Operator.Word),
            (words(tuple(sorted(keywords() - {*VALUES, *OPERATORS})), suffix=r"\b"), Keyword),
            (words(tuple(FUNCTIONS), suffix=r"(?=\()"), Name.Builtin),
            (r"[0-9][0-9_]*(\.[0-9_]+)?([eE][+-]?[0-9]+)?", Number),
            (r"[A-Za-z_µ°%][\w/^]*", Name),
            (r"--|\.\.<?|[-+*/^=<>!]+", Operator),
            (r"[{}()\[\],;:.]", Punctuation),
        ]
    }

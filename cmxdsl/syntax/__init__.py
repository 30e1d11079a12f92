"""Text to syntax nodes: lexing, the grammar, recovery, comments."""

from cmxdsl.syntax.parser import keywords, parse

__all__ = ["keywords", "parse"]

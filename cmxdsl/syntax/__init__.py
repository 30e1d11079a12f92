"""Text to syntax nodes: lexing, the grammar, recovery, comments."""

from cmxdsl.syntax.parser import following, keywords, parse

__all__ = ["following", "keywords", "parse"]

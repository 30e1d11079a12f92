"""Text to syntax nodes: lexing, the grammar, recovery, comments."""

from cmxdsl.syntax.lexer import keywords
from cmxdsl.syntax.parser import following, parse

__all__ = ["following", "keywords", "parse"]

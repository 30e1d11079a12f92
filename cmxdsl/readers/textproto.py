"""Protocol buffers as text, without their schema: fields in the order of the file, with their lines."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

from cmxdsl.limits import LimitExceeded, over
from cmxdsl.readers.built import damaged, lines
from cmxdsl.records import define, field

MAX_DEPTH = 100  # of messages inside one another
MAX_FIELDS = 5_000_000
_TOKEN = re.compile(
    r"""\s*(?:\#.*|(?P<word>[A-Za-z_][\w.]*|-?[0-9][\w.+-]*)|(?P<sign>[:{}<>\[\],;])"""
    r"""|(?P<text>"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'))"""
)
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r"}
_CLOSES = {"{": "}", "<": ">"}
Token = tuple[int, str, str]  # line, group, text


@define
class Message:
    """The values of each field: texts and numbers as they are written, and messages."""

    line: int
    fields: dict[str, list[Message | str]] = field(factory=dict)

    def messages(self, name: str) -> Iterator[Message]:
        return (value for value in self.fields.get(name, ()) if isinstance(value, Message))

    def message(self, name: str) -> Message | None:
        return next(self.messages(name), None)

    def texts(self, name: str) -> list[str]:
        return [value for value in self.fields.get(name, ()) if isinstance(value, str)]

    def text(self, name: str, otherwise: str = "") -> str:
        return next(iter(self.texts(name)), otherwise)


def textproto_of(path: Path, file: str) -> Message:
    """The message in a file. Raises Unread, LimitExceeded, OSError."""
    return _Parser(file, _tokens(path, file)).parse()


def _tokens(path: Path, file: str) -> Iterator[Token]:
    for number, text in lines(path, file):
        at, end = 0, len(text.rstrip())
        while at < end:
            found = _TOKEN.match(text, at)
            if found is None or found.end() == at:
                raise damaged(file, number, "this is not a protocol buffer's text", text[at:])
            at = found.end()
            if found.lastgroup:
                yield number, found.lastgroup, found[found.lastgroup]


@define
class _Parser:
    file: str
    tokens: Iterator[Token]
    count: int = 0

    def parse(self) -> Message:
        root = Message(1)
        stack: list[tuple[Message, str]] = [(root, "")]
        line = 1
        for line, group, text in self.tokens:
            if group == "word":
                made = self._field(stack[-1][0], line, text)
                if made is not None:
                    stack.append(made)
                    if len(stack) > MAX_DEPTH:
                        raise damaged(self.file, line, "messages are nested too deep")
            elif text in (",", ";"):
                continue
            elif len(stack) > 1 and text == stack[-1][1]:
                stack.pop()
            else:
                raise damaged(self.file, line, f"`{text[:20]}` has no place here")
        if len(stack) > 1:
            raise damaged(self.file, line, f"the message that begins in line {stack[-1][0].line} is not closed")
        return root

    def _field(self, within: Message, line: int, name: str) -> tuple[Message, str] | None:
        """Reads a field's value; a message that was opened, with what closes it."""
        self.count += 1
        if self.count > MAX_FIELDS:
            raise LimitExceeded(f"`{self.file}` is too large: " + over(self.count, MAX_FIELDS, "fields"))
        values = within.fields.setdefault(name, [])
        after, group, text = self._next(line)
        if text == ":" and group == "sign":
            after, group, text = self._next(after)
        elif group != "sign" or text not in _CLOSES:
            raise damaged(self.file, after, f"`{name[:40]}` has no value")
        if group == "sign" and text in _CLOSES:
            made = Message(after)
            values.append(made)
            return made, _CLOSES[text]
        if group == "sign" and text == "[":
            self._list(values, after)
        elif group == "sign":
            raise damaged(self.file, after, f"`{name[:40]}` has no value")
        else:
            values.append(_value(group, text))
        return None

    def _list(self, values: list[Message | str], line: int) -> None:
        while True:
            line, group, text = self._next(line)
            if group != "sign":
                values.append(_value(group, text))
            elif text == "]":
                return
            elif text != ",":
                raise damaged(self.file, line, "a list holds texts and numbers")

    def _next(self, line: int) -> Token:
        token = next(self.tokens, None)
        if token is None:
            raise damaged(self.file, line, "the file ends in the middle of a field")
        return token


def _value(group: str, text: str) -> str:
    if group == "word":
        return text
    return re.sub(r"\\(.)", lambda m: _ESCAPES.get(m[1], m[1]), text[1:-1])


__all__ = ["Message", "textproto_of"]

"""Texts made from texts: bytes and words are dropped, doubled, swapped and replaced, or taken from another text."""

from __future__ import annotations

import re
from pathlib import Path
from random import Random

ROOT = Path(__file__).parents[2]
WORD = re.compile(r'"[^"\n]*"|//[^\n]*|[A-Za-z_][A-Za-z0-9_]*|[0-9][0-9_.]*|\s+|--|\.\.|.', re.S)
VALUES = [
    "0",
    "1",
    "-1",
    "2",
    "0.5",
    "1e300",
    "1e-300",
    "9223372036854775808",
    "4611686018427387904",
    "1000000000",
    "2147483648",
    "unknown",
    "true",
    '""',
    '"x"',
    "i",
    "3 W",
    "0 W",
    "1e18 m",
    "-5 °C",
    "100%",
    "7 Gb/s",
]
PIECES = [
    "{",
    "}",
    "(",
    ")",
    "[",
    "]",
    "=",
    ":",
    ";",
    "\n",
    ",",
    ".",
    "--",
    "..",
    "link",
    "port",
    "place",
    "let",
    "if",
    "else",
    "for",
    "in",
    "over",
    "where",
    "require",
    "expect",
    "view",
    "use",
    "div",
    "mod",
    "*",
    "/",
    "^",
    "and",
    "not",
    "auto",
    "bundle",
    "via",
    "at",
    "row",
    "col",
    "U",
    "floor",
    "total",
    "diameter",
    "\0",
    "💡",
    "\r\n",
]
SMALL = 6_000  # bytes of a text to start from


def seeds() -> list[str]:
    """The repros, the golden cases, the examples and small designs."""
    tests = ROOT / "tests"
    files = [*tests.glob("repros/*.cmx"), *tests.glob("cases/*/input.cmx"), *(ROOT / "designs").rglob("*.cmx")]
    texts = [f.read_text(encoding="utf-8", errors="replace") for f in sorted(files)]
    slow = ("a[3000]", "a[1600]", "a[800]", "a[4400]")  # right, and seconds each
    return [t for t in texts if len(t) <= SMALL and not any(s in t for s in slow)]


def mutated(random: Random, texts: list[str]) -> str:
    """A text with one to six changes."""
    text = random.choice(texts)
    for _ in range(random.randint(1, 6)):
        text = _bytes(random, text) if random.random() < 0.25 else _words(random, text, texts)
    return text[: 2 * SMALL]


def _bytes(random: Random, text: str) -> str:
    data = bytearray(text.encode("utf-8"))
    start = random.randrange(len(data) + 1)
    match random.randrange(4):
        case 0:
            del data[start : start + random.randint(1, 30)]
        case 1:
            data[start:start] = bytes(random.randrange(256) for _ in range(random.randint(1, 3)))
        case 2:
            data[start:start] = data[start : start + random.randint(1, 40)]
        case _:
            del data[start:]
    return data.decode("utf-8", errors="replace")


def _words(random: Random, text: str, texts: list[str]) -> str:
    words = WORD.findall(text)
    if not words:
        return random.choice(texts)
    at = random.randrange(len(words))
    numbers = [k for k, word in enumerate(words) if word[0].isdigit()]
    match random.randrange(7):
        case 0:
            words[at] = random.choice(PIECES)
        case 1:
            words.insert(at, random.choice(PIECES))
        case 2:
            del words[at : at + random.randint(1, 5)]
        case 3:
            words[at:at] = words[at : at + random.randint(1, 12)]
        case 4:
            other = random.randrange(len(words))
            words[at], words[other] = words[other], words[at]
        case 5:
            words[random.choice(numbers) if numbers else at] = random.choice(VALUES)
        case _:
            lines = random.choice(texts).splitlines(keepends=True)
            start = random.randrange(len(lines)) if lines else 0
            words[at:at] = lines[start : start + random.randint(1, 3)]
    return "".join(words)

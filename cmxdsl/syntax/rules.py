"""Rules about the text itself: CMX00xx files and limits, CMX01xx syntax."""

from __future__ import annotations

from cmxdsl.diagnostics import Rule, Severity

UNREADABLE = Rule(
    "CMX0001",
    "A file cannot be read",
    "The file is missing, is a folder, may not be read, or is not UTF-8 text. Nothing in it was checked.",
    'use "no_such_file.cmx"\n',
    fix="check the name: it is relative to the file that uses it",
)
TOO_BIG = Rule(
    "CMX0002",
    "A file or a project is too large",
    "A file may have 10 MB, and a design 1,000 files and 40 MB, so that no text can make the tool hang.",
    'use "parts.cmx"  // where parts.cmx has more than 10 MB\n',
)
OUTSIDE = Rule(
    "CMX0003",
    "`use` leaves the project",
    "A design reads files inside its project folder only: no absolute path, no `..` above the project's root "
    "and no link that leads out of it. A pull request from a stranger can therefore be checked safely.",
    'use "../../etc/secrets.cmx"\n',
)
NOT_DECIDED = Rule(
    "CMX0004",
    "Not decided, since it takes more work than the limit",
    "Some questions are answered by looking at every tuple, device or link, or at every pair of them, and there is a "
    "limit to how many. Work is counted, not timed, so that the answer is the same on every machine. What is not "
    "decided may be right or wrong: `--fail-on warning` takes it for wrong.",
    "protocol P { plane = scale_up; rate = 1 Gb/s }\nchip A { port p: P }\n"
    "system S {\n    a[100000000]: A\n    b[100000000]: A\n    link a[i].p -- b[i].p\n"
    "    require diameter(scale_up) == 1\n}\n",
    Severity.WARNING,
    fix="ask about a smaller part, or write it so that more of it is alike: bare indices and no `where`",
)
UNEXPECTED = Rule(
    "CMX0101",
    "The text does not follow the grammar here",
    "The statement was given up at this place; the statements around it were read.",
    "chip A {\n    vendor = = 3\n}\n",
    fix="write what is expected here, or remove it",
)
STRAY_CHARACTER = Rule(
    "CMX0102",
    "A character that the language does not use",
    "Outside of texts and comments the character has no meaning.",
    "chip A {\n    vendor = $3\n}\n",
    fix="remove it; a text is written in double quotes, a currency after its number: `30_000 USD`",
)
OPEN_STRING = Rule(
    "CMX0103",
    "A text is not closed",
    "A text starts and ends with a double quote on one line.",
    'chip A {\n    vendor = "Huawei\n}\n',
)
OPEN_COMMENT = Rule(
    "CMX0104",
    "A comment is never closed",
    "A comment that starts with `/*` runs to the next `*/`; all that follows would be lost.",
    "chip A { }\n/* and so on\n",
)
UNCLOSED = Rule(
    "CMX0105",
    "A brace is never closed",
    "A block that starts with `{` ends with `}`. The next definition, or the end of the file, came first.",
    'chip A {\n    vendor = "x"\n\nchip B { }\n',
)
UNOPENED = Rule(
    "CMX0106",
    "A closing brace without an opening one",
    "All blocks are closed already.",
    'chip A { vendor = "x" }\n}\n',
)
TOO_COMPLEX = Rule(
    "CMX0107",
    "A statement is too complex",
    "Brackets may nest 64 deep and a statement may have 256 operators. The rest of the file was not read. "
    "Give parts of the expression a name with `let`.",
    "chip A {\n    x.a = " + "(" * 65 + "1" + ")" * 65 + "\n}\n",
)
LONG_NUMBER = Rule(
    "CMX0108",
    "A number is too long",
    "A number and its unit may have 64 characters and an exponent up to 300.",
    "chip A {\n    x.a = 1" + "0" * 70 + "\n}\n",
    fix="write it with an exponent or a larger unit: `1e12`, `3 PFLOPS`",
)
BAD_ESCAPE = Rule(
    "CMX0109",
    "An unknown escape in a text",
    'A text knows the escapes \\", \\\\, \\n, \\t and \\u{1F4A1}.',
    'chip A {\n    vendor = "a\\qb"\n}\n',
)

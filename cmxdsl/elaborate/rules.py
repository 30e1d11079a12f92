"""Rules about what names mean: CMX02xx names, CMX03xx values and units, CMX04xx indices and ports."""

from __future__ import annotations

from cmxdsl.diagnostics import Rule, Severity

# --- names ------------------------------------------------------------------------------------------------

UNKNOWN_DEFINITION = Rule(
    "CMX0201",
    "Unknown definition",
    "A component, protocol or medium is named that neither this file nor a file it uses defines. `use` brings in "
    "the definitions of one file, not of the files that one uses in turn.",
    "board Node {\n    npu[8]: Ascend910\n}\nchip Ascend910C { }\n",
)
UNKNOWN_NAME = Rule(
    "CMX0202",
    "Unknown name",
    "No index, parameter, `let`, attribute, instance or definition of this name is visible here.",
    "board Node(npus: count = 8) {\n    npu[npu_count]: Npu\n}\nchip Npu { }\n",
)
UNKNOWN_ATTRIBUTE = Rule(
    "CMX0203",
    "This kind of component has no such attribute",
    "Attributes are checked, since a mistyped one would be left out of every total. An attribute of your own is "
    "written with `x.` in front: it is carried to every output and never interpreted.",
    "chip A {\n    power { tpyical = 700 W }\n}\n",
)
UNKNOWN_PART = Rule(
    "CMX0204",
    "Unknown instance or port",
    "A path names instances from outside in, and at the end of a link's path a port.",
    "protocol P { plane = scale_up; rate = 1 Gb/s }\nchip A { port p: P }\n"
    "board B {\n    a[2]: A\n    link a[0].p -- b[1].p\n}\n",
)
UNKNOWN_MODULE = Rule(
    "CMX0205",
    "The library has no such module",
    "`use std.NAME` brings in a module of the library that comes with the tool, `use acme.NAME` one of "
    "an installed library.",
    "use std.optic\nchip A { }\n",
)
DUPLICATE = Rule(
    "CMX0206",
    "A name is defined twice",
    "Each name means one thing in its scope. A variant may override what its base defines, once.",
    'chip A {\n    vendor = "x"\n    vendor = "y"\n}\n',
    fix="remove one, or give it another name",
)
AMBIGUOUS = Rule(
    "CMX0207",
    "Two used files define this name",
    'The name could mean either. Give one of the files a name of its own, `use "b.cmx" as b`: what it defines is then '
    "written with that name in front, `b.Npu`.",
    'use "a.cmx"\nuse "b.cmx"\nboard B { chip: Npu }  // both define Npu\n',
)
CYCLE = Rule(
    "CMX0208",
    "Definitions contain each other",
    "A component cannot contain itself, however many steps lie between, and whatever its parameters: evaluation "
    "always ends.",
    "board A {\n    b: B\n}\nboard B {\n    a: A\n}\n",
    fix="remove the instance that leads back",
)
VALUE_CYCLE = Rule(
    "CMX0209",
    "Values depend on each other",
    "Each value must be computable from others; here the chain of values comes back to its start.",
    "chip A {\n    let a = b + 1\n    let b = a + 1\n    x.value = b\n}\n",
    fix="give one of them a value that does not depend on the others",
)
NOT_A = Rule(
    "CMX0210",
    "A definition of another kind is needed here",
    "A port needs a protocol, `over` needs an optic, a cable or a fiber, an instance a component, a variant a "
    "base of its own kind.",
    "chip A { }\nchip B {\n    port p: A\n}\n",
    fix="name one of that kind, or define it",
)
ARGUMENT = Rule(
    "CMX0211",
    "Arguments and parameters do not agree",
    "An argument is missing, given twice, unknown, or of another type than its parameter.",
    "board B(n: count) {\n    x.n = n\n}\nrack R {\n    height = 42 U\n    b: B(m = 3)\n}\n",
)
UNKNOWN_TYPE = Rule(
    "CMX0212",
    "Unknown parameter type",
    "A parameter is a `count`, `number`, `text`, `flag`, a dimension such as `power`, or a kind of component.",
    "board B(n: cuont = 3) {\n    x.n = n\n}\n",
)
MISPLACED = Rule(
    "CMX0213",
    "This statement is not allowed here",
    "Overrides in an instance's or a port's braces, and groups, have attributes only; protocols and media "
    "contain nothing.",
    "chip A { }\nboard B {\n    a: A { n: A }\n}\n",
)
UNKNOWN_FUNCTION = Rule(
    "CMX0214",
    "Unknown function",
    "A function is one of the language, which are the questions that can be asked about a design, or a `let` with "
    "parameters.",
    "chip A {\n    x.a = totl(price)\n}\n",
)
TOO_DEEP = Rule(
    "CMX0215",
    "Components are nested too deep",
    "Components may contain components 64 levels deep.",
    "board B0 { b: B1 }  // and so on, to B65\n",
    fix="use fewer levels",
)
TOP = Rule(
    "CMX0216",
    "It is not clear which component is the design",
    "A file may have several systems. Outputs are about one, named with `--top NAME`; without it the one system, "
    "site, rack or other component that nothing else in the file contains.",
    "system A { }\nsystem B { }\n",
)
NO_OVERRIDE = Rule(
    "CMX0217",
    "A variant replaces something of its base without `override`",
    "A variant has all that its base has. Where it has an instance, a port or a `let` of the same name, it says "
    "that it means to replace the base's, so that a base which gains a name later does not lose it in silence. "
    "Attributes are replaced without the word.",
    "chip Fan { }\nchip Loud { }\nboard Tray { fan[2]: Fan }\nboard Big : Tray {\n    fan[4]: Loud\n}\n",
    fix="write `override` in front, or give it another name",
)
OVERRIDES_NOTHING = Rule(
    "CMX0218",
    "`override` replaces nothing",
    "The bases of the variant have no instance, port or `let` of this name, or the definition has no base.",
    "chip Fan { }\nboard Tray { fan[2]: Fan }\nboard Big : Tray {\n    override pump: Fan\n}\n",
    fix="remove `override`, or name what it should replace",
)
PRIVATE = Rule(
    "CMX0219",
    "A name is private to another file",
    "The used file keeps a definition or a `let` of this name to itself with `private`.",
    'use "parts.cmx"\nboard B { chip: Helper }  // parts.cmx says `private chip Helper { }`\n',
    fix="name something that the file offers, or remove `private` there",
)
UNKNOWN_KIND = Rule(
    "CMX0220",
    "No kind has this name",
    "A declared attribute names the kinds of component that have it: `of rack`, `of chassis, board`.",
    'attribute noise: sound of chasis "A-weighted, at full load"\n',
)
UNDECLARABLE = Rule(
    "CMX0221",
    "An attribute cannot be declared so",
    "What `adds` is a quantity that has a sum: a text has none, nor has a level in dBA or a temperature. A name cannot "
    "be an attribute and a group at once, and `x.` is for attributes that nothing is said about.",
    'attribute noise: sound of chassis "A-weighted, at full load" adds\n',
)

RECURSION = Rule(
    "CMX0222",
    "A function calls itself",
    "A function is an expression with a name: it may call others, but no chain of calls leads back to its start, so "
    "that evaluation always ends. What repeats is an array, or a range.",
    "let f(n: count) = 1 if n == 0 else n * f(n - 1)\nchip A {\n    x.a = f(3)\n}\n",
    fix="compute it without the call that leads back",
)
NOT_ALLOWED = Rule(
    "CMX0223",
    "The project does not allow this library",
    "`use acme.optics` reads files of an installed distribution. Which ones a design may read, and in which versions, "
    "is written in the `cmx.toml` of its project, so that it means the same wherever it is checked.",
    "use acme.optics\n",
)
NOT_INSTALLED = Rule(
    "CMX0224",
    "A library is not installed as the project needs it",
    "The distribution that `cmx.toml` names is missing, has another version, offers no such library, or has files that "
    "were changed after they were installed. Nothing in it was looked at.",
    'use acme.optics  // where cmx.toml has `acme = "acme-parts >=1.2"`, and version 1.1 is installed\n',
)
BAD_MANIFEST = Rule(
    "CMX0225",
    "`cmx.toml` or `cmx.lock` cannot be read",
    "`cmx.toml` lists the libraries of a project: `[libraries]`, and for each its distribution and versions as "
    '`acme = "acme-parts >=1.2"`. `cmx lock` writes `cmx.lock`.',
    "use acme.optics  // where cmx.toml has `acme = 1.2`\n",
    fix="correct the file; `cmx lock` writes `cmx.lock` anew",
)
NOT_LOCKED = Rule(
    "CMX0226",
    "A library is not the one that was locked",
    "With `--locked` a design reads only the files whose version and hash are in `cmx.lock`, so that a review of the "
    "lock is a review of what changed.",
    "use acme.optics  // checked with --locked, where cmx.lock has another version\n",
)
NOT_FOUND = Rule(
    "CMX0227",
    "A test does not find what it expects",
    '`finds CMX0401` in a test says that this finding must be there; `finds CMX0401, "past the end"` that it must have '
    "these words in its message. An empty test would pass whatever its parts are.",
    'chip A { }\ntest "too many" {\n    a[2]: A\n    finds CMX0401\n}\n',
    fix="remove the line, or correct what should be found",
)


# --- values -----------------------------------------------------------------------------------------------

UNKNOWN_UNIT = Rule(
    "CMX0301",
    "Unknown unit",
    "The word after a number is its unit. Upper and lower case matter: `b` is a bit and `B` a byte.",
    "chip A {\n    power { peak = 700 Wat }\n}\n",
    fix="write a known unit, such as `Gb/s`, `GB`, `kW` or `mm`",
)
DIMENSION = Rule(
    "CMX0302",
    "A value of another dimension is needed",
    "Each attribute and parameter has a dimension, and a number is only accepted with a unit of that dimension.",
    "chip A {\n    power { peak = 700 J }\n}\n",
)
OPERANDS = Rule(
    "CMX0303",
    "These values do not go together",
    "Dimensions are checked: power is not added to rate, USD not to CNY without a rate, a level in dBm not to "
    "another, and a temperature not to a temperature.",
    "chip A {\n    x.a = 3 W + 2 s\n}\n",
)
WRONG_TYPE = Rule(
    "CMX0304",
    "A value of another type is needed",
    "The attribute takes a text, a flag, a name from a fixed list, a size, a list or a definition.",
    "protocol P {\n    plane = scaleup\n    rate = 1 Gb/s\n}\n",
)
NOT_COUNT = Rule(
    "CMX0305",
    "A whole number from zero up is needed",
    "Array sizes, bundles and counts are whole numbers. Size 0 is legal and means none.",
    "chip A { }\nboard B {\n    a[2.5]: A\n}\n",
    fix="round it with `ceil`, `floor` or `div`",
)
MISSING = Rule(
    "CMX0306",
    "A required attribute is missing",
    "Without it nothing sensible can be derived. Write `= unknown` when it is not known.",
    'rack R {\n    vendor = "x"\n}\n',
)
TOO_EARLY = Rule(
    "CMX0307",
    "The component is not complete here",
    "Attributes, array sizes and conditions are fixed before the component is complete, so they can ask only about "
    "parts that are: `total(power.peak, in = npu)`.",
    "chip A { power { peak = 1 W } }\nboard B {\n    a: A\n    power { peak = total(power.peak) }\n}\n",
)
TOO_LARGE = Rule(
    "CMX0308",
    "A number is too large",
    "Exact numbers may have 1,200 digits, an array 10⁹ elements and a design 10¹⁵ parts; an expression "
    "has 256 levels of operators, with those of the values that it names.",
    "chip A { }\nboard B {\n    a[10000000000]: A\n}\n",
    fix="check the number",
)
UNDECIDED_IF = Rule(
    "CMX0309",
    "A condition is neither true nor false",
    "`if` chooses while the design is built, so its condition must be known then.",
    'chip A {\n    if 3 { vendor = "x" }\n}\n',
    fix="compare something: `if n > 2 { … }`",
)
BITS = Rule(
    "CMX0310",
    "Memory is given in bits",
    "Memory is sized in bytes and its bandwidth in bytes a second; `b` is a bit and `B` a byte, a factor of eight.",
    "chip A {\n    memory { capacity = 80 Gb }\n}\n",
    Severity.WARNING,
    fix="write `B` for bytes; where bits are meant, divide by eight",
)
NO_SOURCE = Rule(
    "CMX0311",
    "An empty source",
    "`from` names what was published and `estimated` the reason of a guess, so that a reader can check it.",
    'chip A {\n    power { peak = 700 W from "" }\n}\n',
    fix="name the data sheet, the paper or the page with its date",
)

EXPANSION = Rule(
    "CMX0312",
    "Functions take more steps than the limit",
    "An expression whose functions are put in place of their calls has at most 1,024 operators and questions; "
    "functions call each other 64 deep, and one design makes 50,000 different calls.",
    "".join(["let f0(x: power) = x\n", *(f"let f{k + 1}(x: power) = f{k}(x) + f{k}(x)\n" for k in range(11))])
    + "chip A {\n    power { peak = 1 W }\n    require f11(total(power.peak)) > 1 W\n}\n",
    fix="call fewer functions, or compute parts once with `let`",
)
IMPOSSIBLE = Rule(
    "CMX0313",
    "A value is outside of what can be",
    "No length, rate, power or price is below zero, and a tile has a width. Numbers beyond anything that is built (a "
    "length of more than 1,000 km, a row past the millionth, 10³⁰ of any unit) are mistyped or come from nonsense.",
    "protocol P {\n    plane = scale_up\n    rate = -1 Gb/s\n}\n",
    fix="check the number and its unit",
)

# --- indices and ports ------------------------------------------------------------------------------------

SIZES_DISAGREE = Rule(
    "CMX0401",
    "An index ranges over two different sizes",
    "An index variable that is alone in brackets ranges over that whole dimension; used in two places, it "
    "must find the same size in both. Endpoint lists of unequal length can therefore not be linked in silence.",
    "protocol P { plane = scale_up; rate = 1 Gb/s }\nchip A { port p: P }\n"
    "board B {\n    a[8]: A\n    b[7]: A\n    link a[i].p -- b[i].p\n}\n",
)
OUT_OF_RANGE = Rule(
    "CMX0402",
    "An index leaves its array",
    "Indices count from 0. The tuple shown is one for which the index is out of range.",
    "protocol P { plane = scale_up; rate = 1 Gb/s }\nswitch S { port p[8]: P }\nchip A { port p: P }\n"
    "board B {\n    a: A\n    s: S\n    link a.p -- s.p[20]\n}\n",
)
UNBOUND = Rule(
    "CMX0403",
    "Unbound index variable",
    "Every index variable is the whole index of some dimension, and ranges over it, or is given a range with `for`.",
    "protocol P { plane = scale_up; rate = 1 Gb/s }\nchip A { port p: P }\n"
    "board B {\n    a[8]: A\n    b[8]: A\n    link a[i].p -- b[2*j].p\n}\n",
)
RANK = Rule(
    "CMX0404",
    "The number of indices is not the number of dimensions",
    "An array of shape 7 x 16 takes two indices, a single instance none.",
    "protocol P { plane = scale_up; rate = 1 Gb/s }\nchip A { port p[2]: P }\n"
    "board B {\n    a[8]: A\n    link a[i].p[0] -- a[1].p\n}\n",
)
BAD_INDEX = Rule(
    "CMX0405",
    "An index is not a whole number",
    "Index expressions are made of whole numbers, index variables, + - * div mod and brackets.",
    "protocol P { plane = scale_up; rate = 1 Gb/s }\nchip A { port p: P }\n"
    "board B {\n    a[8]: A\n    b[8]: A\n    link a[i].p -- b[i / 2].p\n}\n",
    fix="use whole numbers, index variables, + - * div mod",
)
TOO_MANY = Rule(
    "CMX0406",
    "Too many tuples to check",
    "A pattern with a condition or with an expression that is not linear is enumerated, up to 20 million tuples.",
    "protocol P { plane = scale_up; rate = 1 Gb/s; shared = true }\nchip A { port p: P }\n"
    "board B {\n    a[100000]: A\n    link a[i].p -- a[j].p where i mod 7 < j mod 5\n}\n",
)
EXPOSE_INDICES = Rule(
    "CMX0407",
    "An exposed port's own indices are plain variables",
    "In `port up[p, s] = l1[p].up[s]` the indices on the left name the dimensions of the new port; each is a "
    "variable of its own that the right side, or `for`, gives a range from 0.",
    "protocol P { plane = scale_up; rate = 1 Gb/s }\nchip A { port p[4]: P }\n"
    "board B {\n    a: A\n    port up[2*k] = a.p[k]\n}\n",
)
EMPTY_PATTERN = Rule(
    "CMX0408",
    "A link or placement has no effect",
    "Its condition is never true, so it is there but has no effect.",
    "protocol P { plane = scale_up; rate = 1 Gb/s }\nchip A { port p: P }\n"
    "board B {\n    a[8]: A\n    b[8]: A\n    link a[i].p -- b[i].p where i > 8\n}\n",
    Severity.WARNING,
    fix="check the condition, or remove the statement",
)
UNKNOWN_SETTING = Rule(
    "CMX0410",
    "A view has no such setting",
    "A view says what to show and how: which plane, which arrays to unfold or fold, what colours mean.",
    "chip C { }\nsystem S {\n    c[2]: C\n    view overview { shows hierarchy }\n}\n",
)
DIMENSIONS = Rule(
    "CMX0411",
    "A run's parallel dimensions and indices do not agree",
    "A run has a rank for each tuple of its indices. Each index belongs to one parallel dimension (data, pipeline, "
    "tensor, context); experts are shared out over indices of the others.",
    "model M { layers = 2; hidden = 8; heads = 2; ffn = 32; vocabulary = 100 }\n"
    "training T { model = M; sequence = 8; batch = 8; precision = bf16 }\n"
    "chip C { role = accelerator }\nsystem S {\n    c[8]: C\n    run r: T over data[d], tensor[d] at c[d]\n}\n",
)
UNKNOWN_TASK = Rule(
    "CMX0412",
    "A study has no such line",
    "A study varies parameters of the component that it stands in (`vary racks in 4..16 step 4`), keeps to conditions "
    "(`keep`), and reports, minimizes or maximizes figures.",
    "chip C { }\nsystem S(n: count = 2) {\n    c[n]: C\n    study size {\n        vary n in 2..8\n"
    "        print count(C)\n    }\n}\n",
)
UNKNOWN_AXIS = Rule(
    "CMX0409",
    "A placement has no such coordinate",
    "In a rack: `U` (from the bottom, 1 first), `side left|right`, `face front|rear`. On a floor: `row` and `col`.",
    "board B { height = 1 U }\nrack R {\n    height = 42 U\n    b: B\n    place b at V 3\n}\n",
)

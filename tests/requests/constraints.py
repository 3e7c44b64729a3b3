"""What a model asks of parameters, beyond what botocore's own validation looks at."""

import re

from botocore.validate import ParamValidator


def violations(parameters: dict, shape) -> list[str]:
    """Everything that is wrong with the parameters of an operation."""
    if shape is None:
        return []
    report = ParamValidator().validate(parameters, shape)
    botocores = report.generate_report().splitlines() if report.has_errors() else []
    return botocores + list(walk(parameters, shape, ""))


def walk(value, shape, place: str):
    kind = shape.type_name
    if kind == "structure":
        for name, item in value.items():
            if name in shape.members:
                yield from walk(item, shape.members[name], f"{place}.{name}")
    elif kind == "list":
        yield from size(len(value), shape, place, "members")
        for item in value:
            yield from walk(item, shape.member, f"{place}[]")
    elif kind == "map":
        yield from size(len(value), shape, place, "members")
        for key, item in value.items():
            yield from walk(key, shape.key, f"{place}.key")
            yield from walk(item, shape.value, f"{place}.{key}")
    elif kind in ("integer", "long", "float", "double"):
        yield from size(value, shape, place, "")
    elif kind == "string":
        yield from text(value, shape, place)


def text(value: str, shape, place: str):
    yield from size(len(value), shape, place, "characters")
    if shape.enum and value not in shape.enum:
        yield f"`{place}` is none of {', '.join(shape.enum)}"
    expected = shape.metadata.get("pattern")
    if expected and not matches(expected, value):
        yield f"`{place}` does not match `{expected}`"


def size(number, shape, place: str, unit: str):
    least, most = shape.metadata.get("min"), shape.metadata.get("max")
    if least is not None and number < least:
        yield f"`{place}` has {number} {unit}, and {least} is the least"
    if most is not None and number > most:
        yield f"`{place}` has {number} {unit}, and {most} is the most"


# Classes of POSIX and Java that patterns use and Python does not know.
CLASSES = {
    r"\p{L}": "a-zA-Z\u00c0-\U0001ffff",
    r"\p{N}": "0-9",
    r"\p{Z}": r"\s",
    r"\p{M}": "",
    r"\p{P}": "!-/:-@[-`{-~",
    r"\p{LD}": "a-zA-Z0-9",
    r"\p{ASCII}": r"\x00-\x7f",
    r"\p{Graph}": "!-~",
    r"\p{Print}": " -~",
    r"\p{Alnum}": "a-zA-Z0-9",
    r"\p{Alpha}": "a-zA-Z",
    r"\p{Digit}": "0-9",
    r"\p{Lower}": "a-z",
    r"\p{Upper}": "A-Z",
}


def in_python(expected: str) -> str:
    """A pattern with the classes written out, which stand inside of brackets or alone."""
    written, bracketed, at = "", False, 0
    while at < len(expected):
        name = next((name for name in CLASSES if expected.startswith(name, at)), None)
        if name:
            written += CLASSES[name] if bracketed else f"[{CLASSES[name]}]"
            at += len(name)
            continue
        step = 2 if expected[at] == "\\" else 1
        bracketed = {"[": True, "]": False}.get(expected[at], bracketed)
        written += expected[at : at + step]
        at += step
    return written


def matches(expected: str, value: str) -> bool:
    expected = in_python(expected)
    try:
        # Models have patterns with and without anchors, and mean the whole value.
        return re.fullmatch(expected, value, re.DOTALL) is not None or re.search(f"^(?:{expected})$", value) is not None
    except re.error:
        # A pattern that Python cannot read says nothing here.
        return True

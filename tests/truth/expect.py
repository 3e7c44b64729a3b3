"""Holds an answer against what a fact says of it."""

import json
import re
from typing import Any

ABSENT = object()


def faults(wanted: dict[str, Any], answer: dict[str, Any], error: bool) -> list[str]:
    """What is not as the fact says; nothing where all is. `wanted` has its references filled in."""
    found = answer.get("Error", {}) if error else {}
    told = []
    code, status = found.get("Code"), answer["ResponseMetadata"]["HTTPStatusCode"]
    if code != wanted.get("code"):
        told.append(f"code {code!r} ({found.get('Message')!r}), not {wanted.get('code')!r}")
    if status != wanted.get("status", 200):
        told.append(f"status {status}, not {wanted.get('status', 200)}")
    if "message" in wanted and not holds(wanted["message"], found.get("Message", ABSENT)):
        told.append(f"message {found.get('Message')!r}, not {wanted['message']!r}")
    for path, member in wanted.get("members", {}).items():
        value = at(answer, path)
        if not holds(member, value):
            told.append(f"{path} is {'absent' if value is ABSENT else repr(value)}, not {member!r}")
    return told


def holds(wanted: Any, value: Any) -> bool:
    """Whether a value is the one that is wanted, or is as a matcher says."""
    match wanted:
        case {"absent": True}:
            return value is ABSENT
        case {"matches": pattern}:
            return isinstance(value, str) and re.search(pattern, value) is not None
        case {"json": document}:
            return isinstance(value, str) and json.loads(value) == document
        case {"count": number}:
            return isinstance(value, list) and len(value) == number
        case {"includes": part}:
            return isinstance(value, list) and any(_has(one, part) for one in value)
        case {"excludes": part}:
            return isinstance(value, list) and not any(_has(one, part) for one in value)
        case {"order": [key, *values]}:
            return isinstance(value, list) and [one.get(key) for one in value] == values
        case _:
            return value is not ABSENT and value == wanted


def _has(value: Any, part: Any) -> bool:
    """Whether a value has all members of a part of one."""
    if isinstance(part, dict) and isinstance(value, dict):
        return all(holds(member, value.get(key, ABSENT)) for key, member in part.items())
    return value == part


def at(answer: Any, path: str) -> Any:
    """The value at a path such as `Rules.0.Name`."""
    place = answer
    for step in path.split("."):
        if isinstance(place, list) and step.isdigit() and int(step) < len(place):
            place = place[int(step)]
        elif isinstance(place, dict) and step in place:
            place = place[step]
        else:
            return ABSENT
    return place

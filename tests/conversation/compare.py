"""Holds two conversations against each other, call by call and field by field."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import zip_longest
from typing import Any

from plain import Pairs, known_by
from talk import ENDS_EARLY, Turn

# What stands for a field that one of the two does not have, and for an answer where the other refuses.
ABSENT, ANSWERED = "absent", "answered"
# What one says while the other goes on.
SILENT = Turn("nothing", {})


@dataclass(frozen=True)
class Difference:
    """Where the two say different things; without a path, that one refuses or both do with different codes."""

    call: str
    path: str
    left: str
    right: str

    def __str__(self) -> str:
        return f"{self.call}: {self.path or 'outcome'}\n    left:  {self.left}\n    right: {self.right}"


class Comparison:
    """The differences of two conversations, and how much of them is the same."""

    def __init__(self, left: dict[str, list[Turn]], right: dict[str, list[Turn]]) -> None:
        self.fields, self.calls = 0, 0
        self.differences: list[Difference] = []
        self.pairs = Pairs()
        for theme in left:
            for one, other in zip_longest(left[theme], right[theme], fillvalue=SILENT):
                self.calls += 1
                self.differences.extend(self._turn(one, other))

    def _turn(self, left: Turn, right: Turn) -> Iterator[Difference]:
        plain = self.pairs.plain(0, left.answer), self.pairs.plain(1, right.answer)
        if left.call != right.call or left.call.endswith(ENDS_EARLY):
            yield Difference(left.call, "", left.refusal or ANSWERED, f"{right.call} {right.refusal}")
        elif left.refusal != right.refusal:
            yield Difference(left.call, "", left.refusal or ANSWERED, right.refusal or ANSWERED)
        else:
            self.fields += bool(left.refusal)
            yield from self._value(left.call, "", *plain)

    def _value(self, call: str, path: str, left: Any, right: Any) -> Iterator[Difference]:
        if isinstance(left, list) and isinstance(right, list):
            left, right = by_name(left, right)
        if isinstance(left, dict) and isinstance(right, dict):
            for key in sorted({*left, *right}):
                below = f"{path}.{key}" if path else key
                yield from self._value(call, below, left.get(key, ABSENT), right.get(key, ABSENT))
        elif left == right or self._same(path, left, right):
            self.fields += 1
        else:
            yield Difference(call, path, text(left), text(right))

    def _same(self, path: str, left: Any, right: Any) -> bool:
        both = isinstance(left, str) and isinstance(right, str)
        return both and self.pairs.same(path.split(".")[-1], left, right)


def by_name(left: list[Any], right: list[Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Two lists with their elements by what they are known by, or else by their numbers."""
    names = [[known_by(one) for one in side] for side in (left, right)]
    if all(all(side) and len(set(side)) == len(side) for side in names):
        return dict(zip(names[0], left)), dict(zip(names[1], right))
    return {str(number): one for number, one in enumerate(left)}, {str(number): one for number, one in enumerate(right)}


def text(value: Any) -> str:
    """A value as it is shown, and as exceptions name it."""
    return value if isinstance(value, str) else json.dumps(value, sort_keys=True)

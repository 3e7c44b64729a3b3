"""What an exception is: where moto and AWS differ, by what source that is known, and why it may be.

Calls, paths and values are patterns, in which a star stands for anything. A call without a remark stands for those
with any remark as well.
"""

from dataclasses import dataclass
from fnmatch import fnmatchcase

from compare import ABSENT, ANSWERED, Difference


@dataclass(frozen=True)
class Except:
    """A difference that may be, with what the two say in it."""

    call: str
    path: str
    moto: str
    sandbox: str
    source: str
    reason: str

    def covers(self, difference: Difference) -> bool:
        """Whether it is about this difference."""
        operation = difference.call.partition(", ")[0]
        pairs = [(difference.path, self.path), (difference.left, self.moto), (difference.right, self.sandbox)]
        said = fnmatchcase(difference.call, self.call) or fnmatchcase(operation, self.call)
        return said and all(fnmatchcase(value, pattern) for value, pattern in pairs)

    def __str__(self) -> str:
        return f"{self.call}: {self.path or 'outcome'} ({self.moto} / {self.sandbox}): {self.reason}"


def lets_pass(calls: dict[str, str], source: str, reason: str) -> list[Except]:
    """AWS refuses, with this code and status, what moto answers."""
    return [Except(call, "", ANSWERED, code, source, reason) for call, code in calls.items()]


def refuses(calls: dict[str, str], source: str, reason: str) -> list[Except]:
    """AWS answers what moto refuses with this code and status, or fails to answer at all."""
    return [Except(call, "", code, ANSWERED, source, reason) for call, code in calls.items()]


def says_otherwise(calls: dict[str, tuple[str, str]], source: str, reason: str) -> list[Except]:
    """Both refuse, moto with the first code and AWS with the second."""
    return [Except(call, "", moto, aws, source, reason) for call, (moto, aws) in calls.items()]


def lacks(call: str, paths: list[str], source: str, reason: str) -> list[Except]:
    """AWS gives fields that moto does not."""
    return [Except(call, path, ABSENT, "*", source, reason) for path in paths]


def invents(call: str, paths: list[str], source: str, reason: str) -> list[Except]:
    """moto gives fields that AWS does not."""
    return [Except(call, path, "*", ABSENT, source, reason) for path in paths]


def unmodelled(call: str, paths: list[str], source: str, reason: str) -> list[Except]:
    """moto gives fields that AWS gives too, and that the sandbox does not model."""
    return [Except(call, path, "*", ABSENT, source, reason) for path in paths]


def differs(call: str, values: dict[str, tuple[str, str]], source: str, reason: str) -> list[Except]:
    """Both give the fields, moto with the first value and AWS with the second."""
    return [Except(call, path, moto, aws, source, reason) for path, (moto, aws) in values.items()]

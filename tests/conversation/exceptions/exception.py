"""What an exception is: where moto and AWS differ, by what source that is known, and why it is so."""

from dataclasses import dataclass
from fnmatch import fnmatchcase

from compare import ABSENT, ANSWERED, Difference


@dataclass(frozen=True)
class Exception_:
    """A difference that may be. `moto` and `sandbox` are patterns of what the two say, for it is moto that is wrong."""

    call: str
    path: str
    moto: str
    sandbox: str
    source: str
    reason: str

    def covers(self, difference: Difference) -> bool:
        """Whether it is about this difference."""
        pairs = [
            (difference.call, self.call),
            (difference.path, self.path),
            (difference.left, self.moto),
            (difference.right, self.sandbox),
        ]
        return all(fnmatchcase(value, pattern) for value, pattern in pairs)

    def __str__(self) -> str:
        return f"{self.call}: {self.path or 'outcome'} ({self.moto} / {self.sandbox}), {self.reason}"

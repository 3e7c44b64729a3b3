"""Facts about AWS as they stand in `crates/sandbox/truth`, which says in its README what each member means."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

TRUTH = Path(__file__).resolve().parents[2] / "crates" / "sandbox" / "truth"
SETUPS, DIFFERENCES = "setups.json", "differences.json"


@dataclass(frozen=True)
class Call:
    """A call, and what AWS answers to it. One without an answer is preparation, and must succeed."""

    service: str
    operation: str
    parameters: dict[str, Any]
    name: str | None
    answer: dict[str, Any] | None
    eventually: bool

    def __str__(self) -> str:
        return f"{self.service} {self.operation}"


@dataclass(frozen=True)
class Fact:
    """A fact, with the calls that show it."""

    id: str
    calls: list[Call]


def facts() -> list[Fact]:
    """All facts, in the order of their files."""
    setups: dict[str, list[dict[str, Any]]] = _read(TRUTH / SETUPS)
    files = sorted(path for path in TRUTH.glob("*.json") if path.name not in (SETUPS, DIFFERENCES))
    return [_fact(told, setups) for path in files for told in _read(path)["facts"]]


def differences() -> dict[str, str]:
    """The facts that the sandbox is known not to hold, each with the reason."""
    return _read(TRUTH / DIFFERENCES)


def _fact(told: dict[str, Any], setups: dict[str, list[dict[str, Any]]]) -> Fact:
    prepared = [call for name in told.get("given", []) for call in setups[name]]
    return Fact(told["id"], [_call(call) for call in [*prepared, *told["calls"]]])


def _call(told: dict[str, Any]) -> Call:
    service, operation = told["call"].split(" ")
    eventually = told.get("eventually", False)
    return Call(service, operation, told.get("with", {}), told.get("as"), told.get("answer"), eventually)


def _read(path: Path) -> Any:
    return json.loads(path.read_text())

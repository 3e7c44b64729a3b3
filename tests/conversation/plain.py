"""Makes the answers of two AWSs comparable: takes out what either may make up as it likes.

Where an id of one stands for the first time in the place of an id of the other, the two become a pair, with one name
for both; from then on they must stand in each other's places. Times are only said to be there. Lists are sorted unless
AWS promises an order. An empty list is left out, for clients cannot tell it from none.
"""

import json
import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any

# What is made up, by what it looks like: the first group is the id, and the name says its kind.
PATTERNS = [
    (
        re.compile(
            r"\b((?:vpc|subnet|igw|eipalloc|eipassoc|nat|rtb|rtbassoc|vpce|sg|sgr|eni|eni-attach|acl|dopt|pl)-[0-9a-f]{8,17})\b"
        ),
        "",
    ),
    (re.compile(r"\b(vpc-cidr-assoc-[0-9a-f]{8,17})\b"), "block"),
    (re.compile(r"\bip-(\d+-\d+-\d+-\d+)\b"), "host"),
    (re.compile(r"(?<=[:/])(?:loadbalancer/|listener/|listener-rule/)?app/[\w-]+/([0-9a-f]{16})\b"), "balancer"),
    (re.compile(r"\btargetgroup/[\w-]+/([0-9a-f]{16})\b"), "target group"),
    (re.compile(r"\blistener(?:-rule)?/app/[\w-]+/[^/]+/([0-9a-f]{16})\b"), "listener"),
    (re.compile(r"\blistener-rule/app/[\w-]+/[^/]+/[^/]+/([0-9a-f]{15,16})\b"), "listener rule"),
    (re.compile(r":secret:[\w/+=.@ -]+-(\w{6})\b"), "secret"),
    (re.compile(r":task/[\w-]+/((?:[0-9a-f]{32}|[0-9a-f-]{36}))\b"), "task"),
    (re.compile(r"\b((?!0{8})[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})\b"), "uuid"),
    (re.compile(r"\.(?:cluster-(?:ro-)?)?([a-z0-9]{6,14})\.us-east-1\.rds\."), "database"),
    (re.compile(r"[\w-]+-(\d+)\.us-east-1\.elb\."), "balancer's host"),
    (re.compile(r"\becs-svc/(\d+)\b"), "deployment"),
    (re.compile(r"\bscalable-target/(\w+)\b"), "scalable target"),
    (re.compile(r"\b(AROA[A-Z0-9]{12,17})\b"), "role"),
]

# Those whose ids are not unique by themselves, but with what stands before them.
WITH_PREFIX = {"balancer", "balancer's host", "target group", "listener", "listener rule"}

# The same by where it stands: the kind by the key.
KEYS = {
    "VersionId": "version",
    "DeleteMarkerVersionId": "version",
    "NextVersionIdMarker": "version",
    "UploadId": "upload",
    "PublicIp": "public address",
    "PrivateIp": "private address",
    "PrivateIpAddress": "private address",
    "DbClusterResourceId": "cluster's id",
    "DbiResourceId": "instance's id",
    "CanonicalHostedZoneId": "zone",
    "AvailabilityZoneId": "zone's id",
    "HostedZoneId": "zone of databases",
    "UserId": "caller",
    "MacAddress": "interface",
}

# Numbers that are times, and texts that lead to the next page.
TIMES = {"creationTime", "CreationTime"}
TOKENS = {
    "NextToken",
    "nextToken",
    "Marker",
    "NextMarker",
    "PaginationToken",
    "NextContinuationToken",
    "ContinuationToken",
}

# Texts that are JSON, whose blanks and order mean nothing.
DOCUMENTS = {"Policy", "PolicyDocument", "AssumeRolePolicyDocument"}

# Lists that mean something by their order, or that AWS gives in a promised one.
ORDERED = {
    "DefaultActions",
    "Actions",
    "Contents",
    "Versions",
    "DeleteMarkers",
    "logGroups",
    "containerDefinitions",
    "pages",
}

# By which field an element of a list is known, where several have it.
KNOWN_BY = [
    "Priority",
    "Key",
    "key",
    "name",
    "ParameterName",
    "Name",
    "DestinationCidrBlock",
    "PolicyName",
    "RoleName",
    "VersionId",
]


class Pairs:
    """Which made up value of the left side is which of the right."""

    def __init__(self) -> None:
        # By side, kind and value.
        self.names: dict[tuple[int, str, str], str] = {}

    def plain(self, side: int, answer: dict[str, Any]) -> Any:
        """An answer with its lists sorted, and without what is empty."""
        return self._sorted(side, "", answer)

    def _sorted(self, side: int, key: str, value: Any) -> Any:
        if isinstance(value, dict):
            pairs = {self.named(side, "", name): self._sorted(side, name, one) for name, one in value.items()}
            return {name: one for name, one in pairs.items() if one not in ([], {}, None)}
        if isinstance(value, list):
            elements = [self._sorted(side, key, one) for one in value]
            return elements if key in ORDERED else sorted(elements, key=lambda one: self._place(side, key, one))
        if key in DOCUMENTS and isinstance(value, str) and value.startswith("{"):
            return self._sorted(side, "", json.loads(value))
        return "<time>" if isinstance(value, datetime) or key in TIMES else value

    def _place(self, side: int, key: str, element: Any) -> tuple[str, str, str]:
        """What an element is sorted by."""
        named = json.dumps(self._named(side, key, element), sort_keys=True)
        # What already has partners finds its place by them, even where one of the two says more of it.
        return known_by(element), ",".join(sorted(set(re.findall(r"<[^<>]* \d+>", named)))), named

    def _named(self, side: int, key: str, value: Any) -> Any:
        if isinstance(value, dict):
            return {name: self._named(side, name, one) for name, one in value.items()}
        if isinstance(value, list):
            return [self._named(side, key, one) for one in value]
        return self.named(side, key, value) if isinstance(value, str) else value

    def named(self, side: int, key: str, text: str) -> str:
        """A text with names for what is made up; with the kind of it alone where that has no partner yet."""
        for found in reversed(made_up(key, text)):
            name = self.names.get((side, found.kind, found.value), f"<{found.kind}>")
            text = text[: found.start] + name + text[found.end :]
        return text

    def same(self, key: str, left: str, right: str) -> bool:
        """Whether two texts are the same but for what is made up. What has no partner yet finds one here."""
        sides = made_up(key, left), made_up(key, right)
        for one, other in zip(*sides):
            pair = (0, one.kind, one.value), (1, other.kind, other.value)
            if one.kind == other.kind and not any(value in self.names for value in pair):
                self.names.update(dict.fromkeys(pair, f"<{one.kind} {len(self.names) // 2 + 1}>"))
        return self.named(0, key, left) == self.named(1, key, right)


@dataclass(frozen=True, order=True)
class MadeUp:
    """Something in a text that is made up."""

    start: int
    end: int
    kind: str
    value: str


def made_up(key: str, text: str) -> list[MadeUp]:
    """All of that in a text that stands under a key, in its order."""
    if key in TOKENS and text:
        # Each leads on from its own page only, so it is never seen again.
        return [MadeUp(0, len(text), "token", "")]
    if key in KEYS and text not in ("", "null"):
        return [MadeUp(0, len(text), KEYS[key], text)]
    found: dict[tuple[int, int], MadeUp] = {}
    for pattern, kind in PATTERNS:
        for match in pattern.finditer(text):
            start, end = match.span(1)
            value = match[1] if kind not in WITH_PREFIX else text[match.start() : end]
            found.setdefault((start, end), MadeUp(start, end, kind or value.split("-")[0], value))
    return sorted(found.values())


def known_by(element: Any) -> str:
    """What an element of a list is known by; nothing where it has no such field."""
    if isinstance(element, dict):
        for key in KNOWN_BY:
            if isinstance(element.get(key), str):
                return element[key]
    return ""

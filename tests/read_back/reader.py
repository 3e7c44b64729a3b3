"""What every point needs: the clients, what is wanted of the whole platform, and a collector of expectations."""

import argparse
import json
import os
import re
from collections.abc import Iterable, Iterator
from functools import cached_property
from typing import Any

import boto3
from application import GENERATED, MIGRATOR_PASSWORD, PASSWORD, Application
from botocore.config import Config

DIGEST = re.compile(r"[0-9a-f]{64}")


class Reader:
    """AWS as it is, and the expectations that have been held against it."""

    def __init__(self, application: Application, wanted: argparse.Namespace) -> None:
        self.application = application
        self.platform: str = wanted.platform
        self.environment: str = wanted.environment
        self.domain: str = wanted.domain
        self.account: str = wanted.account
        self.region: str = wanted.region
        self.provisioner: str = wanted.provisioner
        self.vpc_cidr: str = wanted.vpc_cidr
        self.cost_centers: dict[str, str] = dict(wanted.tenants) | {"shared": wanted.cost_center}
        self.tenants: list[str] = sorted(tenant for tenant, _ in wanted.tenants)

        self.held = 0
        self.failed: list[str] = []
        self.secrets: dict[str, str] = {}
        self.answers: list[tuple[str, Any]] = []

        # An emulator takes any credentials, but boto3 does not call without.
        os.environ.setdefault("AWS_ACCESS_KEY_ID", "test")
        os.environ.setdefault("AWS_SECRET_ACCESS_KEY", "test")
        session = boto3.Session(region_name=self.region)
        session.events.register("after-call", self._remember)
        # Buckets of a server on loopback are not host names.
        config = Config(s3={"addressing_style": "path"})

        def client(service: str) -> Any:
            return session.client(service, endpoint_url=wanted.endpoint, config=config)

        self.ec2, self.rds, self.s3, self.elb = client("ec2"), client("rds"), client("s3"), client("elbv2")
        self.ecs, self.scaling, self.logs = client("ecs"), client("application-autoscaling"), client("logs")
        self.secrets_manager, self.iam, self.scheduler = client("secretsmanager"), client("iam"), client("scheduler")

    # Names

    @property
    def zones(self) -> list[str]:
        """The zones of the network."""
        return [f"{self.region}{letter}" for letter in self.application.zones]

    def role_arn(self, name: str) -> str:
        """The ARN of a role of the platform."""
        return f"arn:aws:iam::{self.account}:role/saas/{self.environment}/{name}"

    def log_group(self, tenant: str) -> str:
        """The name of a tenant's log group."""
        return f"/ecs/{self.application.scope}tenant/{tenant}"

    def secret_name(self, kind: str, tenant: str) -> str:
        """The name of a secret of a tenant's."""
        paths = {PASSWORD: "rds/{}/password", MIGRATOR_PASSWORD: "rds/{}/migrator/password", GENERATED: "ecs/{}/generated"}
        return paths[kind].format(f"{self.application.scope}tenant/{tenant}")

    @cached_property
    def database_endpoint(self) -> str:
        """Where the database answers."""
        [cluster] = self.rds.describe_db_clusters(DBClusterIdentifier=f"{self.platform}-db")["DBClusters"]
        return cluster["Endpoint"]

    # Answers

    def _remember(self, model: Any, parsed: Any, **_: Any) -> None:
        """Keeps every answer of AWS but those whose very purpose is to tell a secret."""
        if model.name != "GetSecretValue":
            self.answers.append((model.name, parsed))

    # Expectations

    def expect(self, condition: bool, text: str) -> None:
        """Counts an expectation that holds, or notes one that does not."""
        if condition:
            self.held += 1
        else:
            self.failed.append(text)

    def equal(self, what: str, found: Any, wanted: Any) -> None:
        """Expects two values to be equal."""
        self.expect(found == wanted, f"{what}: expected {wanted!r}, found {found!r}")

    def fields(self, what: str, found: dict[str, Any], wanted: dict[str, Any]) -> None:
        """Expects fields, given by their paths such as `State.Code`, to have values."""
        for path, value in wanted.items():
            self.equal(f"{what}, {path}", field(found, path), value)

    def tags(self, what: str, tags: Any, address: str, tenant: str = "shared") -> None:
        """Expects exactly the tags of a complete resource that was made for an address."""
        found = tag_map(tags)
        wanted = {
            "tenant_id": tenant,
            "cost_center": self.cost_centers[tenant],
            "saas:platform": self.platform,
            "saas:address": address,
            "environment": self.environment,
            "managed_by": "saas",
        } | self.application.platform_tags
        digest = found.pop("saas:digest", "")
        self.expect(DIGEST.fullmatch(digest) is not None, f"{what}: the tag saas:digest is {digest!r}")
        # A name for the console, which nobody requires.
        found.pop("Name", None)
        # The executor's own note of what the references were resolved to; nobody requires it either.
        bound = found.pop("saas:bound", None)
        self.expect(bound is None or DIGEST.fullmatch(bound) is not None, f"{what}: the tag saas:bound is {bound!r}")
        self.equal(f"{what}, tags", found, wanted)

    def failures(self) -> list[str]:
        """What failed, a line each, without the value of any secret that may have leaked into it."""
        lines = ["".join(text.splitlines()) for text in self.failed]
        for name, value in self.secrets.items():
            lines = lines if not value else [line.replace(value, f"<the value of {name}>") for line in lines]
        return lines

    # Listings

    def all(self, client: Any, operation: str, key: str, **parameters: Any) -> list[Any]:
        """Everything that a listing holds, over all of its pages."""
        if client.can_paginate(operation):
            return client.get_paginator(operation).paginate(**parameters).build_full_result().get(key, [])
        return getattr(client, operation)(**parameters).get(key, [])

    def platform_tagged(self, resources: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
        """Those that are tagged as the platform's. Filtered here, for not every emulator filters by tag."""
        return [one for one in resources if tag_map(one.get("Tags", [])).get("saas:platform") == self.platform]

    @cached_property
    def vpc_id(self) -> str:
        """The platform's network; of several, the first."""
        return self.platform_tagged(self.all(self.ec2, "describe_vpcs", "Vpcs"))[0]["VpcId"]

    def in_vpc(self, operation: str, key: str) -> list[dict[str, Any]]:
        """What a listing of EC2 holds of the platform's network, tagged or not."""
        return [one for one in self.all(self.ec2, operation, key) if one["VpcId"] == self.vpc_id]

    def subnet_ids(self, kind: str) -> list[str]:
        """The subnets whose address says that they are `public` or `private`, in the order of their ids."""
        prefix = f"network/subnet/{kind}/"
        subnets = self.in_vpc("describe_subnets", "Subnets")
        return sorted(one["SubnetId"] for one in subnets if tag_map(one)["saas:address"].startswith(prefix))

    def group_ids(self) -> dict[str, str]:
        """The ids of the security groups by their names; of a name that is there twice, the last."""
        return {one["GroupName"]: one["GroupId"] for one in self.in_vpc("describe_security_groups", "SecurityGroups")}


def field(value: Any, path: str) -> Any:
    """The value at a path such as `State.Code`; None where there is none."""
    for name in path.split("."):
        value = value.get(name) if isinstance(value, dict) else None
    return value


def tag_map(tags: Any) -> dict[str, str]:
    """Tags as a map, in whichever of the three forms of AWS, or of a resource that has them as `Tags`."""
    if isinstance(tags, dict):
        return tag_map(tags["Tags"]) if "Tags" in tags else dict(tags)
    return {tag.get("Key", tag.get("key")): tag.get("Value", tag.get("value")) for tag in tags}


def listed(value: Any) -> list[str]:
    """A list, for AWS writes a list of one as its element. Sorted, for the order has no meaning."""
    return sorted(value) if isinstance(value, list) else [value]


def policy(document: Any) -> list[dict[str, Any]]:
    """The statements of a policy, with each list of texts sorted and each condition's values a list."""
    document = json.loads(document) if isinstance(document, str) else document
    statements = document["Statement"] if isinstance(document["Statement"], list) else [document["Statement"]]
    return [_statement(statement) for statement in statements]


def _statement(statement: dict[str, Any]) -> dict[str, Any]:
    plain = dict(statement)
    for name in plain.keys() & {"Action", "NotAction", "Resource"}:
        plain[name] = listed(plain[name])
    if "Condition" in plain:
        plain["Condition"] = {
            operator: {key: listed(values) for key, values in keys.items()}
            for operator, keys in plain["Condition"].items()
        }
    return plain


def texts(value: Any) -> Iterator[str]:
    """Every text within an answer, keys too."""
    if isinstance(value, dict):
        for key, inner in value.items():
            yield str(key)
            yield from texts(inner)
    elif isinstance(value, list | tuple):
        for inner in value:
            yield from texts(inner)
    elif isinstance(value, str):
        yield value

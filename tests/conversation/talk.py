"""A conversation with one AWS: clients whose every call is kept with what was answered.

Scripts call the clients as they would those of boto3, with two differences. A call may begin with a remark, which says
what is particular about it (`ec2.delete_vpc("with subnets in it", VpcId=vpc)`); and a call that is refused raises
nothing, for what is refused is part of the conversation.
"""

import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError
from botocore.parsers import ResponseParserError

REGION, ACCOUNT = "us-east-1", "123456789012"

# What is said of a theme that cannot go on, which is a difference even where both cannot.
ENDS_EARLY = "ends early"

# What calls are said to be of, where boto3's own name is long.
NAMES = {"application-autoscaling": "scaling", "resourcegroupstaggingapi": "tagging", "secretsmanager": "secrets"}
NAMES |= {"elbv2": "elb"}

# An emulator takes no longer than this to bring about what it will bring about at all.
PATIENCE = 2.0


@dataclass(frozen=True)
class Turn:
    """A call, and what came back: an answer, or a refusal with its code and its HTTP status."""

    call: str
    answer: dict[str, Any]
    refusal: str = ""


class Client:
    """A client of one service, with every call kept."""

    def __init__(self, service: str, boto: Any, turns: list[Turn]) -> None:
        self.service, self.boto, self.turns = service, boto, turns

    def __getattr__(self, operation: str) -> Callable[..., dict[str, Any]]:
        def call(remark: str = "", /, **parameters: Any) -> dict[str, Any]:
            turn = self._ask(operation, remark, parameters)
            self.turns.append(turn)
            return turn.answer

        return call

    def _ask(self, operation: str, remark: str, parameters: dict[str, Any]) -> Turn:
        call = ", ".join(filter(None, [f"{self.service}.{operation}", remark]))
        try:
            answer = getattr(self.boto, operation)(**parameters)
        except ClientError as error:
            status = error.response["ResponseMetadata"]["HTTPStatusCode"]
            return Turn(call, {}, f"{error.response['Error']['Code']} {status}")
        # Such as a page of HTML about a failure.
        except ResponseParserError:
            return Turn(call, {}, "unreadable")
        answer.pop("ResponseMetadata", None)
        if "Body" in answer:
            answer["Body"] = answer["Body"].read().decode()
        return Turn(call, answer)

    def pages(self, operation: str, key: str, remark: str = "", **parameters: Any) -> None:
        """Turns all pages of a listing. What is on which is nobody's promise, so it keeps how many are on each."""
        call = ", ".join(filter(None, [f"{self.service}.{operation}", "all pages", remark]))
        try:
            pages = [page[key] for page in self.boto.get_paginator(operation).paginate(**parameters)]
        except ClientError as error:
            turn = Turn(call, {}, error.response["Error"]["Code"])
        else:
            whole = [one for page in pages for one in page]
            turn = Turn(call, {"pages": [{"length": len(page)} for page in pages], key: whole})
        self.turns.append(turn)

    def until(self, ready: Callable[[dict[str, Any]], bool], operation: str, **parameters: Any) -> None:
        """Looks until something is so, or cannot be seen; how often it has to is nobody's promise, and not kept."""
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            try:
                if ready(getattr(self.boto, operation)(**parameters)):
                    return
            except ClientError:
                return
            time.sleep(0.02)


class Talk:
    """The clients of one AWS, and what was said so far."""

    def __init__(self, endpoint: str) -> None:
        # An emulator takes any credentials, but boto3 does not call without.
        os.environ.setdefault("AWS_ACCESS_KEY_ID", "test")
        os.environ.setdefault("AWS_SECRET_ACCESS_KEY", "test")
        self.turns: list[Turn] = []
        # What was said under each theme.
        self.themes: dict[str, list[Turn]] = {}
        session = boto3.Session(region_name=REGION)
        # Buckets of a server on loopback are not host names, what is answered at first is what counts, and what is
        # wrong with a call is for the service to say.
        config = Config(s3={"addressing_style": "path"}, retries={"total_max_attempts": 1}, parameter_validation=False)

        def client(service: str) -> Client:
            boto = session.client(service, endpoint_url=endpoint, config=config)
            return Client(NAMES.get(service, service), boto, self.turns)

        self.ec2, self.rds, self.s3, self.elb = client("ec2"), client("rds"), client("s3"), client("elbv2")
        self.ecs, self.scaling, self.logs = client("ecs"), client("application-autoscaling"), client("logs")
        self.secrets, self.iam, self.sts = client("secretsmanager"), client("iam"), client("sts")
        self.tagging, self.acm, self.scheduler = client("resourcegroupstaggingapi"), client("acm"), client("scheduler")

    def about(self, theme: Callable[["Talk"], None]) -> None:
        """Plays a theme. One that cannot go on, because it was not given what it asked for, ends there."""
        self.turns.clear()
        try:
            theme(self)
        except LookupError as error:
            self.turns.append(Turn(f"{theme.__name__}, {ENDS_EARLY}", {}, repr(error)))
        self.themes[theme.__name__] = list(self.turns)

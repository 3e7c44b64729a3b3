"""Plays the calls of a fact to an AWS, by boto3: AWS's own description of how each parameter is written."""

import os
import re
import time
from datetime import datetime
from functools import cache
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

from expect import ABSENT, at, faults
from facts import Call, Fact

REGION = "us-east-1"

# How long an answer may take that AWS gives at last.
PATIENCE = 30.0

REFERENCE = re.compile(r"\$\{([^}]+)\}")


class Aws:
    """An AWS, with a client of each service that was called."""

    def __init__(self, endpoint: str) -> None:
        # The sandbox takes any credentials, but boto3 does not call without.
        os.environ.setdefault("AWS_ACCESS_KEY_ID", "test")
        os.environ.setdefault("AWS_SECRET_ACCESS_KEY", "test")
        self.endpoint = endpoint

    def ask(self, call: Call, parameters: dict[str, Any]) -> tuple[dict[str, Any], bool]:
        """What is answered, and whether that is a refusal."""
        client = _client(call.service, self.endpoint)
        method = client.meta.method_to_api_mapping
        name = next(name for name, operation in method.items() if operation == call.operation)
        try:
            answer = getattr(client, name)(**parameters)
        except ClientError as error:
            return _plain(error.response), True
        return _plain(answer), False


_SESSION = boto3.Session(region_name=REGION)


@cache
def _client(service: str, endpoint: str) -> Any:
    # Buckets of a server on loopback are not host names, what is answered at first is what counts, and what is
    # wrong with a call is for the service to say.
    config = Config(s3={"addressing_style": "path"}, retries={"total_max_attempts": 1}, parameter_validation=False)
    return _SESSION.client(service, endpoint_url=endpoint, config=config)


def replay(fact: Fact, endpoint: str) -> list[str]:
    """What an AWS does otherwise than the fact says; nothing where it holds."""
    aws, answers = Aws(endpoint), {}
    for number, call in enumerate(fact.calls, start=1):
        wanted = call.answer if call.answer is not None else {"status": ABSENT}
        end = time.monotonic() + (PATIENCE if call.eventually else 0.0)
        while True:
            answer, error = aws.ask(call, _filled(call.parameters, answers))
            told = _judged(_filled(wanted, answers), answer, error)
            if not told or time.monotonic() >= end:
                break
            time.sleep(0.1)
        if told:
            return [f"call {number}, {call}: {fault}" for fault in told]
        if call.name:
            answers[call.name] = answer
    return []


def _judged(wanted: dict[str, Any], answer: dict[str, Any], error: bool) -> list[str]:
    if wanted.get("status") is ABSENT:
        refusal = answer.get("Error", {})
        return [f"refused with {refusal.get('Code')}: {refusal.get('Message')}"] if error else []
    return faults(wanted, answer, error)


def _filled(value: Any, answers: dict[str, Any]) -> Any:
    """The same with values of earlier answers: `${vpc.Vpc.VpcId}` in a text, or as all of it."""
    if isinstance(value, dict):
        return {_filled(key, answers): _filled(member, answers) for key, member in value.items()}
    if isinstance(value, list):
        return [_filled(member, answers) for member in value]
    if not isinstance(value, str):
        return value
    whole = REFERENCE.fullmatch(value)
    if whole:
        return _referred(whole[1], answers)
    return REFERENCE.sub(lambda found: str(_referred(found[1], answers)), value)


def _referred(path: str, answers: dict[str, Any]) -> Any:
    # `${x * 513}` is a long text.
    letter, _, times = path.partition(" * ")
    if times:
        return letter * int(times)
    found = at(answers, path)
    if found is ABSENT:
        raise LookupError(f"no earlier answer has {path}")
    return found


def _plain(value: Any) -> Any:
    """The same in what JSON can say."""
    if isinstance(value, dict):
        return {key: _plain(member) for key, member in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(member) for member in value]
    if isinstance(value, datetime):
        return value.isoformat()
    if hasattr(value, "read"):
        return value.read().decode()
    return value

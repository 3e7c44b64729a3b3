"""The API models of AWS, and requests read by them.

The models are botocore's. moto has the parsers, for botocore itself only writes requests.
"""

import json
import re
from urllib.parse import unquote
from xml.etree import ElementTree

from botocore.loaders import Loader
from moto.core.model import OperationModel, ServiceModel
from moto.core.parse import PROTOCOL_PARSERS
from request import Request, UnknownRequest
from werkzeug.datastructures import MultiDict

# What signatures call a service, where the models call it otherwise.
NAMES = {
    "application-autoscaling": "application-autoscaling",
    "elasticloadbalancing": "elbv2",
    "tagging": "resourcegroupstaggingapi",
}

# What belongs to every request of the query protocols.
COMMON = {"Action", "Version"}


class Model:
    def __init__(self, signing_name: str):
        name = NAMES.get(signing_name, signing_name)
        self.service = ServiceModel(Loader().load_service_model(name, "service-2"), name)
        self.protocol = self.service.metadata["protocol"]
        if self.protocol == "smithy-rpc-v2-cbor":
            self.protocol = "json"

    def parse(self, request: Request) -> tuple[OperationModel, dict, list[str]]:
        """The operation, its parameters, and what of the request the model does not know."""
        if self.protocol in ("query", "ec2"):
            return self._query(request)
        if self.protocol == "json":
            return self._json(request)
        return self._rest(request)

    def _operation(self, name: str) -> OperationModel:
        if name not in self.service.operation_names:
            raise UnknownRequest(f"{name} is no operation")
        return self.service.operation_model(name)

    def _parsed(self, operation: OperationModel, request: Request, path: dict, values: MultiDict) -> dict:
        parser = PROTOCOL_PARSERS[self.protocol](operation)
        return parser.parse(request.as_moto_has_it(path, values))

    def _query(self, request: Request) -> tuple[OperationModel, dict, list[str]]:
        form = MultiDict(request.form)
        operation = self._operation(form.get("Action", ""))
        reads = Reads(form)
        parameters = self._parsed(operation, request, {}, reads)
        unknown = [f"unknown parameter `{key}`" for key in form if key not in COMMON and key not in reads.taken]
        return operation, parameters, unknown

    def _json(self, request: Request) -> tuple[OperationModel, dict, list[str]]:
        operation = self._operation(request.headers.get("x-amz-target", "").rpartition(".")[2])
        parameters = self._parsed(operation, request, {}, MultiDict())
        return operation, parameters, surplus(json.loads(request.body or b"{}"), operation.input_shape, "")

    def _rest(self, request: Request) -> tuple[OperationModel, dict, list[str]]:
        operation, path = self._route(request)
        values = MultiDict([(key, value) for key, values in request.query.items() for value in values])
        parameters = {
            name: value for name, value in self._parsed(operation, request, path, values).items() if value is not None
        }
        return operation, parameters, self._surplus_of_rest(operation, request)

    def _route(self, request: Request) -> tuple[OperationModel, dict[str, str]]:
        """The operation whose method, path and fixed query the request has; the one with the most of them."""
        best = None
        for name in self.service.operation_names:
            operation = self.service.operation_model(name)
            uri, _, fixed = operation.http["requestUri"].partition("?")
            path = re.fullmatch(pattern(uri), request.path)
            fixed = dict(part.partition("=")[::2] for part in fixed.split("&") if part)
            if operation.http["method"] != request.method or path is None:
                continue
            if any(key not in request.query or value and request.query[key] != [value] for key, value in fixed.items()):
                continue
            shape = operation.input_shape
            required = set(shape.required_members) if shape else set()
            # `x-amz-copy-source` tells CopyObject from PutObject, and `uploadId` ListParts from GetObject.
            if any(is_missing(shape.members[member], request) for member in required):
                continue
            rank = (len(fixed), len(required), uri.count("{"))
            if best is None or rank > best[0]:
                best = (rank, operation, {name: unquote(part) for name, part in path.groupdict().items()})
        if best is None:
            raise UnknownRequest(f"{request.method} {request.path} {sorted(request.query)} is no operation")
        return best[1], best[2]

    def _surplus_of_rest(self, operation: OperationModel, request: Request) -> list[str]:
        shape = operation.input_shape
        fixed = {part.partition("=")[0] for part in operation.http["requestUri"].partition("?")[2].split("&")}
        known = {
            of.serialization.get("name", name)
            for name, of in shape.members.items()
            if of.serialization.get("location") == "querystring"
        }
        # The SDK names the operation in the query, which S3 ignores.
        unknown = [f"unknown query `{key}`" for key in request.query if key not in fixed | known | {"x-id"}]
        if self.protocol == "rest-json":
            # What is in the path and the query is not in the body.
            return unknown + surplus(json.loads(request.body or b"{}"), shape, "")
        payload = shape.serialization.get("payload")
        if request.body and payload and shape.members[payload].type_name == "structure":
            unknown += surplus_of_xml(ElementTree.fromstring(request.body), shape.members[payload], "")
        return unknown


class Reads(MultiDict):
    """Takes note of which keys are looked for."""

    def __init__(self, *arguments):
        super().__init__(*arguments)
        self.taken: set[str] = set()

    def get(self, key, default=None, type=None):
        self.taken.add(key)
        return super().get(key, default)


def is_missing(member, request: Request) -> bool:
    """Whether a member that is sent in the head of a request is not there."""
    name = member.serialization.get("name")
    location = member.serialization.get("location")
    return location == "header" and name not in request.headers or location == "querystring" and name not in request.query


def pattern(uri: str) -> str:
    """`/{Bucket}/{Key+}` as a regular expression."""
    escaped = re.escape(uri).replace(r"\{", "{").replace(r"\}", "}").replace(r"\+", "+")
    escaped = re.sub(r"\{(\w+)\+\}", r"(?P<\1>.+)", escaped)
    return re.sub(r"\{(\w+)\}", r"(?P<\1>[^/]+)", escaped) + "/?"


def surplus(value: object, shape, place: str) -> list[str]:
    """The members that a JSON value has and its shape does not."""
    if shape is None:
        return [f"unknown member `{key}`" for key in value] if isinstance(value, dict) else []
    if shape.type_name == "structure" and isinstance(value, dict):
        names = {of.serialization.get("name", name): of for name, of in shape.members.items()}
        found = []
        for key, item in value.items():
            if key not in names:
                found.append(f"unknown member `{place}{key}`")
            else:
                found += surplus(item, names[key], f"{place}{key}.")
        return found
    if shape.type_name == "list" and isinstance(value, list):
        return [violation for item in value for violation in surplus(item, shape.member, place)]
    if shape.type_name == "map" and isinstance(value, dict):
        return [violation for item in value.values() for violation in surplus(item, shape.value, place)]
    return []


def surplus_of_xml(node: ElementTree.Element, shape, place: str) -> list[str]:
    """The elements that a structure in XML has and its shape does not."""
    names = {}
    for name, of in shape.members.items():
        flattened = of.type_name == "list" and of.serialization.get("flattened")
        names[of.serialization.get("name", name)] = of
        if flattened:
            names[of.member.serialization.get("name", of.serialization.get("name", name))] = of
    found = []
    for child in node:
        tag = child.tag.rpartition("}")[2]
        if tag not in names:
            found.append(f"unknown element `{place}{tag}`")
            continue
        of = names[tag]
        inner = of.member if of.type_name == "list" else of
        if of.type_name == "list" and not of.serialization.get("flattened"):
            for item in child:
                if inner.type_name == "structure":
                    found += surplus_of_xml(item, inner, f"{place}{tag}.")
        elif inner.type_name == "structure":
            found += surplus_of_xml(child, inner, f"{place}{tag}.")
    return found

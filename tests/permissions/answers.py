"""Answers of AWS, read by its API models."""

from botocore.parsers import create_parser


def read_answer(service, operation: str, answer: bytes) -> tuple[int, dict]:
    """The status and the members of an answer; none where it is an error."""
    head, _, body = answer.partition(b"\r\n\r\n")
    first, *lines = head.decode().split("\r\n")
    status = int(first.split(" ")[1])
    if status >= 300:
        return status, {}
    headers = {name.strip().lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    protocol = service.metadata["protocol"]
    protocol = "json" if protocol == "smithy-rpc-v2-cbor" else protocol
    shape = service.operation_model(operation).output_shape
    if shape is None or any(member.serialization.get("streaming") for member in shape.members.values()):
        return status, {}
    parsed = create_parser(protocol).parse({"status_code": status, "headers": headers, "body": body}, shape)
    return status, parsed

"""Holds requests that were sent to AWS against AWS's own API models, as botocore ships them.

    python tests/requests FILE

FILE has a request a line: JSON with `service` (as the signature names it), `target` (method, path and query),
`headers` and `body` (its bytes as numbers). Each is parsed by the model of its operation, and then held against it: required
members, types, lengths, ranges, patterns, enumerations, and members that the model does not know. It prints each
violation and exits 1, or how many requests of how many operations hold and exits 0.
"""

import json
import sys
from collections import Counter
from pathlib import Path

from constraints import violations
from models import Model
from request import Request, UnknownRequest


def main() -> int:
    lines = Path(sys.argv[1]).read_text().splitlines()
    models: dict[str, Model] = {}
    wrong: Counter[str] = Counter()
    held: Counter[str] = Counter()
    for line in lines:
        sent = json.loads(line)
        service = sent["service"]
        if service not in models:
            models[service] = Model(service)
        model = models[service]
        request = Request(sent["target"], sent["headers"], bytes(sent["body"]))
        try:
            operation, parameters, unknown = model.parse(request)
        except UnknownRequest as error:
            wrong[f"{service} {error}"] += 1
            continue
        name = f"{service} {operation.name}"
        found = unknown + violations(parameters, operation.input_shape)
        wrong.update(f"{name}: {violation}" for violation in found)
        held[name] += not found
    for violation, times in sorted(wrong.items()):
        print(f"{violation} ({times} times)")
    if not lines:
        print("there is no request to look at")
    print(f"{sum(held.values())} requests of {len(held)} operations are as the models say")
    return 1 if wrong or not lines else 0


sys.exit(main())

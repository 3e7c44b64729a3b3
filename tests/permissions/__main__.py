"""What IAM is asked for each recorded call: actions, resources and the keys of the request's context.

    python tests/permissions FILE ACCOUNT REGION PARTITION

FILE has a call a line: a request as `tests/requests` reads it, `answer`, the bytes of the response, and `asked`, whether
its questions are of interest. It prints a question a line, as JSON: `call`, its `number`, `action`, `resource`,
`context`. `simulate.mjs` answers them from policies.

Which actions, resources and keys AWS asks for is written here a second time, and not taken from saas. Sources: Service
Authorization Reference; Amazon S3 User Guide, "Required permissions for Amazon S3 API operations"; the guide of each
service on tagging during creation; IAM User Guide, "Grant a user permissions to pass a role to an AWS service".
"""

import json
import sys
from pathlib import Path

sys.path.append(str(Path(__file__).parent.parent / "requests"))

from account import Account  # noqa: E402
from answers import read_answer  # noqa: E402
from models import Model  # noqa: E402
from questions import questions  # noqa: E402
from request import Request  # noqa: E402

# The prefixes of IAM, where signatures have other names.
PREFIXES = {"tagging": "tag"}


def main() -> int:
    file, number, region, partition = sys.argv[1:5]
    account = Account(number, region, partition)
    models: dict[str, Model] = {}
    for number_of_call, line in enumerate(Path(file).read_text().splitlines()):
        sent = json.loads(line)
        if sent["service"] not in models:
            models[sent["service"]] = Model(sent["service"])
        model = models[sent["service"]]
        operation, given, _ = model.parse(Request(sent["target"], sent["headers"], bytes(sent["body"])))
        service = PREFIXES.get(sent["service"], sent["service"])
        call = f"{service}:{operation.name}"
        status, answer = read_answer(model.service, operation.name, bytes(sent["answer"]))
        if sent["asked"]:
            for question in questions(account, call, given, answer):
                print(json.dumps({"call": call, "number": number_of_call, **question}))
        if status < 300:
            account.learn(call, given, answer)
    return 0


sys.exit(main())

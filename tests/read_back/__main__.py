"""Reads a platform back from AWS and holds it against what was required of it.

A second opinion: it depends on nothing of saas, neither on its plan nor on its code, and sees AWS through boto3 alone.
Names, rules and policies are written out from the requirement, for the specs in `fixtures/saas-platform`, with any
tenants that share one load balancer, and `fixtures/real-application`.

    python tests/read_back --endpoint URL --domain example.com --platform saas-platform --environment development \
        [--application real-application] [--vpc-cidr 10.0.0.0/16] acme-corp:cc-acme globex-inc:cc-globex

It prints each expectation that fails and exits 1, or how many hold and exits 0. The numbers of the points are those of
the requirement. Two are looked at elsewhere: point 3, the schemas and roles of PostgreSQL, of which AWS knows nothing,
and point 12, the outputs.
"""

import argparse
import sys

import real_application
import saas_platform
from access import roles
from application import without_commands
from botocore.exceptions import BotoCoreError, ClientError
from database import point_2_database
from ingress import point_6_load_balancer
from jobs import jobs
from network import point_1_network, point_11_security_groups
from reader import Reader
from service import point_7_task_definitions, point_8_services
from storage import (
    control_bucket,
    no_secret_anywhere,
    point_4_buckets,
    point_5_bucket_policies,
    point_9_log_groups,
    point_10_secrets,
)

POINTS = [
    point_1_network,
    point_2_database,
    point_4_buckets,
    point_5_bucket_policies,
    point_6_load_balancer,
    point_7_task_definitions,
    point_8_services,
    point_9_log_groups,
    point_10_secrets,
    point_11_security_groups,
    roles,
    jobs,
    control_bucket,
    # The last, for it looks through everything that AWS has answered.
    no_secret_anywhere,
]


APPLICATIONS = {
    "saas-platform": saas_platform.APPLICATION,
    "real-application": real_application.APPLICATION,
}


def main() -> int:
    wanted = arguments()
    application = APPLICATIONS[wanted.application]
    reader = Reader(without_commands(application) if wanted.without_commands else application, wanted)
    for point in POINTS:
        try:
            point(reader)
        # What a point cannot find it cannot read either.
        except (BotoCoreError, ClientError, LookupError, ValueError) as error:
            reader.expect(False, f"{point.__name__} cannot be read to its end: {error!r}")
    for failure in reader.failures():
        print(failure)
    if not reader.failed:
        print(f"{reader.held} expectations hold")
    return 1 if reader.failed else 0


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Reads a platform back from AWS.")
    parser.add_argument("--endpoint", required=True, help="where AWS answers")
    parser.add_argument("--application", choices=APPLICATIONS, default="saas-platform", help="the fixture")
    parser.add_argument("--without-commands", action="store_true", help="no service has `exec`, unlike in the fixture")
    parser.add_argument("--domain", required=True)
    parser.add_argument("--platform", required=True)
    parser.add_argument("--environment", required=True)
    parser.add_argument("--vpc-cidr", default="10.0.0.0/16")
    parser.add_argument("--account", default="123456789012")
    parser.add_argument("--region", default="us-east-1")
    parser.add_argument("--cost-center", default="platform", help="of what tenants share")
    parser.add_argument("--provisioner", default="arn:aws:iam::123456789012:role/saas-provisioner")
    parser.add_argument("tenants", nargs="+", metavar="tenant:cost_center", type=tenant)
    return parser.parse_args()


def tenant(text: str) -> tuple[str, str]:
    name, colon, cost_center = text.partition(":")
    if not (name and colon and cost_center):
        raise argparse.ArgumentTypeError(f"`{text}` is not of the form tenant:cost_center")
    return name, cost_center


if __name__ == "__main__":
    sys.exit(main())

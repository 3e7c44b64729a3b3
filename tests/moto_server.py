"""moto's server, with three names as AWS gives them, and without its check of bucket policies.

moto names the root of two answers of S3 after their operations. AWS has other names, and the SDK for Rust reads no
others. Source: Amazon S3 API reference, "ListBucketInventoryConfigurations" and "GetBucketNotificationConfiguration".

moto describes the network interface of a task as its own. AWS writes the ARN of the attachment, by which saas knows that
it belongs to a task. Source: Amazon ECS Developer Guide, "Amazon ECS task networking options for Fargate".

moto looks at no condition of a bucket policy: under any Deny it answers 403 to every call on objects, also to those that
the conditions exempt. Here policies are stored and read back, and decide nothing.
"""

from collections.abc import Callable
from typing import Any
from uuid import uuid4

from moto.ec2.models.elastic_network_interfaces import NetworkInterface, NetworkInterfaceBackend
from moto.iam.access_control import PermissionResult
from moto.s3.models import FakeBucket
from moto.s3.responses import S3Response
from moto.server import main


def renamed(answer: Callable[[S3Response], Any], wrong: str, right: str) -> Callable[[S3Response], Any]:
    """The answer with the root that AWS gives it."""

    def wrapper(self: S3Response) -> Any:
        status, headers, body = answer(self)
        text = body.decode() if isinstance(body, bytes) else body
        return status, headers, text.replace(wrong, right)

    return wrapper


S3Response.list_bucket_inventory_configurations = renamed(
    S3Response.list_bucket_inventory_configurations,
    "ListBucketInventoryConfigurationsResponse",
    "ListInventoryConfigurationsResult",
)
S3Response.get_bucket_notification = renamed(
    S3Response.get_bucket_notification, "GetBucketNotificationResponse", "NotificationConfiguration"
)

create_interface = NetworkInterfaceBackend.create_network_interface


def create_described(self: NetworkInterfaceBackend, *args: Any, **rest: Any) -> NetworkInterface:
    """The interface, with the description of AWS if it belongs to a task."""
    if rest.get("description") == "moto ECS":
        rest["description"] = f"arn:aws:ecs:{self.region_name}:{self.account_id}:attachment/{uuid4()}"
    return create_interface(self, *args, **rest)


NetworkInterfaceBackend.create_network_interface = create_described



def neutral(_bucket: FakeBucket, _action: str, _resource: str) -> PermissionResult:
    """Neither allowed nor denied, as in a bucket without a policy."""
    return PermissionResult.NEUTRAL


FakeBucket.get_permission = neutral

if __name__ == "__main__":
    main()

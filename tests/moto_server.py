"""moto's server, with two answers of S3 under the names that AWS gives them.

moto names the root of these answers after their operations. AWS has other names, and the SDK for Rust reads no others.
Source: Amazon S3 API reference, "ListBucketInventoryConfigurations" and "GetBucketNotificationConfiguration".
"""

from collections.abc import Callable
from typing import Any

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

if __name__ == "__main__":
    main()

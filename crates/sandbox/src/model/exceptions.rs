//! Known deviations of services from their models, each with its source.

use crate::services::Service;

/// Strings that services validate themselves, with their own errors: the service and the shape.
const WITH_RULES_OF_THEIR_OWN: &[(Service, &str)] = &[
    // `InvalidLocationConstraint`, also for `us-east-1`, which no model has in the enumeration. Source:
    // localstack/localstack:tests/aws/services/s3/test_s3, `test_different_location_constraint`.
    (Service::S3, "BucketLocationConstraint"),
    // "Invalid x-amz-object-ownership header: RandomValue". Source:
    // localstack/localstack:tests/aws/services/s3/test_s3_api, `test_bucket_ownership_controls_exc`.
    (Service::S3, "ObjectOwnership"),
    // `InvalidEncryptionAlgorithmError`. Source: Amazon S3 API reference, "Error responses".
    (Service::S3, "ServerSideEncryption"),
    // "Invalid Encoding Method specified in Request". Source:
    // localstack/localstack:tests/aws/services/s3/test_s3_list_operations,
    // `test_list_ops_encoding_type_validation`.
    (Service::S3, "EncodingType"),
    // `KeyTooLongError`. Source: Amazon S3 API reference, "Error responses".
    (Service::S3, "ObjectKey"),
    // "ClientRequestToken must be 32-64 characters long." Source: getmoto/moto:moto/secretsmanager/models.py,
    // `_client_request_token_validator`.
    (Service::Secrets, "ClientRequestTokenType"),
];

pub(super) fn has_rules_of_its_own(service: Service, shape: &str) -> bool {
    WITH_RULES_OF_THEIR_OWN.contains(&(service, shape))
}

/// Enumerations for which the service returns other values or another spelling.
const ANSWERED_OTHERWISE: &[&str] = &[
    // An attached Internet gateway is `available`. Source: Amazon EC2 API reference,
    // `DescribeInternetGateways`, "Examples".
    "AttachmentStatus",
    // A gateway endpoint is `available` in lower case. Source:
    // localstack/localstack:tests/aws/services/ec2/test_ec2, `test_vpc_endpoint_dns_names`.
    "State",
    // The interface of a NAT gateway is a `nat_gateway`. Source: Amazon EC2 API reference,
    // `NetworkInterface`.
    "NetworkInterfaceType",
    // "This data type can only have a value of `Policy`", and the model has `PermissionsBoundaryPolicy`.
    // Source: AWS IAM API reference, `AttachedPermissionsBoundary`.
    "PermissionsBoundaryAttachmentType",
    // ACM returns `RSA-2048`, and the model has `RSA_2048`. Source:
    // localstack/localstack:tests/aws/services/acm/test_acm, `test_domain_validation`.
    "KeyAlgorithm",
];

pub(super) fn is_answered_otherwise(shape: &str) -> bool {
    ANSWERED_OTHERWISE.contains(&shape)
}

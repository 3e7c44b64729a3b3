//! Hints for error codes of AWS: what the operator can do.
//!
//! Source: the error codes of the services' API references, and "Common errors" of the AWS General
//! Reference.

/// The hint for an error, or `None` where there is none.
pub(super) fn of(operation: &str, code: &str, message: &str) -> Option<&'static str> {
    let message = message.to_lowercase();
    match code {
        "AccessDenied" | "AccessDeniedException" | "UnauthorizedOperation" | "AuthorizationError" => {
            Some("the caller lacks this permission: use the provisioner's role, or extend the policy of the caller")
        }
        "ExpiredToken" | "ExpiredTokenException" => Some(EXPIRED),
        // A signature is valid for some minutes around its timestamp.
        "RequestTimeTooSkewed" | "RequestInTheFuture" => Some(SKEWED),
        "RequestExpired" => Some("the credentials have expired, or this machine's clock is wrong: check both"),
        "SignatureDoesNotMatch" | "InvalidSignatureException" | "IncompleteSignature" => {
            Some(if ["expired", "not yet current", "skew"].iter().any(|word| message.contains(word)) {
                SKEWED
            } else {
                "the secret key does not match the access key id: check AWS_SECRET_ACCESS_KEY, or the profile in AWS_PROFILE"
            })
        }
        "InvalidClientTokenId" | "InvalidAccessKeyId" | "UnrecognizedClientException" | "InvalidToken" => {
            Some(UNKNOWN_KEY)
        }
        // EC2 uses one code for a wrong key and for many other errors.
        "AuthFailure" if message.contains("validate the provided access credentials") => Some(UNKNOWN_KEY),
        "OptInRequired" | "SubscriptionRequiredException" | "PendingVerification" => {
            Some("AWS has not activated this service for the account yet: complete its registration, or wait")
        }
        "RegionDisabledException" => Some("enable the Region in the account's settings first"),
        "MalformedPolicy" | "MalformedPolicyDocument" if message.contains("invalid principal") => Some(
            "a role or an account that the policy names does not exist: check `provisioner` and the break-glass roles in \
             the spec, which must exist before the first apply",
        ),
        _ => quota(operation, code, &message),
    }
}

const UNKNOWN_KEY: &str = "AWS does not recognise the access key: check AWS_ACCESS_KEY_ID or the profile in AWS_PROFILE, \
                           and that AWS_SESSION_TOKEN belongs to the same session";
const EXPIRED: &str = "the credentials have expired: get new ones (`aws sso login`) and apply again to continue where \
                       this run stopped";
const SKEWED: &str = "this machine's clock differs from AWS's by more than AWS allows: set it, and run this again";

/// The hint for an exhausted quota, with the name that Service Quotas uses.
///
/// Source: AWS General Reference, "Service endpoints and quotas", of each service.
fn quota(operation: &str, code: &str, message: &str) -> Option<&'static str> {
    let named = match code {
        "VpcLimitExceeded" => "request a quota increase in Service Quotas: Amazon VPC, \"VPCs per Region\"",
        "SubnetLimitExceeded" => "request a quota increase in Service Quotas: Amazon VPC, \"Subnets per VPC\"",
        "InternetGatewayLimitExceeded" => {
            "request a quota increase in Service Quotas: Amazon VPC, \"Internet gateways per Region\""
        }
        "NatGatewayLimitExceeded" => {
            "request a quota increase in Service Quotas: Amazon VPC, \"NAT gateways per Availability Zone\""
        }
        "AddressLimitExceeded" => "request a quota increase in Service Quotas: Amazon EC2, \"EC2-VPC Elastic IPs\"",
        "RouteTableLimitExceeded" => "request a quota increase in Service Quotas: Amazon VPC, \"Route tables per VPC\"",
        "VpcEndpointLimitExceeded" => {
            "request a quota increase in Service Quotas: Amazon VPC, \"Interface VPC endpoints per VPC\""
        }
        "SecurityGroupLimitExceeded" => {
            "request a quota increase in Service Quotas: Amazon VPC, \"VPC security groups per Region\""
        }
        "RulesPerSecurityGroupLimitExceeded" => {
            "request a quota increase in Service Quotas: Amazon VPC, \"Inbound or outbound rules per security group\""
        }
        "SecurityGroupsPerInterfaceLimitExceeded" => {
            "request a quota increase in Service Quotas: Amazon VPC, \"Security groups per network interface\""
        }
        "TooManyLoadBalancers" => {
            "request a quota increase in Service Quotas: Elastic Load Balancing, \"Application Load Balancers per Region\""
        }
        "TooManyTargetGroups" => {
            "request a quota increase in Service Quotas: Elastic Load Balancing, \"Target Groups per Region\""
        }
        "TooManyRules" => {
            "request a quota increase in Service Quotas: Elastic Load Balancing, \"Rules per Application Load Balancer\""
        }
        "TooManyListeners" => {
            "request a quota increase in Service Quotas: Elastic Load Balancing, \"Listeners per Application Load Balancer\""
        }
        "TooManyCertificates" => {
            "request a quota increase in Service Quotas: Elastic Load Balancing, \"Certificates per Application Load Balancer\""
        }
        "TooManyTargets" => {
            "request a quota increase in Service Quotas: Elastic Load Balancing, \"Targets per Application Load Balancer\""
        }
        "DBClusterQuotaExceededFault" => "request a quota increase in Service Quotas: Amazon RDS, \"DB clusters\"",
        "InstanceQuotaExceeded" => "request a quota increase in Service Quotas: Amazon RDS, \"DB instances\"",
        "StorageQuotaExceeded" => {
            "request a quota increase in Service Quotas: Amazon RDS, \"Total storage for all DB instances\""
        }
        "DBSubnetGroupQuotaExceeded" => "request a quota increase in Service Quotas: Amazon RDS, \"DB subnet groups\"",
        "DBParameterGroupQuotaExceeded" => {
            "request a quota increase in Service Quotas: Amazon RDS, \"DB cluster parameter groups\""
        }
        "TooManyBuckets" => "request a quota increase in Service Quotas: Amazon S3, \"General purpose buckets\"",
        "LimitExceeded" if operation.starts_with("iam ") && message.contains("role") && !message.contains("policy") => {
            "request a quota increase in Service Quotas: AWS IAM, \"Roles per account\""
        }
        "LimitExceededException" if operation.starts_with("cloudwatchlogs ") => {
            "request a quota increase in Service Quotas: Amazon CloudWatch Logs, \"Log groups\""
        }
        "LimitExceededException" if operation.starts_with("secretsmanager ") => {
            "request a quota increase in Service Quotas: AWS Secrets Manager, \"Secrets per account\""
        }
        "LimitExceededException" if operation.starts_with("ecs ") => {
            "request a quota increase in Service Quotas: Amazon ECS or AWS Fargate, the quota that the message names"
        }
        "LimitExceededException" if operation.starts_with("applicationautoscaling ") => {
            "request a quota increase in Service Quotas: Application Auto Scaling, \"Scalable targets\""
        }
        // Throttling has its own codes; every other code with such a name is a quota.
        code if is_quota(code) => {
            "a quota of the account is exhausted: request an increase in Service Quotas, and apply again"
        }
        _ => return None,
    };
    Some(named)
}

fn is_quota(code: &str) -> bool {
    let code = code.trim_end_matches("Fault").trim_end_matches("Exception");
    let rate = ["RequestLimitExceeded", "BandwidthLimitExceeded"].contains(&code);
    !rate
        && (code.ends_with("LimitExceeded") || code.ends_with("QuotaExceeded") || code.ends_with("QuotaExceededFault"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hint(operation: &str, code: &str, message: &str) -> &'static str {
        of(operation, code, message).unwrap_or_default()
    }

    #[test]
    fn clock_skew_is_distinguished_from_a_wrong_key() {
        assert!(hint("s3 GetObject", "RequestTimeTooSkewed", "too large").contains("clock"));
        let expired = "Signature expired: 20261127T090000Z is now earlier than 20261127T095500Z";
        assert!(hint("sts GetCallerIdentity", "SignatureDoesNotMatch", expired).contains("clock"));
        assert!(hint("ecs ListClusters", "InvalidSignatureException", "Signature not yet current").contains("clock"));
        let wrong = "The request signature we calculated does not match the signature you provided.";
        assert!(hint("sts GetCallerIdentity", "SignatureDoesNotMatch", wrong).contains("secret key"));
        for code in ["InvalidClientTokenId", "UnrecognizedClientException", "InvalidAccessKeyId", "InvalidToken"] {
            assert!(hint("sts GetCallerIdentity", code, "").contains("access key"), "{code}");
        }
    }

    #[test]
    fn quota_hints_use_the_names_of_service_quotas() {
        assert!(hint("ec2 AllocateAddress", "AddressLimitExceeded", "").contains("EC2-VPC Elastic IPs"));
        assert!(
            hint("iam CreateRole", "LimitExceeded", "Cannot exceed quota for RolesPerAccount: 1000").contains("Roles")
        );
        assert!(hint("rds CreateDBCluster", "DBClusterQuotaExceededFault", "").contains("DB clusters"));
        for code in ["NetworkInterfaceLimitExceeded", "SnapshotQuotaExceeded", "ServiceQuotaExceededException"] {
            assert!(hint("ec2 Something", code, "").contains("Service Quotas"), "{code}");
        }
        assert_eq!(of("ec2 CreateVpc", "RequestLimitExceeded", ""), None, "that is throttling");
    }

    #[test]
    fn invalid_principal_hint_names_the_provisioner() {
        let text = hint("s3 PutBucketPolicy", "MalformedPolicy", "Invalid principal in policy");
        assert!(text.contains("`provisioner`"), "{text}");
        assert_eq!(of("s3 PutBucketPolicy", "MalformedPolicy", "Missing required field Action"), None);
    }

    /// EC2 refuses an address in use by a NAT gateway with the code of a wrong key.
    #[test]
    fn auth_failure_of_ec2_gives_a_hint_only_for_invalid_credentials() {
        assert_eq!(of("ec2 ReleaseAddress", "AuthFailure", "You do not have permission"), None);
        let wrong = "AWS was not able to validate the provided access credentials";
        assert!(hint("ec2 DescribeVpcs", "AuthFailure", wrong).contains("access key"));
    }
}

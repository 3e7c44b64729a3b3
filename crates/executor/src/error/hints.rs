//! Hints for error codes of AWS: what the operator can do.
//!
//! Source: the error codes of the services' API references, and "Common errors" of the AWS General
//! Reference.

/// The hint for an error, or `None` where there is none.
pub(super) fn of(operation: &str, code: &str, message: &str) -> Option<&'static str> {
    let message = message.to_lowercase();
    match code {
        "AccessDenied" | "AccessDeniedException" | "UnauthorizedOperation" | "AuthorizationError" => {
            Some("the caller lacks this permission: apply with the provisioner's role, or extend its policy")
        }
        "ExpiredToken" | "ExpiredTokenException" => Some(EXPIRED),
        // A signature is valid for some minutes around its timestamp.
        "RequestTimeTooSkewed" | "RequestInTheFuture" => Some(SKEWED),
        "RequestExpired" => Some("the credentials have expired, or the clock of this machine is wrong: check both"),
        "SignatureDoesNotMatch" | "InvalidSignatureException" | "IncompleteSignature" => {
            Some(if ["expired", "not yet current", "skew"].iter().any(|word| message.contains(word)) {
                SKEWED
            } else {
                "the secret key does not belong to the key id: check AWS_SECRET_ACCESS_KEY, or the profile that AWS_PROFILE \
                 names"
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
            "a role or an account that the policy names does not exist: look at `provisioner` and the break-glass roles in \
             the spec, which must exist before the first apply",
        ),
        _ => quota(operation, code, &message),
    }
}

const UNKNOWN_KEY: &str = "AWS does not know the access key: check AWS_ACCESS_KEY_ID or the profile that AWS_PROFILE names, \
                           and that AWS_SESSION_TOKEN is of the same session";
const EXPIRED: &str = "the credentials have expired: get new ones (`aws sso login`) and apply again, which goes on where this \
                       stopped";
const SKEWED: &str = "the clock of this machine is wrong by more than AWS allows: set it, and run this again";

/// The hint for an exhausted quota, with the name that Service Quotas uses.
///
/// Source: AWS General Reference, "Service endpoints and quotas", of each service.
fn quota(operation: &str, code: &str, message: &str) -> Option<&'static str> {
    let named = match code {
        "VpcLimitExceeded" => "ask Service Quotas for more: Amazon VPC, \"VPCs per Region\"",
        "SubnetLimitExceeded" => "ask Service Quotas for more: Amazon VPC, \"Subnets per VPC\"",
        "InternetGatewayLimitExceeded" => "ask Service Quotas for more: Amazon VPC, \"Internet gateways per Region\"",
        "NatGatewayLimitExceeded" => "ask Service Quotas for more: Amazon VPC, \"NAT gateways per Availability Zone\"",
        "AddressLimitExceeded" => "ask Service Quotas for more: Amazon EC2, \"EC2-VPC Elastic IPs\"",
        "RouteTableLimitExceeded" => "ask Service Quotas for more: Amazon VPC, \"Route tables per VPC\"",
        "VpcEndpointLimitExceeded" => "ask Service Quotas for more: Amazon VPC, \"Interface VPC endpoints per VPC\"",
        "SecurityGroupLimitExceeded" => "ask Service Quotas for more: Amazon VPC, \"VPC security groups per Region\"",
        "RulesPerSecurityGroupLimitExceeded" => {
            "ask Service Quotas for more: Amazon VPC, \"Inbound or outbound rules per security group\""
        }
        "SecurityGroupsPerInterfaceLimitExceeded" => {
            "ask Service Quotas for more: Amazon VPC, \"Security groups per network interface\""
        }
        "TooManyLoadBalancers" => {
            "ask Service Quotas for more: Elastic Load Balancing, \"Application Load Balancers per Region\""
        }
        "TooManyTargetGroups" => "ask Service Quotas for more: Elastic Load Balancing, \"Target Groups per Region\"",
        "TooManyRules" => {
            "ask Service Quotas for more: Elastic Load Balancing, \"Rules per Application Load Balancer\""
        }
        "TooManyListeners" => {
            "ask Service Quotas for more: Elastic Load Balancing, \"Listeners per Application Load Balancer\""
        }
        "TooManyCertificates" => {
            "ask Service Quotas for more: Elastic Load Balancing, \"Certificates per Application Load Balancer\""
        }
        "TooManyTargets" => {
            "ask Service Quotas for more: Elastic Load Balancing, \"Targets per Application Load Balancer\""
        }
        "DBClusterQuotaExceededFault" => "ask Service Quotas for more: Amazon RDS, \"DB clusters\"",
        "InstanceQuotaExceeded" => "ask Service Quotas for more: Amazon RDS, \"DB instances\"",
        "StorageQuotaExceeded" => "ask Service Quotas for more: Amazon RDS, \"Total storage for all DB instances\"",
        "DBSubnetGroupQuotaExceeded" => "ask Service Quotas for more: Amazon RDS, \"DB subnet groups\"",
        "DBParameterGroupQuotaExceeded" => "ask Service Quotas for more: Amazon RDS, \"DB cluster parameter groups\"",
        "TooManyBuckets" => "ask Service Quotas for more: Amazon S3, \"General purpose buckets\"",
        "LimitExceeded" if operation.starts_with("iam ") && message.contains("role") && !message.contains("policy") => {
            "ask Service Quotas for more: AWS IAM, \"Roles per account\""
        }
        "LimitExceededException" if operation.starts_with("cloudwatchlogs ") => {
            "ask Service Quotas for more: Amazon CloudWatch Logs, \"Log groups\""
        }
        "LimitExceededException" if operation.starts_with("secretsmanager ") => {
            "ask Service Quotas for more: AWS Secrets Manager, \"Secrets per account\""
        }
        "LimitExceededException" if operation.starts_with("ecs ") => {
            "ask Service Quotas for more: Amazon ECS or AWS Fargate, the quota that the message names"
        }
        "LimitExceededException" if operation.starts_with("applicationautoscaling ") => {
            "ask Service Quotas for more: Application Auto Scaling, \"Scalable targets\""
        }
        // Throttling has its own codes; every other code with such a name is a quota.
        code if is_quota(code) => {
            "a quota of the account is used up: ask AWS for more in the console of Service Quotas, and apply again"
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
    fn a_clock_that_is_off_is_told_from_a_wrong_key() {
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
    fn quotas_are_named_as_service_quotas_names_them() {
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
    fn what_an_invalid_principal_may_be_is_said() {
        let text = hint("s3 PutBucketPolicy", "MalformedPolicy", "Invalid principal in policy");
        assert!(text.contains("`provisioner`"), "{text}");
        assert_eq!(of("s3 PutBucketPolicy", "MalformedPolicy", "Missing required field Action"), None);
    }

    /// EC2 refuses an address in use by a NAT gateway with the code of a wrong key.
    #[test]
    fn auth_failure_of_ec2_says_too_little_for_advice() {
        assert_eq!(of("ec2 ReleaseAddress", "AuthFailure", "You do not have permission"), None);
        let wrong = "AWS was not able to validate the provided access credentials";
        assert!(hint("ec2 DescribeVpcs", "AuthFailure", wrong).contains("access key"));
    }
}

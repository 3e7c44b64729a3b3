//! Which reads may be stale, and which show what is there.

use super::Service;

/// What a read shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Consistency {
    /// What is there now.
    Strong,
    /// What was there a while ago.
    Eventual,
}

/// What an operation shows, if it only reads. An operation that changes something sees what is
/// there; where AWS then does not know yet what else it refers to, that is said at the operation.
pub(crate) fn of(service: Service, operation: &str) -> Option<Consistency> {
    match service {
        Service::Acm => acm(operation),
        Service::Ec2 => ec2(operation),
        Service::Ecs => ecs(operation),
        Service::Elb => elb(operation),
        Service::Iam => iam(operation),
        Service::Logs => logs(operation),
        Service::Rds => rds(operation),
        Service::S3 => s3(operation),
        Service::Scaling => scaling(operation),
        Service::Secrets => secrets(operation),
        Service::Sts => (operation == "GetCallerIdentity").then_some(Consistency::Strong),
        // It tells what other services told it, after a while.
        Service::Tagging => (operation == "GetResources").then_some(Consistency::Eventual),
    }
}

/// Certificates are not modelled with a lag.
fn acm(operation: &str) -> Option<Consistency> {
    matches!(operation, "DescribeCertificate" | "ListCertificates").then_some(Consistency::Strong)
}

/// Source: Amazon EC2 Developer Guide, "Eventual consistency in the Amazon EC2 API".
fn ec2(operation: &str) -> Option<Consistency> {
    match operation {
        // These are AWS's own and never change.
        "DescribeAvailabilityZones" | "DescribePrefixLists" => Some(Consistency::Strong),
        _ => operation.starts_with("Describe").then_some(Consistency::Eventual),
    }
}

/// Source: Amazon ECS API reference, `CreateService`: "The Amazon ECS API follows an eventual
/// consistency model". Tags are read as they are, for no report of others is known.
fn ecs(operation: &str) -> Option<Consistency> {
    match operation {
        "ListTagsForResource" => Some(Consistency::Strong),
        "DescribeClusters"
        | "DescribeServices"
        | "DescribeTaskDefinition"
        | "DescribeTasks"
        | "ListClusters"
        | "ListServices"
        | "ListTaskDefinitionFamilies"
        | "ListTaskDefinitions"
        | "ListTasks" => Some(Consistency::Eventual),
        _ => None,
    }
}

/// AWS says nothing of it; that what is new is not found for a while is assumed of all kinds.
fn elb(operation: &str) -> Option<Consistency> {
    operation.starts_with("Describe").then_some(Consistency::Eventual)
}

/// Source: AWS IAM User Guide, "Changes that I make are not always immediately visible".
fn iam(operation: &str) -> Option<Consistency> {
    (operation.starts_with("Get") || operation.starts_with("List")).then_some(Consistency::Eventual)
}

/// AWS says nothing of it; that listings are late is assumed.
fn logs(operation: &str) -> Option<Consistency> {
    match operation {
        "ListTagsForResource" => Some(Consistency::Strong),
        "DescribeLogGroups" | "DescribeLogStreams" => Some(Consistency::Eventual),
        _ => None,
    }
}

/// Source: Amazon RDS API reference, `CreateDBClusterParameterGroup`, which advises to wait for five
/// minutes before a new group is used.
fn rds(operation: &str) -> Option<Consistency> {
    match operation {
        // These are AWS's own and never change.
        "DescribeDBEngineVersions" | "DescribeOrderableDBInstanceOptions" => Some(Consistency::Strong),
        "ListTagsForResource" => Some(Consistency::Eventual),
        _ => operation.starts_with("Describe").then_some(Consistency::Eventual),
    }
}

/// Source: Amazon S3 User Guide, "Amazon S3 data consistency model": objects are strongly
/// consistent, configurations of buckets are not, and "if you delete a bucket and immediately list
/// all buckets, the deleted bucket might still appear in the list".
fn s3(operation: &str) -> Option<Consistency> {
    match operation {
        "GetBucketLocation"
        | "GetObject"
        | "HeadBucket"
        | "HeadObject"
        | "ListMultipartUploads"
        | "ListObjectVersions"
        | "ListObjectsV2" => Some(Consistency::Strong),
        "GetBucketEncryption"
        | "GetBucketOwnershipControls"
        | "GetBucketPolicy"
        | "GetBucketTagging"
        | "GetBucketVersioning"
        | "GetObjectLockConfiguration"
        | "GetPublicAccessBlock"
        | "ListBuckets" => Some(Consistency::Eventual),
        _ => None,
    }
}

/// Source: Application Auto Scaling API reference, `RegisterScalableTarget`: "there might be a brief
/// delay until the operation achieves eventual consistency".
fn scaling(operation: &str) -> Option<Consistency> {
    match operation {
        "ListTagsForResource" => Some(Consistency::Strong),
        _ => operation.starts_with("Describe").then_some(Consistency::Eventual),
    }
}

/// Source: AWS Secrets Manager API reference, `ListSecrets`: it "might not reflect changes from the
/// last five minutes. You can get more recent information for a specific secret by calling
/// DescribeSecret".
fn secrets(operation: &str) -> Option<Consistency> {
    match operation {
        "BatchGetSecretValue" | "DescribeSecret" | "GetSecretValue" | "ListSecretVersionIds" => {
            Some(Consistency::Strong)
        }
        "ListSecrets" => Some(Consistency::Eventual),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_known_of_every_read_whether_it_may_be_stale() {
        let is_read = |operation: &str| {
            ["Describe", "List", "Get", "Head", "BatchGet"].iter().any(|verb| operation.starts_with(verb))
        };
        for service in Service::ALL {
            for operation in service.operations() {
                assert_eq!(of(service, operation).is_some(), is_read(operation), "{service:?} {operation}");
            }
        }
    }

    #[test]
    fn a_secret_that_is_asked_for_by_name_is_not_stale() {
        assert_eq!(of(Service::Secrets, "ListSecrets"), Some(Consistency::Eventual));
        assert_eq!(of(Service::Secrets, "DescribeSecret"), Some(Consistency::Strong));
    }
}

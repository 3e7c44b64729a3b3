//! Another role becomes the provisioner of a live platform.

use std::collections::BTreeSet;

use saas_model::{Lock, Plan};

use crate::cloud::Cloud;
use crate::platform::{SPEC, apply, assert_clean, edited, plan};

const NOW: &str = "provisioner = \"arn:aws:iam::123456789012:role/saas-provisioner\"";
const NEXT: &str = "provisioner = \"arn:aws:iam::123456789012:role/next\"";
const NEXT_ROLE: &str = "arn:aws:iam::123456789012:role/next";

/// The roles that each statement of the policies of secrets and buckets exempts.
const EXEMPT: &str = "
import boto3, json
secrets, s3 = boto3.client('secretsmanager'), boto3.client('s3')
documents = [secrets.get_resource_policy(SecretId=one['Name'])['ResourcePolicy'] for one in secrets.list_secrets()['SecretList']]
documents += [s3.get_bucket_policy(Bucket=one['Name'])['Policy'] for one in s3.list_buckets()['Buckets']]
for document in documents:
    for statement in json.loads(document)['Statement']:
        exempt = statement.get('Condition', {}).get('ArnNotLike', {}).get('aws:PrincipalArn', [])
        roles = [exempt] if isinstance(exempt, str) else exempt
        names = sorted(role.split('/')[-1] for role in roles if role.endswith(('/saas-provisioner', '/next')))
        if statement['Sid'] in ('DenyReads', 'DenyChanges', 'DenyControlPlane', 'DenyOthers'):
            print(statement['Sid'], *names)
";

fn exempt(cloud: &Cloud) -> BTreeSet<String> {
    cloud.python(&["-c", EXEMPT]).lines().map(str::to_owned).collect()
}

/// The policies of secrets and buckets first exempt both roles, and then only the new one.
#[tokio::test]
async fn both_roles_are_exempt_before_the_old_one_is_dropped() {
    let stages = [
        (SPEC.to_owned(), "saas-provisioner"),
        (edited(SPEC, NOW, &format!("{NOW}\nnext_{NEXT}")), "next saas-provisioner"),
        (edited(SPEC, NOW, NEXT), "next"),
    ];
    let cloud = Cloud::sandbox().await;
    for (spec, names) in stages {
        let (plan, _): (Plan, Lock) = plan(&spec, &Lock::default());
        if names == "next" {
            cloud.call_as(NEXT_ROLE);
        }
        apply(&cloud, &plan).await;
        let expected =
            ["DenyReads", "DenyChanges", "DenyControlPlane", "DenyOthers"].map(|sid| format!("{sid} {names}"));
        assert_eq!(exempt(&cloud), expected.into());
        assert_clean(&cloud, &plan).await;
        assert!(apply(&cloud, &plan).await.changes.is_empty());
    }
}

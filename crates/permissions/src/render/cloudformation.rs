//! Permissions as a CloudFormation template: managed policies, and the role with `--github`.

use serde_json::{Map, Value, json};

use super::{camel, path_of, pretty, value};
use crate::{Boundary, Named, Permissions};

/// A template in JSON.
#[must_use]
pub fn cloudformation(permissions: &Permissions) -> String {
    let Permissions { role, path, policies, boundary, trust } = permissions;
    let mut resources = Map::new();
    let bounding = boundary.iter().map(|Boundary { arn, policy, .. }| (policy, path_of(arn)));
    for (Named { name, document }, path) in bounding.chain(policies.iter().map(|policy| (policy, "/"))) {
        let properties = json!({ "ManagedPolicyName": name, "Path": path, "PolicyDocument": value(document) });
        resources.insert(camel(name), json!({ "Type": "AWS::IAM::ManagedPolicy", "Properties": properties }));
    }
    if let Some(trust) = trust {
        let arns: Vec<Value> = policies.iter().map(|Named { name, .. }| json!({ "Ref": camel(name) })).collect();
        let properties = json!({
            "RoleName": role,
            "Path": path,
            "AssumeRolePolicyDocument": trust,
            "ManagedPolicyArns": arns,
        });
        resources.insert(format!("{}Role", camel(role)), json!({ "Type": "AWS::IAM::Role", "Properties": properties }));
    }
    pretty(&json!({ "AWSTemplateFormatVersion": "2010-09-09", "Resources": resources }))
}

//! Log groups.

use std::collections::BTreeMap;

use super::check;
use super::stream::Stream;
use super::subscription::Filters;
use crate::cloud::Account;
use crate::services::prelude::*;
use crate::tags;

/// The permitted retention periods in days. Source: Amazon CloudWatch Logs API,
/// `PutRetentionPolicy`.
const DAYS: [i64; 22] =
    [1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731, 1096, 1827, 2192, 2557, 2922, 3288, 3653];

/// A log group.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Group {
    pub(super) name: String,
    pub(super) created: Time,
    /// The retention of events in days; `None` means for ever.
    pub(super) retention: Option<i64>,
    /// The KMS key that encrypts the events.
    pub(super) key: Option<String>,
    pub(super) class: String,
    /// Whether deletion protection is enabled.
    pub(super) protected: bool,
    pub(super) tags: Tags,
    pub(super) streams: BTreeMap<String, Stream>,
    #[serde(default)]
    pub(super) subscriptions: Filters,
}

impl Group {
    /// The ARN for tagging. With the suffix `:*`, it refers to the group's content.
    pub(super) fn arn(&self, account: &Account) -> String {
        account.arn("logs", &format!("log-group:{}", self.name))
    }

    fn entry(&self, account: &Account) -> Value {
        let arn = self.arn(account);
        json!({
            "logGroupName": self.name,
            "arn": format!("{arn}:*"),
            "logGroupArn": arn,
            "creationTime": self.created.as_millis(),
            "metricFilterCount": 0,
            "storedBytes": 0,
            "logGroupClass": self.class,
            "deletionProtectionEnabled": self.protected,
            "retentionInDays": self.retention,
            "kmsKeyId": self.key,
        })
    }
}

/// The group that a call refers to.
pub(super) fn existing<'a>(cloud: &'a mut Cloud, input: &Input) -> Result<&'a mut Group, Refusal> {
    let name = input.required("logGroupName")?;
    cloud.logs.groups.get_mut(name).ok_or_else(check::no_group)
}

/// The group with an ARN.
fn of_arn<'a>(cloud: &'a mut Cloud, input: &Input) -> Result<&'a mut Group, Refusal> {
    let name = check::group_of_arn(&cloud.account, input)?;
    cloud.logs.groups.get_mut(&name).ok_or_else(check::no_group)
}

pub(super) fn create_log_group(cloud: &mut Cloud, input: &Input) -> Result<Value, Refusal> {
    let name = input.required("logGroupName")?;
    ensure!(!name.starts_with("aws/"), check::invalid("Log groups starting with AWS/ are reserved for AWS."));
    let class = input.text("logGroupClass").unwrap_or("STANDARD");
    let tags = check::tags(input)?;
    let key = input.text("kmsKeyId");
    let kms = format!("arn:{}:kms:", cloud.account.partition());
    let is_key = key.is_none_or(|key| key.starts_with(&kms));
    ensure!(is_key, check::invalid("The specified KMS Key Id could not be found."));
    let exists = || Refusal::new("ResourceAlreadyExistsException", "The specified log group already exists");
    ensure!(!cloud.logs.groups.contains_key(name), exists());
    let group = Group {
        name: name.to_owned(),
        created: cloud.now,
        retention: None,
        key: key.map(str::to_owned),
        class: class.to_owned(),
        protected: input.flag("deletionProtectionEnabled").unwrap_or(false),
        tags,
        streams: BTreeMap::new(),
        subscriptions: Filters::new(),
    };
    cloud.logs.groups.insert(name.to_owned(), group);
    Ok(json!({}))
}

/// Sorts the groups by the bytes of their names.
pub(super) fn describe_log_groups(cloud: &mut Cloud, input: &Input) -> Result<Value, Refusal> {
    let prefix = input.text("logGroupNamePrefix");
    let pattern = input.text("logGroupNamePattern");
    let message = "LogGroup name prefix and LogGroup name pattern are mutually exclusive parameters.";
    ensure!(prefix.is_none() || pattern.is_none(), check::invalid(message));
    let class = input.text("logGroupClass");
    let named = input.texts("logGroupIdentifiers");
    let others = prefix.or(pattern).or(class);
    let message = "logGroupIdentifiers cannot be used together with other filters.";
    ensure!(named.is_empty() || others.is_none(), check::invalid(message));
    let account = &cloud.account;
    let matching = cloud.logs.groups.iter().filter(|(name, group)| {
        prefix.is_none_or(|prefix| name.starts_with(prefix))
            && pattern.is_none_or(|pattern| name.contains(pattern))
            && class.is_none_or(|class| group.class == class)
            && (named.is_empty() || named.iter().any(|id| id == *name || *id == group.arn(account)))
    });
    let (groups, next) = check::page(input, matching.map(|(name, group)| (name.clone(), group)))?;
    let groups: Vec<Value> = groups.into_iter().map(|group| group.entry(account)).collect();
    Ok(json!({"logGroups": groups, "nextToken": next}))
}

pub(super) fn put_retention_policy(cloud: &mut Cloud, input: &Input) -> Result<Value, Refusal> {
    let Some(days) = input.number("retentionInDays").filter(|days| DAYS.contains(days)) else {
        return Err(check::invalid(format!("Invalid retention value. Valid values are: {DAYS:?}")));
    };
    existing(cloud, input)?.retention = Some(days);
    Ok(json!({}))
}

pub(super) fn delete_retention_policy(cloud: &mut Cloud, input: &Input) -> Result<Value, Refusal> {
    existing(cloud, input)?.retention = None;
    Ok(json!({}))
}

pub(super) fn put_log_group_deletion_protection(cloud: &mut Cloud, input: &Input) -> Result<Value, Refusal> {
    let id = input.required("logGroupIdentifier")?;
    let protected = input.flag("deletionProtectionEnabled").unwrap_or_default();
    let Cloud { account, logs, .. } = cloud;
    let group = logs.groups.values_mut().find(|group| group.name == id || group.arn(account) == id);
    group.ok_or_else(check::no_group)?.protected = protected;
    Ok(json!({}))
}

/// Deletes the group with its content.
pub(super) fn delete_log_group(cloud: &mut Cloud, input: &Input) -> Result<Value, Refusal> {
    let group = existing(cloud, input)?;
    let message = "The log group has deletion protection enabled; disable it before deletion.";
    ensure!(!group.protected, Refusal::new("ValidationException", message));
    let name = group.name.clone();
    cloud.logs.groups.remove(&name);
    Ok(json!({}))
}

pub(super) fn tag_resource(cloud: &mut Cloud, input: &Input) -> Result<Value, Refusal> {
    let given = check::tags(input)?;
    let message = format!("A resource can have no more than {} tags.", tags::MOST);
    tags::add(&mut of_arn(cloud, input)?.tags, given, Refusal::new("TooManyTagsException", message))?;
    Ok(json!({}))
}

pub(super) fn untag_resource(cloud: &mut Cloud, input: &Input) -> Result<Value, Refusal> {
    let keys = input.texts("tagKeys");
    of_arn(cloud, input)?.tags.retain(|key, _| !keys.contains(key));
    Ok(json!({}))
}

pub(super) fn list_tags_for_resource(cloud: &mut Cloud, input: &Input) -> Result<Value, Refusal> {
    Ok(json!({"tags": of_arn(cloud, input)?.tags}))
}

//! Secrets. Created by one call with the value, which no plan, log, event or error ever contains: a password, or
//! generated texts ([`super::generated`]).
//!
//! A listing shows neither values nor policies. Generated texts are compared with the plan where a secret is
//! described, by their keys and lengths; the resource policy is compared always.

use std::cell::Cell;
use std::collections::{BTreeMap, BTreeSet, HashMap};

use aws_sdk_secretsmanager::types::{Filter, FilterNameStringType};
use futures::{StreamExt, TryStreamExt, stream};
use itertools::Itertools as _;
use saas_model::plan::TAG_PLATFORM;
use saas_model::policy::Policy;
use saas_model::resource::{Field as _, Kind, Resource, ResourceSpec, Secret, SecretContent, SecretField};
use saas_model::{Address, Node, Ref};
use zeroize::Zeroizing;

use crate::context::{Context, Transient};
use crate::error::{Error, Required, Result, unless_gone};
use crate::preflight::names::{Owner, TakenName, each, owner, taken_among};
use crate::provider::calls::ApiCalls;
use crate::provider::naming::{LiveName, TenantOfPlan};
use crate::provider::{
    Changes, CommitRecord, Concurrency, Declaration, Identification, Listing, NamesOfTenant, Naming,
    ResourceDescription, ResourceProvider, UniqueWithin,
};
use crate::providers::iam::documents::{as_planned, read_policy, unsupported_policy};
use crate::providers::parse::parse;
use crate::providers::secrets::generated;
use crate::providers::tags::{from_sdk, to_sdk};
use crate::random;
use crate::state::exposure::Exposure;
use crate::state::observed::{Identity, ObservedResource};

/// A secret that was deleted without recovery keeps its name for a moment. Secrets Manager reports that in
/// two ways. Source: terraform-provider-aws, `internal/service/secretsmanager/secret.go`.
const BEING_REMOVED: &[Transient] = &[
    Transient {
        code: "InvalidRequestException",
        message: "scheduled for deletion",
        why: "the old secret of this name is still being removed",
    },
    Transient {
        code: "InvalidRequestException",
        message: "was deleted",
        why: "the old secret of this name is still being removed",
    },
];

/// A new secret may not be visible yet. Source: terraform-provider-aws, `internal/service/secretsmanager/secret.go`,
/// which waits for it before it writes the policy.
const BEING_CREATED: &[Transient] = &[Transient {
    code: "ResourceNotFoundException",
    message: "",
    why: "the new secret is not visible everywhere yet",
}];

/// A secret that was just restored may still count as deleted.
const BEING_RESTORED: &[Transient] = &[
    Transient {
        code: "InvalidRequestException",
        message: "marked for deletion",
        why: "the restored secret is not visible everywhere yet",
    },
    Transient {
        code: "InvalidRequestException",
        message: "scheduled for deletion",
        why: "the restored secret is not visible everywhere yet",
    },
];

/// The codes of a creation whose name a secret already has: an active one, or one scheduled for deletion.
const EXISTS: &[&str] = &["ResourceExistsException", "InvalidRequestException"];

const GONE: &[&str] = &["ResourceNotFoundException"];

/// For how many days a deleted secret can be restored. Source: Secrets Manager API, `DeleteSecret`.
const RECOVERY_DAYS: i64 = 30;

/// How many secrets are described at a time.
const CONCURRENCY: usize = 8;

/// How many secrets one call reads. Source: Secrets Manager API, `BatchGetSecretValue`.
const BATCH_SIZE: usize = 20;

/// The 64 characters of passwords, all of which RDS accepts (it rejects `/`, `"`, `@` and the space).
const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/// The length of passwords: 192 random bits, within the 41 characters that RDS accepts.
const LENGTH: usize = 32;

impl ResourceProvider for Secret {
    const DECLARATION: Declaration = Declaration {
        needs: &[],
        concurrency: Concurrency::WIDE,
        identification: Identification::Name(Naming {
            live: LiveName::InId(|arn| Some(name_in_arn(arn))),
            of_tenant: NamesOfTenant::Each(|tenant| names_in_each_scope(tenant).into_iter().flatten().collect()),
            is_given: |named| named.is_of_tenant_or_never_changes(),
        }),
        unique_within: UniqueWithin::Region,
        listing: Listing::LateByMinutes,
        commit_record: CommitRecord::Tags,
        tagging_type: None,
        deletion_protection: None,
        has_snapshots: false,
        calls: ApiCalls {
            list: &["secretsmanager:ListSecrets"],
            describe: &[
                "secretsmanager:DescribeSecret",
                "secretsmanager:GetResourcePolicy",
                "secretsmanager:GetSecretValue",
            ],
            create: &[
                "secretsmanager:CreateSecret",
                "secretsmanager:RestoreSecret",
                "secretsmanager:PutSecretValue",
                "secretsmanager:UpdateSecret",
                "secretsmanager:PutResourcePolicy",
                "secretsmanager:TagResource",
            ],
            update: &[
                "secretsmanager:UpdateSecret",
                "secretsmanager:PutSecretValue",
                "secretsmanager:CancelRotateSecret",
                "secretsmanager:PutResourcePolicy",
                "secretsmanager:DeleteResourcePolicy",
                "secretsmanager:TagResource",
            ],
            delete: &["secretsmanager:DeleteSecret"],
        },
    };

    fn exclusive_property(&self) -> Option<String> {
        Some(self.name.to_string())
    }

    async fn taken_names(cx: &Context<'_>) -> Result<Vec<TakenName>> {
        taken_among::<Self>(cx, async |names| each(names, async |name| holder(cx, name).await).await).await
    }

    async fn list(cx: &Context<'_>) -> Result<Vec<ObservedResource>> {
        let filter = |name, value: &str| Filter::builder().key(name).values(value).build();
        let mut pages = cx
            .aws
            .secrets
            .list_secrets()
            .filters(filter(FilterNameStringType::TagKey, TAG_PLATFORM))
            .filters(filter(FilterNameStringType::TagValue, cx.plan.header().platform.as_str()))
            .max_results(100)
            .into_paginator()
            .send();
        let mut found = Vec::new();
        while let Some(page) = pages.next().await {
            // A secret scheduled for deletion is not live: its value cannot be read.
            let live = page?.secret_list.unwrap_or_default().into_iter().filter(|secret| secret.deleted_date.is_none());
            for secret in live {
                let identity = identity(secret.arn, secret.secret_versions_to_stages.as_ref(), "ListSecrets")?;
                let shown = Shown { description: secret.description, rotation: secret.rotation_enabled };
                // Only the description of a replicated secret has the Regions of its replicas.
                let replicated = secret.primary_region.is_some();
                let ours = ObservedResource::by_tags(cx.plan, Kind::Secret, identity, from_sdk(secret.tags));
                let Some(ours) = ours else { continue };
                let resource = resource(cx, &ours.address, secret.name, shown);
                let secret = ours.with_fields_or_unreadable(resource);
                found.extend(if replicated { described(cx, &secret.identity.id).await? } else { Some(secret) });
            }
        }
        Ok(found)
    }

    /// The listing "might not reflect changes from the last five minutes", and this description does. Where
    /// no secret has the planned name and other resources of its tenant exist, the secret may have its name
    /// of the other scope. Source: Secrets Manager API, `ListSecrets`.
    async fn describe_by_name(cx: &Context<'_>, nodes: &[&Node]) -> Result<Vec<ObservedResource>> {
        let beside = cx.live.tenants_with_other_kinds(Kind::Secret);
        let unlisted = |node: &Node| {
            let tenant = node.address.tenant().map(str::to_owned);
            tenant
                .filter(|_| cx.live.get(&node.address).is_none())
                .filter(|tenant| beside.contains(&Some(tenant.clone())))
        };
        let named = |node: &&Node| Some((unlisted(node), Self::of(&node.resource)?.name.to_string()));
        let asked = stream::iter(nodes.iter().filter_map(named)).map(async |(unlisted, name)| {
            match (described(cx, &name).await?, unlisted) {
                (None, Some(tenant)) => in_another_scope(cx, &tenant, &name).await,
                (found, _) => Ok(found),
            }
        });
        let found: Vec<Option<ObservedResource>> = asked.buffered(CONCURRENCY).try_collect().await?;
        Ok(found.into_iter().flatten().collect())
    }

    async fn named(cx: &Context<'_>, name: &str) -> Result<Option<ObservedResource>> {
        described(cx, name).await
    }

    const GONE: &'static [&'static str] = GONE;

    async fn has_planned_access(&self, cx: &Context<'_>, found: &ObservedResource) -> Result<bool> {
        let policy = unless_gone(resource_policy(cx, &found.identity.id).await, GONE)?;
        Ok(match policy {
            Some(Some(document)) => Policy::from_json(&document).is_ok_and(|policy| policy.means(&self.policy)),
            Some(None) => self.policy.is_empty(),
            None => false,
        })
    }

    async fn describe(cx: &Context<'_>, found: &ObservedResource) -> Result<ResourceDescription> {
        let mut described = ResourceDescription::of_listing(found)?;
        let policy = resource_policy(cx, &found.identity.id).await?;
        let planned = cx.plan.node(&found.address).and_then(|node| Self::of(&node.resource));
        let generated = planned.is_some_and(|planned| matches!(planned.content, SecretContent::Generated(_)));
        let Resource::Secret(secret) = &mut described.resource else { return Ok(described) };
        let live = policy.as_deref().map(read_policy).unwrap_or_default();
        secret.policy = as_planned(live, planned.map(|planned| &planned.policy));
        let unsupported = policy.as_deref().and_then(unsupported_policy);
        described.raw_values.extend(unsupported.map(|policy| (SecretField::Policy.as_str().to_owned(), policy)));
        if generated {
            let value = secret_value(cx, &found.identity.id).await?;
            match generated::lengths(&value) {
                Some(lengths) => secret.content = SecretContent::Generated(lengths),
                None => described.raw_values.push(("content".to_owned(), NOT_GENERATED.into())),
            }
        }
        Ok(described)
    }

    async fn create(&self, cx: &Context<'_>, node: &Node) -> Result<Identity> {
        let name = self.name.as_str();
        let tags = to_sdk(&cx.tags(node)?);
        let value = generate(&self.content)?;
        let scheduled = Cell::new(false);
        let make = async || {
            let call = cx.aws.secrets.create_secret().name(name).description(&self.description);
            let call = call.secret_string(value.as_str()).client_request_token(cx.token(node)?);
            let made = call.set_tags(Some(tags.clone())).send().await?;
            keep(self, cx, node, &value);
            let arn = made.arn.required("secretsmanager CreateSecret", "ARN")?;
            Ok(Identity { version: made.version_id, ..Identity::of_arn(arn) })
        };
        let look = async || {
            let there = cx.aws.secrets.describe_secret().secret_id(name).send().await?;
            scheduled.set(there.deleted_date.is_some());
            let identity = identity(there.arn, there.version_ids_to_stages.as_ref(), "DescribeSecret")?;
            Ok((identity, from_sdk(there.tags)))
        };
        let mut made =
            cx.retry(BEING_REMOVED, async || cx.create_or_adopt(node, EXISTS, name, make, look).await).await?;
        if scheduled.get() {
            cx.aws.secrets.restore_secret().secret_id(&made.id).send().await?;
            if !is_in_use(cx, node) {
                let call = cx.aws.secrets.put_secret_value().secret_id(&made.id).secret_string(value.as_str());
                let put = cx.retry(BEING_RESTORED, async || Ok(call.clone().send().await?)).await?;
                made.version = put.version_id;
                keep(self, cx, node, &value);
            }
            cx.retry(BEING_RESTORED, async || set_description(self, cx, &made.id).await).await?;
            cx.retry(BEING_RESTORED, async || set_policy(self, cx, &made.id).await).await?;
            cx.retry(BEING_RESTORED, async || commit(cx, node, &made.id).await).await?;
        } else if !self.policy.is_empty() {
            // Every comparison reads the policy, so a run that is killed before this leaves no secret open.
            cx.retry(BEING_CREATED, async || set_policy(self, cx, &made.id).await).await?;
        }
        Ok(made)
    }

    async fn update(
        &self,
        cx: &Context<'_>,
        node: &Node,
        found: &ObservedResource,
        changes: &Changes<'_>,
    ) -> Result<Identity> {
        let id = &found.identity.id;
        if changes.touch(&[SecretField::Description]) {
            set_description(self, cx, id).await?;
        }
        if changes.touch(&[SecretField::Rotation]) && !self.rotation {
            cx.aws.secrets.cancel_rotate_secret().secret_id(id).send().await?;
        }
        if changes.touch(&[SecretField::Policy]) {
            set_policy(self, cx, id).await?;
        }
        let mut identity = found.identity.clone();
        if let (SecretContent::Generated(lengths), true) = (&self.content, changes.touch(&[SecretField::Content])) {
            let value = secret_value(cx, id).await?;
            if generated::lengths(&value).as_ref() != Some(lengths) {
                let value = generated::with_lengths(&value, lengths)?;
                let put = cx.aws.secrets.put_secret_value().secret_id(id).secret_string(value.as_str()).send().await?;
                identity.version = put.version_id;
            }
        }
        commit(cx, node, id).await?;
        Ok(identity)
    }

    async fn delete(cx: &Context<'_>, found: &ObservedResource) -> Result<()> {
        let call = cx.aws.secrets.delete_secret().secret_id(&found.identity.id);
        let call = if cx.plan.header().environment.is_development() {
            call.force_delete_without_recovery(true)
        } else {
            call.recovery_window_in_days(RECOVERY_DAYS)
        };
        match call.send().await.map_err(Error::from) {
            Err(error) if error.is(GONE) => Ok(()),
            // It is already scheduled for deletion.
            Err(error) if error.is(&["InvalidRequestException"]) && says_deleted(&error) => Ok(()),
            other => other.map(drop),
        }
    }

    async fn data_loss(_cx: &Context<'_>, _found: &ObservedResource) -> Result<Option<String>> {
        Ok(Some("its value".to_owned()))
    }
}

/// The reported resource policy of a secret whose policy denies the call.
const UNREADABLE: &str = "it denies reading itself";

/// What a denial says that is not a missing permission of the caller. Source: IAM User Guide, "Troubleshoot access
/// denied error messages".
const BY_A_RESOURCE: &str = "resource-based policy";

/// The document of the resource policy of a secret; `None` where it has none.
async fn resource_policy(cx: &Context<'_>, id: &str) -> Result<Option<String>> {
    let answer = cx.aws.secrets.get_resource_policy().secret_id(id).send().await.map_err(Error::from);
    match answer {
        Ok(answer) => Ok(answer.resource_policy),
        Err(error) if error.is(&["AccessDeniedException"]) && error.to_string().contains(BY_A_RESOURCE) => {
            Ok(Some(UNREADABLE.to_owned()))
        }
        Err(error) => Err(error),
    }
}

/// Writes the planned resource policy, which AWS refuses if it grants broad access, or removes the policy where none is
/// planned. Source: Secrets Manager API, `PutResourcePolicy`, `BlockPublicPolicy`.
async fn set_policy(wanted: &Secret, cx: &Context<'_>, id: &str) -> Result<()> {
    if wanted.policy.is_empty() {
        cx.aws.secrets.delete_resource_policy().secret_id(id).send().await?;
        return Ok(());
    }
    let call = cx.aws.secrets.put_resource_policy().secret_id(id).block_public_policy(true);
    call.resource_policy(wanted.policy.to_json()).send().await?;
    Ok(())
}

/// The reported value of a secret whose content is not what saas generates.
const NOT_GENERATED: &str = "another text than generated values";

/// Remembers a new password for this run.
fn keep(secret: &Secret, cx: &Context<'_>, node: &Node, value: &Zeroizing<String>) {
    if secret.content == SecretContent::Password {
        cx.passwords.keep(&node.address, value.clone());
    }
}

/// The owner of the secret with a name. A listing of secrets may lag by minutes; this call does not. It also returns secrets that are
/// scheduled for deletion, which keep their names until then. Source: Secrets Manager API, `ListSecrets`.
async fn holder(cx: &Context<'_>, name: &str) -> Result<Option<Option<Owner>>> {
    let answer = cx.aws.secrets.describe_secret().secret_id(name).send().await.map_err(Error::from);
    let answer = unless_gone(answer, GONE)?;
    Ok(answer.map(|secret| owner(cx, Kind::Secret, name, &from_sdk(secret.tags))))
}

/// The name in the ARN of a secret. The last 7 characters are AWS's. Source: Secrets Manager User Guide, "What's
/// in a secret".
fn name_in_arn(arn: &str) -> &str {
    let name = arn.split_once(":secret:").map_or(arn, |(_, name)| name);
    name.len().checked_sub(7).and_then(|end| name.get(..end)).unwrap_or(name)
}

/// Whether Secrets Manager refuses a call because the secret is deleted or scheduled for deletion.
fn says_deleted(error: &Error) -> bool {
    let text = error.to_string();
    text.contains("deletion") || text.contains("was deleted")
}

async fn set_description(wanted: &Secret, cx: &Context<'_>, id: &str) -> Result<()> {
    cx.aws.secrets.update_secret().secret_id(id).description(&wanted.description).send().await?;
    Ok(())
}

/// Describes a secret by name or ARN; `None` when no active secret has it.
async fn described(cx: &Context<'_>, id: &str) -> Result<Option<ObservedResource>> {
    let there = match cx.aws.secrets.describe_secret().secret_id(id).send().await.map_err(Error::from) {
        Ok(there) => there,
        Err(error) if error.is(GONE) => return Ok(None),
        Err(error) => return Err(error),
    };
    if there.deleted_date.is_some() {
        return Ok(None);
    }
    let identity = identity(there.arn, there.version_ids_to_stages.as_ref(), "DescribeSecret")?;
    let shown = Shown { description: there.description, rotation: there.rotation_enabled };
    let found = ObservedResource::by_tags(cx.plan, Kind::Secret, identity, from_sdk(there.tags));
    let replicas = there.replication_status.unwrap_or_default().into_iter().filter_map(|replica| replica.region);
    Ok(found.map(|found| {
        let resource = resource(cx, &found.address, there.name, shown);
        let found = found.with_fields_or_unreadable(resource);
        replicas.fold(found, |found, region| {
            let what = "this Region has a copy of the secret, with a resource policy of its own";
            let remedy = format!(
                "aws secretsmanager remove-regions-from-replication --secret-id {} \
                 --remove-replica-regions {region}",
                found.identity.id
            );
            cx.live.found_exposed(Exposure::new((&found.address, found.kind), region.as_str(), what, remedy));
            found.blocked(region, "it is a replica of the secret in another Region", "remove the replica first")
        })
    }))
}

/// The identity of a secret, with the current version of its value.
fn identity(
    arn: Option<String>,
    stages: Option<&HashMap<String, Vec<String>>>,
    operation: &'static str,
) -> Result<Identity> {
    let arn = arn.ok_or(Error::Incomplete { operation, field: "ARN" })?;
    let is_current = |stages: &Vec<String>| stages.iter().any(|stage| stage == "AWSCURRENT");
    let current = stages.into_iter().flatten().find(|(_, stages)| is_current(stages));
    Ok(Identity { version: current.map(|(version, _)| version.clone()), ..Identity::of_arn(arn) })
}

/// What listings and descriptions show of a secret beside its name.
struct Shown {
    description: Option<String>,
    rotation: Option<bool>,
}

/// A secret as the model represents it. Its content and its policy are taken for the planned ones: only other calls show
/// them.
fn resource(cx: &Context<'_>, address: &Address, name: Option<String>, shown: Shown) -> Result<Secret> {
    let name = name.unwrap_or_default();
    let planned = cx.plan.node(address).and_then(|node| Secret::of(&node.resource));
    Ok(Secret {
        description: shown.description.unwrap_or_default(),
        content: planned.map_or(SecretContent::Password, |planned| planned.content.clone()),
        rotation: shown.rotation == Some(true),
        policy: planned.map(|planned| planned.policy.clone()).unwrap_or_default(),
        name: parse(&name, format_args!("the secret {name}"))?,
    })
}

/// The value of a secret.
pub(crate) async fn secret_value(cx: &Context<'_>, id: &str) -> Result<Zeroizing<String>> {
    let answer = cx.aws.secrets.get_secret_value().secret_id(id).send().await?;
    answer.secret_string.map(Zeroizing::new).required("secretsmanager GetSecretValue", "SecretString")
}

/// The values of many secrets, by ARN, twenty in a call.
pub(crate) async fn secret_values(cx: &Context<'_>, arns: &[String]) -> Result<BTreeMap<String, Zeroizing<String>>> {
    const OPERATION: &str = "secretsmanager BatchGetSecretValue";
    let mut values = BTreeMap::new();
    for arns in arns.chunks(BATCH_SIZE) {
        let call = cx.aws.secrets.batch_get_secret_value().set_secret_id_list(Some(arns.to_vec()));
        let answer = call.send().await?;
        if let Some(error) = answer.errors.unwrap_or_default().pop() {
            let reason = [error.error_code, error.message].into_iter().flatten().join(": ");
            return Err(Error::Failed { what: format!("reading {}", error.secret_id.unwrap_or_default()), reason });
        }
        for secret in answer.secret_values.unwrap_or_default() {
            let value = secret.secret_string.map(Zeroizing::new).required(OPERATION, "SecretString")?;
            values.insert(secret.arn.required(OPERATION, "ARN")?, value);
        }
    }
    Ok(values)
}

/// The password in the administrator's secret. A password that RDS does not accept, set by hand, is replaced.
pub(crate) async fn admin_password(cx: &Context<'_>, secret: &Ref<Secret>) -> Result<Zeroizing<String>> {
    let password = cx.password(secret).await?;
    if is_valid_for_rds(&password) {
        return Ok(password);
    }
    let (arn, password) = (cx.arn(secret)?, new_password()?);
    let put = cx.aws.secrets.put_secret_value().secret_id(&arn).secret_string(password.as_str()).send().await?;
    // From now on, the resolved inputs of the dependents contain this version.
    if let Some(mut found) = cx.live.get(secret.address()) {
        found.identity.version = put.version_id;
        cx.live.insert(found);
    }
    cx.passwords.keep(secret.address(), password.clone());
    Ok(password)
}

/// Whether RDS accepts a password for the administrator: 8 to 41 printable ASCII characters other than `/`,
/// `"`, `@` and the space. Source: Amazon RDS API, `CreateDBCluster`, `MasterUserPassword`.
fn is_valid_for_rds(password: &str) -> bool {
    let fits = |byte: u8| byte.is_ascii_graphic() && !matches!(byte, b'/' | b'"' | b'@');
    (8..=41).contains(&password.len()) && password.bytes().all(fits)
}

/// A new value.
fn generate(content: &SecretContent) -> Result<Zeroizing<String>> {
    match content {
        SecretContent::Password => new_password(),
        SecretContent::Generated(lengths) => generated::new(lengths),
    }
}

/// A new password.
fn new_password() -> Result<Zeroizing<String>> {
    random::text(ALPHABET, LENGTH)
}

/// The names of a tenant's secrets, each with that of the other scope.
fn names_in_each_scope(tenant: &TenantOfPlan<'_>) -> [BTreeSet<String>; 3] {
    [
        tenant.in_each_scope(|names| names.secret().to_string()),
        tenant.in_each_scope(|names| names.migrator_secret().to_string()),
        tenant.in_each_scope(|names| names.generated_secret().to_string()),
    ]
}

/// Describes the secret of a tenant that has the name of the other scope.
async fn in_another_scope(cx: &Context<'_>, tenant: &str, asked: &str) -> Result<Option<ObservedResource>> {
    let Ok(id) = tenant.parse() else { return Ok(None) };
    let names = names_in_each_scope(&TenantOfPlan { plan: cx.plan, id: &id });
    let others = names.iter().filter(|names| names.contains(asked)).flatten();
    for name in others.filter(|name| *name != asked) {
        if let Some(found) = described(cx, name).await? {
            return Ok(Some(found));
        }
    }
    Ok(None)
}

/// Whether a live resource has the value of the secret, which must not change then.
fn is_in_use(cx: &Context<'_>, secret: &Node) -> bool {
    let mut users = cx.plan.nodes().iter().filter(|node| node.dependencies().contains(&secret.address));
    users.any(|user| cx.live.get(&user.address).is_some())
}

async fn commit(cx: &Context<'_>, node: &Node, id: &str) -> Result<()> {
    let tags = to_sdk(&cx.tags(node)?);
    cx.aws.secrets.tag_resource().secret_id(id).set_tags(Some(tags)).send().await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn passwords_invalid_for_rds_are_rejected() {
        for refused in
            ["short", "with/slash-in-it", "with@sign-in-it", "with space-in-it", "\"quoted\"", "mit-ümlaut", ""]
        {
            assert!(!is_valid_for_rds(refused), "{refused}");
        }
        assert!(!is_valid_for_rds(&"a".repeat(42)));
        assert!(is_valid_for_rds(&"a".repeat(41)) && is_valid_for_rds(&new_password().expect("random numbers")));
    }

    #[test]
    fn generated_passwords_are_long_unique_and_valid_for_rds() {
        let (one, other) = (new_password().expect("random numbers"), new_password().expect("random numbers"));
        assert_eq!(one.len(), LENGTH);
        assert_ne!(one, other);
        assert!(one.bytes().all(|byte| ALPHABET.contains(&byte)), "a foreign character");
    }
}

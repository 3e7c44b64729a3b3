//! IAM roles with their inline policies and their permissions boundary. Created by one call for the role and
//! one for each policy.
//!
//! A role is created with all its tags, and is complete when it has the planned policies, which IAM's one
//! listing with tags also shows. A managed policy that was attached by hand appears among the inline ones
//! under its ARN, so that it differs from every planned policy and is detached again.

use std::cell::Cell;
use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_iam::types::{AttachedPermissionsBoundary, EntityType, InstanceProfile, RoleDetail};
use futures::{StreamExt, TryStreamExt, stream};
use saas_model::Node;
use saas_model::identifier::PolicyArn;
use saas_model::names::TenantNames;
use saas_model::policy::Policy;
use saas_model::resource::{Kind, ResourceSpec, Role, RoleField};

use crate::apply::blockers::if_answered;
use crate::context::{Context, Transient};
use crate::error::{Error, Required, Result, unless_gone};
use crate::preflight::names::{Holders, Owner, TakenName, owner, taken_among};
use crate::provider::calls::ApiCalls;
use crate::provider::naming::{LiveName, TenantOfPlan};
use crate::provider::{
    Changes, CommitRecord, Concurrency, Declaration, Identification, Listing, NamesOfTenant, Naming, ResourceProvider,
    UniqueWithin,
};
use crate::providers::iam::documents::{percent_decoded, read_policy, unsupported_policy};
use crate::providers::iam::trust::{may_let_in, trusts_no_role};
use crate::providers::parse::parse;
use crate::providers::tags::{from_sdk, to_sdk};
use crate::state::exposure::Exposure;
use crate::state::observed::{Identity, ObservedResource};

/// IAM is eventually consistent, and accepts one change of a role at a time.
const TRANSIENT_ERRORS: &[Transient] = &[
    Transient { code: "NoSuchEntity", message: "", why: "the new role is not visible everywhere yet" },
    Transient { code: "ConcurrentModification", message: "", why: "IAM is still working on the role" },
];

/// IAM may still see a policy that was just removed.
const NOT_EMPTY_YET: &[Transient] = &[
    Transient { code: "DeleteConflict", message: "", why: "IAM still sees the deleted contents of the role" },
    Transient { code: "ConcurrentModification", message: "", why: "IAM is still working on the role" },
];

const GONE: &[&str] = &["NoSuchEntity"];
const LIST: &str = "iam GetAccountAuthorizationDetails";

/// How many roles are described at a time.
const CONCURRENCY: usize = 4;

/// The maximum that IAM lists in one page. Source: AWS IAM API, `MaxItems`.
const PAGE_SIZE: i32 = 1000;

impl ResourceProvider for Role {
    const DECLARATION: Declaration = Declaration {
        needs: &[],
        concurrency: Concurrency::WIDE,
        identification: Identification::Name(Naming {
            live: LiveName::IS_ID,
            of_tenant: NamesOfTenant::Each(roles_of_tenant),
            is_given: |named| {
                named.is_of_tenant_or_never_changes() || named.is_of_service(|names| names.task_role().to_string())
            },
        }),
        unique_within: UniqueWithin::Account,
        listing: Listing::Late,
        commit_record: CommitRecord::Tags,
        tagging_type: None,
        deletion_protection: None,
        has_snapshots: false,
        calls: ApiCalls {
            list: &["iam:GetAccountAuthorizationDetails", "iam:ListRoles"],
            describe: &[
                "iam:GetRole",
                "iam:ListRolePolicies",
                "iam:GetRolePolicy",
                "iam:ListAttachedRolePolicies",
                "iam:ListInstanceProfilesForRole",
            ],
            create: &["iam:CreateRole", "iam:PutRolePolicy"],
            update: &[
                "iam:UpdateRole",
                "iam:UpdateAssumeRolePolicy",
                "iam:PutRolePermissionsBoundary",
                "iam:DeleteRolePermissionsBoundary",
                "iam:PutRolePolicy",
                "iam:DeleteRolePolicy",
                "iam:DetachRolePolicy",
                "iam:TagRole",
            ],
            delete: &["iam:DeleteRolePolicy", "iam:DetachRolePolicy", "iam:DeleteRole"],
        },
    };

    fn exclusive_property(&self) -> Option<String> {
        Some(self.name.to_string())
    }

    async fn taken_names(cx: &Context<'_>) -> Result<Vec<TakenName>> {
        taken_among::<Self>(cx, async |names| holders(cx, names).await).await
    }

    async fn list(cx: &Context<'_>) -> Result<Vec<ObservedResource>> {
        let call = cx.aws.iam.get_account_authorization_details().filter(EntityType::Role).max_items(PAGE_SIZE);
        let mut pages = call.into_paginator().send();
        let (mut ours, mut trusts) = (Vec::new(), Vec::new());
        while let Some(page) = pages.next().await {
            for mut role in page?.role_detail_list.unwrap_or_default() {
                let name = role.role_name.clone().required(LIST, "RoleName")?;
                trusts.push((name.clone(), role.assume_role_policy_document.clone().unwrap_or_default()));
                let identity = Identity::of_id(name).with_arn(role.arn.take());
                let tags = from_sdk(role.tags.take());
                let profiles = role.instance_profile_list.take().unwrap_or_default();
                if let Some(found) = ObservedResource::by_tags(cx.plan, Kind::Role, identity, tags) {
                    ours.push((blocked_by(found, profiles), documents(&role), resource(role)));
                }
            }
        }
        let found = || ours.iter().map(|(found, ..): &(ObservedResource, _, _)| found);
        found_assumable(cx, &trusts, found().filter(|found| found.address.tenant().is_some()));
        let paths = ours.iter().filter_map(|(_, _, role)| role.as_ref().ok()).map(|role| role.path.as_str()).collect();
        let descriptions = descriptions(cx, paths).await?;
        let found = ours.into_iter().map(|(found, documents, role)| {
            let description = descriptions.get(found.identity.id.as_str()).cloned().unwrap_or_default();
            complete(cx, found, role.map(|role| Self { description, ..role }), documents)
        });
        Ok(found.collect())
    }

    async fn describe_by_name(cx: &Context<'_>, nodes: &[&Node]) -> Result<Vec<ObservedResource>> {
        let named = |node: &&Node| Self::of(&node.resource).map(|role| role.name.to_string());
        let asked = stream::iter(nodes.iter().filter_map(named)).map(async |name| described(cx, &name).await);
        let found: Vec<Option<ObservedResource>> = asked.buffered(CONCURRENCY).try_collect().await?;
        Ok(found.into_iter().flatten().collect())
    }

    async fn named(cx: &Context<'_>, name: &str) -> Result<Option<ObservedResource>> {
        described(cx, name).await
    }

    async fn create(&self, cx: &Context<'_>, node: &Node) -> Result<Identity> {
        let name = self.name.as_str();
        let tags = to_sdk(&cx.tags(node)?);
        let made = cx.create_or_adopt(
            node,
            &["EntityAlreadyExists"],
            name,
            async || {
                let call = cx.aws.iam.create_role().role_name(name).path(&self.path).description(&self.description);
                let call = call.assume_role_policy_document(self.trust.to_json()).set_tags(Some(tags.clone()));
                let call = call.set_permissions_boundary(self.permissions_boundary.as_ref().map(ToString::to_string));
                let arn = call.send().await?.role.map(|role| role.arn).required("iam CreateRole", "Role")?;
                Ok(Identity::of_id(name).with_arn(Some(arn)))
            },
            async || {
                let role = cx.aws.iam.get_role().role_name(name).send().await?.role.required("iam GetRole", "Role")?;
                Ok((Identity::of_id(name).with_arn(Some(role.arn)), from_sdk(role.tags)))
            },
        );
        let made = made.await?;
        for (policy, document) in &self.policies {
            put_policy(cx, name, policy, document).await?;
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
        let name = &found.identity.id;
        let iam = &cx.aws.iam;
        // First: a caller may be allowed to change only roles that have the boundary.
        if changes.touch(&[RoleField::PermissionsBoundary]) {
            set_boundary(cx, name, self.permissions_boundary.as_ref()).await?;
        }
        if changes.touch(&[RoleField::Description]) {
            let call = iam.update_role().role_name(name).description(&self.description);
            cx.retry(TRANSIENT_ERRORS, async || Ok(call.clone().send().await.map(drop)?)).await?;
        }
        if changes.touch(&[RoleField::Trust]) {
            let call = iam.update_assume_role_policy().role_name(name).policy_document(self.trust.to_json());
            cx.retry(TRANSIENT_ERRORS, async || Ok(call.clone().send().await.map(drop)?)).await?;
        }
        let live = policies(cx, found).await?;
        for (policy, document) in self.policies.iter().filter(|(policy, document)| live.get(*policy) != Some(document))
        {
            put_policy(cx, name, policy, document).await?;
        }
        for policy in live.keys().filter(|policy| !self.policies.contains_key(*policy)) {
            remove_policy(cx, name, policy).await?;
        }
        let call = iam.tag_role().role_name(name).set_tags(Some(to_sdk(&cx.tags(node)?)));
        cx.retry(TRANSIENT_ERRORS, async || Ok(call.clone().send().await.map(drop)?)).await?;
        Ok(found.identity.clone())
    }

    async fn delete(cx: &Context<'_>, found: &ObservedResource) -> Result<()> {
        let name = &found.identity.id;
        let first = Cell::new(true);
        let gone = cx.retry(NOT_EMPTY_YET, async || {
            // A policy that was not visible everywhere blocks the deletion, so a retry lists the policies
            // again.
            let policies = if first.replace(false) { policies(cx, found).await? } else { listed(cx, name).await? };
            for policy in policies.keys() {
                remove_policy(cx, name, policy).await?;
            }
            cx.aws.iam.delete_role().role_name(name).send().await?;
            Ok(())
        });
        match gone.await {
            Err(error) if error.is(GONE) => Ok(()),
            other => other,
        }
    }
}

/// The names of the roles that a tenant has once. Those of its services and jobs follow from their addresses.
fn roles_of_tenant(tenant: &TenantOfPlan<'_>) -> BTreeSet<String> {
    let roles = |names: TenantNames<'_>| [names.task_role(), names.execution_role(), names.scheduler_role()];
    tenant.with_names(roles).map(|name| name.to_string()).into()
}

/// Those of the names that exist, with their owners. The names of roles are case-insensitively unique, so existing roles are found in a listing, which
/// returns 1,000 a page and no tags. Source: AWS IAM API, `ListRoles`, `CreateRole`.
async fn holders(cx: &Context<'_>, names: &[&str]) -> Result<Holders> {
    let planned: BTreeMap<String, &str> = names.iter().map(|name| (name.to_ascii_lowercase(), *name)).collect();
    let mut taken = Vec::new();
    let mut pages = cx.aws.iam.list_roles().max_items(PAGE_SIZE).into_paginator().send();
    while let Some(page) = pages.next().await {
        let live = page?.roles.into_iter().map(|role| role.role_name);
        taken.extend(live.filter_map(|live| Some((*planned.get(&live.to_ascii_lowercase())?, live))));
    }
    let owners = stream::iter(taken).map(async |(name, live)| {
        let answer = cx.aws.iam.get_role().role_name(&live).send().await.map_err(Error::from);
        let role = unless_gone(answer, GONE)?.and_then(|answer| answer.role);
        let tags = role.map(|role| from_sdk(role.tags));
        Ok::<_, Error>(tags.map(|tags| (name.to_owned(), owner(cx, Kind::Role, &live, &tags))))
    });
    let owned: Vec<Option<(String, Option<Owner>)>> = owners.buffered(CONCURRENCY).try_collect().await?;
    Ok(owned.into_iter().flatten().collect())
}

/// A described role, which is complete when it has its planned policies.
///
/// `documents` are its trust policy and its other policies as IAM returns them, each with its field.
fn complete(
    cx: &Context<'_>,
    found: ObservedResource,
    role: Result<Role>,
    documents: Vec<(String, String)>,
) -> ObservedResource {
    let wanted = cx.plan.node(&found.address).and_then(|node| Role::of(&node.resource));
    let live = role.as_ref().ok();
    let complete = wanted.is_none_or(|wanted| live.is_some_and(|live| wanted.policies == live.policies));
    let found = found.with_fields_or_unreadable(role);
    let found = documents.into_iter().fold(found, |found, (field, text)| match unsupported_policy(&text) {
        Some(document) => found.raw_values(&field, document),
        None => found,
    });
    if complete { found } else { found.incomplete() }
}

/// Records the roles of the account that these roles of tenants may assume. None of the platform's can be assumed by
/// a tenant: the trust of planned roles is compared as a field.
fn found_assumable<'r>(
    cx: &Context<'_>,
    trusts: &[(String, String)],
    tenants: impl Iterator<Item = &'r ObservedResource> + Clone,
) {
    for (name, document) in trusts {
        let Ok(policy) = serde_json::from_str(&percent_decoded(document)) else { continue };
        if trusts_no_role(&policy) {
            continue;
        }
        let arn = |role: &'r ObservedResource| role.identity.arn.as_deref().unwrap_or_default();
        let mut let_in = tenants.clone().filter(|tenant| may_let_in(&policy, arn(tenant)));
        let Some(tenant) = let_in.next() else { continue };
        let others = match let_in.count() {
            0 => String::new(),
            others => format!(" and {others} other roles of tenants"),
        };
        let what = format!("the trust policy of this role may let {}{others} assume it, with its rights", arn(tenant));
        let remedy = format!(
            "name only the principals that need the role: aws iam update-assume-role-policy --role-name {name} \
             --policy-document <policy>"
        );
        cx.live.found_inside(Kind::Role, Exposure::new((&tenant.address, tenant.kind), name.as_str(), what, remedy));
    }
}

/// A role in an instance profile cannot be deleted. Source: IAM API, `DeleteRole`.
fn blocked_by(found: ObservedResource, profiles: Vec<InstanceProfile>) -> ObservedResource {
    profiles.into_iter().fold(found, |found, profile| {
        let what = "this instance profile contains the role";
        found.blocked(profile.arn, what, "remove the role from the instance profile, or delete the profile")
    })
}

/// Describes a role by name; `None` when it does not exist or is foreign.
async fn described(cx: &Context<'_>, name: &str) -> Result<Option<ObservedResource>> {
    let iam = &cx.aws.iam;
    let role = match iam.get_role().role_name(name).send().await.map_err(Error::from) {
        Ok(answer) => answer.role.required("iam GetRole", "Role")?,
        Err(error) if error.is(GONE) => return Ok(None),
        Err(error) => return Err(error),
    };
    let identity = Identity::of_id(name).with_arn(Some(role.arn));
    let Some(found) = ObservedResource::by_tags(cx.plan, Kind::Role, identity, from_sdk(role.tags)) else {
        return Ok(None);
    };
    let mut policies = listed(cx, name).await?;
    let mut documents: Vec<_> = role.assume_role_policy_document.as_deref().map(trust_text).into_iter().collect();
    for (policy, shown) in policies.iter_mut().filter(|(policy, _)| !policy.contains(':')) {
        let answer = iam.get_role_policy().role_name(name).policy_name(policy).send().await?;
        *shown = document(Some(&answer.policy_document));
        documents.push(policy_text(policy, &answer.policy_document));
    }
    let boundary = boundary(name, role.permissions_boundary);
    let parsed = parse(name, format_args!("the role {name}"));
    let role = parsed.and_then(|parsed| Ok((parsed, boundary?))).map(|(parsed, permissions_boundary)| Role {
        name: parsed,
        path: role.path,
        description: role.description.unwrap_or_default(),
        trust: document(role.assume_role_policy_document.as_deref()),
        permissions_boundary,
        policies,
    });
    let profiles = iam.list_instance_profiles_for_role().role_name(name).into_paginator().items().send();
    let profiles = match profiles.try_collect().await.map_err(Error::from) {
        Err(error) if error.is(GONE) => Vec::new(),
        answer => if_answered(cx, "instance profiles", answer)?.unwrap_or_default(),
    };
    Ok(Some(complete(cx, blocked_by(found, profiles), role, documents)))
}

fn trust_text(document: &str) -> (String, String) {
    ("trust".to_owned(), percent_decoded(document).into_owned())
}

fn policy_text(name: &str, document: &str) -> (String, String) {
    (format!("policies.{name}"), percent_decoded(document).into_owned())
}

/// The documents of a listed role, each with its field.
fn documents(role: &RoleDetail) -> Vec<(String, String)> {
    let inline = role.role_policy_list().iter();
    let inline = inline.filter_map(|policy| Some(policy_text(policy.policy_name()?, policy.policy_document()?)));
    role.assume_role_policy_document().map(trust_text).into_iter().chain(inline).collect()
}

/// A role of the listing, which lacks descriptions.
fn resource(role: RoleDetail) -> Result<Role> {
    let name = role.role_name.unwrap_or_default();
    let inline = role
        .role_policy_list
        .unwrap_or_default()
        .into_iter()
        .map(|policy| (policy.policy_name.unwrap_or_default(), document(policy.policy_document.as_deref())));
    let attached = role.attached_managed_policies.unwrap_or_default().into_iter();
    let attached = attached.filter_map(|policy| Some((policy.policy_arn?, Policy::default())));
    Ok(Role {
        path: role.path.unwrap_or_default(),
        description: String::new(),
        trust: document(role.assume_role_policy_document.as_deref()),
        permissions_boundary: boundary(&name, role.permissions_boundary)?,
        policies: inline.chain(attached).collect(),
        name: parse(&name, format_args!("the role {name}"))?,
    })
}

/// IAM returns documents percent-encoded. Source: AWS IAM API, `PolicyDetail`.
fn document(text: Option<&str>) -> Policy {
    read_policy(&percent_decoded(text.unwrap_or_default()))
}

/// The descriptions of the roles under some paths, by role. Only this listing has them, and it has no tags.
async fn descriptions(cx: &Context<'_>, paths: BTreeSet<&str>) -> Result<BTreeMap<String, String>> {
    let mut found = BTreeMap::new();
    for path in paths {
        let mut pages = cx.aws.iam.list_roles().path_prefix(path).max_items(PAGE_SIZE).into_paginator().send();
        while let Some(page) = pages.next().await {
            found.extend(page?.roles.into_iter().filter_map(|role| Some((role.role_name, role.description?))));
        }
    }
    Ok(found)
}

/// The policies of a role, by name or ARN: as observed, or otherwise only their names.
async fn policies(cx: &Context<'_>, found: &ObservedResource) -> Result<BTreeMap<String, Policy>> {
    if let Some(role) = found.fields.as_ref().and_then(Role::of) {
        return Ok(role.policies.clone());
    }
    listed(cx, &found.identity.id).await
}

/// The current policies of a role, without their documents: inline ones by name, managed ones by ARN.
async fn listed(cx: &Context<'_>, name: &str) -> Result<BTreeMap<String, Policy>> {
    let mut names = Vec::new();
    let mut pages = cx.aws.iam.list_role_policies().role_name(name).into_paginator().send();
    while let Some(page) = pages.next().await {
        match page.map_err(Error::from) {
            Ok(page) => names.extend(page.policy_names),
            Err(error) if error.is(GONE) => return Ok(BTreeMap::new()),
            Err(error) => return Err(error),
        }
    }
    let mut pages = cx.aws.iam.list_attached_role_policies().role_name(name).into_paginator().send();
    while let Some(page) = pages.next().await {
        let attached = page?.attached_policies.unwrap_or_default();
        names.extend(attached.into_iter().filter_map(|policy| policy.policy_arn));
    }
    Ok(names.into_iter().map(|policy| (policy, Policy::default())).collect())
}

/// The boundary of a role; `None` for a role without one.
fn boundary(role: &str, attached: Option<AttachedPermissionsBoundary>) -> Result<Option<PolicyArn>> {
    let arn = attached.and_then(|attached| attached.permissions_boundary_arn);
    arn.map(|arn| parse(&arn, format_args!("the permissions boundary {arn} of the role {role}"))).transpose()
}

async fn set_boundary(cx: &Context<'_>, role: &str, boundary: Option<&PolicyArn>) -> Result<()> {
    let iam = &cx.aws.iam;
    cx.retry(TRANSIENT_ERRORS, async || match boundary {
        Some(arn) => {
            let call = iam.put_role_permissions_boundary().role_name(role).permissions_boundary(arn.as_str());
            Ok(call.send().await.map(drop)?)
        }
        None => Ok(iam.delete_role_permissions_boundary().role_name(role).send().await.map(drop)?),
    })
    .await
}

async fn put_policy(cx: &Context<'_>, role: &str, name: &str, document: &Policy) -> Result<()> {
    let call = cx.aws.iam.put_role_policy().role_name(role).policy_name(name).policy_document(document.to_json());
    cx.retry(TRANSIENT_ERRORS, async || {
        call.clone().send().await?;
        Ok(())
    })
    .await
}

/// Deletes an inline policy, or detaches a managed one: only ARNs contain a colon.
async fn remove_policy(cx: &Context<'_>, role: &str, policy: &str) -> Result<()> {
    let iam = &cx.aws.iam;
    let removed = if policy.contains(':') {
        iam.detach_role_policy().role_name(role).policy_arn(policy).send().await.map(drop).map_err(Error::from)
    } else {
        iam.delete_role_policy().role_name(role).policy_name(policy).send().await.map(drop).map_err(Error::from)
    };
    match removed {
        Err(error) if error.is(GONE) => Ok(()),
        other => other,
    }
}

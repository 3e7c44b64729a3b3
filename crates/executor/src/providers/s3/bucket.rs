//! Buckets with their policy. Created by six calls: the first has the tags that identify the platform, and
//! the last the digest.
//!
//! So the next apply lists a bucket whose creation was killed, planned or not. An S3 that does not support
//! tags at creation leaves it untagged: an untagged bucket with a planned name is the platform's only if the lease
//! records that a run was creating it, or if it is the bucket of the lease and holds nothing else. Every other
//! untagged bucket, and one with other tags, is foreign, and is left alone.

mod contents;
mod control;
mod name;
pub(crate) mod outflows;
mod settings;

use std::collections::BTreeMap;

use aws_sdk_s3::types::{BucketLocationConstraint, CreateBucketConfiguration};
use futures::try_join;
use saas_model::fields::FieldChange;
use saas_model::names::Names;
use saas_model::plan::{CONTROL_BUCKET, TAG_DIGEST};
use saas_model::policy::Policy;
use saas_model::resource::{Bucket, BucketField, Kind, ResourceSpec};
use saas_model::{Address, Node};
use serde_json::Value;

use crate::apply::change_set::Change;
use crate::context::{Context, Transient};
use crate::error::{Error, Required, Result};
use crate::lease::KEY;
use crate::preflight::names;
use crate::preflight::names::{Owner, TakenName, each, taken_among};
use crate::provider::calls::ApiCalls;
use crate::provider::naming::LiveName;
use crate::provider::{
    Changes, CommitRecord, Concurrency, Declaration, Identification, Listing, NamesOfTenant, Naming,
    ResourceDescription, ResourceProvider, UniqueWithin,
};
use crate::providers::iam::documents::{as_planned, read_policy, unsupported_policy};
use crate::providers::parse::parse;
use crate::providers::tags::to_sdk;
use crate::state::blocker::Blocker;
use crate::state::observed::{Identity, ObservedResource, Tags};
use crate::state::tag_index::is_current;
pub(crate) use control::{prepare_control_bucket, remove_control_bucket};
pub(crate) use name::{BucketOwner, bucket_owner};

/// A client may write between the last listing and the deletion.
const NOT_EMPTY: &[Transient] = &[
    settings::BUSY,
    Transient { code: "BucketNotEmpty", message: "", why: "an object was just written to the bucket" },
];

const GONE: &[&str] = &["NoSuchBucket"];
/// The field of a policy that denies that it is read, or the tags of its bucket.
const POLICY: &str = "policy";
const NO_TAGS: &str = "it denies reading the tags of the bucket";
const NO_POLICY: &str = "it denies reading itself";
const DENIED: &[&str] = &["AccessDenied", "AllAccessDisabled"];

impl ResourceProvider for Bucket {
    const DECLARATION: Declaration = Declaration {
        needs: &[],
        concurrency: Concurrency::WIDE,
        identification: Identification::Name(Naming {
            live: LiveName::IS_ID,
            of_tenant: NamesOfTenant::One(name::of_tenant),
            is_given: name::is_given,
        }),
        unique_within: UniqueWithin::Partition,
        listing: Listing::Late,
        commit_record: CommitRecord::Tags,
        tagging_type: Some("s3"),
        deletion_protection: None,
        has_snapshots: false,
        calls: ApiCalls {
            list: &[
                "s3:ListBuckets",
                "s3:GetBucketTagging",
                "s3:GetPublicAccessBlock",
                "s3:GetBucketOwnershipControls",
                "s3:GetBucketEncryption",
                "s3:GetBucketVersioning",
                "s3:GetBucketPolicy",
            ],
            describe: &[
                "s3:HeadBucket",
                "s3:ListObjectVersions",
                "s3:ListMultipartUploads",
                "s3:GetObjectLockConfiguration",
                "s3:GetBucketReplication",
                "s3:ListBucketInventoryConfigurations",
                "s3:GetBucketNotificationConfiguration",
                "s3:GetBucketLifecycleConfiguration",
            ],
            create: &[
                "s3:CreateBucket",
                "s3:PutPublicAccessBlock",
                "s3:PutBucketOwnershipControls",
                "s3:PutBucketEncryption",
                "s3:PutBucketVersioning",
                "s3:PutBucketPolicy",
                "s3:PutBucketTagging",
            ],
            update: &[
                "s3:PutPublicAccessBlock",
                "s3:PutBucketOwnershipControls",
                "s3:PutBucketEncryption",
                "s3:DeleteBucketEncryption",
                "s3:PutBucketVersioning",
                "s3:PutBucketPolicy",
                "s3:PutBucketTagging",
            ],
            delete: &[
                "s3:PutBucketTagging",
                "s3:DeleteBucketPolicy",
                "s3:DeleteObjects",
                "s3:AbortMultipartUpload",
                "s3:DeleteBucket",
            ],
        },
    };

    fn exclusive_property(&self) -> Option<String> {
        Some(self.name.to_string())
    }

    async fn taken_names(cx: &Context<'_>) -> Result<Vec<TakenName>> {
        let mut taken = foreign(cx);
        taken.extend(
            taken_among::<Self>(cx, async |names| each(names, async |name| holder(cx, name).await).await).await?,
        );
        Ok(taken)
    }

    const GONE: &'static [&'static str] = GONE;

    async fn list(cx: &Context<'_>) -> Result<Vec<ObservedResource>> {
        let planned: BTreeMap<&str, &Node> = cx
            .plan
            .nodes()
            .iter()
            .filter_map(|node| Self::of(&node.resource).map(|bucket| (bucket.name.as_str(), node)))
            .collect();
        let prefix = Names::new(cx.plan.header().platform.clone()).prefix();
        let mut pages = cx.aws.s3.list_buckets().prefix(prefix).into_paginator().send();
        let mut found = Vec::new();
        while let Some(page) = pages.next().await {
            for bucket in page?.buckets.unwrap_or_default() {
                let name = bucket.name.required("s3 ListBuckets", "Name")?;
                let wanted = planned.get(name.as_str()).copied();
                // Buckets outside of the scope are not described.
                if wanted.is_some_and(|node| !cx.scope.looks_at(&node.address)) {
                    continue;
                }
                let arn = cx.plan.header().place().bucket_arn(&name);
                let tags = match cx.tag_index.tags(cx, &arn).await? {
                    // The index may be late, so the tags of a planned bucket are read where those of the
                    // index are not as planned.
                    Some(tags) if wanted.is_none_or(|node| is_current(cx, node, &tags)) => Some(tags),
                    _ => tags_of(cx, &name).await?,
                };
                let Some(tags) = tags else { continue };
                let Some(bucket) = shown(cx, &name, tags, wanted).await? else { continue };
                let is_known = wanted.is_some() || name::is_plain(cx.plan, &bucket.address, &name);
                found.push(if is_known { bucket } else { with_fields(cx, bucket).await });
            }
        }
        Ok(found)
    }

    async fn describe_by_name(cx: &Context<'_>, nodes: &[&Node]) -> Result<Vec<ObservedResource>> {
        let mut found = Vec::new();
        for node in nodes {
            let Some(bucket) = Self::of(&node.resource) else { continue };
            let name = bucket.name.as_str();
            if let Some(tags) = tags_of(cx, name).await? {
                found.extend(shown(cx, name, tags, Some(node)).await?);
            }
        }
        Ok(found)
    }

    async fn named(cx: &Context<'_>, name: &str) -> Result<Option<ObservedResource>> {
        match tags_of(cx, name).await? {
            Some(tags) => shown(cx, name, tags, None).await,
            None => Ok(None),
        }
    }

    async fn describe(cx: &Context<'_>, found: &ObservedResource) -> Result<ResourceDescription> {
        let name = &found.identity.id;
        let (mut resource, raw_values) = fields(cx, name).await?;
        let planned = cx.plan.node(&found.address).and_then(|node| Self::of(&node.resource));
        resource.policy = as_planned(resource.policy, planned.map(|planned| &planned.policy));
        let (tags, unmodelled) = match settings::tags(cx, name).await {
            Ok(tags) => (tags, Vec::new()),
            // No policy of saas denies this, so the policy differs, and the next apply writes it.
            Err(error) if error.is(DENIED) => {
                let denied = FieldChange { field: POLICY.to_owned(), before: NO_TAGS.into(), after: Value::Null };
                (found.tags.clone().unwrap_or_default(), vec![denied])
            }
            Err(error) => return Err(error),
        };
        Ok(ResourceDescription { unmodelled, raw_values, ..ResourceDescription::new(resource.into(), Some(tags)) })
    }

    async fn has_planned_access(&self, cx: &Context<'_>, found: &ObservedResource) -> Result<bool> {
        let name = &found.identity.id;
        let access = try_join!(
            settings::policy(cx, name),
            settings::public_access_block(cx, name),
            settings::ownership(cx, name)
        );
        match access {
            Ok((policy, block, ownership)) => {
                let policy = policy.and_then(|policy| Policy::from_json(&policy).ok());
                Ok(policy.is_some_and(|policy| policy.means(&self.policy))
                    && block == self.public_access_block
                    && ownership == self.ownership)
            }
            Err(error) if error.is(GONE) || error.is(DENIED) => Ok(false),
            Err(error) => Err(error),
        }
    }

    async fn create(&self, cx: &Context<'_>, node: &Node) -> Result<Identity> {
        let name = self.name.as_str();
        let made = if control::is_prepared(cx, self) {
            Ok(())
        } else {
            // An S3 that gives a new bucket no tags leaves nothing else by which the next run recognises it.
            cx.aws.lease.record_intent(&node.address).await?;
            make(self, cx, node).await
        };
        match made {
            Ok(()) => {}
            Err(error) if error.is(&["BucketAlreadyOwnedByYou"]) => {
                let tags = settings::tags(cx, name).await?;
                // An attempt whose answer was lost leaves an empty bucket.
                let is_ours = !is_foreign(cx, name, &tags)
                    && (!tags.is_empty()
                        || cx.live.was_in_flight(&node.address)
                        || contents::is_empty(cx, name).await?);
                if !is_ours {
                    return Err(taken(name, node));
                }
                settings::set_ownership(cx, self).await?;
            }
            Err(error) => return Err(error),
        }
        settings::set_public_access_block(cx, self).await?;
        settings::set_encryption(cx, self).await?;
        settings::set_versioning(cx, self).await?;
        settings::set_policy(cx, self).await?;
        settings::set_tags(cx, name, &cx.tags(node)?).await?;
        cx.aws.lease.resolve(&node.address);
        Ok(identity(cx, name))
    }

    async fn update(
        &self,
        cx: &Context<'_>,
        node: &Node,
        found: &ObservedResource,
        changes: &Changes<'_>,
    ) -> Result<Identity> {
        let name = self.name.as_str();
        if is_foreign(cx, name, found.tags.as_ref().unwrap_or(&Tags::new())) {
            return Err(taken(name, node));
        }
        // Without the digest, an apply was killed after any of these calls.
        let begun = found.digest.is_none();
        if begun || changes.touch(&[BucketField::PublicAccessBlock]) {
            settings::set_public_access_block(cx, self).await?;
        }
        if begun || changes.touch(&[BucketField::Ownership]) {
            settings::set_ownership(cx, self).await?;
        }
        if begun || changes.touch(&[BucketField::Encryption]) {
            settings::set_encryption(cx, self).await?;
        }
        if begun || changes.touch(&[BucketField::Versioning]) {
            settings::set_versioning(cx, self).await?;
        }
        if begun || changes.touch(&[BucketField::Policy]) {
            settings::set_policy(cx, self).await?;
        }
        settings::set_tags(cx, name, &cx.tags(node)?).await?;
        Ok(found.identity.clone())
    }

    async fn delete(cx: &Context<'_>, found: &ObservedResource) -> Result<()> {
        let name = &found.identity.id;
        let tags = found.tags.clone().unwrap_or_default();
        if is_foreign(cx, name, &tags) {
            return Ok(());
        }
        if found.address.as_str() == CONTROL_BUCKET && cx.aws.lease.is_in_bucket(name) {
            return remove_control_bucket(cx, found).await;
        }
        let complete = tags.contains_key(TAG_DIGEST);
        let gone = cx.retry(NOT_EMPTY, async || {
            // If the run is killed after this, the bucket must not count as complete.
            if complete {
                settings::remove_tag(cx, name, TAG_DIGEST).await?;
            }
            // The policy keeps the caller from the objects, too.
            settings::delete_policy(cx, name).await?;
            contents::empty(cx, name).await?;
            cx.aws.s3.delete_bucket().bucket(name).expected_bucket_owner(owner(cx)).send().await?;
            Ok(())
        });
        match gone.await {
            Err(error) if error.is(GONE) => Ok(()),
            other => other,
        }
    }

    async fn blockers(cx: &Context<'_>, changes: &[&Change]) -> Result<Vec<Blocker>> {
        let mut blockers = Vec::new();
        for found in changes.iter().filter_map(|change| change.removed()) {
            if !is_foreign(cx, &found.identity.id, found.tags.as_ref().unwrap_or(&Tags::new())) {
                blockers.extend(contents::what_locks(cx, found).await?);
            }
        }
        Ok(blockers)
    }

    async fn data_loss(cx: &Context<'_>, found: &ObservedResource) -> Result<Option<String>> {
        if is_foreign(cx, &found.identity.id, found.tags.as_ref().unwrap_or(&Tags::new())) {
            return Ok(None);
        }
        match contents::is_empty(cx, &found.identity.id).await {
            Ok(true) => Ok(None),
            Ok(false) => Ok(Some("its objects, with all their versions".to_owned())),
            Err(error) if error.is(GONE) => Ok(None),
            Err(error) if error.is(DENIED) => {
                Ok(Some("its objects, if any (only the tenant can list them)".to_owned()))
            }
            Err(error) => Err(error),
        }
    }
}

/// The owner of a bucket that the listing does not contain: it does not exist, or belongs to another account.
async fn holder(cx: &Context<'_>, name: &str) -> Result<Option<Option<Owner>>> {
    Ok(match bucket_owner(cx, name).await? {
        BucketOwner::Free => None,
        BucketOwner::Us => Some(Some(Owner::Untagged)),
        BucketOwner::OtherAccount => Some(Some(Owner::OtherAccount)),
        BucketOwner::OtherRegion(region) => Some(Some(Owner::OtherRegion(region))),
    })
}

/// Buckets of this account with a planned name and the tags of other owners. The listing contains them.
fn foreign(cx: &Context<'_>) -> Vec<TakenName> {
    let foreign = |node: &Node| {
        let found = cx.live.get(&node.address).filter(|found| found.kind == Kind::Bucket)?;
        let tags = found.tags.filter(|tags| !tags.is_empty())?;
        let owner = names::owner(cx, Kind::Bucket, &found.identity.id, &tags)?;
        Some(TakenName::new(node, found.identity.id, owner))
    };
    cx.plan.nodes().iter().filter(|node| node.kind() == Kind::Bucket).filter_map(foreign).collect()
}

/// The policy of a live bucket.
pub(crate) async fn policy_of_bucket(cx: &Context<'_>, bucket: &str) -> Result<Policy> {
    let policy = settings::policy(cx, bucket).await?;
    Ok(policy.map(|policy| read_policy(&policy)).unwrap_or_default())
}

async fn make(bucket: &Bucket, cx: &Context<'_>, node: &Node) -> Result<()> {
    let region = cx.plan.header().region.as_str();
    // us-east-1 must not be given as a location constraint. Tags at creation need the permission
    // `s3:TagResource`. Source: Amazon S3 API, `CreateBucketConfiguration`.
    let place = (region != "us-east-1").then(|| BucketLocationConstraint::from(region));
    let configuration = CreateBucketConfiguration::builder()
        .set_location_constraint(place)
        .set_tags(Some(to_sdk(&cx.tags_without_digest(node))))
        .build();
    let call = cx.aws.s3.create_bucket().bucket(bucket.name.as_str()).create_bucket_configuration(configuration);
    let call = call.object_ownership(settings::to_s3_ownership(bucket.ownership));
    name::once_free(cx, node, bucket.name.as_str(), async || Ok(call.clone().send().await.map(drop)?)).await
}

/// The tags of a bucket; `None` when it does not exist, or when its policy denies the call and the index
/// does not have it either.
async fn tags_of(cx: &Context<'_>, name: &str) -> Result<Option<Tags>> {
    match settings::tags(cx, name).await {
        Ok(tags) => Ok(Some(tags)),
        Err(error) if error.is(GONE) => Ok(None),
        Err(error) if error.is(DENIED) => cx.tag_index.tags_of(cx, &cx.plan.header().place().bucket_arn(name)).await,
        Err(error) => Err(error),
    }
}

/// A described bucket; `None` when it is untagged and not provably one whose creation was killed.
async fn shown(cx: &Context<'_>, name: &str, tags: Tags, wanted: Option<&Node>) -> Result<Option<ObservedResource>> {
    let identity = identity(cx, name);
    let ours = ObservedResource::by_tags(cx.plan, Kind::Bucket, identity.clone(), tags.clone());
    let (None, Some(node)) = (&ours, wanted) else { return Ok(ours) };
    if tags.is_empty() && !was_begun(cx, name, &node.address).await? {
        return Ok(None);
    }
    Ok(Some(ObservedResource::at(Kind::Bucket, node.address.clone(), identity, tags).incomplete()))
}

/// Whether a run created the untagged bucket of this address. The control bucket is created before the lease, which
/// is in it, can record anything.
async fn was_begun(cx: &Context<'_>, name: &str, address: &Address) -> Result<bool> {
    if cx.live.was_in_flight(address) {
        return Ok(true);
    }
    Ok(address.as_str() == CONTROL_BUCKET && contents::has_only(cx, name, KEY).await?)
}

/// Adds the fields of a bucket whose name does not prove its platform; they do. Fields that cannot be read
/// prove nothing.
async fn with_fields(cx: &Context<'_>, found: ObservedResource) -> ObservedResource {
    match fields(cx, &found.identity.id).await {
        Ok((bucket, _)) => found.with_fields(bucket),
        Err(_) => found,
    }
}

/// The settings of a bucket, and the policy if the model cannot represent it or it denies that it is read.
async fn fields(cx: &Context<'_>, name: &str) -> Result<(Bucket, Vec<(String, Value)>)> {
    let (policy, is_denied) = match settings::policy(cx, name).await {
        Ok(policy) => (policy, false),
        Err(error) if error.is(DENIED) => (None, true),
        Err(error) => return Err(error),
    };
    let bucket = Bucket {
        name: parse(name, format_args!("the bucket {name}"))?,
        public_access_block: settings::public_access_block(cx, name).await?,
        ownership: settings::ownership(cx, name).await?,
        encryption: settings::encryption(cx, name).await?,
        versioning: settings::versioning(cx, name).await?,
        policy: policy.as_deref().map(read_policy).unwrap_or_default(),
    };
    let raw = if is_denied { Some(NO_POLICY.into()) } else { policy.as_deref().and_then(unsupported_policy) };
    Ok((bucket, raw.into_iter().map(|policy| (POLICY.to_owned(), policy)).collect()))
}

fn identity(cx: &Context<'_>, name: &str) -> Identity {
    Identity::of_id(name).with_arn(Some(cx.plan.header().place().bucket_arn(name)))
}

/// Whether tags show that saas did not create the bucket. A killed creation of saas leaves no tags.
fn is_foreign(cx: &Context<'_>, name: &str, tags: &Tags) -> bool {
    !tags.is_empty() && ObservedResource::by_tags(cx.plan, Kind::Bucket, identity(cx, name), tags.clone()).is_none()
}

/// The account to send as the expected bucket owner, so that no call reaches another account's bucket of
/// the same name, created after the platform's was deleted.
fn owner<'a>(cx: &Context<'a>) -> &'a str {
    cx.plan.header().account.as_str()
}

fn taken(name: &str, node: &Node) -> Error {
    Error::BucketTaken { name: name.to_owned(), tenant: node.address.tenant().map(str::to_owned) }
}

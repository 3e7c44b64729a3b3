//! Buckets and their objects, against principals with full permissions.
//!
//! These claims hold without any identity policy: the bucket's own policy denies the request, even
//! if identity policies allow it.

pub(crate) mod denial;
mod policies;

use std::sync::LazyLock;

use saas_model::Node;
use saas_model::policy::Effect;
use saas_model::resource::{Bucket, BucketEncryption, ObjectOwnership, PublicAccessBlock, ResourceSpec};

use crate::catalogue::{Action, ActionSet, CATALOGUE, Level, Unlisted};
use crate::certificate::{Channel, Layer};
use crate::claim::{Claim, Facts, Proof};
use crate::glob::Glob;
use crate::policy::Rule;
use crate::region::{Region, Texts};
use crate::request::{PRINCIPAL_ACCOUNT, PRINCIPAL_ARN, SECURE_TRANSPORT, SERVICE_NAME};
use crate::solve::allowed;
use crate::view::{Tenant, View};

pub(crate) use denial::Kind;
pub(crate) use policies::BucketPolicies;

/// A claim that a bucket's policy denies every request of a kind.
const fn denied(id: &'static str, text: &'static str, kind: &'static Kind) -> Claim {
    claim(id, text, Proof::Denied(kind))
}

pub(crate) static CLAIMS: [Claim; 9] = [
    denied(
        "s3/objects",
        "no untrusted principal of the account whose tag tenant_id differs from T or is missing can read, write or \
         list objects of T's bucket",
        &denial::OBJECTS,
    ),
    denied(
        "s3/control",
        "no untrusted principal of the account, including T's own roles, can publish or delete T's bucket",
        &denial::CONTROL,
    ),
    denied(
        "s3/configuration",
        "no untrusted principal of the account, including T's own roles, can change other settings of T's bucket",
        &denial::CONFIGURATION,
    ),
    denied(
        "s3/use",
        "no untrusted principal of the account, including T's own roles, can do more with objects of T's bucket than read, \
         write, delete and restore them: replicate them, bypass their retention, or change their encryption or owner",
        &denial::BEYOND_USE,
    ),
    denied(
        "s3/foreign",
        "principals of other accounts and anonymous requests have no access to T's bucket",
        &denial::FOREIGN,
    ),
    denied("s3/transport", "T's bucket accepts requests only over TLS", &denial::TRANSPORT),
    claim("s3/grants", "the policies of T's buckets only deny", Proof::Tenant(grants)),
    Claim {
        id: "s3/settings",
        channel: Channel::S3,
        layer: Layer::Configuration,
        text: "T's buckets block public access, disable access control lists, encrypt, and keep versions",
        proof: Proof::Tenant(settings),
    },
    claim(
        "s3/shared-buckets",
        "shared buckets block public access; untrusted principals can neither read, write or list their objects nor change \
         their settings; and they accept requests only over TLS, from the account",
        Proof::Platform(shared_buckets),
    ),
];

const fn claim(id: &'static str, text: &'static str, proof: Proof) -> Claim {
    Claim { id, channel: Channel::S3, layer: Layer::Resource, text, proof }
}

/// Actions that expose a bucket or delete it.
const CONTROL_ACTIONS: [&str; 11] = [
    "s3:DeleteBucket",
    "s3:DeleteBucketPolicy",
    "s3:PutBucketAcl",
    "s3:PutBucketOwnershipControls",
    "s3:PutBucketPolicy",
    "s3:PutBucketPublicAccessBlock",
    "s3:PutBucketTagging",
    "s3:PutBucketVersioning",
    "s3:PutEncryptionConfiguration",
    "s3:TagResource",
    "s3:UntagResource",
];

/// Actions that list the objects of a bucket.
const LISTING: [&str; 3] = ["s3:ListBucket", "s3:ListBucketMultipartUploads", "s3:ListBucketVersions"];

/// Actions with which a tenant uses its objects.
const USE: [&str; 6] = [
    "s3:AbortMultipartUpload",
    "s3:DeleteObject*",
    "s3:GetObject*",
    "s3:ListMultipartUploadParts",
    "s3:PutObject*",
    "s3:RestoreObject",
];

fn about_objects(action: &Action) -> bool {
    action.service() == "s3" && action.types.contains(&"object")
}

fn about_bucket(action: &Action) -> bool {
    action.service() == "s3" && action.types.contains(&"bucket")
}

static OBJECT_ACTIONS: LazyLock<ActionSet> =
    LazyLock::new(|| CATALOGUE.having(about_objects).or(&CATALOGUE.like(&LISTING, Unlisted::IfAll)));
/// Actions on objects other than those of [`USE`].
static BEYOND_USE: LazyLock<ActionSet> =
    LazyLock::new(|| CATALOGUE.having(about_objects).minus(&CATALOGUE.like(&USE, Unlisted::IfAll)));
static CONTROL: LazyLock<ActionSet> = LazyLock::new(|| CATALOGUE.like(&CONTROL_ACTIONS, Unlisted::IfAll));
static CONFIGURATION: LazyLock<ActionSet> = LazyLock::new(|| {
    let changes = |action: &Action| matches!(action.level, Level::Write | Level::Permissions | Level::Tagging);
    // An existing bucket cannot be created.
    let made = CATALOGUE.like(&["s3:CreateBucket"], Unlisted::IfAll);
    CATALOGUE.having(|action| about_bucket(action) && changes(action)).minus(&CONTROL).minus(&made)
});
static EVERYTHING: LazyLock<ActionSet> = LazyLock::new(|| {
    let unknown = |action: &Action| action.service() == "s3" && action.level == Level::Unknown;
    CATALOGUE.having(|action| about_objects(action) || about_bucket(action) || unknown(action))
});
static ON_OBJECTS: LazyLock<ActionSet> =
    LazyLock::new(|| CATALOGUE.having(|action| action.service() == "s3" && action.is_about("object")));
static ON_BUCKET: LazyLock<ActionSet> =
    LazyLock::new(|| CATALOGUE.having(|action| action.service() == "s3" && action.is_about("bucket")));

fn grants(view: &View<'_>, tenant: &Tenant<'_>, facts: &mut Facts) {
    for (node, bucket) in tenant.all::<Bucket>() {
        for (place, statement) in bucket.policy.statements.iter().enumerate() {
            facts.require(statement.effect == Effect::Deny, || {
                let arn = view.bucket_arn(bucket);
                let region = |actions: &ActionSet, like: &str| {
                    let account = view.at().account.as_str();
                    let role = format!("arn:{}:iam::{account}:role/anybody", view.at().partition());
                    Region::new(actions.clone(), Texts::like(Glob::exactly(&arn).then_like(like)))
                        .with(PRINCIPAL_ACCOUNT, account)
                        .with(PRINCIPAL_ARN, &role)
                        .with(SECURE_TRANSPORT, "true")
                        .without(SERVICE_NAME)
                };
                let on_objects = allowed(&[Rule::from(statement)], &region(&ON_OBJECTS, "/?*"));
                let answer = match on_objects {
                    Ok(None) => allowed(&[Rule::from(statement)], &region(&ON_BUCKET, "")),
                    answer => answer,
                };
                let at = format!("{}.policy.{place}", tenant.within(node));
                (at, "the bucket's policy allows something".to_owned(), super::iam::found(answer))
            });
        }
    }
}

fn settings(_: &View<'_>, tenant: &Tenant<'_>, facts: &mut Facts) {
    for node in tenant.nodes {
        bucket_settings((Some(tenant), node), facts);
    }
}

fn bucket_settings(at: (Option<&Tenant<'_>>, &Node), facts: &mut Facts) {
    let Some(bucket) = Bucket::of(&at.1.resource) else { return };
    let Bucket { name: _, public_access_block, ownership, encryption, versioning, policy: _ } = bucket;
    let PublicAccessBlock { block_public_acls, ignore_public_acls, block_public_policy, restrict_public_buckets } =
        *public_access_block;
    for (field, flag) in [
        ("public_access_block.block_public_acls", block_public_acls),
        ("public_access_block.ignore_public_acls", ignore_public_acls),
        ("public_access_block.block_public_policy", block_public_policy),
        ("public_access_block.restrict_public_buckets", restrict_public_buckets),
        ("versioning", *versioning),
    ] {
        facts.field(flag, at, field, flag, "true");
    }
    let enforced = *ownership == ObjectOwnership::BucketOwnerEnforced;
    facts.field(enforced, at, "ownership", format_args!("{ownership:?}"), "BucketOwnerEnforced");
    let encrypted = *encryption != BucketEncryption::None;
    facts.field(encrypted, at, "encryption", format_args!("{encryption:?}"), "Aes256 or Kms");
}

fn shared_buckets(view: &View<'_>, facts: &mut Facts) {
    let control = view.plan.control_bucket();
    facts.require(control.is_some(), || {
        let found = crate::counterexample::Counterexample::field("control/bucket", "kind", "nothing", "a bucket");
        ("control/bucket".to_owned(), "the platform has no bucket for lease and receipts".to_owned(), found)
    });
    for (node, bucket) in view.shared::<Bucket>() {
        bucket_settings((None, node), facts);
        for (kind, reason) in [
            (&denial::CONTROL, "an untrusted principal can publish or delete the bucket"),
            (&denial::CONFIGURATION, "an untrusted principal can change settings of the bucket"),
            (&denial::ANY_USE, "an untrusted principal can read, write or list objects of the bucket"),
            (&denial::FOREIGN, "a principal of another account can access the bucket"),
            (&denial::TRANSPORT, "the bucket accepts requests without TLS"),
        ] {
            facts.require(denial::is_denied_to_all(view, bucket, kind), || {
                let found = denial::request(view, bucket, kind, None);
                (format!("{}.policy", node.address), reason.to_owned(), found)
            });
        }
        for (place, statement) in bucket.policy.statements.iter().enumerate() {
            facts.field(statement.effect == Effect::Deny, (None, node), &format!("policy.{place}"), "Allow", "Deny");
        }
    }
}

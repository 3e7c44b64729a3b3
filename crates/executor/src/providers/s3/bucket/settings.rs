//! The settings of a bucket, each read and written by its own call.

use aws_sdk_s3::operation::get_bucket_versioning::GetBucketVersioningOutput;
use aws_sdk_s3::types::{
    BucketVersioningStatus, MfaDeleteStatus, ObjectOwnership as LiveOwnership, OwnershipControls,
    OwnershipControlsRule, PublicAccessBlockConfiguration, ServerSideEncryption, ServerSideEncryptionByDefault,
    ServerSideEncryptionConfiguration, ServerSideEncryptionRule, Tagging, VersioningConfiguration,
};
use saas_model::resource::{Bucket, BucketEncryption, ObjectOwnership, PublicAccessBlock};

use super::owner;
use crate::context::{Context, Transient};
use crate::error::{Error, Result};
use crate::providers::tags::{from_sdk, to_sdk};
use crate::state::observed::Tags;

/// S3 accepts one change of a bucket at a time. Source: Amazon S3 API reference, "Error responses".
pub(super) const BUSY: Transient =
    Transient { code: "OperationAborted", message: "", why: "another change of the bucket is still in progress" };

/// A new bucket may not be visible yet, either.
pub(super) const TRANSIENT_ERRORS: &[Transient] =
    &[BUSY, Transient { code: "NoSuchBucket", message: "", why: "the new bucket is not visible everywhere yet" }];

const WHOLE: &str = "everything that S3 requires is given";

/// The setting; `None` where S3 returns this code because it is not set.
fn unless_unset<T>(answer: Result<T>, unset: &str) -> Result<Option<T>> {
    match answer {
        Ok(answer) => Ok(Some(answer)),
        Err(error) if error.is(&[unset]) => Ok(None),
        Err(error) => Err(error),
    }
}

/// The access that is blocked even where a policy or an ACL allows it.
pub(super) async fn public_access_block(cx: &Context<'_>, bucket: &str) -> Result<PublicAccessBlock> {
    let answer = cx.aws.s3.get_public_access_block().bucket(bucket).expected_bucket_owner(owner(cx)).send().await;
    let answer = unless_unset(answer.map_err(Error::from), "NoSuchPublicAccessBlockConfiguration")?;
    let set = answer.and_then(|answer| answer.public_access_block_configuration);
    let flag = |of: fn(&PublicAccessBlockConfiguration) -> Option<bool>| set.as_ref().and_then(of) == Some(true);
    Ok(PublicAccessBlock {
        block_public_acls: flag(|set| set.block_public_acls),
        ignore_public_acls: flag(|set| set.ignore_public_acls),
        block_public_policy: flag(|set| set.block_public_policy),
        restrict_public_buckets: flag(|set| set.restrict_public_buckets),
    })
}

pub(super) async fn set_public_access_block(cx: &Context<'_>, wanted: &Bucket) -> Result<()> {
    let PublicAccessBlock { block_public_acls, ignore_public_acls, block_public_policy, restrict_public_buckets } =
        wanted.public_access_block;
    let block = PublicAccessBlockConfiguration::builder()
        .block_public_acls(block_public_acls)
        .ignore_public_acls(ignore_public_acls)
        .block_public_policy(block_public_policy)
        .restrict_public_buckets(restrict_public_buckets)
        .build();
    let call = cx.aws.s3.put_public_access_block().bucket(wanted.name.as_str()).expected_bucket_owner(owner(cx));
    let call = call.public_access_block_configuration(block);
    cx.retry(TRANSIENT_ERRORS, async || Ok(call.clone().send().await.map(drop)?)).await
}

/// The owner of objects that other accounts write.
pub(super) async fn ownership(cx: &Context<'_>, bucket: &str) -> Result<ObjectOwnership> {
    let answer = cx.aws.s3.get_bucket_ownership_controls().bucket(bucket).expected_bucket_owner(owner(cx)).send().await;
    let answer = unless_unset(answer.map_err(Error::from), "OwnershipControlsNotFoundError")?;
    let rule =
        answer.and_then(|answer| answer.ownership_controls).and_then(|controls| controls.rules.into_iter().next());
    Ok(match rule.map(|rule| rule.object_ownership) {
        Some(LiveOwnership::BucketOwnerEnforced) => ObjectOwnership::BucketOwnerEnforced,
        Some(LiveOwnership::BucketOwnerPreferred) => ObjectOwnership::BucketOwnerPreferred,
        _ => ObjectOwnership::ObjectWriter,
    })
}

pub(super) async fn set_ownership(cx: &Context<'_>, wanted: &Bucket) -> Result<()> {
    let rule = OwnershipControlsRule::builder().object_ownership(to_s3_ownership(wanted.ownership));
    let controls = OwnershipControls::builder().rules(rule.build().expect(WHOLE)).build().expect(WHOLE);
    let call = cx.aws.s3.put_bucket_ownership_controls().bucket(wanted.name.as_str());
    let call = call.expected_bucket_owner(owner(cx)).ownership_controls(controls);
    cx.retry(TRANSIENT_ERRORS, async || Ok(call.clone().send().await.map(drop)?)).await
}

/// Converts the ownership setting for S3.
pub(super) const fn to_s3_ownership(ownership: ObjectOwnership) -> LiveOwnership {
    match ownership {
        ObjectOwnership::BucketOwnerEnforced => LiveOwnership::BucketOwnerEnforced,
        ObjectOwnership::BucketOwnerPreferred => LiveOwnership::BucketOwnerPreferred,
        ObjectOwnership::ObjectWriter => LiveOwnership::ObjectWriter,
    }
}

/// The default encryption of objects.
pub(super) async fn encryption(cx: &Context<'_>, bucket: &str) -> Result<BucketEncryption> {
    let answer = cx.aws.s3.get_bucket_encryption().bucket(bucket).expected_bucket_owner(owner(cx)).send().await;
    let answer = unless_unset(answer.map_err(Error::from), "ServerSideEncryptionConfigurationNotFoundError")?;
    let rules = answer.and_then(|answer| answer.server_side_encryption_configuration).map(|set| set.rules);
    let default = rules.unwrap_or_default().into_iter().find_map(|rule| rule.apply_server_side_encryption_by_default);
    Ok(match default.map(|default| default.sse_algorithm) {
        None => BucketEncryption::None,
        Some(ServerSideEncryption::Aes256) => BucketEncryption::Aes256,
        Some(_) => BucketEncryption::Kms,
    })
}

pub(super) async fn set_encryption(cx: &Context<'_>, wanted: &Bucket) -> Result<()> {
    let (s3, name, owner) = (&cx.aws.s3, wanted.name.as_str(), owner(cx));
    let algorithm = match wanted.encryption {
        BucketEncryption::Aes256 => ServerSideEncryption::Aes256,
        BucketEncryption::Kms => ServerSideEncryption::AwsKms,
        BucketEncryption::None => {
            let call = s3.delete_bucket_encryption().bucket(name).expected_bucket_owner(owner);
            return cx.retry(TRANSIENT_ERRORS, async || Ok(call.clone().send().await.map(drop)?)).await;
        }
    };
    let default = ServerSideEncryptionByDefault::builder().sse_algorithm(algorithm).build().expect(WHOLE);
    let rule = ServerSideEncryptionRule::builder().apply_server_side_encryption_by_default(default).build();
    let set = ServerSideEncryptionConfiguration::builder().rules(rule).build().expect(WHOLE);
    let call = s3.put_bucket_encryption().bucket(name).expected_bucket_owner(owner);
    let call = call.server_side_encryption_configuration(set);
    cx.retry(TRANSIENT_ERRORS, async || Ok(call.clone().send().await.map(drop)?)).await
}

/// Whether overwritten and deleted objects are kept as versions.
pub(super) async fn versioning(cx: &Context<'_>, bucket: &str) -> Result<bool> {
    let enabled = |answer: GetBucketVersioningOutput| answer.status == Some(BucketVersioningStatus::Enabled);
    versioning_says(cx, bucket, enabled, "<Status>Enabled</Status>").await
}

/// Whether only the root user, with an MFA code, can delete versions.
pub(super) async fn mfa_delete(cx: &Context<'_>, bucket: &str) -> Result<bool> {
    let enabled = |answer: GetBucketVersioningOutput| answer.mfa_delete == Some(MfaDeleteStatus::Enabled);
    versioning_says(cx, bucket, enabled, "<MfaDelete>Enabled</MfaDelete>").await
}

async fn versioning_says(
    cx: &Context<'_>,
    bucket: &str,
    is: impl FnOnce(GetBucketVersioningOutput) -> bool,
    text: &str,
) -> Result<bool> {
    match cx.aws.s3.get_bucket_versioning().bucket(bucket).expected_bucket_owner(owner(cx)).send().await {
        Ok(answer) => Ok(is(answer)),
        // Some S3-compatible servers use another root element, which the SDK rejects.
        Err(error) => match error.raw_response().filter(|answer| answer.status().is_success()) {
            Some(answer) => Ok(says(answer.body().bytes().unwrap_or_default(), text)),
            None => Err(error.into()),
        },
    }
}

fn says(document: &[u8], text: &str) -> bool {
    String::from_utf8_lossy(document).contains(text)
}

pub(super) async fn set_versioning(cx: &Context<'_>, wanted: &Bucket) -> Result<()> {
    let status = if wanted.versioning { BucketVersioningStatus::Enabled } else { BucketVersioningStatus::Suspended };
    let set = VersioningConfiguration::builder().status(status).build();
    let call = cx.aws.s3.put_bucket_versioning().bucket(wanted.name.as_str());
    let call = call.expected_bucket_owner(owner(cx)).versioning_configuration(set);
    cx.retry(TRANSIENT_ERRORS, async || Ok(call.clone().send().await.map(drop)?)).await
}

/// The policy document; `None` where the bucket has none.
pub(super) async fn policy(cx: &Context<'_>, bucket: &str) -> Result<Option<String>> {
    let answer = cx.aws.s3.get_bucket_policy().bucket(bucket).expected_bucket_owner(owner(cx)).send().await;
    let answer = unless_unset(answer.map_err(Error::from), "NoSuchBucketPolicy")?;
    Ok(answer.and_then(|answer| answer.policy))
}

pub(super) async fn set_policy(cx: &Context<'_>, wanted: &Bucket) -> Result<()> {
    let call = cx.aws.s3.put_bucket_policy().bucket(wanted.name.as_str()).expected_bucket_owner(owner(cx));
    let call = call.policy(wanted.policy.to_json());
    cx.retry(TRANSIENT_ERRORS, async || Ok(call.clone().send().await.map(drop)?)).await
}

pub(super) async fn delete_policy(cx: &Context<'_>, bucket: &str) -> Result<()> {
    let call = cx.aws.s3.delete_bucket_policy().bucket(bucket).expected_bucket_owner(owner(cx));
    cx.retry(&[BUSY], async || Ok(call.clone().send().await.map(drop)?)).await
}

/// The prefix of the tag keys that only saas writes.
const TAG_PREFIX: &str = "saas:";

/// The tags of a bucket; empty where it has none.
pub(super) async fn tags(cx: &Context<'_>, bucket: &str) -> Result<Tags> {
    let answer = cx.aws.s3.get_bucket_tagging().bucket(bucket).expected_bucket_owner(owner(cx)).send().await;
    let answer = unless_unset(answer.map_err(Error::from), "NoSuchTagSet")?;
    Ok(from_sdk(answer.map(|answer| answer.tag_set)))
}

/// Writes the tags of a node to its bucket. Keeps the tags of others, and removes tags of saas that are no
/// longer planned.
pub(super) async fn set_tags(cx: &Context<'_>, bucket: &str, wanted: &Tags) -> Result<()> {
    change_tags(cx, bucket, TRANSIENT_ERRORS, |tags| {
        tags.retain(|key, _| !key.starts_with(TAG_PREFIX));
        tags.extend(wanted.clone());
    })
    .await
}

/// Removes one tag of a bucket.
pub(super) async fn remove_tag(cx: &Context<'_>, bucket: &str, key: &str) -> Result<()> {
    change_tags(cx, bucket, &[BUSY], |tags| drop(tags.remove(key))).await
}

/// S3 replaces all tags of a bucket at once, so the current ones are read first. It is the only such
/// tagging call in use. Source: Amazon S3 API, `PutBucketTagging`.
async fn change_tags(
    cx: &Context<'_>,
    bucket: &str,
    transients: &[Transient],
    change: impl Fn(&mut Tags),
) -> Result<()> {
    cx.retry(transients, async || {
        let now = tags(cx, bucket).await?;
        let mut wanted = now.clone();
        change(&mut wanted);
        if wanted == now {
            return Ok(());
        }
        let tagging = Tagging::builder().set_tag_set(Some(to_sdk(&wanted))).build().expect(WHOLE);
        let call = cx.aws.s3.put_bucket_tagging().bucket(bucket).expected_bucket_owner(owner(cx)).tagging(tagging);
        call.send().await?;
        Ok(())
    })
    .await
}

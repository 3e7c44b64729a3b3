//! The default encryption of a bucket's objects.
//!
//! Since 2023, every bucket has a default: deleting it restores AES256, and S3 no longer returns
//! `ServerSideEncryptionConfigurationNotFoundError`. Source: Amazon S3 API reference,
//! DeleteBucketEncryption; Amazon S3 User Guide, "Setting default server-side encryption behavior
//! for Amazon S3 buckets".

use super::{Answer, Request, access, answers, refusals};
use crate::services::prelude::*;

const ROOT: &str = "ServerSideEncryptionConfiguration";
const AES256: &str = "AES256";

/// The algorithms.
pub(super) const ALGORITHMS: [&str; 3] = [AES256, "aws:kms", "aws:kms:dsse"];

/// An encryption rule.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Encryption {
    pub(super) algorithm: String,
    pub(super) key: Option<String>,
    pub(super) bucket_key: bool,
}

impl Default for Encryption {
    fn default() -> Self {
        Self { algorithm: AES256.to_owned(), key: None, bucket_key: false }
    }
}

pub(super) fn get(cloud: &mut Cloud, request: &Request) -> Result<Answer, Refusal> {
    let Encryption { algorithm, key, bucket_key } =
        &access::look(cloud, request, "GetEncryptionConfiguration")?.encryption;
    let mut default = vec![xml::text("SSEAlgorithm", algorithm)];
    default.extend(key.as_ref().map(|key| xml::text("KMSMasterKeyID", key)));
    let rule = [xml::element("ApplyServerSideEncryptionByDefault", default), xml::text("BucketKeyEnabled", bucket_key)];
    Ok(answers::document(&xml::element(ROOT, [xml::element("Rule", rule)])))
}

pub(super) fn put(cloud: &mut Cloud, request: &Request) -> Result<Answer, Refusal> {
    let bucket = access::change(cloud, request, "PutEncryptionConfiguration")?;
    let rules = request.document(ROOT)?.list("Rule");
    let [rule] = rules.as_slice() else { return Err(refusals::malformed_xml()) };
    let bucket_key = rule.flag("BucketKeyEnabled").unwrap_or_default();
    bucket.encryption = match rule.has("ApplyServerSideEncryptionByDefault") {
        false => Encryption { bucket_key, ..Encryption::default() },
        true => {
            let default = rule.inner("ApplyServerSideEncryptionByDefault");
            let algorithm = default.text("SSEAlgorithm").unwrap_or_default();
            ensure!(ALGORITHMS.contains(&algorithm), refusals::malformed_xml());
            let key = default.text("KMSMasterKeyID").map(str::to_owned);
            if algorithm == AES256 && key.is_some() {
                let message = "a KMSMasterKeyID is not applicable if the default sse algorithm is not aws:kms or \
                               aws:kms:dsse";
                let refusal = refusals::invalid_argument(message);
                return Err(refusal.detail("ArgumentName", "ApplyServerSideEncryptionByDefault"));
            }
            Encryption { algorithm: algorithm.to_owned(), key, bucket_key }
        }
    };
    Ok(answers::done())
}

pub(super) fn delete(cloud: &mut Cloud, request: &Request) -> Result<Answer, Refusal> {
    access::change(cloud, request, "PutEncryptionConfiguration")?.encryption = Encryption::default();
    Ok(answers::no_content())
}

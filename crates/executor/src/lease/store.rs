//! The lease's interface to S3: one object, read with the time of its last write, and written
//! conditionally.
//!
//! Source: Amazon S3 User Guide, "How to prevent object overwrites with conditional writes".

use aws_sdk_s3::Client;
use aws_sdk_s3::error::SdkError;
use aws_sdk_s3::primitives::ByteStream;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use aws_smithy_types::retry::RetryConfig;
use saas_model::time::UtcTime;

use super::record::KEY;
use crate::aws::answer_date::AnswerDate;
use crate::context::Transient;
use crate::error::{Error, Required, Result};

/// The operations of S3 that the lease protocol needs.
pub(super) trait Store {
    /// Reads the object. An object that does not exist is no error.
    ///
    /// # Errors
    /// When it cannot be read now; see [`is_hidden`] for an object that exists and is not visible.
    async fn get(&self) -> Result<BucketState>;

    /// Writes the object if it is as expected. Makes one attempt.
    async fn put(&self, body: &[u8], expected: &Expected) -> Put;
}

/// The state of bucket and object at one time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct BucketState {
    /// That time, by the clock of S3.
    pub(super) now: UtcTime,
    /// Whether the bucket exists.
    pub(super) bucket: bool,
    /// The object, if it exists.
    pub(super) object: Option<Object>,
}

/// The lease object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Object {
    pub(super) etag: String,
    pub(super) version: Option<String>,
    /// When it was written, by the clock of S3.
    pub(super) modified: UtcTime,
    pub(super) body: Vec<u8>,
}

/// The precondition of a write.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Expected {
    /// The object does not exist.
    Absent,
    /// The object still has this `ETag`.
    Unchanged(String),
}

/// The outcome of one attempt to write.
#[derive(Debug)]
pub(super) enum Put {
    /// The object was written.
    Written { etag: String, version: Option<String> },
    /// The object was not written, or the effect is unknown: reading it decides.
    Unknown(Error),
    /// The object was not written, and a retry would not help.
    Refused(Error),
}

/// The object in the control bucket.
pub(crate) struct S3<'a> {
    pub(crate) client: &'a Client,
    pub(crate) bucket: &'a str,
    /// The account that must own the bucket.
    pub(crate) owner: &'a str,
}

const GET: &str = "s3 GetObject";
const PUT: &str = "s3 PutObject";

/// Error codes for an object that does not exist.
const NO_SUCH_KEY: &[&str] = &["NoSuchKey"];

/// Transient errors of S3. It returns them for a while after versioning was enabled on a bucket for the
/// first time, although the object exists; and for conditional writes that collide. None of these
/// requests had an effect.
///
/// Source: Amazon S3 API, `PutBucketVersioning` ("you might encounter intermittent HTTP 404
/// `NoSuchKey` errors", and the advice to wait for 15 minutes before writing); `PutObject`,
/// `If-Match` and `If-None-Match` (409 `ConditionalRequestConflict`).
pub(crate) const TRANSIENT_ERRORS: &[Transient] = &[
    Transient {
        code: "NoSuchKey",
        message: "",
        why: "S3 does not return an existing object of the control bucket yet",
    },
    Transient { code: "ConditionalRequestConflict", message: "", why: "another write of the object is in progress" },
    Transient { code: "OperationAborted", message: "", why: "another change of the bucket is still in progress" },
];

/// Whether a read failed because the object exists and S3 does not show it. This is transient.
pub(super) fn is_hidden(error: &Error) -> bool {
    error.is(NO_SUCH_KEY)
}

impl S3<'_> {
    /// Whether the object exists although S3 returned 404. A listing of its versions is not affected by
    /// such 404s, so it decides. A caller that may not list, or whose S3 cannot, trusts the 404: a write
    /// that requires the object not to exist fails if it does.
    async fn is_listed(&self) -> Result<bool> {
        let call = self.client.list_object_versions().bucket(self.bucket).expected_bucket_owner(self.owner);
        match call.prefix(KEY).max_keys(1).send().await.map_err(Error::from) {
            Ok(page) => {
                let mut versions = page.versions.unwrap_or_default().into_iter();
                Ok(versions.any(|version| version.key() == Some(KEY) && version.is_latest() == Some(true)))
            }
            Err(error) if error.effect_unknown() || error.is_throttling() => Err(error),
            Err(_) => Ok(false),
        }
    }
}

impl Store for S3<'_> {
    async fn get(&self) -> Result<BucketState> {
        let date = AnswerDate::default();
        let call = self.client.get_object().bucket(self.bucket).key(KEY).expected_bucket_owner(self.owner);
        let object = match call.customize().interceptor(date.clone()).send().await {
            Ok(answer) => {
                let (etag, version) = (answer.e_tag, answer.version_id);
                let modified = answer.last_modified.required(GET, "Last-Modified")?;
                let body = answer.body.collect().await.map_err(|error| Error::Unexpected {
                    what: format!("the response of {GET}"),
                    reason: error.to_string(),
                })?;
                Some(Object {
                    etag: etag.required(GET, "ETag")?,
                    version,
                    modified: UtcTime::from_unix(modified.secs().try_into().unwrap_or_default()),
                    body: body.to_vec(),
                })
            }
            Err(error) => {
                if let Some(region) = region_of_redirect(&error) {
                    return Err(Error::OtherRegion { bucket: self.bucket.to_owned(), region });
                }
                let error = Error::from(error);
                if error.is(&["NoSuchBucket"]) {
                    return Ok(BucketState { now: date.required(GET)?, bucket: false, object: None });
                }
                if !error.is(NO_SUCH_KEY) || self.is_listed().await? {
                    return Err(error);
                }
                None
            }
        };
        Ok(BucketState { now: date.required(GET)?, bucket: true, object })
    }

    async fn put(&self, body: &[u8], expected: &Expected) -> Put {
        let call = self.client.put_object().bucket(self.bucket).key(KEY).expected_bucket_owner(self.owner);
        let call = call.content_type("application/json").body(ByteStream::from(body.to_vec()));
        let call = match expected {
            Expected::Absent => call.if_none_match("*"),
            Expected::Unchanged(etag) => call.if_match(etag),
        };
        // The lease code checks the effect of an attempt before the next one.
        let once = aws_sdk_s3::config::Builder::new().retry_config(RetryConfig::disabled());
        match call.customize().config_override(once).send().await {
            Ok(answer) => match answer.e_tag.required(PUT, "ETag") {
                Ok(etag) => Put::Written { etag, version: answer.version_id },
                Err(error) => Put::Unknown(error),
            },
            Err(error) => {
                // Another write came first or is in progress, or the object was deleted; or S3 does not
                // show the object for a while.
                let status = match &error {
                    SdkError::ServiceError(refusal) => refusal.raw().status().as_u16(),
                    _ => 0,
                };
                let error = Error::from(error);
                let passes = error.effect_unknown() || error.is_throttling() || [404, 409, 412].contains(&status);
                if passes { Put::Unknown(error) } else { Put::Refused(error) }
            }
        }
    }
}

/// The Region of a bucket in another Region than the one of the request. S3 answers with a redirect, or
/// refuses the signature. Source: Amazon S3 User Guide, "Making requests", request redirection and the
/// REST API, and Amazon S3 API, error codes `PermanentRedirect` and `AuthorizationHeaderMalformed`.
fn region_of_redirect<E: ProvideErrorMetadata>(error: &SdkError<E>) -> Option<Option<String>> {
    const ELSEWHERE: [&str; 4] = [
        "PermanentRedirect",
        "TemporaryRedirect",
        "AuthorizationHeaderMalformed",
        "IllegalLocationConstraintException",
    ];
    let SdkError::ServiceError(refusal) = error else { return None };
    let redirects = [301, 307].contains(&refusal.raw().status().as_u16());
    let says_so = error.code().is_some_and(|code| ELSEWHERE.contains(&code));
    (redirects || says_so).then(|| refusal.raw().headers().get("x-amz-bucket-region").map(str::to_owned))
}

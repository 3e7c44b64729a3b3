//! What the lease needs of S3: one object that is read with the time of its last write, and written
//! only where it is as expected.
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

/// What the protocol of the lease needs of S3.
pub(super) trait Store {
    /// Reads the object.
    ///
    /// # Errors
    /// When it cannot be read now. That it is not there is no error; see [`is_hidden`] for what is
    /// there and does not show.
    async fn get(&self) -> Result<Seen>;

    /// Writes the object where it is as expected. It is attempted once.
    async fn put(&self, body: &[u8], expected: &Expected) -> Put;
}

/// What was there at one time.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Seen {
    /// That time, by the clock of S3.
    pub(super) now: UtcTime,
    /// Whether the bucket is there.
    pub(super) bucket: bool,
    /// The object, if it is there.
    pub(super) object: Option<Object>,
}

/// The object as it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Object {
    pub(super) etag: String,
    pub(super) version: Option<String>,
    /// When it was written, by the clock of S3.
    pub(super) modified: UtcTime,
    pub(super) body: Vec<u8>,
}

/// How the object must be, for a write to have an effect.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Expected {
    /// Not there.
    Absent,
    /// As it was with this `ETag`.
    Unchanged(String),
}

/// How one attempt to write ended.
#[derive(Debug)]
pub(super) enum Put {
    /// It is written.
    Written { etag: String, version: Option<String> },
    /// It has not been written, or nobody knows: what is there will tell.
    Unsure(Error),
    /// It has not been written, and trying again would not help.
    Refused(Error),
}

/// The object in the control bucket.
pub(crate) struct S3<'a> {
    pub(crate) client: &'a Client,
    pub(crate) bucket: &'a str,
    /// The account that the bucket must be in.
    pub(crate) owner: &'a str,
}

const GET: &str = "s3 GetObject";
const PUT: &str = "s3 PutObject";

/// How S3 says that an object is not there.
const NO_KEY: &[&str] = &["NoSuchKey"];

/// What S3 may answer for a while to requests for an object of a bucket whose versioning was just
/// switched on for the first time, though the object is there, and to conditional writes that meet
/// another. None of it has had an effect.
///
/// Source: Amazon S3 API, `PutBucketVersioning` ("you might encounter intermittent HTTP 404
/// `NoSuchKey` errors", and the advice to wait for 15 minutes before writing); `PutObject`,
/// `If-Match` and `If-None-Match` (409 `ConditionalRequestConflict`).
pub(crate) const UNSETTLED: &[Transient] = &[
    Transient { code: "NoSuchKey", message: "", why: "S3 does not show an object of the control bucket that is there" },
    Transient { code: "ConditionalRequestConflict", message: "", why: "another write of the object is under way" },
    Transient { code: "OperationAborted", message: "", why: "another change of the bucket is still under way" },
];

/// Whether a read has failed because the object is there and S3 does not show it: that passes.
pub(super) fn is_hidden(error: &Error) -> bool {
    error.is(NO_KEY)
}

impl S3<'_> {
    /// Whether the object is there although S3 says that it is not. A listing of its versions, which
    /// no 404 hides, decides. Who may not list, or whose S3 cannot, takes the 404 for true: a write on
    /// the condition that the object is not there would fail if it were.
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
    async fn get(&self) -> Result<Seen> {
        let date = AnswerDate::default();
        let call = self.client.get_object().bucket(self.bucket).key(KEY).expected_bucket_owner(self.owner);
        let object = match call.customize().interceptor(date.clone()).send().await {
            Ok(answer) => {
                let (etag, version) = (answer.e_tag, answer.version_id);
                let modified = answer.last_modified.required(GET, "Last-Modified")?;
                let body = answer.body.collect().await.map_err(|error| Error::Unexpected {
                    what: format!("the answer of {GET}"),
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
                    return Ok(Seen { now: date.required(GET)?, bucket: false, object: None });
                }
                if !error.is(NO_KEY) || self.is_listed().await? {
                    return Err(error);
                }
                None
            }
        };
        Ok(Seen { now: date.required(GET)?, bucket: true, object })
    }

    async fn put(&self, body: &[u8], expected: &Expected) -> Put {
        let call = self.client.put_object().bucket(self.bucket).key(KEY).expected_bucket_owner(self.owner);
        let call = call.content_type("application/json").body(ByteStream::from(body.to_vec()));
        let call = match expected {
            Expected::Absent => call.if_none_match("*"),
            Expected::Unchanged(etag) => call.if_match(etag),
        };
        // What became of an attempt is found out before the next.
        let once = aws_sdk_s3::config::Builder::new().retry_config(RetryConfig::disabled());
        match call.customize().config_override(once).send().await {
            Ok(answer) => match answer.e_tag.required(PUT, "ETag") {
                Ok(etag) => Put::Written { etag, version: answer.version_id },
                Err(error) => Put::Unsure(error),
            },
            Err(error) => {
                // Another write came first, or is under way, or has taken the object away; or S3 does not
                // show the object for a while.
                let status = match &error {
                    SdkError::ServiceError(refusal) => refusal.raw().status().as_u16(),
                    _ => 0,
                };
                let error = Error::from(error);
                let passes = error.effect_unknown() || error.is_throttling() || [404, 409, 412].contains(&status);
                if passes { Put::Unsure(error) } else { Put::Refused(error) }
            }
        }
    }
}

/// The Region of a bucket that is in another than the one that was asked; S3 says so with a redirect,
/// or refuses the signature. Source: Amazon S3 User Guide, "Making requests", request redirection and
/// the REST API, and Amazon S3 API, error codes `PermanentRedirect` and `AuthorizationHeaderMalformed`.
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

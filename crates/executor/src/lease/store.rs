//! What the lease needs of S3: one object that is read with the time of its last write, and written
//! only where it is as expected.
//!
//! Source: Amazon S3 User Guide, "How to prevent object overwrites with conditional writes".

use std::sync::{Arc, Mutex, PoisonError};

use aws_sdk_s3::Client;
use aws_sdk_s3::error::SdkError;
use aws_sdk_s3::primitives::ByteStream;
use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::interceptors::Intercept;
use aws_smithy_runtime_api::client::interceptors::context::BeforeDeserializationInterceptorContextRef;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::config_bag::ConfigBag;
use aws_smithy_types::date_time::{DateTime, Format};
use aws_smithy_types::retry::RetryConfig;
use saas_model::time::UtcTime;

use super::record::KEY;
use crate::error::{Always, Error, Result};

/// What the protocol of the lease needs of S3.
pub(super) trait Store {
    /// Reads the object.
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

impl Store for S3<'_> {
    async fn get(&self) -> Result<Seen> {
        let date = Date::default();
        let call = self.client.get_object().bucket(self.bucket).key(KEY).expected_bucket_owner(self.owner);
        let object = match call.customize().interceptor(date.clone()).send().await {
            Ok(answer) => {
                let (etag, version) = (answer.e_tag, answer.version_id);
                let modified = answer.last_modified.always(GET, "Last-Modified")?;
                let body = answer.body.collect().await.map_err(|error| Error::Unexpected {
                    what: format!("the answer of {GET}"),
                    reason: error.to_string(),
                })?;
                Some(Object {
                    etag: etag.always(GET, "ETag")?,
                    version,
                    modified: UtcTime::from_unix(modified.secs().try_into().unwrap_or_default()),
                    body: body.to_vec(),
                })
            }
            Err(error) => {
                let error = Error::from(error);
                if error.is(&["NoSuchBucket"]) {
                    return Ok(Seen { now: date.always(GET)?, bucket: false, object: None });
                }
                if !error.is(&["NoSuchKey"]) {
                    return Err(error);
                }
                None
            }
        };
        Ok(Seen { now: date.always(GET)?, bucket: true, object })
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
            Ok(answer) => match answer.e_tag.always(PUT, "ETag") {
                Ok(etag) => Put::Written { etag, version: answer.version_id },
                Err(error) => Put::Unsure(error),
            },
            Err(error) => {
                // Another write came first, or is under way, or has taken the object away.
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

/// The time that an answer was given, which the SDK does not show.
#[derive(Clone, Debug, Default)]
struct Date(Arc<Mutex<Option<UtcTime>>>);

impl Date {
    fn always(&self, operation: &'static str) -> Result<UtcTime> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).always(operation, "Date")
    }
}

impl Intercept for Date {
    fn name(&self) -> &'static str {
        "Date"
    }

    fn read_after_transmit(
        &self,
        context: &BeforeDeserializationInterceptorContextRef<'_>,
        _components: &RuntimeComponents,
        _config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let date = context.response().headers().get("date");
        let date = date.and_then(|date| DateTime::from_str(date, Format::HttpDate).ok());
        let date = date.and_then(|date| date.secs().try_into().ok()).map(UtcTime::from_unix);
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = date;
        Ok(())
    }
}

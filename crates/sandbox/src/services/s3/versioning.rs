//! Whether a bucket keeps what is overwritten and deleted.

use serde::{Deserialize, Serialize};

use super::{Answer, Request, access, answers, document, refusals};
use crate::cloud::Cloud;
use crate::refusal::Refusal;
use crate::xml;

const ROOT: &str = "VersioningConfiguration";

/// A bucket that keeps versions can stop making them, but not forget that it did.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) enum Versioning {
    Enabled,
    Suspended,
}

/// A bucket in which it was never switched on has no status.
pub(super) fn get(cloud: &mut Cloud, request: &Request) -> Result<Answer, Refusal> {
    let bucket = access::look(cloud, request, "GetBucketVersioning")?;
    let status = bucket.versioning.map(|versioning| match versioning {
        Versioning::Enabled => "Enabled",
        Versioning::Suspended => "Suspended",
    });
    Ok(answers::document(&xml::element(ROOT, status.map(|status| xml::text("Status", status)))))
}

pub(super) fn put(cloud: &mut Cloud, request: &Request) -> Result<Answer, Refusal> {
    let bucket = access::change(cloud, request, "PutBucketVersioning")?;
    let content = request.content()?;
    let document = document::read(&content.bytes, ROOT)?;
    bucket.versioning = match document::text(document.root_element(), "Status") {
        Some("Enabled") => Some(Versioning::Enabled),
        Some("Suspended") => Some(Versioning::Suspended),
        Some(_) => return Err(refusals::malformed_xml()),
        None => {
            let message = "The Versioning element must be specified";
            return Err(refusals::new("IllegalVersioningConfigurationException", message));
        }
    };
    Ok(answers::done())
}

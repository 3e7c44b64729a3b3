//! Rendering of values: text for people, Markdown for pull requests, and JSON for programs.
//!
//! Nothing here writes to a stream: functions return strings with ANSI styles. Rendering that does not
//! need the executor, such as differences of plans, is in `saas-files`.

pub(crate) mod change_set;
pub(crate) mod event;
pub(crate) mod failure;
mod incomplete;
pub(crate) mod lease;
pub(crate) mod outputs;
pub(crate) mod plan;
pub(crate) mod receipt;
#[cfg(feature = "sandbox")]
pub(crate) mod rehearsal;
#[cfg(feature = "sandbox")]
pub(crate) mod sandbox;
pub(crate) mod status;
pub(crate) mod summary;
pub(crate) mod verification;

pub(crate) use saas_files::render::{diff, proof, stale};
use saas_files::render::{fields, outline, style, tenant_list};
use saas_model::Digest;
use saas_prover::Certificate;
use saas_prover::certificate::Body;

/// A certificate as JSON: its `id`, and the keys of its body.
pub(crate) fn proof_json(certificate: &Certificate) -> String {
    #[derive(serde::Serialize)]
    struct Shown<'a> {
        id: Digest,
        #[serde(flatten)]
        body: &'a Body,
    }
    json(&Shown { id: certificate.id(), body: certificate.body() })
}

/// A value as JSON, with a final line break.
///
/// # Panics
/// Never: all rendered maps have string keys.
pub(crate) fn json(value: &impl serde::Serialize) -> String {
    let mut text = serde_json::to_string_pretty(value).expect("the keys of what is rendered are texts");
    text.push('\n');
    text
}

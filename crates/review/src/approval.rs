//! How to approve a change: the command that applies it.

use std::collections::BTreeMap;

use itertools::Itertools as _;
use saas_model::{Address, Digest};
use serde::Serialize;

use crate::access::Isolation;
use crate::changes::Changes;
use crate::people::People;
use crate::rehearsed::Rehearsed;

/// The maximum length of the flags in the printed command, in characters.
const FLAGS: usize = 2_000;

/// How to approve a change.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Approval {
    /// There is nothing to approve.
    Nothing,
    /// An apply would refuse the change, or fail.
    No(Vec<String>),
    /// By this command.
    Command(String),
    /// By this command, which asks at a terminal. The digest for `--approve` is known after a rehearsal.
    Asks(String),
}

impl Approval {
    /// How to approve these changes. `failed` says that a rehearsal of a change that is allowed failed.
    pub(crate) fn of(
        file: &str,
        isolation: &Isolation,
        people: &People,
        changes: &Changes,
        rehearsed: Option<&Rehearsed>,
        failed: bool,
    ) -> Self {
        let refusals = [
            (!isolation.is_proven()).then_some("the plan is not proven to isolate its tenants"),
            (!people.impossible.is_empty()).then_some("no live platform can make the change"),
            failed.then_some("the rehearsal failed"),
        ];
        let refusals: Vec<String> = refusals.into_iter().flatten().map(str::to_owned).collect();
        if !refusals.is_empty() {
            return Self::No(refusals);
        }
        if changes.is_empty() {
            return Self::Nothing;
        }
        let lost = &people.data_lost_at;
        match rehearsed {
            Some(Rehearsed { change_set, .. }) => Self::Command(apply_command(file, Some(change_set), lost)),
            None => Self::Asks(apply_command(file, None, lost)),
        }
    }
}

/// The command that applies a plan: only the change set with the digest, if there is one, and with the loss of the data
/// at these addresses. `file` is a word of a shell.
#[must_use]
pub fn apply_command(file: &str, change_set: Option<&Digest>, lost: &[Address]) -> String {
    let approve = change_set.map(|digest| format!("--approve {digest}"));
    let flags = Some(flags(lost)).filter(|flags| !flags.is_empty());
    [Some(format!("saas apply {file}")), approve, flags].into_iter().flatten().join(" ")
}

/// The flags that permit the loss of data. For several resources of a tenant, its address covers them. If the flags
/// are too long to paste, they permit it for all tenants: the digest of the approval fixes which ones lose data.
fn flags(lost: &[Address]) -> String {
    let of_tenant: BTreeMap<&str, usize> = lost.iter().filter_map(Address::tenant).counts().into_iter().collect();
    let covering = |address: &Address| match address.tenant() {
        Some(tenant) if of_tenant[tenant] > 1 => format!("tenant/{tenant}"),
        _ => address.to_string(),
    };
    let flag = |address: String| format!("--allow-data-loss {address}");
    let each = lost.iter().map(covering).dedup().map(flag).join(" ");
    if each.len() <= FLAGS {
        return each;
    }
    let shared = lost.iter().filter(|address| address.tenant().is_none()).map(ToString::to_string);
    shared.chain(["tenant".to_owned()]).map(flag).join(" ")
}

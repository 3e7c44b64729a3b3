//! The part of a schema's commit record that is about its migration.
//!
//! It names the job, so that the migration of a tenant is found after the job was removed from the plan. What
//! was started is written before the task is started: a run that finds a task in ECS can tell whether it is
//! the one that this schema waits for. A schema that was created again has no record, and is migrated again.

use std::fmt;

use saas_model::digest::Domain;
use saas_model::{Address, Digest};

use crate::error::Result;
use crate::random;

const JOB: &str = "saas:migration";
const SUCCEEDED: &str = "saas:migrated";
const STARTED: &str = "saas:migrating";

/// The migration of a schema.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct MigrationRecord {
    /// The node of the job.
    pub(crate) address: Address,
    /// What succeeded last: the digest of the task, with the ids that its references resolved to.
    pub(crate) succeeded: Option<Digest>,
    /// What was started last; `None` when it has succeeded, or nothing was started.
    pub(crate) started: Option<MigrationStart>,
}

/// A start of a task.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct MigrationStart {
    /// The digest of the task, with the ids that its references resolved to.
    pub(crate) task: Digest,
    /// A random number. ECS remembers the tokens of tasks that ended, even those of a schema that was dropped.
    pub(crate) number: u64,
}

impl MigrationStart {
    /// A new start of this task.
    ///
    /// # Errors
    /// When the operating system provides no random numbers.
    pub(crate) fn of(task: Digest) -> Result<Self> {
        let mut bytes = [0; 8];
        random::fill(&mut bytes)?;
        Ok(Self { task, number: u64::from_be_bytes(bytes) })
    }

    /// What identifies it in ECS: the idempotency token, and a tag of its task.
    pub(crate) fn token(&self) -> Digest {
        let mut hasher = Domain::Token.hasher();
        hasher.field(self.task.as_bytes()).field(&self.number.to_be_bytes());
        hasher.finish()
    }
}

impl MigrationRecord {
    /// The keys in the comment.
    pub(super) const KEYS: [&'static str; 3] = [JOB, SUCCEEDED, STARTED];

    /// The record among the values of a comment, if any.
    pub(super) fn parse<'c>(value: impl Fn(&str) -> Option<&'c str>) -> Option<Self> {
        let started = |text: &str| {
            let (number, task) = text.split_once('/')?;
            Some(MigrationStart { task: task.parse().ok()?, number: number.parse().ok()? })
        };
        Some(Self {
            address: value(JOB)?.parse().ok()?,
            succeeded: value(SUCCEEDED).and_then(|text| text.parse().ok()),
            started: value(STARTED).and_then(started),
        })
    }
}

impl fmt::Display for MigrationRecord {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{JOB}={}", self.address)?;
        if let Some(succeeded) = self.succeeded {
            write!(f, " {SUCCEEDED}={succeeded}")?;
        }
        match self.started {
            Some(MigrationStart { task, number }) => write!(f, " {STARTED}={number}/{task}"),
            None => Ok(()),
        }
    }
}

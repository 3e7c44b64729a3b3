//! Why a migration failed.

use std::fmt;

use crate::task_output::TaskOutput;

/// The task of a migration failed. Its text is stored in receipts, and has none of the task's output.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "the migration failed: {ending}; its task is `{task}`, and its output is in the log stream `{log_stream}` of `{log_group}`"
)]
pub struct MigrationFailure {
    /// How it ended.
    pub ending: TaskEnding,
    /// The id of the task.
    pub task: String,
    /// The log group of its output.
    pub log_group: String,
    /// The log stream of its output.
    pub log_stream: String,
    /// The last lines of its output, for the operator's terminal alone.
    pub output: TaskOutput,
}

/// How a task ended that did not succeed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TaskEnding {
    /// Its container exited with another code than 0.
    Exited {
        /// The exit code.
        code: i32,
        /// The reason that ECS gives, such as too little memory.
        reason: Option<String>,
    },
    /// Its container has no exit code: the task did not start, or ECS stopped it.
    Stopped {
        /// The reason that ECS gives.
        reason: String,
    },
    /// It ran longer than its timeout, and was stopped.
    TimedOut {
        /// The timeout.
        seconds: u32,
    },
}

impl fmt::Display for TaskEnding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Exited { code, reason: None } => write!(f, "its container exited with code {code}"),
            Self::Exited { code, reason: Some(reason) } => {
                write!(f, "its container exited with code {code}: {reason}")
            }
            Self::Stopped { reason } => write!(f, "its container did not run to its end: {reason}"),
            Self::TimedOut { seconds } => write!(f, "it ran longer than {seconds} s and was stopped"),
        }
    }
}

//! The exit codes.

use std::process::ExitCode;

/// The outcome of a command. The numbers are stable: scripts and CI rely on them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Exit {
    /// Success, or nothing to do.
    Done = 0,
    /// An apply, destroy or verification failed or was not completed, or a merge has conflicts.
    Failed = 1,
    /// The input is wrong: usage, spec, lock, plan or certificate, or a written plan that is not proven to isolate
    /// tenants.
    WrongInput = 2,
    /// There are changes (`status`, `plan --check`, `diff --exit-code`).
    Changes = 3,
    /// Refused; `EXIT_CODES` in `args.rs` lists the reasons.
    Refused = 4,
}

impl Exit {
    /// The process's exit code.
    pub(crate) const fn code(self) -> u8 {
        self as u8
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.code())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_pinned() {
        let codes = [Exit::Done, Exit::Failed, Exit::WrongInput, Exit::Changes, Exit::Refused].map(Exit::code);
        assert_eq!(codes, [0, 1, 2, 3, 4]);
    }
}

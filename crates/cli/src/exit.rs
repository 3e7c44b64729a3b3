//! The exit codes, all of them.

use std::process::ExitCode;

/// How a command ends. The numbers are a contract: scripts and CI ask for them.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub(crate) enum Exit {
    /// Done, or nothing to do.
    Done = 0,
    /// An apply, a destroy or a verification failed, or could not be carried through.
    Failed = 1,
    /// The input is wrong: usage, spec, lock or plan.
    WrongInput = 2,
    /// There are changes: for `status`, `plan --check` and `diff --exit-code`, so that CI can ask.
    Changes = 3,
    /// Refused: wrong account or another platform, an approval that does not match, data that would be
    /// lost, something in the way, a change that no live platform can take, an older plan, no terminal to
    /// ask on, or a lease that another run holds.
    Refused = 4,
}

impl Exit {
    /// The number that the process ends with.
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
    fn the_numbers_are_pinned() {
        let codes = [Exit::Done, Exit::Failed, Exit::WrongInput, Exit::Changes, Exit::Refused].map(Exit::code);
        assert_eq!(codes, [0, 1, 2, 3, 4]);
    }
}

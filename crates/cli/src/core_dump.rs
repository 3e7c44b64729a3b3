//! Core dumps: a crash must not write the secrets in memory to a file.

/// Switches core dumps off for this process and those that it starts. Without effect where the system has no
/// such limit.
pub(crate) fn disable() {
    #[cfg(unix)]
    {
        use rustix::process::{Resource, Rlimit, setrlimit};
        // A limit can always be lowered, so this fails only where the system does not know it.
        let _ = setrlimit(Resource::Core, Rlimit { current: Some(0), maximum: Some(0) });
    }
}

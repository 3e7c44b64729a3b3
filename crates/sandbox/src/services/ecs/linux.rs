//! Linux parameters of containers.
//!
//! Source: Amazon ECS API reference, `LinuxParameters` and `Tmpfs`. Fargate has tmpfs since January 2026: Amazon
//! ECS Developer Guide, "Task definition parameters for Fargate".

use std::collections::BTreeSet;

use super::container::Task;
use super::refusals::client;
use crate::services::prelude::*;

/// The mount options of a tmpfs. Those that take a value are followed by it.
const OPTIONS: Words = Words(
    "defaults ro rw suid nosuid dev nodev exec noexec sync async dirsync remount mand nomand atime noatime diratime \
     nodiratime bind rbind unbindable runbindable private rprivate shared rshared slave rslave relatime norelatime \
     strictatime nostrictatime",
);
const OPTIONS_WITH_VALUES: Words = Words("mode uid gid nr_inodes nr_blocks mpol");
/// What Fargate does not have.
const NOT_ON_FARGATE: Words = Words("devices sharedMemorySize maxSwap swappiness");

pub(super) fn check(container: &Input, task: &Task<'_>) -> Result<(), Refusal> {
    let linux = container.inner("linuxParameters");
    for key in NOT_ON_FARGATE.iter().filter(|_| task.fargate) {
        let is_given = linux.has(key) && linux.raw()[key] != json!([]);
        ensure!(!is_given, client(format!("Fargate compatible task definitions do not support {key}")));
    }
    let mounts = container.list("mountPoints");
    let mut paths: BTreeSet<String> =
        mounts.iter().filter_map(|mount| mount.text("containerPath").map(str::to_owned)).collect();
    for tmpfs in linux.list("tmpfs") {
        let path = tmpfs.text("containerPath").unwrap_or_default();
        ensure!(path.starts_with('/'), client("Tmpfs.containerPath must be an absolute path."));
        ensure!(paths.insert(path.to_owned()), client(format!("The path '{path}' is mounted twice.")));
        ensure!(tmpfs.number("size").is_some_and(|size| size > 0), client("Tmpfs.size must be greater than 0."));
        for option in tmpfs.texts("mountOptions") {
            let is_valid = option.split_once('=').map_or_else(
                || OPTIONS.contains(&option),
                |(name, value)| OPTIONS_WITH_VALUES.contains(name) && !value.is_empty(),
            );
            ensure!(is_valid, client(format!("Invalid tmpfs mount option '{option}'.")));
        }
    }
    Ok(())
}

//! The system user that PostgreSQL runs as.

use std::fs;
use std::io;
use std::os::unix::fs::{MetadataExt, lchown};
use std::path::Path;
use std::process::Command;

/// A user of the operating system.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct User {
    pub(super) uid: u32,
    pub(super) gid: u32,
}

impl User {
    /// Selects another user if this process runs as root, as which PostgreSQL refuses to run: the
    /// owner of the files if that is not root, otherwise an unprivileged user.
    pub(super) fn other_than_root(files: &Path) -> io::Result<Option<Self>> {
        if id("-u", None) != Some(0) {
            return Ok(None);
        }
        let owner = fs::symlink_metadata(files).ok().map(|files| Self { uid: files.uid(), gid: files.gid() });
        if let Some(owner) = owner.filter(|owner| owner.uid != 0) {
            return Ok(Some(owner));
        }
        let named = |name| Some(Self { uid: id("-u", Some(name))?, gid: id("-g", Some(name))? });
        let user = ["postgres", "nobody"].into_iter().find_map(named);
        let user = user.ok_or_else(|| {
            io::Error::other("PostgreSQL cannot run as root, and no user `postgres` or `nobody` exists")
        })?;
        Ok(Some(user))
    }

    /// Transfers files that root owns to this user, recursively.
    pub(super) fn take_ownership_from_root(self, path: &Path) -> io::Result<()> {
        if fs::symlink_metadata(path)?.uid() == 0 { self.take(path) } else { Ok(()) }
    }

    fn take(self, path: &Path) -> io::Result<()> {
        // The content of a directory comes first: until then, no other user can change it.
        if fs::symlink_metadata(path)?.is_dir() {
            for entry in fs::read_dir(path)? {
                self.take(&entry?.path())?;
            }
        }
        lchown(path, Some(self.uid), Some(self.gid))
    }
}

/// The id of a user, or of this process.
fn id(what: &str, name: Option<&str>) -> Option<u32> {
    let answer = Command::new("id").arg(what).args(name).output().ok()?;
    String::from_utf8(answer.stdout).ok()?.trim().parse().ok()
}

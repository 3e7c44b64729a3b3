//! A sandbox's directory, which one process uses at a time.

use std::cell::Cell;
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Read, Seek, Write};
use std::path::{Path, PathBuf};

/// The file that a process locks while it uses the directory; it contains the process id.
const LOCK: &str = "in-use";

/// The file by which Git ignores the directory.
const IGNORED: &str = ".gitignore";

/// A directory that this process uses. The lock ends when this is dropped or the process ends in any
/// way. A directory that this process created is removed when this is dropped, unless it is kept.
#[derive(Debug)]
pub(crate) struct Directory {
    path: PathBuf,
    /// Whether the directory is removed at the end.
    is_temporary: Cell<bool>,
    /// Closing the file releases the lock.
    _lock: File,
}

/// Why a directory cannot be used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum DirectoryError {
    /// Another process uses it.
    #[error("the sandbox in `{}` is in use by {}", .path.display(), process(.pid))]
    InUse {
        path: PathBuf,
        /// The id of that process, as it wrote it.
        pid: String,
    },
    /// It does not exist, and the command is not one that makes a sandbox.
    #[error("there is no sandbox in `{}`: the directory does not exist", .path.display())]
    Missing { path: PathBuf },
    /// The path is a file.
    #[error("`{}` is a file, but a sandbox needs a directory", .path.display())]
    NotADirectory { path: PathBuf },
    /// The directory cannot be created or locked.
    #[error("the directory `{}` cannot be used for a sandbox", .path.display())]
    Unusable { path: PathBuf, source: io::Error },
}

fn process(pid: &str) -> String {
    if pid.is_empty() { "another process".to_owned() } else { format!("process {pid}") }
}

impl Directory {
    /// Locks a directory that exists.
    pub(crate) fn existing(path: &Path) -> Result<Self, DirectoryError> {
        if !path.exists() {
            return Err(DirectoryError::Missing { path: path.to_owned() });
        }
        Self::take(path)
    }

    /// Creates the directory if it does not exist, and locks it. Git ignores what it creates.
    pub(crate) fn take(path: &Path) -> Result<Self, DirectoryError> {
        let unusable = |source| DirectoryError::Unusable { path: path.to_owned(), source };
        if path.is_file() {
            return Err(DirectoryError::NotADirectory { path: path.to_owned() });
        }
        let is_new = !path.exists();
        if is_new {
            fs::create_dir_all(path).and_then(|()| fs::write(path.join(IGNORED), "*\n")).map_err(unusable)?;
        }
        let file = OpenOptions::new().read(true).write(true).create(true).truncate(false).open(path.join(LOCK));
        let mut file = file.map_err(unusable)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let mut pid = String::new();
                // The process id is only informative: without it, the refusal is the same.
                let _ = file.read_to_string(&mut pid);
                return Err(DirectoryError::InUse { path: path.to_owned(), pid: pid.trim().to_owned() });
            }
            Err(TryLockError::Error(source)) => return Err(unusable(source)),
        }
        file.set_len(0).and_then(|()| file.rewind()).map_err(unusable)?;
        writeln!(file, "{}", std::process::id()).map_err(unusable)?;
        Ok(Self { path: path.to_owned(), is_temporary: Cell::new(is_new), _lock: file })
    }

    /// Keeps the directory, because a sandbox is saved in it.
    pub(crate) fn keep(&self) {
        self.is_temporary.set(false);
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }
}

/// What a start that fails has created does not remain.
impl Drop for Directory {
    fn drop(&mut self) {
        if self.is_temporary.get() {
            // The failure of the start is what matters to the user.
            let _ = fs::remove_dir_all(&self.path);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn directory_is_locked_by_one_process() {
        let directory = tempfile::tempdir().expect("a directory can be made");
        let taken = Directory::take(directory.path()).expect("it is not in use");
        let refused = Directory::take(directory.path()).expect_err("it is in use");
        assert!(matches!(&refused, DirectoryError::InUse { pid, .. } if *pid == std::process::id().to_string()));
        assert!(refused.to_string().contains("is in use by process "), "{refused}");
        drop(taken);
        Directory::take(directory.path()).expect("it is free again");
    }

    #[test]
    fn new_directory_is_removed_unless_it_is_kept() {
        let parent = tempfile::tempdir().expect("a directory can be made");
        let (new, old) = (parent.path().join("new"), parent.path().join("old"));
        fs::create_dir(&old).expect("it can be made");
        drop((Directory::take(&new).expect("it is free"), Directory::take(&old).expect("it is free")));
        assert_eq!((new.exists(), old.exists()), (false, true));
        Directory::take(&new).expect("it is free").keep();
        assert!(new.exists());
    }

    #[test]
    fn only_a_new_directory_is_ignored_by_git() {
        let parent = tempfile::tempdir().expect("a directory can be made");
        let (new, old) = (parent.path().join("new"), parent.path());
        let missing = Directory::existing(&new).expect_err("it does not exist");
        assert!(matches!(missing, DirectoryError::Missing { .. }) && !new.exists());
        Directory::take(&new).expect("it is created").keep();
        assert_eq!(fs::read_to_string(new.join(IGNORED)).expect("it is there"), "*\n");
        drop(Directory::existing(&new).expect("it exists now"));
        drop(Directory::take(old).expect("it exists"));
        assert!(!old.join(IGNORED).exists(), "its files are another's");
    }

    #[test]
    fn file_is_rejected() {
        let file = tempfile::NamedTempFile::new().expect("a file can be made");
        let refused = Directory::take(file.path()).expect_err("it is a file");
        assert!(refused.to_string().ends_with("is a file, but a sandbox needs a directory"), "{refused}");
    }
}

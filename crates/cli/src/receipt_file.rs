//! The file for a receipt. It is prepared before the run changes anything, so an unwritable path is
//! reported before the first write.

use std::ffi::OsStr;
use std::io::Write;
use std::path::{Path, PathBuf};

use saas_model::Receipt;
use tempfile::NamedTempFile;

use crate::failure::Failure;

/// A prepared file for a receipt.
pub(crate) struct ReceiptFile {
    path: PathBuf,
    file: NamedTempFile,
}

impl ReceiptFile {
    /// Prepares a receipt file at `path`. An existing file stays until the receipt is written.
    ///
    /// # Errors
    /// If `path` is not writable.
    pub(crate) fn prepare(path: &Path) -> Result<Self, Failure> {
        let unwritable = |source| Failure::Unwritable { path: path.to_owned(), source };
        if path.is_dir() {
            return Err(unwritable(std::io::ErrorKind::IsADirectory.into()));
        }
        let directory = path.parent().filter(|parent| *parent != OsStr::new("")).unwrap_or(Path::new("."));
        // A temporary file is readable by its owner alone, and so is the receipt.
        let file = NamedTempFile::new_in(directory).map_err(unwritable)?;
        Ok(Self { path: path.to_owned(), file })
    }

    /// Writes the receipt atomically.
    ///
    /// # Errors
    /// If the file cannot be written.
    pub(crate) fn write(self, receipt: &Receipt) -> Result<(), Failure> {
        let Self { path, mut file } = self;
        let written = file.write_all(&receipt.encode()).and_then(|()| file.as_file().sync_all());
        let written = written.and_then(|()| file.persist(&path).map(drop).map_err(|error| error.error));
        written.map_err(|source| Failure::ReceiptUnwritten { path, source })
    }
}

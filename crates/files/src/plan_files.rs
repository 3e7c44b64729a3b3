//! Spec, lock and plan as files: reads them, plans, compares and writes.
//!
//! Nothing here prints; the caller renders the returned values.

use std::convert::Infallible;
use std::ffi::OsStr;
use std::fmt;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use itertools::Itertools as _;
use saas_model::codec::UnreadablePlan;
use saas_model::identifier::PlatformName;
use saas_model::impact::{immutable_changes, summary};
use saas_model::lock::{Demand, LockedPlatform, Settled, SlotNote, StoredLock};
use saas_model::problem::Problems;
use saas_model::spec::Remark;
use saas_model::{Lock, Plan, Spec};
use saas_planner::{Finding, PlanDiff, Planned, PlanningError, Severity};
use saas_prover::Certificate;
use saas_prover::certificate::UnreadableCertificate;
use serde::Serialize;

use crate::plan_source;
use crate::proof::{self, ProofDiff, Unproven};

/// The default name of a spec.
pub const SPEC: &str = "saas.toml";
/// The name of the lock of a spec with the default name.
pub const LOCK: &str = "saas.lock";
/// The default name of a plan.
pub const PLAN: &str = "plan.msgpack";

/// The paths of a spec, its lock and its plan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlanFiles {
    /// The spec, which people write.
    pub spec: PathBuf,
    /// The lock, which [`Prepared::write`] writes.
    pub lock: PathBuf,
    /// The plan, which [`Prepared::write`] writes.
    pub plan: PathBuf,
}

/// Why no plan can be read or computed.
#[derive(Debug, thiserror::Error)]
pub enum PlanFilesError {
    /// A file cannot be read.
    #[error("`{}` cannot be read", .path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// The cause.
        source: io::Error,
    },
    /// The spec does not exist.
    #[error("there is no spec: `{}` does not exist", .path.display())]
    NoSpec {
        /// The expected path.
        path: PathBuf,
    },
    /// The spec is empty.
    #[error("`{}` is empty", .path.display())]
    EmptySpec {
        /// The spec.
        path: PathBuf,
    },
    /// The file is no certificate.
    #[error("`{}` is not a certificate", .path.display())]
    NotACertificate {
        /// The file.
        path: PathBuf,
        /// The cause.
        source: UnreadableCertificate,
    },
    /// The path of a spec was given instead of a plan's.
    #[error("`{}` is a spec, but this command needs a plan", .path.display())]
    SpecForPlan {
        /// The spec.
        path: PathBuf,
    },
    /// The path of a plan was given instead of a spec's.
    #[error("`{}` is a plan, but this command needs a spec", .path.display())]
    PlanForSpec {
        /// The plan.
        path: PathBuf,
    },
    /// The plan to overwrite belongs to another platform.
    #[error(
        "`{}` is the plan of platform `{owner}`, but `{}` is the spec of platform `{platform}`", .plan.display(), .spec.display()
    )]
    ForeignPlan {
        /// The plan.
        plan: PathBuf,
        /// The platform of the existing plan.
        owner: PlatformName,
        /// The spec.
        spec: PathBuf,
        /// The platform of the spec.
        platform: PlatformName,
    },
    /// A file does not contain a valid plan.
    #[error("`{}` cannot be read as a plan", .path.display())]
    NotAPlan {
        /// The file.
        path: PathBuf,
        /// The error.
        source: UnreadablePlan,
    },
    /// A file cannot be written.
    #[error("`{}` cannot be written", .path.display())]
    Unwritable {
        /// The file.
        path: PathBuf,
        /// The cause.
        source: io::Error,
    },
    /// The spec or the lock is invalid; each problem has its location.
    #[error(transparent)]
    Problems(#[from] Box<Problems>),
    /// The lock belongs to another platform.
    #[error(
        "`{}` is the lock of platform `{owner}`, but `{}` is the spec of platform `{platform}`", .lock.display(), .spec.display()
    )]
    ForeignLock {
        /// The lock.
        lock: PathBuf,
        /// The platform of the lock.
        owner: PlatformName,
        /// The spec.
        spec: PathBuf,
        /// The platform of the spec.
        platform: PlatformName,
    },
    /// There is no lock, and the existing plan, which has the tenants' slots, cannot be read.
    #[error(
        "`{}` is missing, and the tenants' slots cannot be read from `{}`", .lock.display(), .plan.display()
    )]
    SlotsLost {
        /// The lock.
        lock: PathBuf,
        /// The plan.
        plan: PathBuf,
        /// The error in the plan.
        source: UnreadablePlan,
    },
    /// Spec and lock are valid, but no plan can be computed from them.
    #[error(transparent)]
    Planning(#[from] PlanningError),
    /// AWS would refuse the plan.
    #[error("AWS would refuse the plan: {}", .0.iter().join("; "))]
    Findings(Vec<Finding>),
    /// A plan does not isolate its tenants, or it cannot be proven that it does.
    #[error("the isolation of tenants is not proven for `{}`", .path.display())]
    Unproven {
        /// The plan.
        path: PathBuf,
        /// The refuted claims.
        source: Unproven,
    },
}

/// A computed plan, with the current contents of the files.
#[derive(Debug)]
pub struct Prepared {
    files: PlanFiles,
    /// The computed plan with its bytes.
    pub planned: Planned,
    /// The proof that the computed plan isolates its tenants.
    pub certificate: Certificate,
    /// Findings to resolve before the apply.
    pub warnings: Vec<Finding>,
    /// Notices about the spec, and about slots that the lock alone does not determine.
    pub notices: Vec<Notice>,
    lock_text: String,
    stored_lock: Option<Vec<u8>>,
    stored_plan: Option<Vec<u8>>,
}

/// What the author of a spec may not expect of its plan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Notice {
    /// There was no lock, so the existing plan determines the slots.
    Recovered {
        /// The lock.
        lock: PathBuf,
        /// The plan.
        plan: PathBuf,
        /// The number of its tenants.
        tenants: usize,
    },
    /// There was no lock, and the existing plan belongs to another platform.
    NotRecovered {
        /// The lock.
        lock: PathBuf,
        /// The plan.
        plan: PathBuf,
        /// The platform of that plan.
        owner: PlatformName,
        /// The platform of the spec.
        platform: PlatformName,
    },
    /// The lock had conflict markers; both sides were read.
    Merged {
        /// The lock.
        lock: PathBuf,
    },
    /// The lock belonged to the platform of the same name in another account or Region.
    Elsewhere {
        /// The lock.
        lock: PathBuf,
        /// The previous platform.
        was: LockedPlatform,
        /// The present platform.
        is: LockedPlatform,
    },
    /// A change of one tenant's slot.
    Slot(SlotNote),
    /// A fact about the spec.
    Spec(Remark),
    /// The existing plan changes in a way that no live platform can.
    Immutable {
        /// The existing plan.
        plan: PathBuf,
        /// The change, and the alternative.
        what: String,
    },
}

impl fmt::Display for Notice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Recovered { lock, plan, tenants } => write!(
                f,
                "`{}` is missing: the slots of {tenants} tenants are taken from `{}` and stay the same",
                lock.display(),
                plan.display()
            ),
            Self::NotRecovered { lock, plan, owner, platform } => write!(
                f,
                "`{}` is missing, and `{}` is the plan of platform `{owner}`: all tenants of `{platform}` get new slots; \
                 if `{platform}` is live, restore its lock first",
                lock.display(),
                plan.display()
            ),
            Self::Merged { lock } => {
                write!(f, "`{}` has conflict markers: both sides are read, and the file is rewritten", lock.display())
            }
            Self::Elsewhere { lock, was, is } => write!(
                f,
                "`{}` was the lock of `{}` in account {}, {}; now it is for account {}, {}. The account and Region of a \
                 live platform cannot be changed: a second platform needs its own spec and lock",
                lock.display(),
                was.name,
                was.account,
                was.region,
                is.account,
                is.region
            ),
            Self::Slot(note) => write!(f, "{note}"),
            Self::Spec(remark) => write!(f, "{remark}"),
            Self::Immutable { plan, what } => {
                write!(f, "compared with the existing `{}`: {what}", plan.display())
            }
        }
    }
}

/// A file whose contents are not up to date.
#[derive(Debug)]
pub struct Stale {
    /// The file.
    pub path: PathBuf,
    /// The reason.
    pub reason: StaleReason,
}

/// Why a file is not up to date.
#[derive(Debug)]
pub enum StaleReason {
    /// The file does not exist.
    Missing,
    /// The lock does not have the slots of the spec's tenants.
    Slots,
    /// The lock is equivalent, but formatted differently.
    Spelling,
    /// The plan cannot be read.
    Unreadable(UnreadablePlan),
    /// The plan differs.
    Plan(Box<PlanChange>),
}

/// How a plan differs from another one.
#[derive(Debug, Serialize)]
pub struct PlanChange {
    /// The differences of nodes, outputs and header.
    #[serde(flatten)]
    pub plan: PlanDiff,
    /// The difference of the proofs.
    pub proof: ProofDiff,
}

impl PlanChange {
    /// Compares two plans and their proofs.
    #[must_use]
    pub fn between(before: &Plan, after: &Plan) -> Self {
        Self::of((before, &saas_prover::prove(before)), (after, &saas_prover::prove(after)))
    }

    /// Compares two plans, each with its certificate.
    fn of((before, proof_before): (&Plan, &Certificate), (after, proof_after): (&Plan, &Certificate)) -> Self {
        Self { plan: saas_planner::diff(before, after), proof: proof::compare(proof_before, proof_after) }
    }
}

impl PlanFiles {
    /// The files of a directory, under their default names.
    #[must_use]
    pub fn of_directory(directory: &Path) -> Self {
        Self::new(directory.join(SPEC), directory.join(PLAN))
    }

    /// A spec and the plan of the same name beside it: `plan.msgpack` of `saas.toml`, and
    /// `prod.msgpack` of `prod.toml`.
    #[must_use]
    pub fn beside(spec: PathBuf) -> Self {
        let plan = match spec.file_name() {
            Some(name) if name == SPEC => spec.with_file_name(PLAN),
            _ => spec.with_extension("msgpack"),
        };
        Self::new(spec, plan)
    }

    /// A spec and a plan at any path. The lock is beside the spec under the same name (`saas.lock` of
    /// `saas.toml`), so two platforms in one directory have separate locks.
    #[must_use]
    pub fn new(spec: PathBuf, plan: PathBuf) -> Self {
        Self { lock: spec.with_extension("lock"), spec, plan }
    }

    /// The same with a lock at another path.
    #[must_use]
    pub fn with_lock(self, lock: Option<PathBuf>) -> Self {
        Self { lock: lock.unwrap_or(self.lock), ..self }
    }

    /// Computes the plan of the spec. Writes nothing.
    ///
    /// # Errors
    /// If a file cannot be read, spec or lock are invalid or cannot be planned, AWS would refuse the
    /// plan, or it cannot be proven that it isolates the tenants.
    pub fn prepare(self) -> Result<Prepared, PlanFilesError> {
        let spec = read(&self.spec)?.ok_or_else(|| PlanFilesError::NoSpec { path: self.spec.clone() })?;
        let stored_lock = read(&self.lock)?;
        let stored_plan = read(&self.plan)?;
        if Plan::decode(&spec).is_ok() {
            return Err(PlanFilesError::PlanForSpec { path: self.spec });
        }
        let spec = text(&self.spec, &spec)?;
        if spec.lines().all(|line| line.trim().is_empty() || line.trim_start().starts_with('#')) {
            return Err(PlanFilesError::EmptySpec { path: self.spec });
        }
        let (spec, remarks) = Spec::parse_with_remarks(&self.spec.display().to_string(), &spec)?;
        let existing = match stored_plan.as_deref().map(Plan::decode) {
            Some(Err(source)) if stored_lock.is_none() => {
                return Err(PlanFilesError::SlotsLost { lock: self.lock, plan: self.plan, source });
            }
            decoded => decoded.and_then(Result::ok),
        };
        let beside = if stored_lock.is_none() && existing.is_none() { self.beside_the_spec()? } else { None };
        let source = match (&existing, &beside) {
            (Some(existing), _) => Some((self.plan.as_path(), existing)),
            (None, beside) => beside.as_ref().map(|(path, plan)| (path.as_path(), plan)),
        };
        let (lock, mut notices) = self.slots(&spec, stored_lock.as_deref(), source)?;
        notices.extend(remarks.into_iter().map(Notice::Spec));
        if let Some(owner) = existing.as_ref().map(|plan| &plan.header().platform)
            && *owner != spec.platform.name
        {
            let (owner, platform) = (owner.clone(), spec.platform.name);
            return Err(PlanFilesError::ForeignPlan { plan: self.plan, owner, spec: self.spec, platform });
        }
        let planned = saas_planner::plan(&spec, &lock)?;
        if let Some(existing) = &existing {
            let immutable = summary(&immutable_changes(existing, &planned.plan));
            notices.extend(immutable.into_iter().map(|what| Notice::Immutable { plan: self.plan.clone(), what }));
        }
        let findings = saas_planner::findings(&planned.plan);
        let (errors, warnings): (Vec<_>, Vec<_>) =
            findings.into_iter().partition(|finding| finding.severity() == Severity::Error);
        if !errors.is_empty() {
            return Err(PlanFilesError::Findings(errors));
        }
        let certificate = proof::prove(&planned.plan)
            .map_err(|source| PlanFilesError::Unproven { path: self.plan.clone(), source })?;
        let lock_text = planned.lock.to_toml();
        Ok(Prepared { files: self, planned, certificate, warnings, notices, lock_text, stored_lock, stored_plan })
    }

    /// The plan beside the spec, if the output is another file. Without a lock it has the slots.
    fn beside_the_spec(&self) -> Result<Option<(PathBuf, Plan)>, PlanFilesError> {
        let path = Self::beside(self.spec.clone()).plan;
        let Some(stored) = read(&path)? else { return Ok(None) };
        match Plan::decode(&stored) {
            Ok(plan) => Ok(Some((path, plan))),
            Err(source) => Err(PlanFilesError::SlotsLost { lock: self.lock.clone(), plan: path, source }),
        }
    }

    /// The slots to plan with, from the lock and the existing plan.
    fn slots(
        &self,
        spec: &Spec,
        stored: Option<&[u8]>,
        existing: Option<(&Path, &Plan)>,
    ) -> Result<(Lock, Vec<Notice>), PlanFilesError> {
        let platform = LockedPlatform::from(&spec.platform);
        let same = |lock: &Lock| lock.platform().is_some_and(|owner| owner.name == platform.name);
        let recover = |plan: &Plan| Some(saas_planner::recovered_lock(plan)).filter(same);
        let Some(stored) = stored else {
            let Some((plan, existing)) = existing else { return Ok((Lock::default(), Vec::new())) };
            let (path, plan) = (self.lock.clone(), plan.to_owned());
            let Some(lock) = recover(existing) else {
                let owner = existing.header().platform.clone();
                let notice = Notice::NotRecovered { lock: path, plan, owner, platform: platform.name };
                return Ok((Lock::default(), vec![notice]));
            };
            let notice = Notice::Recovered { lock: path, plan, tenants: lock.slots().len() };
            return Ok((lock, vec![notice]));
        };
        let stored = Lock::parse(&self.lock.display().to_string(), &text(&self.lock, stored)?)?;
        let mut notices = Vec::new();
        match stored.platform() {
            Some(owner) if owner.name != platform.name => {
                return Err(PlanFilesError::ForeignLock {
                    lock: self.lock.clone(),
                    owner: owner.name.clone(),
                    spec: self.spec.clone(),
                    platform: platform.name,
                });
            }
            Some(owner) if *owner != platform => {
                notices.push(Notice::Elsewhere { lock: self.lock.clone(), was: owner.clone(), is: platform.clone() });
            }
            _ => {}
        }
        if stored.has_conflict_markers() {
            notices.push(Notice::Merged { lock: self.lock.clone() });
        }
        let existing = existing.and_then(|(_, plan)| recover(plan)).unwrap_or_default();
        let Settled { lock, notes } = stored.settled(&existing, saas_planner::demands(spec));
        notices.extend(notes.into_iter().map(Notice::Slot));
        Ok((lock, notices))
    }
}

impl Prepared {
    /// The path of the plan.
    #[must_use]
    pub fn plan_path(&self) -> &Path {
        &self.files.plan
    }

    /// The files that are not up to date.
    #[must_use]
    pub fn stale(&self) -> Vec<Stale> {
        let Ok(stale) = self.stale_if_proven(|stored| Ok::<_, Infallible>(saas_prover::prove(stored)));
        stale
    }

    /// The files that are not up to date, if the existing plan isolates its tenants.
    ///
    /// # Errors
    /// If that cannot be proven. A plan that differs from the computed one may have been written by
    /// anyone.
    pub fn checked(&self) -> Result<Vec<Stale>, PlanFilesError> {
        self.stale_if_proven(|stored| {
            proof::prove(stored).map_err(|source| PlanFilesError::Unproven { path: self.files.plan.clone(), source })
        })
    }

    /// The files that are not up to date; `prove` judges the existing plan if it differs from the computed one.
    fn stale_if_proven<E>(&self, prove: impl FnOnce(&Plan) -> Result<Certificate, E>) -> Result<Vec<Stale>, E> {
        let lock = self.stale_lock().map(|reason| Stale { path: self.files.lock.clone(), reason });
        let plan = self.stale_plan(prove)?.map(|reason| Stale { path: self.files.plan.clone(), reason });
        Ok(lock.into_iter().chain(plan).collect())
    }

    fn stale_lock(&self) -> Option<StaleReason> {
        let Some(stored) = &self.stored_lock else { return Some(StaleReason::Missing) };
        if stored == self.lock_text.as_bytes() {
            return None;
        }
        let stored = std::str::from_utf8(stored).ok().and_then(|text| Lock::parse("", text).ok());
        let same = stored.as_ref().is_some_and(|stored| is_equivalent(stored, &self.planned.lock));
        Some(if same { StaleReason::Spelling } else { StaleReason::Slots })
    }

    fn stale_plan<E>(&self, prove: impl FnOnce(&Plan) -> Result<Certificate, E>) -> Result<Option<StaleReason>, E> {
        let Some(stored) = &self.stored_plan else { return Ok(Some(StaleReason::Missing)) };
        if *stored == self.planned.bytes {
            return Ok(None);
        }
        Ok(Some(match Plan::decode(stored) {
            Ok(stored) => {
                let (before, after) = ((&stored, &prove(&stored)?), (&self.planned.plan, &self.certificate));
                StaleReason::Plan(Box::new(PlanChange::of(before, after)))
            }
            Err(error) => StaleReason::Unreadable(error),
        }))
    }

    /// Writes lock and plan, each atomically. Unchanged files are not written.
    ///
    /// # Errors
    /// If a file cannot be written.
    pub fn write(&self) -> Result<(), PlanFilesError> {
        // The lock first: a plan without its lock cannot be recomputed, whereas a lock without its plan
        // only requires planning again.
        replace(&self.files.lock, self.stored_lock.as_deref(), self.lock_text.as_bytes())?;
        replace(&self.files.plan, self.stored_plan.as_deref(), &self.planned.bytes)
    }
}

/// Whether a stored lock assigns exactly the slots of `lock`.
fn is_equivalent(stored: &StoredLock, lock: &Lock) -> bool {
    let Settled { lock: settled, notes } =
        stored.settled(&Lock::default(), stored.tenants().map(|tenant| (tenant, Demand::default())));
    notes.is_empty() && settled == *lock
}

/// Reads a plan from a [source](plan_source).
///
/// # Errors
/// If the source cannot be read or does not contain a valid plan.
pub fn read_plan(path: &Path) -> Result<Plan, PlanFilesError> {
    let bytes =
        plan_source::read(path).map_err(|source| PlanFilesError::Unreadable { path: path.to_owned(), source })?;
    decode_plan(path, &bytes)
}

/// Decodes a plan that was read from `path`.
///
/// # Errors
/// If it is not a valid plan.
pub fn decode_plan(path: &Path, bytes: &[u8]) -> Result<Plan, PlanFilesError> {
    Plan::decode(bytes).map_err(|source| {
        let path = path.to_owned();
        let is_spec = std::str::from_utf8(bytes).is_ok_and(|text| text.lines().any(|line| line.trim() == "[platform]"));
        if is_spec { PlanFilesError::SpecForPlan { path } } else { PlanFilesError::NotAPlan { path, source } }
    })
}

/// Reads a certificate.
///
/// # Errors
/// If it cannot be read, or is not the canonical encoding of a certificate.
pub fn read_certificate(path: &Path) -> Result<Certificate, PlanFilesError> {
    let bytes = regular_file(path)?;
    Certificate::decode(&bytes).map_err(|source| PlanFilesError::NotACertificate { path: path.to_owned(), source })
}

/// Writes a certificate atomically.
///
/// # Errors
/// If the file cannot be written.
pub fn write_certificate(path: &Path, certificate: &Certificate) -> Result<(), PlanFilesError> {
    replace(path, None, &certificate.encode())
}

/// The bytes of a file that must exist.
fn regular_file(path: &Path) -> Result<Vec<u8>, PlanFilesError> {
    read_regular(path).map_err(|source| PlanFilesError::Unreadable { path: path.to_owned(), source })
}

/// Reads a file. A pipe or a device is refused: it can block for ever, and its content cannot be read again, so
/// that what was reviewed and what is applied could differ.
///
/// # Errors
/// When it cannot be read, or is no regular file.
pub fn read_regular(path: &Path) -> io::Result<Vec<u8>> {
    let file_type = std::fs::metadata(path)?.file_type();
    if !file_type.is_file() && !file_type.is_dir() {
        return Err(io::Error::other("it is a pipe, a socket or a device; pass a regular file"));
    }
    std::fs::read(path)
}

/// The bytes of a file; `None` if it does not exist.
fn read(path: &Path) -> Result<Option<Vec<u8>>, PlanFilesError> {
    match read_regular(path) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(source) => Err(PlanFilesError::Unreadable { path: path.to_owned(), source }),
    }
}

fn text(path: &Path, bytes: &[u8]) -> Result<String, PlanFilesError> {
    Ok(saas_model::encoding::decode(&path.display().to_string(), bytes)?)
}

/// Replaces a file atomically: the bytes are written to a temporary file in the same directory, which
/// is then renamed. Readers see the old or the new contents, never a part.
fn replace(path: &Path, stored: Option<&[u8]>, bytes: &[u8]) -> Result<(), PlanFilesError> {
    if stored == Some(bytes) {
        return Ok(());
    }
    let unwritable = |source| PlanFilesError::Unwritable { path: path.to_owned(), source };
    let directory = path.parent().filter(|parent| *parent != OsStr::new("")).unwrap_or(Path::new("."));
    if !directory.is_dir() {
        let reason = format!("there is no directory `{}`", directory.display());
        return Err(unwritable(io::Error::new(io::ErrorKind::NotFound, reason)));
    }
    let mut file = temporary_file_builder().tempfile_in(directory).map_err(unwritable)?;
    file.write_all(bytes).map_err(unwritable)?;
    file.as_file().sync_all().map_err(unwritable)?;
    file.persist(path).map_err(|error| unwritable(error.error))?;
    Ok(())
}

/// Builds temporary files with the permissions of ordinary files, since they are kept.
fn temporary_file_builder() -> tempfile::Builder<'static, 'static> {
    let mut builder = tempfile::Builder::new();
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    builder
}

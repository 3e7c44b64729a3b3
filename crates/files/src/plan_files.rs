//! A spec with its lock and its plan, as files: reads them, plans, compares and writes.
//!
//! It prints nothing; who calls renders what is given back.

use std::ffi::OsStr;
use std::fmt;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use saas_model::codec::UnreadablePlan;
use saas_model::identifier::{PlatformName, TenantId};
use saas_model::impact::{immutable_changes, summary};
use saas_model::lock::{LockedPlatform, Settled, SlotNote, StoredLock};
use saas_model::problem::Problems;
use saas_model::{Lock, Plan, Spec};
use saas_planner::{Finding, PlanDiff, Planned, PlanningError, Severity};

/// The name of a spec's file.
pub const SPEC: &str = "saas.toml";
/// The name of the lock of a spec with the usual name.
pub const LOCK: &str = "saas.lock";
/// The name of a plan's file.
pub const PLAN: &str = "plan.msgpack";

/// Where a spec, its lock and its plan are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlanFiles {
    /// The spec, which people write.
    pub spec: PathBuf,
    /// The lock, which is written here.
    pub lock: PathBuf,
    /// The plan, which is written here.
    pub plan: PathBuf,
}

/// Why there is no plan.
#[derive(Debug, thiserror::Error)]
pub enum PlanFilesError {
    /// A file cannot be read.
    #[error("`{}` cannot be read", .path.display())]
    Unreadable {
        /// Which.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// There is no spec.
    #[error("there is no spec: `{}` does not exist", .path.display())]
    NoSpec {
        /// Where it would be.
        path: PathBuf,
    },
    /// There is nothing in the spec.
    #[error("`{}` is empty", .path.display())]
    EmptySpec {
        /// Which.
        path: PathBuf,
    },
    /// A spec was named where a plan is wanted.
    #[error("`{}` is a spec, and a plan is wanted here", .path.display())]
    SpecForPlan {
        /// Which.
        path: PathBuf,
    },
    /// A plan was named where a spec is wanted.
    #[error("`{}` is a plan, and a spec is wanted here", .path.display())]
    PlanForSpec {
        /// Which.
        path: PathBuf,
    },
    /// The plan that would be written over is that of another platform.
    #[error(
        "`{}` is the plan of the platform `{owner}`, and `{}` is the spec of `{platform}`", .plan.display(), .spec.display()
    )]
    ForeignPlan {
        /// The plan.
        plan: PathBuf,
        /// Whose it is.
        owner: PlatformName,
        /// The spec.
        spec: PathBuf,
        /// Whose that is.
        platform: PlatformName,
    },
    /// A file does not hold a plan that can be used.
    #[error("`{}` cannot be used", .path.display())]
    NotAPlan {
        /// Which.
        path: PathBuf,
        /// What is wrong with it.
        source: UnreadablePlan,
    },
    /// A file cannot be written.
    #[error("`{}` cannot be written", .path.display())]
    Unwritable {
        /// Which.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The spec or the lock is wrong; each problem has its place.
    #[error(transparent)]
    Problems(#[from] Box<Problems>),
    /// The lock is that of another platform.
    #[error(
        "`{}` belongs to the platform `{owner}`, and `{}` is the spec of `{platform}`", .lock.display(), .spec.display()
    )]
    ForeignLock {
        /// The lock.
        lock: PathBuf,
        /// Whose it is.
        owner: PlatformName,
        /// The spec.
        spec: PathBuf,
        /// Whose that is.
        platform: PlatformName,
    },
    /// There is no lock, and the plan that would tell the slots of its tenants cannot be read.
    #[error(
        "`{}` is missing, and the slots of the tenants cannot be taken from `{}`", .lock.display(), .plan.display()
    )]
    SlotsLost {
        /// The lock.
        lock: PathBuf,
        /// The plan.
        plan: PathBuf,
        /// What is wrong with the plan.
        source: UnreadablePlan,
    },
    /// They are valid, and no plan can be made of them.
    #[error(transparent)]
    Planning(#[from] PlanningError),
    /// The plan could never be applied.
    #[error("the plan could never be applied: {}", .0.iter().map(Finding::to_string).collect::<Vec<_>>().join("; "))]
    Findings(Vec<Finding>),
}

/// A plan that was made, beside what the files hold.
#[derive(Debug)]
pub struct Prepared {
    files: PlanFiles,
    /// What was planned.
    pub planned: Planned,
    /// What is to be done before it is applied.
    pub warnings: Vec<Finding>,
    /// What became of slots that the lock alone does not say.
    pub notices: Vec<Notice>,
    lock_text: String,
    stored_lock: Option<Vec<u8>>,
    stored_plan: Option<Vec<u8>>,
}

/// What people should know about the slots of a plan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Notice {
    /// There was no lock, so the slots are those of the existing plan.
    Recovered {
        /// The lock.
        lock: PathBuf,
        /// The plan.
        plan: PathBuf,
        /// How many tenants it has.
        tenants: usize,
    },
    /// There was no lock, and the existing plan is that of another platform.
    NotRecovered {
        /// The lock.
        lock: PathBuf,
        /// The plan.
        plan: PathBuf,
        /// Whose plan that is.
        owner: PlatformName,
        /// The platform of the spec.
        platform: PlatformName,
    },
    /// The lock had conflict markers, and both sides of them were read.
    Merged {
        /// The lock.
        lock: PathBuf,
    },
    /// The lock was that of the same name elsewhere.
    Elsewhere {
        /// The lock.
        lock: PathBuf,
        /// Where it belonged.
        was: LockedPlatform,
        /// Where it belongs now.
        is: LockedPlatform,
    },
    /// What became of one tenant's slot.
    Slot(SlotNote),
    /// The existing plan is changed in a way that no live platform can be.
    Immutable {
        /// The existing plan.
        plan: PathBuf,
        /// What of it, and what to do instead.
        what: String,
    },
}

impl fmt::Display for Notice {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Recovered { lock, plan, tenants } => write!(
                f,
                "`{}` is missing: the slots of {tenants} tenants are taken from `{}`, so none of them moves",
                lock.display(),
                plan.display()
            ),
            Self::NotRecovered { lock, plan, owner, platform } => write!(
                f,
                "`{}` is missing, and `{}` is the plan of `{owner}`: all tenants of `{platform}` are given slots anew. \
                 Where `{platform}` is live, restore its lock first",
                lock.display(),
                plan.display()
            ),
            Self::Merged { lock } => {
                write!(f, "`{}` has conflict markers: both sides are read, and it is written anew", lock.display())
            }
            Self::Elsewhere { lock, was, is } => write!(
                f,
                "`{}` was that of `{}` in account {}, {}; now it is that of account {}, {}. Neither can be changed on \
                 a live platform: a second one needs a spec and a lock of its own",
                lock.display(),
                was.name,
                was.account,
                was.region,
                is.account,
                is.region
            ),
            Self::Slot(note) => write!(f, "{note}"),
            Self::Immutable { plan, what } => {
                write!(f, "compared with the existing `{}`: {what}", plan.display())
            }
        }
    }
}

/// A file that is not as it would be written.
#[derive(Debug)]
pub struct Stale {
    /// Which.
    pub path: PathBuf,
    /// In what way.
    pub reason: StaleReason,
}

/// Why a file is not as it would be written.
#[derive(Debug)]
pub enum StaleReason {
    /// There is no such file.
    Missing,
    /// The lock does not have the slots of the spec's tenants.
    Slots,
    /// The lock means the same and is written differently.
    Spelling,
    /// The plan cannot be read.
    Unreadable(UnreadablePlan),
    /// The plan is another one.
    Plan(Box<PlanDiff>),
}

impl PlanFiles {
    /// The files of a directory, under their usual names.
    #[must_use]
    pub fn of_directory(directory: &Path) -> Self {
        Self::new(directory.join(SPEC), directory.join(PLAN))
    }

    /// A spec with its plan beside it, of the same name: `plan.msgpack` of `saas.toml`, and
    /// `prod.msgpack` of `prod.toml`.
    #[must_use]
    pub fn beside(spec: PathBuf) -> Self {
        let plan = match spec.file_name() {
            Some(name) if name == SPEC => spec.with_file_name(PLAN),
            _ => spec.with_extension("msgpack"),
        };
        Self::new(spec, plan)
    }

    /// A spec and a plan, wherever they are. The lock stands beside the spec under the same name, so
    /// that the specs of two platforms in one directory have two: `saas.lock` of `saas.toml`.
    #[must_use]
    pub fn new(spec: PathBuf, plan: PathBuf) -> Self {
        Self { lock: spec.with_extension("lock"), spec, plan }
    }

    /// The same with a lock elsewhere.
    #[must_use]
    pub fn with_lock(self, lock: Option<PathBuf>) -> Self {
        Self { lock: lock.unwrap_or(self.lock), ..self }
    }

    /// Plans what the spec asks for. Nothing is written.
    ///
    /// # Errors
    /// When a file cannot be read, when spec or lock are wrong or cannot be planned, and when the
    /// plan could never be applied.
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
        let spec = Spec::parse(&self.spec.display().to_string(), &spec)?;
        let existing = match stored_plan.as_deref().map(Plan::decode) {
            Some(Err(source)) if stored_lock.is_none() => {
                return Err(PlanFilesError::SlotsLost { lock: self.lock, plan: self.plan, source });
            }
            decoded => decoded.and_then(Result::ok),
        };
        let beside = if stored_lock.is_none() && existing.is_none() { self.beside_the_spec()? } else { None };
        let told = match (&existing, &beside) {
            (Some(existing), _) => Some((self.plan.as_path(), existing)),
            (None, beside) => beside.as_ref().map(|(path, plan)| (path.as_path(), plan)),
        };
        let (lock, mut notices) = self.slots(&spec, stored_lock.as_deref(), told)?;
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
        let lock_text = planned.lock.to_toml();
        Ok(Prepared { files: self, planned, warnings, notices, lock_text, stored_lock, stored_plan })
    }

    /// The plan beside the spec, where another is written: without a lock, it tells the slots.
    fn beside_the_spec(&self) -> Result<Option<(PathBuf, Plan)>, PlanFilesError> {
        let path = Self::beside(self.spec.clone()).plan;
        let Some(stored) = read(&path)? else { return Ok(None) };
        match Plan::decode(&stored) {
            Ok(plan) => Ok(Some((path, plan))),
            Err(source) => Err(PlanFilesError::SlotsLost { lock: self.lock.clone(), plan: path, source }),
        }
    }

    /// The slots to plan with, from the lock and from a plan that is there already.
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
        let Settled { lock, notes } = stored.settled(&existing, tenants(spec));
        notices.extend(notes.into_iter().map(Notice::Slot));
        Ok((lock, notices))
    }
}

impl Prepared {
    /// Where the plan is, or will be.
    #[must_use]
    pub fn plan_path(&self) -> &Path {
        &self.files.plan
    }

    /// The files that are not as they would be written.
    #[must_use]
    pub fn stale(&self) -> Vec<Stale> {
        let lock = self.stale_lock().map(|reason| Stale { path: self.files.lock.clone(), reason });
        let plan = self.stale_plan().map(|reason| Stale { path: self.files.plan.clone(), reason });
        lock.into_iter().chain(plan).collect()
    }

    fn stale_lock(&self) -> Option<StaleReason> {
        let Some(stored) = &self.stored_lock else { return Some(StaleReason::Missing) };
        if stored == self.lock_text.as_bytes() {
            return None;
        }
        let stored = std::str::from_utf8(stored).ok().and_then(|text| Lock::parse("", text).ok());
        let same = stored.as_ref().is_some_and(|stored| means(stored, &self.planned.lock));
        Some(if same { StaleReason::Spelling } else { StaleReason::Slots })
    }

    fn stale_plan(&self) -> Option<StaleReason> {
        let Some(stored) = &self.stored_plan else { return Some(StaleReason::Missing) };
        if *stored == self.planned.bytes {
            return None;
        }
        Some(match Plan::decode(stored) {
            Ok(stored) => StaleReason::Plan(Box::new(saas_planner::diff(&stored, &self.planned.plan))),
            Err(error) => StaleReason::Unreadable(error),
        })
    }

    /// Writes lock and plan, each whole or not at all. What is equal already is left alone.
    ///
    /// # Errors
    /// When a file cannot be written.
    pub fn write(&self) -> Result<(), PlanFilesError> {
        // The lock first: a plan without its lock could not be made again, a lock without its plan
        // only means that the plan is to be made.
        replace(&self.files.lock, self.stored_lock.as_deref(), self.lock_text.as_bytes())?;
        replace(&self.files.plan, self.stored_plan.as_deref(), &self.planned.bytes)
    }
}

/// Whether what is stored claims the very slots of a lock.
fn means(stored: &StoredLock, lock: &Lock) -> bool {
    let Settled { lock: settled, notes } = stored.settled(&Lock::default(), stored.tenants());
    notes.is_empty() && settled == *lock
}

fn tenants(spec: &Spec) -> impl Iterator<Item = &TenantId> {
    spec.tenants.iter().map(|tenant| &tenant.id)
}

/// Reads the plan in a file.
///
/// # Errors
/// When the file cannot be read, and when what is in it is anything but a sound plan.
pub fn read_plan(path: &Path) -> Result<Plan, PlanFilesError> {
    let bytes = std::fs::read(path).map_err(|source| PlanFilesError::Unreadable { path: path.to_owned(), source })?;
    Plan::decode(&bytes).map_err(|source| {
        let path = path.to_owned();
        let is_spec =
            std::str::from_utf8(&bytes).is_ok_and(|text| text.lines().any(|line| line.trim() == "[platform]"));
        if is_spec { PlanFilesError::SpecForPlan { path } } else { PlanFilesError::NotAPlan { path, source } }
    })
}

/// The bytes of a file; `None` where there is none.
fn read(path: &Path) -> Result<Option<Vec<u8>>, PlanFilesError> {
    match std::fs::read(path) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(source) => Err(PlanFilesError::Unreadable { path: path.to_owned(), source }),
    }
}

fn text(path: &Path, bytes: &[u8]) -> Result<String, PlanFilesError> {
    Ok(saas_model::encoding::decode(&path.display().to_string(), bytes)?)
}

/// Puts `bytes` in the place of what is stored. A reader sees the one or the other, never a part:
/// they are written to another file of the same directory, which then takes the name.
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
    let mut file = like_any_other().tempfile_in(directory).map_err(unwritable)?;
    file.write_all(bytes).map_err(unwritable)?;
    file.as_file().sync_all().map_err(unwritable)?;
    file.persist(path).map_err(|error| unwritable(error.error))?;
    Ok(())
}

/// A temporary file has the permissions of any other, as it will stay.
#[must_use]
pub fn like_any_other() -> tempfile::Builder<'static, 'static> {
    let mut builder = tempfile::Builder::new();
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    builder
}

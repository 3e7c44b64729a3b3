//! The parts of a task: all of them run, whichever fails, and each says how long it took.

use std::fmt;
use std::time::{Duration, Instant};

use anyhow::Result;

/// What became of the parts that have run.
#[derive(Default)]
pub(crate) struct Parts(Vec<Part>);

struct Part {
    name: &'static str,
    took: Duration,
    done: Result<()>,
}

impl Parts {
    /// Runs a part. That one before it failed does not matter.
    pub(crate) fn run(&mut self, name: &'static str, work: impl FnOnce() -> Result<()>) {
        let start = Instant::now();
        let done = work();
        self.0.push(Part { name, took: start.elapsed(), done });
    }

    /// Whether none has failed.
    pub(crate) fn all_passed(&self) -> bool {
        self.0.iter().all(|part| part.done.is_ok())
    }
}

/// A line for each part: how long it took, and why it failed.
impl fmt::Display for Parts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let width = self.0.iter().map(|part| part.name.len()).max().unwrap_or(0);
        for Part { name, took, done } in &self.0 {
            write!(f, "{name:width$} {:>8.1} s  ", took.as_secs_f64())?;
            match done {
                Ok(()) => writeln!(f, "passed")?,
                Err(error) => writeln!(f, "failed: {error:#}")?,
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use anyhow::bail;

    use super::*;

    #[test]
    fn failed_part_does_not_stop_others() {
        let mut parts = Parts::default();
        parts.run("first", || bail!("it is broken"));
        assert!(!parts.all_passed());
        let mut ran = false;
        parts.run("the second", || {
            ran = true;
            Ok(())
        });
        assert!(ran && !parts.all_passed());
        let text = parts.to_string();
        let lines: Vec<&str> = text.lines().collect();
        assert!(lines[0].starts_with("first      ") && lines[0].ends_with(" s  failed: it is broken"), "{text}");
        assert!(lines[1].starts_with("the second ") && lines[1].ends_with(" s  passed"), "{text}");
    }

    #[test]
    fn passing_parts_pass() {
        let mut parts = Parts::default();
        parts.run("only", || Ok(()));
        assert!(parts.all_passed());
    }
}

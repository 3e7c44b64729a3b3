//! The merge of tables and lines of a spec.

use std::collections::BTreeSet;

use itertools::Itertools as _;

use super::order::{Keyed, Sides, paired};
use super::table::{Line, Table, comments};
use super::{Conflict, Merged};

/// Merges the tables of three files.
pub(super) fn merge(base: &Table<'_>, ours: &Table<'_>, theirs: &Table<'_>, marker: usize) -> Merged {
    let mut output = Output { text: String::new(), conflicts: Vec::new(), marker };
    output.table("", Some(base), ours, theirs);
    let end = either(Some(base.end), ours.end, theirs.end);
    output.push(&end);
    Merged { text: output.text, conflicts: output.conflicts }
}

/// A text that is being written.
struct Output {
    text: String,
    conflicts: Vec<Conflict>,
    marker: usize,
}

impl Output {
    /// Writes a text that starts a line.
    fn push(&mut self, text: &str) {
        if !text.is_empty() && !self.text.is_empty() && !self.text.ends_with('\n') {
            self.text.push('\n');
        }
        self.text.push_str(text);
    }

    /// Writes both sides between markers.
    fn conflict(&mut self, conflict: Conflict, ours: &str, theirs: &str) {
        let mark = |character: &str| character.repeat(self.marker);
        let (open, middle, close) = (mark("<"), mark("="), mark(">"));
        self.push(&format!("{open} ours\n"));
        self.push(ours);
        self.push(&format!("{middle}\n"));
        self.push(theirs);
        self.push(&format!("{close} theirs\n"));
        self.conflicts.push(conflict);
    }

    /// Writes a table that both sides have. `place` names it in conflicts.
    fn table(&mut self, place: &str, base: Option<&Table<'_>>, ours: &Table<'_>, theirs: &Table<'_>) {
        if let (Some(ours), Some(theirs)) = (&ours.header, &theirs.header) {
            self.line(place, base.and_then(|base| base.header.as_ref()), ours, theirs);
        }
        let base_lines = base.map_or(&[][..], |base| &base.lines);
        for Sides { base, ours: our, theirs: their } in paired(base_lines, &ours.lines, &theirs.lines) {
            match (our, their) {
                (Some(our), Some(their)) => self.line(place, base, our, their),
                (Some(line), None) | (None, Some(line)) => {
                    let is_ours = our.is_some();
                    self.one_side(base.map(|base| base.is_same(line)), is_ours, &line_text(line), || {
                        (within(place, &format!("`{}`", line.key())), shown(line))
                    });
                }
                (None, None) => {}
            }
        }
        self.tables(place, base.map_or(&[][..], |base| &base.tables), &ours.tables, &theirs.tables);
    }

    /// Writes the tables under a table.
    fn tables(&mut self, place: &str, base: &[Table<'_>], ours: &[Table<'_>], theirs: &[Table<'_>]) {
        let mut ambiguous = ambiguous(base, ours, theirs);
        let mut written = BTreeSet::new();
        for Sides { base, ours: our, theirs: their } in paired(base, ours, theirs) {
            let array = our.or(their).and_then(|table| table.unnamed.as_deref());
            if let Some(array) = array.filter(|array| ambiguous.contains(*array) || written.contains(*array)) {
                if let Some(array) = ambiguous.take(array) {
                    let all = |side: &[Table<'_>]| {
                        side.iter().filter(|table| table.unnamed.as_deref() == Some(array)).map(table_text).join("")
                    };
                    let number = |text: &str| Some(format!("{} lines", text.trim().lines().count()));
                    let (ours, theirs) = (all(ours), all(theirs));
                    let at = within(place, &format!("`[[{array}]]`"));
                    let conflict = Conflict { at, ours: number(&ours), theirs: number(&theirs) };
                    self.conflict(conflict, &ours, &theirs);
                    written.insert(array);
                }
                continue;
            }
            match (our, their) {
                (Some(our), Some(their)) => self.table(&within(place, our.key()), base, our, their),
                (Some(table), None) | (None, Some(table)) => {
                    let is_ours = our.is_some();
                    self.one_side(base.map(|base| base.is_same(table)), is_ours, &table_text(table), || {
                        (within(place, table.key()), "changed".to_owned())
                    });
                }
                (None, None) => {}
            }
        }
    }

    /// Writes what only one side has. `is_same` says whether it equals the common ancestor, if that has it.
    fn one_side(
        &mut self,
        is_same: Option<bool>,
        is_ours: bool,
        text: &str,
        describe: impl FnOnce() -> (String, String),
    ) {
        match is_same {
            None => self.push(text),
            // The other side removed it.
            Some(true) => {}
            Some(false) => {
                let (at, value) = describe();
                if is_ours {
                    self.conflict(Conflict { at, ours: Some(value), theirs: None }, text, "");
                } else {
                    self.conflict(Conflict { at, ours: None, theirs: Some(value) }, "", text);
                }
            }
        }
    }

    /// Writes a line that both sides have.
    fn line(&mut self, place: &str, base: Option<&Line<'_>>, ours: &Line<'_>, theirs: &Line<'_>) {
        self.push(&either(base.map(|base| base.above), ours.above, theirs.above));
        let comment = comment(base.map(|base| base.comment), ours.comment, theirs.comment);
        let write = |line: &Line<'_>| format!("{}{comment}{}", line.code, line.ending);
        let changed = |line: &Line<'_>| base.is_none_or(|base| !base.says_the_same(line));
        if base.is_some_and(|base| base.code == ours.code) {
            self.push(&write(theirs));
        } else if ours.says_the_same(theirs) || !changed(theirs) {
            self.push(&write(ours));
        } else if !changed(ours) {
            self.push(&write(theirs));
        } else {
            let at = within(place, &format!("`{}`", ours.key()));
            let conflict = Conflict { at, ours: Some(shown(ours)), theirs: Some(shown(theirs)) };
            self.conflict(conflict, &write(ours), &write(theirs));
        }
    }
}

/// The arrays of tables without names in which both sides replace the same entry, differently: nothing says which
/// of the new entries is the successor of which.
fn ambiguous<'a>(base: &'a [Table<'_>], ours: &'a [Table<'_>], theirs: &'a [Table<'_>]) -> BTreeSet<&'a str> {
    let keys = |side: &'a [Table<'_>]| {
        side.iter().filter_map(|table| Some((table.unnamed.as_deref()?, table.key()))).collect::<BTreeSet<_>>()
    };
    let (base, ours, theirs) = (keys(base), keys(ours), keys(theirs));
    let added = |side: &BTreeSet<(&'a str, &'a str)>, array: &str| {
        side.difference(&base).filter(|(of, _)| *of == array).map(|(_, key)| *key).collect::<Vec<_>>()
    };
    let removed_by_both = base.iter().filter(|key| !ours.contains(key) && !theirs.contains(key));
    removed_by_both.map(|(array, _)| *array).filter(|array| added(&ours, array) != added(&theirs, array)).collect()
}

/// The text between two lines: the side that changed its comments, or, if both did, our text with the comments that
/// only they added.
fn either(base: Option<&str>, ours: &str, theirs: &str) -> String {
    if base == Some(ours) {
        return theirs.to_owned();
    }
    let in_base = comments(base.unwrap_or_default());
    let (our, their) = (comments(ours), comments(theirs));
    if our == their || their == in_base {
        return ours.to_owned();
    }
    if our == in_base {
        return theirs.to_owned();
    }
    let added = their.iter().filter(|line| !our.contains(line) && !in_base.contains(line));
    let break_line = if ours.is_empty() || ours.ends_with('\n') { "" } else { "\n" };
    format!("{ours}{break_line}{}", added.map(|line| format!("{line}\n")).join(""))
}

/// The comment at the end of a line, chosen in the same way.
fn comment(base: Option<&str>, ours: &str, theirs: &str) -> String {
    let base = base.unwrap_or_default().trim();
    match (ours.trim(), theirs.trim()) {
        (our, their) if our == their || their == base => ours.to_owned(),
        (our, _) if our == base => theirs.to_owned(),
        (our, "") if !our.is_empty() => ours.to_owned(),
        ("", _) => theirs.to_owned(),
        (_, their) => format!("{ours} {their}"),
    }
}

fn line_text(Line { above, code, comment, ending, .. }: &Line<'_>) -> String {
    format!("{above}{code}{comment}{ending}")
}

fn table_text(table: &Table<'_>) -> String {
    let mut output = Output { text: String::new(), conflicts: Vec::new(), marker: 0 };
    table.all_lines().into_iter().for_each(|line| output.push(&line_text(line)));
    output.text
}

/// The name of what is in a table.
fn within(place: &str, name: &str) -> String {
    if place.is_empty() { name.to_owned() } else { format!("{place}, {name}") }
}

/// The value of an assignment in one line.
fn shown(line: &Line<'_>) -> String {
    line.value().split_whitespace().join(" ")
}

//! Explains and repairs invalid table headers.

use itertools::Itertools as _;

use super::Keys;
use super::lines::{Lines, is_assignment};
use super::syntax::Fault;
use crate::suggest::nearest;

/// A line that looks like the header of a table.
struct Header {
    /// The name in it.
    name: String,
    /// Whether it is written as an entry of an array of tables.
    is_of_list: bool,
    /// Whether it is valid TOML.
    is_right: bool,
}

impl Header {
    fn of(line: &str) -> Option<Self> {
        let line = line.split('#').next().unwrap_or_default().trim();
        let brackets = ['[', ']', '{', '}', '(', ')'];
        if is_assignment(line) || line.contains(['=', '"', '\'', ',']) {
            return None;
        }
        if !line.starts_with(['[', '{', '(']) && !line.ends_with([']', '}', ')']) {
            return None;
        }
        let name = line.trim_matches(brackets).trim();
        let mut parts = name.split('.').map(str::trim);
        if name.contains(brackets) || name.split_whitespace().count() > 1 && !name.contains('.') {
            return None;
        }
        let name = parts.join(".");
        let bare = |text: &str| !text.is_empty() && text.chars().all(|c| c.is_alphanumeric() || "_-.".contains(c));
        if !bare(&name) {
            return None;
        }
        let inner = |open: &str, close: &str| line.strip_prefix(open).and_then(|rest| rest.strip_suffix(close));
        let is_free = |name: &str| !name.contains(brackets);
        let one = inner("[", "]").is_some_and(is_free);
        let of_list = inner("[[", "]]").is_some_and(is_free);
        Some(Self { name, is_of_list: line.starts_with("[["), is_right: one || of_list })
    }
}

/// Whether a line is the header of a table, or looks like one.
pub(super) fn is_header(line: &str, tables: &[Keys]) -> bool {
    Header::of(line).is_some_and(|header| {
        header.is_right && line.trim_start().starts_with('[') || meant(&header.name, tables).is_some()
    })
}

/// The table that a line belongs to.
pub(super) fn table_at(lines: &Lines<'_>, index: usize) -> String {
    let above = (0..index).rev().filter_map(|above| Header::of(lines.written(above)));
    above.map(|header| header.name).next().unwrap_or_default()
}

fn meant<'k>(name: &str, tables: &'k [Keys]) -> Option<&'k Keys> {
    let known = || tables.iter().filter(|table| !table.table.is_empty());
    let exact = known().find(|table| table.matches(name));
    exact.or_else(|| {
        let all: Vec<String> = known().map(|table| table.like(name)).collect();
        let nearest = nearest(name, all.iter().map(String::as_str).filter(|name| !name.contains('<')))?;
        known().find(|table| table.like(name) == nearest)
    })
}

/// Explains an invalid header, and replaces it by the header that was meant.
pub(super) fn mend(lines: &mut Lines<'_>, index: usize, tables: &[Keys]) -> Option<Fault> {
    let text = lines.written(index);
    let header = Header::of(text).filter(|header| !header.is_right);
    if header.is_none() && !text.trim_start().starts_with('[') {
        return None;
    }
    let table = header.as_ref().and_then(|header| Some((meant(&header.name, tables)?, &header.name)));
    let named = table.map(|(table, name)| (table, table.like(name)));
    let table = named.as_ref().map(|(table, name)| (table, name));
    // A line that starts with another bracket or none, and matches no known table, may be anything.
    if table.is_none() && !text.trim_start().starts_with('[') {
        return None;
    }
    let message = format!("`{}` is not a table header", text.trim());
    let help = match table {
        Some((table, name)) => format!("did you mean `{}`?", table.header_of(name)),
        None => "write `[name]` for a table, or `[[name]]` for an entry of an array of tables".to_owned(),
    };
    // An unknown table keeps the following keys apart from the table above.
    let instead = table.map_or_else(|| format!("[\"line {index}\"]"), |(table, name)| table.header_of(name));
    lines.exchange(index, instead);
    Some(Fault::of_line(lines, index, message, Some(help)))
}

/// Explains a header that is a duplicate, or that conflicts with one above, and merges the tables.
pub(super) fn join(lines: &mut Lines<'_>, index: usize, tables: &[Keys]) -> Vec<Fault> {
    let Some(Header { name, is_of_list, .. }) = Header::of(&lines.get(index).text) else { return Vec::new() };
    let headers: Vec<(usize, Header)> =
        (0..lines.len()).filter_map(|at| Some((at, Header::of(&lines.get(at).text)?))).collect();
    let list = tables.iter().find(|table| table.is_list && table.matches(&name));
    if let Some(list) = list {
        let single: Vec<usize> =
            headers.iter().filter(|(_, other)| other.name == name && !other.is_of_list).map(|(at, _)| *at).collect();
        if !single.is_empty() {
            let fault = |at: usize| {
                lines.exchange(at, list.header_of(&name));
                let message = format!("`[{name}]` is a single table, and `{name}` is an array of tables");
                Fault::of_line(lines, at, message, Some(format!("write `[[{name}]]`")))
            };
            return single.into_iter().map(fault).collect();
        }
        let within = format!("{name}.");
        let early = headers.iter().take_while(|(_, other)| other.name != name || !other.is_of_list);
        if let Some((at, inner)) = early.into_iter().find(|(_, other)| other.name.starts_with(&within)) {
            let text = format!("[[{name}]]\n{}", lines.get(*at).text.trim());
            lines.exchange(*at, text);
            let message = format!("`{}` comes before the first `[[{name}]]`", lines.written(*at).trim());
            let help = format!("put `[{}]` under the `[[{name}]]` that it belongs to", inner.name);
            return vec![Fault::of_line(lines, *at, message, Some(help))];
        }
    }
    let Some((first, _)) = headers.iter().rfind(|(at, other)| *at < index && other.name == name) else {
        return Vec::new();
    };
    let next = |after: usize| headers.iter().map(|(at, _)| *at).find(|at| *at > after).unwrap_or(lines.len());
    let (end_of_first, end) = (next(*first), next(index));
    let message = format!("duplicate table `{name}`: the first is in line {}", first + 1);
    let shown = if is_of_list { format!("[[{name}]]") } else { format!("[{name}]") };
    let help = format!("move its keys to the first `[{name}]`, and remove this `{shown}`");
    lines.exchange(index, "");
    let fault = Fault::of_line(lines, index, message, Some(help));
    lines.move_up(index..end, end_of_first);
    vec![fault]
}

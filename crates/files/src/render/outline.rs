//! The common form of differences: sections of signed entries with details.
//!
//! The caller decides the contents of the entries; this module renders them for a terminal or as
//! Markdown.

use std::fmt::Write;

use anstyle::Style;
use saas_model::impact::{self, FieldImpact};

use super::style::{self, styled};

/// A document of sections.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Outline {
    /// The sections, in order.
    pub sections: Vec<Section>,
}

/// A group of entries.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Section {
    /// The title of the group.
    pub title: &'static str,
    /// The entries of the group.
    pub entries: Vec<Entry>,
}

/// One difference.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Entry {
    /// The sort of difference.
    pub sign: Sign,
    /// The line that identifies it.
    pub title: String,
    /// Details, one line each.
    pub details: Vec<String>,
}

/// The sort of a difference.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Sign {
    /// Added.
    Added,
    /// Updated in place.
    Changed,
    /// Replaced.
    Replaced,
    /// Removed.
    Removed,
    /// The impact on the platform's users.
    Impact,
}

impl Sign {
    const fn symbol(self) -> char {
        match self {
            Self::Added => '+',
            Self::Changed => '~',
            Self::Replaced => '±',
            Self::Removed => '-',
            Self::Impact => '!',
        }
    }

    /// The sign in a `diff` block on GitHub, which colours `+`, `-` and `!` at the start of a line.
    const fn in_markdown(self) -> char {
        match self {
            Self::Added => '+',
            Self::Changed | Self::Replaced | Self::Impact => '!',
            Self::Removed => '-',
        }
    }

    const fn style(self) -> Style {
        match self {
            Self::Added => style::GREEN,
            Self::Changed => style::YELLOW,
            Self::Replaced => style::MAGENTA,
            Self::Removed => style::RED,
            Self::Impact => style::YELLOW,
        }
    }
}

impl Outline {
    /// Adds a section if it has entries.
    pub fn push(&mut self, title: &'static str, entries: Vec<Entry>) {
        if !entries.is_empty() {
            self.sections.push(Section { title, entries });
        }
    }

    /// Adds a section with the impact of a change, if there is any.
    pub fn push_impact(&mut self, impacts: &[FieldImpact]) {
        let entry = |title| Entry { sign: Sign::Impact, title, details: Vec::new() };
        self.push("impact", impact::summary(impacts).into_iter().map(entry).collect());
    }

    /// Renders for a terminal.
    #[must_use]
    pub fn text(&self) -> String {
        let mut text = String::new();
        for Section { title, entries } in &self.sections {
            let _ = writeln!(text, "\n{}", styled(style::BOLD, title));
            for Entry { sign, title, details } in entries {
                let _ = writeln!(text, "  {} {title}", styled(sign.style(), sign.symbol()));
                for detail in details {
                    let _ = writeln!(text, "      {detail}");
                }
            }
        }
        text
    }

    /// Renders for a pull request in at most `room` characters. Entries that do not fit are counted,
    /// with the command that shows them.
    #[must_use]
    pub fn markdown(&self, room: usize, command: &str) -> String {
        let fence = self.fence();
        let mut text = String::new();
        let mut left_out = 0;
        for Section { title, entries } in &self.sections {
            // The length of a section's frame, and of the line about omitted entries.
            let mut section = format!("\n#### {title}\n\n{fence}diff\n");
            let frame = fence.len() + 1 + LEFT_OUT;
            let mut shown = 0;
            for entry in entries {
                let entry = entry.markdown();
                // After the first omitted entry, all others are omitted, so that no gap stays
                // unnoticed.
                if left_out > 0 || length(&text) + length(&section) + length(&entry) + frame > room {
                    left_out += 1;
                } else {
                    section.push_str(&entry);
                    shown += 1;
                }
            }
            if shown > 0 {
                text = format!("{text}{section}{fence}\n");
            }
        }
        if left_out > 0 {
            let _ = writeln!(text, "\n{left_out} more entries do not fit here: see `{command}`.");
        }
        text
    }

    /// A code fence that no content can close.
    fn fence(&self) -> String {
        let lines = self.sections.iter().flat_map(|section| &section.entries).flat_map(Entry::lines);
        let longest = lines.flat_map(|line| line.split(|c| c != '`').map(str::len)).max().unwrap_or(0);
        "`".repeat(longest.max(2) + 1)
    }
}

/// The length of the line about omitted entries, for any number.
const LEFT_OUT: usize = 80;

impl Entry {
    fn lines(&self) -> impl Iterator<Item = &str> {
        std::iter::once(self.title.as_str()).chain(self.details.iter().map(String::as_str))
    }

    fn markdown(&self) -> String {
        let mut text = format!("{} {}\n", self.sign.in_markdown(), self.title);
        for detail in &self.details {
            let _ = writeln!(text, "      {detail}");
        }
        text
    }
}

fn length(text: &str) -> usize {
    text.chars().count()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outline(entries: usize) -> Outline {
        let entry = |number| Entry {
            sign: Sign::Changed,
            title: format!("tenant/t{number}/service (service)"),
            details: vec!["port: 80 → 81".into()],
        };
        let mut outline = Outline::default();
        outline.push("shared", Vec::new());
        outline.push("tenants", (0..entries).map(entry).collect());
        outline
    }

    #[test]
    fn empty_section_is_omitted() {
        insta::assert_snapshot!(outline(1).markdown(1_000, "saas diff"), @r"

        #### tenants

        ```diff
        ! tenant/t0/service (service)
              port: 80 → 81
        ```
        ");
    }

    #[test]
    fn omitted_entries_are_counted() {
        let text = outline(100).markdown(1_000, "saas diff");
        assert!(length(&text) <= 1_000, "{}", length(&text));
        let shown = text.matches("(service)").count();
        assert!(shown > 10, "{text}");
        assert!(
            text.ends_with(&format!("\n{} more entries do not fit here: see `saas diff`.\n", 100 - shown)),
            "{text}"
        );
        assert_eq!(text.matches("```").count(), 2);
    }

    #[test]
    fn no_entry_closes_the_fence() {
        let mut outline = outline(1);
        outline.sections[0].entries[0].details.push("description: \"````\"".into());
        assert!(outline.markdown(1_000, "saas diff").contains("\n`````diff\n"));
    }
}

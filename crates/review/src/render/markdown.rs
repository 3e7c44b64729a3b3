//! For a comment on a pull request: never longer than a comment may be. What does not fit is counted.

use std::fmt::Write;

use saas_files::render::diff;
use saas_files::render::plain::Plain;

use super::layout::{Block, Page, Part, Section, Sign};
use super::page::page;
use super::prose::{Piece, pieces};
use crate::Review;
use crate::words::cut;

/// The maximum length, in characters: a comment, less what the scripts in `ci` put around it.
pub const COMMENT: usize = diff::COMMENT - FRAME;

/// The room for a hidden mark, for a stale plan, and for the commits with a link to the page.
const FRAME: usize = 1_000;

/// The maximum length of a section, in characters, but for that of the changes, which takes what is left.
const SECTION: usize = 7_000;

/// The maximum length of an item, and of a line of a block, before escapes.
const ITEM: usize = 600;

/// The maximum length of a command. What is longer is in no comment.
const COMMAND: usize = 6_000;

/// The room for the line that counts what is left out, and for the ends of blocks.
const RESERVE: usize = 200;

/// At most [`COMMENT`] characters.
#[must_use]
pub fn markdown(review: &Review) -> String {
    let Page { headline, plans, sections } = page(review);
    let title = cut(&headline.join(" "), ITEM * 2);
    let head = format!("### {}\n\n{}\n", prose(&title), prose(&plans));
    let is_changes = |section: &Section| section.part == Part::Changes;
    let of_others = sections.iter().filter(|section| !is_changes(section)).map(|other| section(other, SECTION));
    let mut others: Vec<String> = of_others.collect();
    let used = head.chars().count() + others.iter().map(|other| other.chars().count()).sum::<usize>();
    if let Some(at) = sections.iter().position(is_changes) {
        others.insert(at, section(&sections[at], COMMENT.saturating_sub(used)));
    }
    head + &others.concat()
}

/// A section in at most `room` characters; empty if it has no blocks.
fn section(Section { part, blocks }: &Section, room: usize) -> String {
    if blocks.is_empty() {
        return String::new();
    }
    let mut writer = Writer { text: format!("\n#### {}\n", part.title()), room, left_out: 0, open: 0 };
    blocks.iter().for_each(|block| writer.block(block));
    writer.finish()
}

/// Writes as much as fits, and counts the rest.
struct Writer {
    text: String,
    room: usize,
    left_out: usize,
    /// The characters that are needed to end what is open.
    open: usize,
}

impl Writer {
    /// Writes a line, or counts it. After the first one that is left out, all others are, so that no gap stays
    /// unnoticed.
    fn line(&mut self, line: &str) -> bool {
        let needed = self.text.chars().count() + line.chars().count() + 1 + self.open + RESERVE;
        let fits = self.left_out == 0 && needed <= self.room;
        if fits {
            self.text.push_str(line);
            self.text.push('\n');
        } else {
            self.left_out += 1;
        }
        fits
    }

    fn block(&mut self, block: &Block) {
        match block {
            Block::Paragraph(sentence) => {
                self.line(&format!("\n{}", prose(&cut(sentence, ITEM))));
            }
            Block::Items(items) => {
                self.space();
                for (label, item) in items {
                    let label = if label.is_empty() { String::new() } else { format!("**{label}:** ") };
                    self.line(&format!("- {label}{}", prose(&cut(item, ITEM))));
                }
            }
            Block::Table(rows) => {
                let row = |cells: &Vec<String>| {
                    format!("| {} |", cells.iter().map(|cell| prose(cell)).collect::<Vec<_>>().join(" | "))
                };
                let Some((titles, rows)) = rows.split_first() else { return };
                self.line(&format!("\n{}\n|---|{}", row(titles), "---:|".repeat(titles.len() - 1)));
                rows.iter().for_each(|cells| {
                    self.line(&row(cells));
                });
            }
            Block::Differences(lines) => {
                let lines: Vec<String> = lines.iter().map(|(sign, line)| difference(*sign, line)).collect();
                self.fenced("diff", &lines);
            }
            Block::Lines(lines) => {
                let lines: Vec<String> = lines.iter().map(|line| Plain(&cut(line, ITEM)).to_string()).collect();
                self.fenced("text", &lines);
            }
            Block::Command(command) if command.chars().count() > COMMAND => {
                self.line("\nThe command is too long for a comment: `saas review` prints it.");
            }
            Block::Command(command) => self.fenced("sh", &[Plain(command).to_string()]),
            Block::Folded(title, blocks) => {
                const END: &str = "\n</details>\n";
                if !self.line(&format!("\n<details><summary>{}</summary>", prose(&cut(title, ITEM)))) {
                    return;
                }
                self.open += END.len();
                blocks.iter().for_each(|block| self.block(block));
                self.open -= END.len();
                self.text.push_str(END);
            }
        }
    }

    /// A code block, without a gap between lines that are shown.
    fn fenced(&mut self, language: &str, lines: &[String]) {
        let longest = lines.iter().flat_map(|line| line.split(|c| c != '`').map(str::len)).max().unwrap_or(0);
        let fence = "`".repeat(longest.max(2) + 1);
        if !self.line(&format!("\n{fence}{language}")) {
            self.left_out += lines.len().saturating_sub(1);
            return;
        }
        self.open += fence.len() + 1;
        lines.iter().for_each(|line| {
            self.line(line);
        });
        self.open -= fence.len() + 1;
        self.text.push_str(&fence);
        self.text.push('\n');
    }

    fn space(&mut self) {
        self.text.push('\n');
    }

    fn finish(mut self) -> String {
        if self.left_out > 0 {
            let _ = writeln!(self.text, "\n{} more lines do not fit here: `saas review` shows them.", self.left_out);
        }
        self.text
    }
}

/// A line of differences. GitHub colours it by its first character.
fn difference(sign: Sign, line: &str) -> String {
    let line = Plain(&cut(line, ITEM)).to_string();
    match sign {
        Sign::Title => format!("@@ {line} @@"),
        Sign::New => format!("+ {line}"),
        Sign::Old => format!("- {line}"),
        Sign::Same => format!("  {line}"),
    }
}

/// Text outside of blocks: what is between backticks stays code, and nothing else is markup, HTML or a mention.
fn prose(text: &str) -> String {
    let text = Plain(text).to_string();
    let piece = |piece| match piece {
        Piece::Code(code) => format!("`{code}`"),
        Piece::Text(text) => text.chars().map(escaped).collect(),
    };
    pieces(&text).map(piece).collect()
}

fn escaped(c: char) -> String {
    match c {
        '<' => "&lt;".to_owned(),
        '>' => "&gt;".to_owned(),
        '&' => "&amp;".to_owned(),
        '@' => "&#64;".to_owned(),
        '\\' | '*' | '_' | '[' | ']' | '#' | '|' | '~' => format!("\\{c}"),
        c => c.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_from_outside_is_neither_markup_nor_a_mention() {
        assert_eq!(
            prose("*a* <b> @team [x](y) `co_de` | #1"),
            "\\*a\\* &lt;b&gt; &#64;team \\[x\\](y) `co_de` \\| \\#1"
        );
        assert_eq!(prose("one ` only <b>"), "one  only &lt;b&gt;");
        assert_eq!(prose("a\u{1b}[2K\nb"), "a\\\\u{1b}\\[2K\\\\u{a}b");
    }

    #[test]
    fn no_line_ends_its_block_and_what_does_not_fit_is_counted() {
        let lines = vec!["````".to_owned(); 500];
        let shown = section(&Section { part: Part::People, blocks: vec![Block::Lines(lines)] }, 1_000);
        assert!(shown.chars().count() <= 1_000, "{}", shown.chars().count());
        let rows = shown.lines().filter(|line| *line == "````").count();
        assert_eq!(shown.lines().filter(|line| line.starts_with("`````")).count(), 2, "{shown}");
        assert!(
            shown.ends_with(&format!("\n{} more lines do not fit here: `saas review` shows them.\n", 500 - rows)),
            "{shown}"
        );
    }

    #[test]
    fn folded_block_is_closed_although_its_content_does_not_fit() {
        let items = vec![("", "an item of some length".to_owned()); 100];
        let shown = section(
            &Section { part: Part::People, blocks: vec![Block::Folded("all".to_owned(), vec![Block::Items(items)])] },
            600,
        );
        assert!(shown.chars().count() <= 600, "{}", shown.chars().count());
        assert_eq!([shown.matches("<details>").count(), shown.matches("</details>").count()], [1, 1]);
    }
}

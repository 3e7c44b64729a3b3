//! For a terminal: everything, with styles.

use std::fmt::Write;

use saas_files::render::plain::Plain;
use saas_files::render::style::{self, styled};

use super::layout::{Block, Page, Section, Sign};
use super::page::page;
use crate::Review;

/// The whole review, with ANSI styles.
#[must_use]
pub fn text(review: &Review) -> String {
    let Page { headline, plans, sections } = page(review);
    let mut text = String::new();
    for sentence in headline {
        let _ = writeln!(text, "{}", styled(style::BOLD, Plain(&sentence)));
    }
    let _ = writeln!(text, "{}", Plain(&plans));
    for Section { part, blocks } in sections.into_iter().filter(|section| !section.blocks.is_empty()) {
        let _ = writeln!(text, "\n{}", styled(style::BOLD, part.title()));
        blocks.into_iter().for_each(|block| push(&mut text, block, "  "));
    }
    text
}

fn push(text: &mut String, block: Block, indent: &str) {
    match block {
        Block::Paragraph(sentence) => {
            let _ = writeln!(text, "{indent}{}", Plain(&sentence));
        }
        Block::Items(items) => {
            for (label, item) in items {
                let label =
                    if label.is_empty() { String::new() } else { format!("{}: ", styled(style::YELLOW, label)) };
                let _ = writeln!(text, "{indent}{label}{}", Plain(&item));
            }
        }
        Block::Table(rows) => {
            let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0);
            let widths: Vec<usize> = (0..rows.first().map_or(0, Vec::len)).map(width).collect();
            for row in &rows {
                let _ = write!(text, "{indent}{:<width$}", row[0], width = widths[0]);
                for (cell, width) in row.iter().zip(&widths).skip(1) {
                    let _ = write!(text, "  {cell:>width$}");
                }
                text.push('\n');
            }
        }
        Block::Differences(lines) => {
            for (sign, line) in lines {
                let (style, sign) = match sign {
                    Sign::Title => (style::BOLD, ""),
                    Sign::New => (style::GREEN, "+ "),
                    Sign::Old => (style::RED, "- "),
                    Sign::Same => (style::PLAIN, "  "),
                };
                let _ = writeln!(text, "{indent}{}", styled(style, format_args!("{sign}{}", Plain(&line))));
            }
        }
        Block::Lines(lines) => {
            for line in lines {
                let _ = writeln!(text, "{indent}{}", Plain(&line));
            }
        }
        Block::Command(command) => {
            let _ = writeln!(text, "{indent}{}", Plain(&command));
        }
        Block::Folded(title, blocks) => {
            let _ = writeln!(text, "{indent}{}", Plain(&title));
            blocks.into_iter().for_each(|block| push(text, block, &format!("{indent}  ")));
        }
    }
}

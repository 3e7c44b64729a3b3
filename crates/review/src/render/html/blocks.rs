//! The words of a section.

use maud::{Markup, html};

use super::super::layout::{Block, Sign};
use super::text::{plain, prose};

pub(super) fn blocks(blocks: &[Block]) -> Markup {
    html! { @for block in blocks { (self::block(block)) } }
}

pub(super) fn block(block: &Block) -> Markup {
    match block {
        Block::Paragraph(sentence) => html! { p { (prose(sentence)) } },
        Block::Items(items) => html! {
            ul.facts {
                @for (label, item) in items {
                    li {
                        @if !label.is_empty() { span class={ "label " (tone(label)) } { (label) } " " }
                        span { (prose(item)) }
                    }
                }
            }
        },
        Block::Table(rows) => table(rows),
        Block::Differences(lines) => html! { div.diff { @for (sign, line) in lines { (difference(*sign, line)) } } },
        Block::Lines(lines) => html! { pre.lines tabindex="0" { @for line in lines { (plain(line)) "\n" } } },
        Block::Command(command) => html! {
            div.command {
                pre tabindex="0" { code { (plain(command)) } }
                button type="button" data-copy { "Copy" }
            }
        },
        Block::Folded(title, inner) => html! { details { summary { (prose(title)) } (blocks(inner)) } },
    }
}

fn table(rows: &[Vec<String>]) -> Markup {
    let Some((titles, rows)) = rows.split_first() else { return html! {} };
    html! {
        div.scroll tabindex="0" role="region" aria-label="Table" {
            table.numbers {
                thead { tr { @for title in titles { (column_title(title)) } } }
                tbody {
                    @for row in rows {
                        tr {
                            @for (column, cell) in row.iter().enumerate() {
                                @if column == 0 { th scope="row" { (prose(cell)) } } @else { td { (prose(cell)) } }
                            }
                        }
                    }
                }
            }
        }
    }
}

/// The title of a column. One without words is no title.
fn column_title(title: &str) -> Markup {
    html! { @if title.is_empty() { td {} } @else { th scope="col" { (prose(title)) } } }
}

/// A line of differences.
pub(super) fn difference(sign: Sign, line: &str) -> Markup {
    let (class, sign) = match sign {
        Sign::Title => ("title", ""),
        Sign::New => ("add", "+"),
        Sign::Old => ("remove", "−"),
        Sign::Same => ("same", ""),
    };
    html! { div class={ "line " (class) } { span.sign { (sign) } span { (prose(line)) } } }
}

/// How serious the items with a label are.
fn tone(label: &str) -> &'static str {
    match label {
        "Not possible" | "Data lost" | "Failed" => "bad",
        "Interruption" | "Cannot be undone" | "Warning" | "Quota" | "Another plan" => "careful",
        _ => "neutral",
    }
}

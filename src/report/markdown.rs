//! The report in Markdown: readable as it is, safe to render.

use super::Report;
use super::rows::{Body, first_line, sections, verdict_line};

/// `report.md`. Values from outside cannot become markup: on one line, with every character that
/// Markdown or HTML gives a meaning escaped.
#[must_use]
pub fn markdown(report: &Report) -> Vec<u8> {
    let mut text = format!("{}\n\n", plain(&first_line(report)));
    text += &format!("# Attestation report {}\n\n", plain(&report.content.id));
    text += &format!("**{}**\n", plain(&verdict_line(report)));
    for section in sections(report) {
        text += &format!("\n## {}\n\n", section.title);
        match section.body {
            Body::Facts(facts) => {
                for (label, value) in facts {
                    text += &format!("- {label}: {}\n", plain(&value));
                }
            }
            Body::List(lines) => {
                for line in lines {
                    text += &format!("- {}\n", plain(&line));
                }
            }
            Body::Table { rows, .. } if rows.is_empty() => text += "None.\n",
            Body::Table { heads, rows } => {
                text += &format!("| {} |\n|{}\n", heads.join(" | "), "---|".repeat(heads.len()));
                for row in rows {
                    let cells: Vec<String> = row.iter().map(|cell| plain(cell)).collect();
                    text += &format!("| {} |\n", cells.join(" | "));
                }
            }
        }
    }
    text.into_bytes()
}

/// A value as one line of text without markup.
fn plain(value: &str) -> String {
    let mut text = String::with_capacity(value.len());
    for c in value.chars() {
        match c {
            '\\' | '`' | '*' | '_' | '[' | ']' | '<' | '>' | '|' | '#' | '~' | '!' | '&' => {
                text.push('\\');
                text.push(c);
            }
            _ if unsafe_to_show(c) => text.push('\u{fffd}'),
            _ => text.push(c),
        }
    }
    text
}

/// Controls, and characters that hide or turn around what follows.
pub(super) fn unsafe_to_show(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{ad}' | '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}'
            | '\u{e0000}'..='\u{e007f}')
}

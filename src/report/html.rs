//! The report as one HTML file: no script, nothing fetched, printable, readable without colour.

use super::markdown::unsafe_to_show;
use super::rows::{Body, Section, first_line, sections, verdict_line};
use super::{Report, Status};
use maud::{DOCTYPE, Markup, PreEscaped, html as render};

/// Shades of grey only, so that a black-and-white print loses nothing. Wide tables become stacked
/// cards on paper and on narrow screens: a hash must never be cut off.
const STYLE: &str = "
:root { color-scheme: light; }
body { font: 15px/1.45 system-ui, sans-serif; color: #111; background: #fff; max-width: 72rem;
  margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.5rem; margin: 1rem 0 .25rem; }
h2 { font-size: 1.1rem; margin: 1.6rem 0 .4rem; border-bottom: 1px solid #777; }
.status { border: 3px solid #111; padding: .5rem .75rem; font-weight: 700; }
.signed { border-width: 1px; font-weight: 400; }
dl { display: grid; grid-template-columns: max-content 1fr; gap: .15rem 1rem; margin: 0; }
dt { color: #444; } dd { margin: 0; overflow-wrap: anywhere; }
table { border-collapse: collapse; width: 100%; }
th, td { text-align: left; vertical-align: top; padding: .2rem .5rem; border: 1px solid #999;
  overflow-wrap: anywhere; }
th { background: #eee; }
.wide thead { display: none; }
.wide tr { display: block; border: 1px solid #777; margin: 0 0 .6rem; break-inside: avoid; }
.wide td { display: grid; grid-template-columns: 12rem 1fr; border: 0; border-bottom: 1px dotted
  #bbb; }
.wide td::before { content: attr(data-head); color: #444; }
.wide td:first-child { font-weight: 700; background: #eee; }
@media print { body { font-size: 10pt; margin: 0; max-width: none; } h2 { break-after: avoid; }
  @page { margin: 18mm 15mm; } }
";

/// Tables with more columns than this are stacked.
const COLUMNS: usize = 7;

/// `report.html`. Its first line tells whether the report is signed.
#[must_use]
pub fn html(report: &Report) -> Vec<u8> {
    let status = match report.status {
        Status::Unsigned => "UNSIGNED",
        Status::Signed => "SIGNED",
    };
    let class = if report.status == Status::Signed { "status signed" } else { "status" };
    let title = format!("Attestation report {}", shown(&report.content.id));
    let page = render! {
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta http-equiv="Content-Security-Policy"
                    content="default-src 'none'; style-src 'unsafe-inline'";
                title { (title) }
                style { (PreEscaped(STYLE)) }
            }
            body {
                p class=(class) { (shown(&first_line(report))) }
                h1 { (title) }
                p { strong { (shown(&verdict_line(report))) } }
                @for section in sections(report) { (one(&section)) }
            }
        }
    };
    let doctype = DOCTYPE.into_string();
    format!("{doctype}<!-- {status} -->\n{}\n", page.into_string()).into_bytes()
}

fn one(section: &Section) -> Markup {
    render! {
        section {
            h2 { (section.title) }
            @match &section.body {
                Body::Facts(facts) => dl {
                    @for (label, value) in facts { dt { (label) } dd { (shown(value)) } }
                },
                Body::List(lines) => ul { @for line in lines { li { (shown(line)) } } },
                Body::Table { rows, .. } if rows.is_empty() => p { "None." },
                Body::Table { heads, rows } => table class=[wide(heads)] {
                    thead { tr { @for head in heads { th scope="col" { (head) } } } }
                    tbody {
                        @for row in rows {
                            tr {
                                @for (head, cell) in heads.iter().zip(row) {
                                    td data-head=(head) { (shown(cell)) }
                                }
                            }
                        }
                    }
                },
            }
        }
    }
}

fn wide(heads: &[&str]) -> Option<&'static str> {
    (heads.len() > COLUMNS).then_some("wide")
}

/// A value without what could hide or turn around text; maud escapes the rest.
fn shown(value: &str) -> String {
    value.chars().map(|c| if unsafe_to_show(c) { '\u{fffd}' } else { c }).collect()
}

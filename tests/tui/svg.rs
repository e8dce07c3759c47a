//! A screen as SVG: a picture of what the state draws, cell by cell.

use caseward::text::width;
use ratatui::buffer::{Buffer, Cell};
use ratatui::style::{Color, Modifier};
use std::fmt::Write;

/// Columns and rows of a cell, in pixels.
const CELL: (f32, f32) = (8.4, 18.0);
const MARGIN: f32 = 12.0;
const GROUND: &str = "#14181d";
const INK: &str = "#d6dbe1";

/// The picture of a buffer.
pub fn render(buffer: &Buffer, title: &str) -> String {
    let area = buffer.area;
    let total = (
        f32::from(area.width) * CELL.0 + 2.0 * MARGIN,
        f32::from(area.height) * CELL.1 + 2.0 * MARGIN,
    );
    let mut svg = String::new();
    let _ = writeln!(
        svg,
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{0:.0}\" height=\"{1:.0}\" viewBox=\"0 0 {0:.0} {1:.0}\" role=\"img\">",
        total.0, total.1
    );
    let _ = writeln!(svg, "<title>{}</title>", escape(title));
    let _ = writeln!(svg, "<rect width=\"100%\" height=\"100%\" rx=\"8\" fill=\"{GROUND}\"/>");
    let _ = writeln!(
        svg,
        "<g font-family=\"ui-monospace, 'DejaVu Sans Mono', Menlo, Consolas, monospace\" font-size=\"14\" xml:space=\"preserve\">"
    );
    for y in area.top()..area.bottom() {
        let mut x = area.left();
        while x < area.right() {
            let first = &buffer[(x, y)];
            let (start, mut content) = (x, String::new());
            while x < area.right() && same_look(first, &buffer[(x, y)]) {
                let cell = &buffer[(x, y)];
                content.push_str(cell.symbol());
                x += u16::try_from(width(cell.symbol())).unwrap_or(1).max(1);
            }
            run(&mut svg, first, &content, (start, y), x - start);
        }
    }
    svg.push_str("</g>\n</svg>\n");
    svg
}

fn same_look(a: &Cell, b: &Cell) -> bool {
    a.fg == b.fg && a.modifier == b.modifier
}

fn run(svg: &mut String, cell: &Cell, content: &str, at: (u16, u16), columns: u16) {
    let has = |modifier| cell.modifier.contains(modifier);
    let (left, top) = (MARGIN + f32::from(at.0) * CELL.0, MARGIN + f32::from(at.1) * CELL.1);
    let across = f32::from(columns) * CELL.0;
    let colour = match cell.fg {
        Color::Green => "#7fc98f",
        Color::Yellow => "#e3c26b",
        Color::Red => "#ee7d77",
        Color::Cyan => "#79c5d6",
        _ => INK,
    };
    let (ink, ground) =
        if has(Modifier::REVERSED) { (GROUND, Some(colour)) } else { (colour, None) };
    if let Some(ground) = ground {
        let _ = writeln!(
            svg,
            "<rect x=\"{left:.1}\" y=\"{top:.1}\" width=\"{across:.1}\" height=\"{:.1}\" fill=\"{ground}\"/>",
            CELL.1
        );
    }
    // Spaces at the ends are nothing to draw, and not every renderer keeps them.
    let shown = content.trim();
    if shown.is_empty() {
        return;
    }
    let lead = content.len() - content.trim_start().len();
    let left = left + CELL.0 * f32::from(u16::try_from(lead).unwrap_or(0));
    let across = CELL.0 * f32::from(u16::try_from(width(shown)).unwrap_or(0));
    let weight = if has(Modifier::BOLD) { " font-weight=\"bold\"" } else { "" };
    let dim = if has(Modifier::DIM) { " opacity=\"0.62\"" } else { "" };
    let base = top + 13.5;
    let _ = writeln!(
        svg,
        "<text x=\"{left:.1}\" y=\"{base:.1}\" textLength=\"{across:.1}\" lengthAdjust=\"spacingAndGlyphs\" fill=\"{ink}\"{weight}{dim}>{}</text>",
        escape(shown)
    );
}

fn escape(content: &str) -> String {
    content.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

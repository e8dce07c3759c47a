//! Roles of text and their looks: the terminal's own sixteen colours, or none at all.
//!
//! Colour never says anything alone: every state is a word first. Without colour the selection is
//! shown by reverse video and a `>` in the margin.

use crate::text;
use ratatui::style::{Color, Modifier, Style};
use ratatui::text::Span;

/// What a piece of text is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    Text,
    Dim,
    Strong,
    Heading,
    /// The row or field that has the focus.
    Selected,
    Good,
    Warn,
    Bad,
    /// Keys, ids, links to elsewhere.
    Accent,
    Banner,
    Disabled,
}

/// How roles look.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Theme {
    /// No colours: `NO_COLOR`, `TERM=dumb` or `--color never`.
    pub mono: bool,
}

impl Theme {
    /// The look of a role. Only the sixteen names, so that a scheme of the user's stays legible.
    #[must_use]
    pub fn style(self, role: Role) -> Style {
        let plain = Style::new();
        let coloured = |color: Color| if self.mono { plain } else { plain.fg(color) };
        match role {
            Role::Text => plain,
            Role::Dim | Role::Disabled => plain.add_modifier(Modifier::DIM),
            Role::Strong => plain.add_modifier(Modifier::BOLD),
            Role::Heading => plain.add_modifier(Modifier::BOLD | Modifier::UNDERLINED),
            Role::Selected => plain.add_modifier(Modifier::REVERSED),
            Role::Good => coloured(Color::Green),
            Role::Warn => coloured(Color::Yellow).add_modifier(Modifier::BOLD),
            Role::Bad => coloured(Color::Red).add_modifier(Modifier::BOLD),
            Role::Accent => coloured(Color::Cyan),
            Role::Banner => coloured(Color::Yellow).add_modifier(Modifier::REVERSED),
        }
    }

    /// A piece of text in a role. Whatever it is, the terminal cannot obey it.
    #[must_use]
    pub fn span(self, role: Role, content: impl AsRef<str>) -> Span<'static> {
        Span::styled(text::safe(content.as_ref()).into_owned(), self.style(role))
    }

    /// What stands in the margin of a row.
    #[must_use]
    pub const fn marker(self, selected: bool) -> &'static str {
        match (selected, self.mono) {
            (true, true) => "> ",
            _ => "  ",
        }
    }
}

/// The role of a state's word.
#[must_use]
pub fn role_of_state(state: &str) -> Role {
    match state {
        "active" | "approved" | "fulfilled" | "attested" | "deleted" | "redacted" | "included" => {
            Role::Good
        }
        "pending" | "undecided" | "review" | "planned" | "retained" | "already_absent" => {
            Role::Warn
        }
        "expired" | "revoked" | "declined" | "rejected" | "removed" | "failed" | "unknown" => {
            Role::Bad
        }
        "closed" | "ended" | "expunged" | "canceled" | "completed" | "excluded" | "unset" => {
            Role::Dim
        }
        _ => Role::Text,
    }
}

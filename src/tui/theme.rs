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

/// A set of colours.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Look {
    /// For a dark background.
    #[default]
    Dark,
    /// For a light one: no yellow, no cyan.
    Light,
    /// No colours: bold, dim and reverse video alone.
    Mono,
    /// Bright colours, nothing dim.
    HighContrast,
}

impl Look {
    pub const ALL: [Self; 4] = [Self::Dark, Self::Light, Self::Mono, Self::HighContrast];

    /// The name in a configuration file.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Dark => "dark",
            Self::Light => "light",
            Self::Mono => "mono",
            Self::HighContrast => "high_contrast",
        }
    }
}

/// The characters that the program draws with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Symbols {
    #[default]
    Unicode,
    Ascii,
}

impl Symbols {
    pub const ALL: [Self; 2] = [Self::Unicode, Self::Ascii];

    /// The name in a configuration file.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Unicode => "unicode",
            Self::Ascii => "ascii",
        }
    }

    /// What stands for a symbol of the program's where there is ASCII only. What others wrote, in
    /// whatever script, is theirs.
    #[must_use]
    pub fn in_ascii(symbol: &str) -> Option<&'static str> {
        Some(match symbol {
            "─" | "━" => "-",
            "│" | "┃" => "|",
            "┌" | "┐" | "└" | "┘" | "├" | "┤" | "┬" | "┴" | "┼" => "+",
            "›" | "▸" => ">",
            "◂" => "<",
            "…" => "~",
            "·" => ";",
            "–" | "—" => "-",
            "✓" | "✔" => "+",
            "×" => "x",
            "▲" | "↑" => "^",
            "▼" | "↓" => "v",
            "●" => "*",
            _ => return None,
        })
    }
}

/// How roles look.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Theme {
    pub look: Look,
    pub symbols: Symbols,
    /// Lines of text and nothing else, for a screen reader: no styles, no boxes, nothing side by side.
    pub plain: bool,
}

impl Theme {
    /// A theme without colours.
    #[must_use]
    pub const fn mono() -> Self {
        Self { look: Look::Mono, symbols: Symbols::Unicode, plain: false }
    }

    /// Whether no colour helps to see what is in focus.
    #[must_use]
    pub fn is_mono(self) -> bool {
        self.plain || self.look == Look::Mono
    }

    /// Whether only ASCII is drawn.
    #[must_use]
    pub fn is_ascii(self) -> bool {
        self.plain || self.symbols == Symbols::Ascii
    }

    /// The look of a role. Only the sixteen names, so that a scheme of the user's stays legible.
    #[must_use]
    pub fn style(self, role: Role) -> Style {
        let none = Style::new();
        if self.plain {
            return none;
        }
        // In the order of the looks: good, warn, bad, accent.
        let [good, warn, bad, accent] = match self.look {
            Look::Dark => [Color::Green, Color::Yellow, Color::Red, Color::Cyan],
            Look::Light => [Color::Green, Color::Magenta, Color::Red, Color::Blue],
            Look::HighContrast => {
                [Color::LightGreen, Color::LightYellow, Color::LightRed, Color::LightCyan]
            }
            Look::Mono => [Color::Reset; 4],
        };
        let coloured = |color: Color| if color == Color::Reset { none } else { none.fg(color) };
        let dim = if self.look == Look::HighContrast { Modifier::empty() } else { Modifier::DIM };
        match role {
            Role::Text => none,
            Role::Dim => none.add_modifier(dim),
            // Where nothing is dim, what cannot be done is crossed by a line below it.
            Role::Disabled if dim.is_empty() => none.add_modifier(Modifier::UNDERLINED),
            Role::Disabled => none.add_modifier(dim),
            Role::Strong => none.add_modifier(Modifier::BOLD),
            Role::Heading => none.add_modifier(Modifier::BOLD | Modifier::UNDERLINED),
            Role::Selected => none.add_modifier(Modifier::REVERSED),
            Role::Good => coloured(good),
            Role::Warn => coloured(warn).add_modifier(Modifier::BOLD),
            Role::Bad => coloured(bad).add_modifier(Modifier::BOLD),
            Role::Accent => coloured(accent),
            Role::Banner => coloured(warn).add_modifier(Modifier::REVERSED),
        }
    }

    /// A piece of text in a role. Whatever it is, the terminal cannot obey it.
    #[must_use]
    pub fn span(self, role: Role, content: impl AsRef<str>) -> Span<'static> {
        Span::styled(text::safe(content.as_ref()).into_owned(), self.style(role))
    }

    /// What stands in the margin of a row.
    #[must_use]
    pub fn marker(self, selected: bool) -> &'static str {
        match (selected, self.is_mono()) {
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

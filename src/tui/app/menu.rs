//! The list over a screen: what can be done here, or whom to act as.

use super::{App, List};
use crate::tui::actions::{ACTIONS, ActionId, Availability, Scope};

/// A menu over the screen.
#[derive(Debug, Clone)]
pub struct Menu {
    pub kind: MenuKind,
    pub list: List,
}

/// What a menu lists.
#[derive(Debug, Clone)]
pub enum MenuKind {
    /// Actions of this screen, the impossible ones with their reason.
    Actions(Vec<(ActionId, Availability)>),
    /// Filters of the user's: name, and words.
    Filters(Vec<(String, String)>),
    /// What can be copied: what it is, and the text.
    Copies(Vec<(&'static str, String)>),
    /// People to act as: principal, and what they are.
    People(Vec<(String, String)>),
}

impl Menu {
    /// The actions of the screen in front.
    #[must_use]
    pub fn actions(app: &App) -> Self {
        let scope = app.front().scope();
        let rows: Vec<(ActionId, Availability)> = ACTIONS
            .iter()
            .filter(|info| info.scope == scope)
            .map(|info| (info.id, app.availability(info.id)))
            .chain([
                (ActionId::ActAs, Availability::Enabled),
                (ActionId::Messages, Availability::Enabled),
                (ActionId::Help, Availability::Enabled),
            ])
            .filter(|(_, availability)| *availability != Availability::Hidden)
            .filter(|_| scope != Scope::Text)
            .collect();
        let list = List { len: rows.len(), ..List::default() };
        Self { kind: MenuKind::Actions(rows), list }
    }

    /// The filters that the user saved.
    #[must_use]
    pub fn filters(app: &App) -> Self {
        let saved = app.preferences.filters.iter();
        let rows: Vec<_> = saved.map(|saved| (saved.name.clone(), saved.words.clone())).collect();
        let list = List { len: rows.len(), ..List::default() };
        Self { kind: MenuKind::Filters(rows), list }
    }

    /// What can be copied here.
    #[must_use]
    pub fn copies(rows: Vec<(&'static str, String)>) -> Self {
        let list = List { len: rows.len(), ..List::default() };
        Self { kind: MenuKind::Copies(rows), list }
    }

    /// The people of the workspace, engineers first.
    #[must_use]
    pub fn people(app: &App) -> Self {
        let rows: Vec<(String, String)> = app
            .session
            .people
            .iter()
            .map(|person| (person.principal.clone(), format!("{}, {}", person.name, person.part)))
            .collect();
        let cursor = rows.iter().position(|(who, _)| *who == app.session.principal).unwrap_or(0);
        let list = List { cursor, len: rows.len(), ..List::default() };
        Self { kind: MenuKind::People(rows), list }
    }
}

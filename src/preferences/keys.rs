//! The user's keys joined with those of the table: no key means two things on one screen.

use super::Bound;
use crate::error::Invalid;
use crate::tui::actions::{self, ACTIONS, ActionId, Info, Scope};
use crate::tui::keymap::{Key, Keymap};
use std::path::Path;

/// The key map, and the actions whose keys are the user's own, with their lines. Of what conflicts
/// the defaults hold.
pub(super) fn keymap(
    path: &Path,
    mut bound: Vec<Bound>,
    mistakes: &mut Vec<Invalid>,
) -> (Keymap, Vec<(ActionId, usize)>) {
    while let Some((at, mistake)) = conflict(path, &bound) {
        mistakes.push(mistake);
        bound.remove(at);
    }
    let lines = bound.iter().map(|bound| (bound.id, bound.line)).collect();
    let own: Vec<_> = bound.into_iter().map(|bound| (bound.id, bound.keys)).collect();
    (Keymap::with(&own), lines)
}

/// Whether both can be reached from one screen.
fn meet(a: &Info, b: &Info) -> bool {
    let wide = |info: &Info| matches!(info.scope, Scope::Global | Scope::List);
    a.scope == b.scope || wide(a) || wide(b)
}

/// The first binding of the user's that takes a key from another action, by its place; or that
/// leaves no way out.
fn conflict(path: &Path, bound: &[Bound]) -> Option<(usize, Invalid)> {
    let keys_of = |info: &Info| -> Vec<Key> {
        match bound.iter().find(|bound| bound.id == info.id) {
            Some(bound) => bound.keys.clone(),
            None => info.keys.iter().filter_map(|key| key.parse().ok()).collect(),
        }
    };
    let wrong = |line, message: String, hint: String| Invalid {
        path: path.display().to_string(),
        line: Some(line),
        column: None,
        message,
        hint: Some(hint),
    };
    for (at, mine) in bound.iter().enumerate() {
        let info = actions::info(mine.id);
        if mine.keys.is_empty() && matches!(mine.id, ActionId::Quit | ActionId::Back) {
            let message = format!("`{}` needs a key: it is the way out", info.name);
            return Some((
                at,
                wrong(mine.line, message, "give it one, or leave it out".to_owned()),
            ));
        }
        for other in ACTIONS.iter().filter(|other| other.id != mine.id && meet(info, other)) {
            let theirs = keys_of(other);
            let Some(key) = mine.keys.iter().find(|key| theirs.contains(key)) else { continue };
            // Of two bindings of the user's the later one is the mistake.
            let both = bound.iter().position(|bound| bound.id == other.id);
            if both.is_some_and(|both| bound[both].line > mine.line) {
                continue;
            }
            let scope = if info.scope == other.scope { info.scope } else { narrower(info, other) };
            let message = format!(
                "{key} means two things under \"{}\": `{}` and `{}`",
                scope.title(),
                info.name,
                other.name
            );
            let hint = format!("give `{}` another key as well: {} = \"…\"", other.name, other.name);
            return Some((at, wrong(mine.line, message, hint)));
        }
    }
    None
}

fn narrower(a: &Info, b: &Info) -> Scope {
    if matches!(a.scope, Scope::Global | Scope::List) { b.scope } else { a.scope }
}

//! What can be taken back, and what cannot and why.

use super::{App, Effect, Operation};
use crate::model::Id;
use crate::tui::actions::{ActionId, Scope};
use crate::tui::theme::Role;
use std::collections::BTreeSet;

/// A step back.
#[derive(Debug, Clone)]
pub enum Undo {
    /// The filter of a screen as it was.
    Filter(Scope, String),
    /// The marks of a screen as they were.
    Marks(Scope, BTreeSet<String>),
    /// Decisions on findings: the items that were included before, and those that were excluded.
    Decisions { dsr: Id, included: Vec<String>, excluded: Vec<String>, open: Vec<String> },
    /// What was written for good, in the words in which it was said.
    Never(String),
}

impl App {
    /// Notes how to take back what is about to be written.
    pub(super) fn note_undo(&mut self, effect: &Effect) {
        self.undoing = None;
        let Effect::Do(operation) = effect else { return };
        let (Operation::Include { dsr, items, .. } | Operation::Exclude { dsr, items, .. }) =
            operation
        else {
            return;
        };
        let before = self.screens.iter().find_map(|screen| screen.choices(dsr, items));
        self.undoing = before.map(|before| Undo::Decisions {
            dsr: dsr.clone(),
            included: of(&before, "included"),
            excluded: of(&before, "excluded"),
            open: before
                .iter()
                .filter(|(_, choice)| !matches!(*choice, "included" | "excluded"))
                .map(|(item, _)| item.clone())
                .collect(),
        });
    }

    /// Something was written: it can be taken back, or it never can.
    pub(super) fn written(&mut self, said: &str) {
        if self.taking_back > 0 {
            self.taking_back -= 1;
            if let Some(left) = self.left.take() {
                self.say(Role::Warn, left, None);
            }
            return;
        }
        let undo = self.undoing.take().unwrap_or_else(|| Undo::Never(said.to_owned()));
        self.undo.push(undo);
    }

    /// Takes the last step back.
    pub(super) fn take_back(&mut self) -> Vec<Effect> {
        match self.undo.pop() {
            None => {
                self.say(Role::Dim, "Nothing was changed yet that could be undone.", None);
                Vec::new()
            }
            Some(Undo::Never(said)) => {
                let why = format!(
                    "This cannot be undone: {said} It stands in the records and the audit log."
                );
                self.say(Role::Warn, why, None);
                self.undo.push(Undo::Never(said));
                Vec::new()
            }
            Some(Undo::Filter(scope, filter)) => {
                if self.front().scope() == scope
                    && let Some(list) = self.front_mut().list()
                {
                    list.filter = filter;
                    list.cursor = 0;
                    self.refilter();
                    self.say(Role::Dim, "The filter is as it was.", None);
                }
                Vec::new()
            }
            Some(Undo::Marks(scope, marks)) => {
                if self.front().scope() == scope
                    && let Some(list) = self.front_mut().list()
                {
                    list.marks = marks;
                    self.say(Role::Dim, "The marks are as they were.", None);
                }
                Vec::new()
            }
            Some(Undo::Decisions { dsr, included, excluded, open }) => {
                let reason = "undone: the decision before holds again".to_owned();
                let mut effects = Vec::new();
                if !included.is_empty() {
                    let (dsr, reason) = (dsr.clone(), reason.clone());
                    effects.push(Effect::Do(Operation::Include { dsr, items: included, reason }));
                }
                if !excluded.is_empty() {
                    effects.push(Effect::Do(Operation::Exclude { dsr, items: excluded, reason }));
                }
                if !open.is_empty() {
                    let why = format!(
                        "Nobody had decided on {} before. A request keeps every decision and has no \
                         word for none: decide anew instead.",
                        open.join(", ")
                    );
                    match effects.is_empty() {
                        true => self.say(Role::Warn, why, None),
                        false => self.left = Some(why),
                    }
                }
                self.taking_back = effects.len();
                effects
            }
        }
    }

    /// Notes the filter before it changes.
    pub(super) fn note_filter(&mut self) {
        let scope = self.front().scope();
        let Some(filter) = self.front_mut().list().map(|list| list.filter.clone()) else { return };
        self.undo.push(Undo::Filter(scope, filter));
    }

    /// Marks the row in focus, or takes its mark away, and goes on to the next.
    pub(super) fn mark(&mut self) {
        let (Some(id), scope) = (self.front().row_id(), self.front().scope()) else { return };
        let Some(list) = self.front_mut().list() else { return };
        let before = list.marks.clone();
        if !list.marks.remove(&id) {
            list.marks.insert(id);
        }
        list.go(ActionId::Down, 1);
        self.undo.push(Undo::Marks(scope, before));
    }
}

fn of(before: &[(String, &'static str)], choice: &str) -> Vec<String> {
    before.iter().filter(|(_, was)| *was == choice).map(|(item, _)| item.clone()).collect()
}

//! Limits while a file is searched, and how problems are told.

use super::engine::{Engine, View};
use super::stream::Path;
use crate::discovery::findings::{ProblemKind, Step};
use crate::discovery::patterns::Scene;
use std::io;

/// What is left of a file's limits.
#[derive(Debug, Default)]
pub(crate) struct Budget {
    pub inflated: u64,
    pub members: u64,
    /// A limit was reached: nothing more is unpacked from this file.
    pub spent: bool,
}

impl Engine<'_> {
    /// Sets the limits for a file of `size` bytes.
    pub(super) fn allow(&mut self, size: u64) {
        let by_ratio = size.saturating_mul(self.limits.ratio).max(self.limits.ratio_floor);
        self.budget = Budget {
            inflated: by_ratio.min(self.limits.inflated),
            members: self.limits.members,
            spent: false,
        };
    }

    /// Whether to stop: the limits are spent, or somebody cancelled.
    pub(super) fn stopped(&self) -> bool {
        self.budget.spent || self.cancelled()
    }

    /// Takes `bytes` from what may still be unpacked. The file's own bytes are free.
    pub(super) fn spend(&mut self, bytes: u64, path: &Path) -> bool {
        if path.depth == 0 {
            return true;
        }
        if let Some(left) = self.budget.inflated.checked_sub(bytes) {
            self.budget.inflated = left;
            return true;
        }
        self.budget.spent = true;
        self.problem(
            path,
            ProblemKind::Limit,
            "it unpacks to more than the limit; the rest was not searched",
        );
        false
    }

    pub(super) fn admit_member(&mut self, path: &Path) -> bool {
        if let Some(left) = self.budget.members.checked_sub(1) {
            self.budget.members = left;
            return true;
        }
        self.budget.spent = true;
        self.too_many_members(path);
        false
    }

    pub(super) fn too_many_members(&mut self, path: &Path) {
        let why = "it has more members than the limit; the rest was not searched";
        self.problem(path, ProblemKind::Limit, why);
    }

    pub(super) fn too_deep(&mut self, path: &Path) -> bool {
        let deep = path.depth >= self.limits.depth;
        if deep {
            self.problem(
                path,
                ProblemKind::Limit,
                "containers are nested deeper than the limit; not opened",
            );
        }
        deep
    }

    pub(super) fn problem(&mut self, path: &Path, kind: ProblemKind, why: impl Into<String>) {
        self.out.problem(path.member.as_deref(), kind, why);
    }

    pub(super) fn unreadable(&mut self, path: &Path, error: &io::Error) {
        let why = match path.form.steps().last() {
            Some(step) => {
                format!("damaged {step}: {error}; what comes before the damage was searched")
            }
            None => error.to_string(),
        };
        self.problem(path, ProblemKind::Unreadable, why);
    }

    pub(super) fn closed(&mut self, path: &Path, name: &str) {
        self.problem(
            path,
            ProblemKind::Unreadable,
            format!("a {name} file, which cannot be opened here"),
        );
    }

    /// Searches the name of a member.
    pub(super) fn member_name(&mut self, name: &[u8], path: &Path) {
        let view = path.view(name);
        let form = view.form.with(Step::MemberName);
        self.view(&View { form, scene: Scene::Name, ..view });
    }
}

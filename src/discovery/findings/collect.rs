//! Gathering occurrences into hits.

use super::{FileResult, Form, Hit, Outcome, Problem, ProblemKind, Reason};
use std::collections::BTreeMap;

/// What makes two occurrences the same hit.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct Key {
    member: Option<String>,
    identifier: usize,
    outcome: Outcome,
    reason: Option<Reason>,
    form: Form,
}

/// The findings of one file while it is searched.
#[derive(Debug, Default)]
pub(crate) struct Collector {
    hits: BTreeMap<Key, (u64, u64)>,
    problems: Vec<Problem>,
    pub bytes: u64,
}

impl Collector {
    pub(crate) fn hit(
        &mut self,
        identifier: usize,
        reason: Option<Reason>,
        form: Form,
        member: Option<&str>,
        offset: u64,
    ) {
        let outcome = if reason.is_some() { Outcome::Review } else { Outcome::Match };
        let key = Key { member: member.map(str::to_owned), identifier, outcome, reason, form };
        let (count, first) = self.hits.entry(key).or_insert((0, offset));
        *count += 1;
        *first = offset.min(*first);
    }

    pub(crate) fn problem(
        &mut self,
        member: Option<&str>,
        kind: ProblemKind,
        why: impl Into<String>,
    ) {
        let problem = Problem { member: member.map(str::to_owned), kind, why: why.into() };
        // A bomb repeats itself; once is enough.
        if !self.problems.contains(&problem) && self.problems.len() < 1000 {
            self.problems.push(problem);
        }
    }

    pub(crate) fn finish(self) -> FileResult {
        let hits = self.hits.into_iter().map(|(key, (count, offset))| Hit {
            identifier: key.identifier,
            outcome: key.outcome,
            reason: key.reason,
            form: key.form,
            member: key.member,
            count,
            offset,
        });
        FileResult { hits: hits.collect(), problems: self.problems, bytes: self.bytes }
    }
}

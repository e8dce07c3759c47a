//! A data subject request as the index keeps it.

use super::{Seal, StoredProblem, place, word};
use crate::model::{DsrState, Id};
use crate::workspace::{DsrRef, Problem, layout};
use chrono::{Datelike, NaiveDate};
use serde::{Deserialize, Serialize};

/// A data subject request as counts need it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestOutline {
    pub id: Id,
    pub path: String,
    pub state: DsrState,
    /// The day to answer by, extensions included.
    pub due_on: NaiveDate,
    /// Whether something of it is under a clock, or keeps files that are.
    pub has_clock: bool,
}

/// One data subject request.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(in crate::workspace::index) struct RequestRow {
    pub dir: String,
    pub seal: Seal,
    /// State, day of answer in days of the common era and clock, when its file is valid.
    pub outline: Option<(u8, i32, bool)>,
    pub problem: Option<StoredProblem>,
}

impl RequestRow {
    pub(in crate::workspace::index) fn of(
        dir: &Id,
        seal: Seal,
        read: &Result<RequestOutline, Option<Problem>>,
    ) -> Self {
        let (outline, problem) = match read {
            Ok(outline) => {
                let place = place(&DsrState::ALL, &outline.state);
                let day = outline.due_on.num_days_from_ce();
                (Some((place, day, outline.has_clock)), None)
            }
            Err(problem) => (None, problem.as_ref().map(StoredProblem::from)),
        };
        Self { dir: dir.as_str().to_owned(), seal, outline, problem }
    }

    /// What was read: an outline, a problem, or nothing where there is no record.
    pub(in crate::workspace::index) fn into_read(
        self,
        dsr: &DsrRef,
    ) -> Option<Result<RequestOutline, Option<Problem>>> {
        Some(match self.outline {
            Some((state, day, has_clock)) => Ok(RequestOutline {
                id: dsr.id.clone(),
                path: layout::dsr(dsr).display(),
                state: word(&DsrState::ALL, state)?,
                due_on: NaiveDate::from_num_days_from_ce_opt(day)?,
                has_clock,
            }),
            None => Err(self.problem.map(Problem::from)),
        })
    }
}

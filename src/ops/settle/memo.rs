//! What the private intent of a transaction says about its caller: enough to write its outcome
//! into the records after a stop.

use crate::model::Id;
use crate::workspace::{CaseRef, DsrRef, TransferRef};
use std::fmt;

/// Whose transaction it is. `by` is the engineer or the account who started it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::ops) enum Memo {
    /// The window of a request's plan that begins at the item `first`.
    Dsr { dsr: DsrRef, first: usize, by: String },
    /// Files whose retention ended.
    Retention { by: String },
    /// An account deletes files out of the transfer folder of an open case.
    SelfService { case: CaseRef, by: String },
    /// Files of a transfer deletion request.
    Transfer { request: TransferRef, by: String },
    /// Findings and plan of a request that ended (ATT-7).
    Evidence { dsr: DsrRef, by: String },
    /// Erased files that came back, by the request that had erased them (DEL-11).
    Replay { dsr: DsrRef, by: String },
}

impl fmt::Display for Memo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Dsr { dsr, first, by } => write!(f, "dsr {dsr} {first} {by}"),
            Self::Retention { by } => write!(f, "retention {by}"),
            Self::SelfService { case, by } => write!(f, "self-service {case} {by}"),
            Self::Transfer { request, by } => write!(f, "transfer {request} {by}"),
            Self::Evidence { dsr, by } => write!(f, "evidence {dsr} {by}"),
            Self::Replay { dsr, by } => write!(f, "replay {dsr} {by}"),
        }
    }
}

impl Memo {
    pub(super) fn parse(memo: &str) -> Option<Self> {
        let (kind, rest) = memo.split_once(' ')?;
        if kind == "retention" {
            return Some(Self::Retention { by: rest.to_owned() });
        }
        let (named, rest) = rest.split_once(' ')?;
        let (tenant, id) = named.split_once('/')?;
        let (tenant, id): (Id, Id) = (tenant.parse().ok()?, id.parse().ok()?);
        let by = rest.to_owned();
        Some(match kind {
            "dsr" => {
                let (first, by) = rest.split_once(' ')?;
                let (first, by) = (first.parse().ok()?, by.to_owned());
                Self::Dsr { dsr: DsrRef { tenant, id }, first, by }
            }
            "self-service" => Self::SelfService { case: CaseRef { tenant, id }, by },
            "transfer" => Self::Transfer { request: TransferRef { tenant, id }, by },
            "evidence" => Self::Evidence { dsr: DsrRef { tenant, id }, by },
            "replay" => Self::Replay { dsr: DsrRef { tenant, id }, by },
            _ => return None,
        })
    }

    /// What the transaction is, for sentences.
    pub(super) fn subject(&self) -> String {
        match self {
            Self::Dsr { dsr, .. } => format!("a deletion for {}", dsr.id),
            Self::Retention { .. } => "a retention sweep".to_owned(),
            Self::SelfService { case, .. } => {
                format!("a deletion of transfer files of {}", case.id)
            }
            Self::Transfer { request, .. } => format!("a deletion for {}", request.id),
            Self::Evidence { dsr, .. } => format!("the erasure of the evidence of {}", dsr.id),
            Self::Replay { dsr, .. } => format!("a repeated deletion for {}", dsr.id),
        }
    }

    pub(in crate::ops) fn by(&self) -> &str {
        match self {
            Self::Dsr { by, .. }
            | Self::Retention { by }
            | Self::SelfService { by, .. }
            | Self::Transfer { by, .. }
            | Self::Evidence { by, .. }
            | Self::Replay { by, .. } => by,
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn every_memo_is_read_back() {
        let id = |text: &str| Id::new(text).unwrap();
        let (tenant, by) = (id("contoso.com"), "ana silva@support.example.com".to_owned());
        let dsr = DsrRef { tenant: tenant.clone(), id: id("DSR-2026-0001") };
        let case = CaseRef { tenant: tenant.clone(), id: id("2611050010002417") };
        let request = TransferRef { tenant, id: id("TDR-2026-0001") };
        for memo in [
            Memo::Dsr { dsr: dsr.clone(), first: 2048, by: by.clone() },
            Memo::Retention { by: by.clone() },
            Memo::SelfService { case, by: by.clone() },
            Memo::Transfer { request, by: by.clone() },
            Memo::Evidence { dsr: dsr.clone(), by: by.clone() },
            Memo::Replay { dsr, by },
        ] {
            assert_eq!(Memo::parse(&memo.to_string()), Some(memo));
        }
        for other in ["", "dsr", "memo", "dsr contoso.com ana", "dsr a/b x ana", "other a/b ana"] {
            assert_eq!(Memo::parse(other), None, "{other}");
        }
    }
}

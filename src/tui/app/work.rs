//! Work that may take long: what it is called, and whether it can be stopped.

use crate::model::{Id, PlanScope};
use crate::ops::attach::Attachment;
use crate::ops::transfer::TransferUpload;
use crate::workspace::CaseRef;
use std::path::PathBuf;
/// Work that may take long.
#[derive(Debug, Clone)]
pub enum Work {
    Discover(Id),
    Attach(Attachment),
    Plan {
        dsr: Id,
        scope: Option<PlanScope>,
        history_loss_acknowledged: bool,
    },
    Execute(Id),
    Verify,
    /// On a request, or on one transaction.
    Report {
        on: String,
        out: PathBuf,
        signed: Signed,
    },
    Sweep,
    TransferAdd(TransferUpload),
    TransferDelete {
        case: CaseRef,
        name: String,
    },
    Export {
        dsr: Id,
        out: PathBuf,
    },
}

/// Who signs a report.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Signed {
    ByNobody,
    /// By a key in the ssh-agent.
    ByAgent,
    /// By a key file.
    By(PathBuf),
}

impl Work {
    /// What is being done, for the progress line.
    #[must_use]
    pub fn title(&self) -> String {
        match self {
            Self::Discover(dsr) => format!("Discovery for {dsr}"),
            Self::Attach(attachment) => format!("Attaching to {}", attachment.case),
            Self::Plan { dsr, .. } => format!("Planning {dsr}"),
            Self::Execute(dsr) => format!("Deletion of {dsr}"),
            Self::Verify => "Verification of the log".to_owned(),
            Self::Report { on, .. } => format!("Report on {on}"),
            Self::Sweep => "The sweep".to_owned(),
            Self::TransferAdd(upload) => {
                format!("Adding to the transfer folder of {}", upload.case)
            }
            Self::TransferDelete { case, .. } => {
                format!("Deletion in the transfer folder of {}", case.id)
            }
            Self::Export { dsr, .. } => format!("Export of {dsr}"),
        }
    }

    /// Whether it can be stopped: a deletion that has begun is finished.
    #[must_use]
    pub const fn can_stop(&self) -> bool {
        matches!(self, Self::Discover(_) | Self::Verify)
    }
}

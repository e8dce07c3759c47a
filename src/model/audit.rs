//! One line of a tenant's `audit.jsonl`, in the shape of a directory audit record (AUD-6).

use super::Time;
use super::words::words;
use serde::{Deserialize, Serialize};

words! {
    /// AUD-2: the closed set of categories; the first is Microsoft's, the rest are ours.
    "audit category" AuditCategory {
        MicrosoftSupportAccessManagement = "MicrosoftSupportAccessManagement",
        SupportCase = "SupportCase",
        Consent = "Consent",
        DiagnosticData = "DiagnosticData",
        TransferData = "TransferData",
        DataSubjectRequest = "DataSubjectRequest",
        /// CONS-11: of the partner events, which are off by default.
        CrossTenantAccessSettings = "CrossTenantAccessSettings",
        DelegatedAdminServiceProviderConstraints = "DelegatedAdminServiceProviderConstraints",
    }
}

words! {
    /// AUD-2: the closed set of activities. A refusal is the same activity with a failed result.
    "activity" Activity {
        RequestCreated = "Request created",
        RequestApproved = "Request approved",
        RequestRejected = "Request rejected",
        RequestCanceled = "Request canceled",
        ApprovalApproved = "Approval approved",
        ApprovalRemoved = "Approval removed",
        CaseOpened = "Case opened",
        CaseAssigned = "Case assigned",
        CaseUpdated = "Case updated",
        CaseClosed = "Case closed",
        CaseReopened = "Case reopened",
        CaseRestricted = "Case restricted",
        CaseExpunged = "Case expunged",
        HoldPlaced = "Legal hold placed",
        HoldReleased = "Legal hold released",
        /// Only ever a failure: what may be read is read without an entry.
        RecordViewed = "Record viewed",
        ConsentGranted = "Consent granted",
        ConsentDeclined = "Consent declined",
        ConsentRevoked = "Consent revoked",
        DiagnosticAttached = "Diagnostic attached",
        DiagnosticViewed = "Diagnostic viewed",
        DiagnosticExported = "Diagnostic exported",
        DiagnosticDeleted = "Diagnostic deleted",
        TransferAdded = "Transfer file added",
        TransferViewed = "Transfer files viewed",
        TransferDeleted = "Transfer file deleted",
        TransferLinkIssued = "Transfer link issued",
        TransferDeletionRequested = "Transfer deletion requested",
        TransferDeletionApproved = "Transfer deletion approved",
        TransferDeletionExecuted = "Transfer deletion executed",
        TransferDeletionChecked = "Transfer deletion checked",
        TransferDeletionClosed = "Transfer deletion closed",
        DsrReceived = "Data subject request received",
        DsrDiscovered = "Data subject request discovered",
        DsrReviewed = "Data subject request reviewed",
        DsrPlanned = "Data subject request planned",
        DsrApproved = "Data subject request approved",
        DsrReturned = "Data subject request returned",
        DsrExecuted = "Data subject request executed",
        DsrReported = "Data subject request reported",
        DsrExported = "Data subject request exported",
        DsrUpdated = "Data subject request updated",
        DsrExtended = "Data subject request extended",
        DsrDenied = "Data subject request denied",
        DsrClosed = "Data subject request closed",
        DsrEvidenceErased = "Data subject request evidence erased",
        PartnerAdded = "Add a partner to cross-tenant access setting",
        PartnerRolesAdded = "Add allowed assignable roles",
        PartnerRolesRemoved = "Delete allowed assignable roles",
        PartnerRemoved = "Delete partner specific cross-tenant access setting",
    }
}

words! {
    "operation" Operation { Add = "Add", Update = "Update", Delete = "Delete", Read = "Read" }
}

words! {
    "result" AuditResult { Success = "success", Failure = "failure", Timeout = "timeout" }
}

impl Activity {
    /// The category that an activity belongs to, and never another.
    #[must_use]
    pub const fn category(self) -> AuditCategory {
        match self {
            Self::RequestCreated
            | Self::RequestApproved
            | Self::RequestRejected
            | Self::RequestCanceled
            | Self::ApprovalApproved
            | Self::ApprovalRemoved => AuditCategory::MicrosoftSupportAccessManagement,
            Self::CaseOpened
            | Self::CaseAssigned
            | Self::CaseUpdated
            | Self::CaseClosed
            | Self::CaseReopened
            | Self::CaseRestricted
            | Self::CaseExpunged
            | Self::HoldPlaced
            | Self::HoldReleased
            | Self::RecordViewed => AuditCategory::SupportCase,
            Self::ConsentGranted | Self::ConsentDeclined | Self::ConsentRevoked => {
                AuditCategory::Consent
            }
            Self::DiagnosticAttached
            | Self::DiagnosticViewed
            | Self::DiagnosticExported
            | Self::DiagnosticDeleted => AuditCategory::DiagnosticData,
            Self::TransferAdded
            | Self::TransferViewed
            | Self::TransferDeleted
            | Self::TransferLinkIssued
            | Self::TransferDeletionRequested
            | Self::TransferDeletionApproved
            | Self::TransferDeletionExecuted
            | Self::TransferDeletionChecked
            | Self::TransferDeletionClosed => AuditCategory::TransferData,
            Self::DsrReceived
            | Self::DsrDiscovered
            | Self::DsrReviewed
            | Self::DsrPlanned
            | Self::DsrApproved
            | Self::DsrReturned
            | Self::DsrExecuted
            | Self::DsrReported
            | Self::DsrExported
            | Self::DsrUpdated
            | Self::DsrExtended
            | Self::DsrDenied
            | Self::DsrClosed
            | Self::DsrEvidenceErased => AuditCategory::DataSubjectRequest,
            Self::PartnerAdded | Self::PartnerRemoved => AuditCategory::CrossTenantAccessSettings,
            Self::PartnerRolesAdded | Self::PartnerRolesRemoved => {
                AuditCategory::DelegatedAdminServiceProviderConstraints
            }
        }
    }

    /// What it does to its target.
    #[must_use]
    pub const fn operation(self) -> Operation {
        match self {
            Self::RequestCreated
            | Self::ApprovalApproved
            | Self::CaseOpened
            | Self::DiagnosticAttached
            | Self::TransferAdded
            | Self::TransferLinkIssued
            | Self::TransferDeletionRequested
            | Self::DsrReceived
            | Self::PartnerAdded
            | Self::PartnerRolesAdded => Operation::Add,
            Self::ApprovalRemoved
            | Self::CaseExpunged
            | Self::DiagnosticDeleted
            | Self::TransferDeleted
            | Self::TransferDeletionExecuted
            | Self::DsrEvidenceErased
            | Self::DsrExecuted
            | Self::PartnerRolesRemoved
            | Self::PartnerRemoved => Operation::Delete,
            Self::RecordViewed
            | Self::DiagnosticViewed
            | Self::DiagnosticExported
            | Self::TransferViewed
            | Self::DsrReported
            | Self::DsrExported => Operation::Read,
            _ => Operation::Update,
        }
    }
}

impl AuditCategory {
    /// AUD-1: Microsoft's categories are logged by the directory, ours by this program.
    #[must_use]
    pub const fn service(self) -> &'static str {
        match self {
            Self::MicrosoftSupportAccessManagement
            | Self::CrossTenantAccessSettings
            | Self::DelegatedAdminServiceProviderConstraints => "Core Directory",
            _ => "Caseward",
        }
    }
}

/// One audit record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct AuditEvent {
    pub id: String,
    pub activity_date_time: Time,
    pub activity_display_name: Activity,
    pub category: AuditCategory,
    /// What the records of one matter share: a case, an access request, a data subject request.
    pub correlation_id: String,
    pub initiated_by: InitiatedBy,
    pub logged_by_service: String,
    pub operation_type: Operation,
    pub result: AuditResult,
    /// Of a refusal: the rule id and its sentence.
    pub result_reason: String,
    pub target_resources: Vec<AuditTarget>,
    pub additional_details: Vec<AuditDetail>,
}

/// AUD-3: a person did it, or the program on its own.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum InitiatedBy {
    #[serde(rename_all = "camelCase")]
    User {
        user_principal_name: String,
        /// The account of the host: the principal is a claim.
        os_user: String,
    },
    #[serde(rename_all = "camelCase")]
    App { display_name: String },
}

/// What an activity was about.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AuditTarget {
    #[serde(rename = "type")]
    pub kind: String,
    pub id: String,
}

/// A detail: enums and counts, old and new states; never free text or contents (AUD-10).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AuditDetail {
    pub key: String,
    pub value: String,
}

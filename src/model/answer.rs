//! What becomes of a data subject request beside its findings: how it came, what was asked for more
//! time, and how it was answered (LAW-1 … LAW-5).

use super::words::words;
use super::{Id, Time};
use serde::{Deserialize, Serialize};

words! {
    /// The way a request came in (DSR-4); the manner of LAW-5.
    "channel" Channel {
        SupportRequest = "support_request",
        /// The customer's technical account manager.
        AccountManager = "account_manager",
        PrivacyResponseCenter = "privacy_response_center",
        /// From the person, not through the customer.
        Direct = "direct",
    }
}

words! {
    /// Why more time is taken. That the data lies with a processor is no ground (DSR-15).
    "ground for an extension" ExtensionGround {
        Complexity = "complexity",
        NumberOfRequests = "number_of_requests",
    }
}

words! {
    /// What the answer was (LAW-5).
    "nature of the answer" AnswerNature {
        Fulfilled = "fulfilled",
        PartlyFulfilled = "partly_fulfilled",
        NothingFound = "nothing_found",
        Denied = "denied",
        Referred = "referred",
    }
}

words! {
    /// Why two requests belong together.
    "kind of link" LinkKind {
        /// A mixed request was split (DSR-3).
        Split = "split",
        /// The same identifiers of the same customer, while the other was open.
        Duplicate = "duplicate",
    }
}

/// `[extension]`: more time, told with its reasons inside the first period (LAW-1, LAW-4).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Extension {
    /// When the notice was given.
    pub at: Time,
    pub by: String,
    pub ground: ExtensionGround,
    pub reason: String,
}

/// `[answer]`: what LAW-5 wants kept of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RequestAnswer {
    /// The date of the response.
    pub at: Time,
    pub by: String,
    pub nature: AnswerNature,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub basis_of_denial: Option<String>,
    /// What the data subject was told about complaining (LAW-3).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub complaint_route: Option<String>,
    /// After the last day to answer.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub late: bool,
}

/// `[[links]]`: another request that belongs to this one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Link {
    pub dsr: Id,
    pub kind: LinkKind,
}

/// `[[corrections]]`: what a finding's matches are to say instead (DSR-11).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Correction {
    pub item: String,
    pub to: String,
}

/// `[open_dsr]`: the request as another system knows it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OpenDsr {
    /// A UUID, lower case.
    pub subject_request_id: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub controller_id: Option<String>,
}

/// `[[redactions]]` of a sidecar: the file is what was attached, but for spans that a request took
/// out; size and hash are those of what is there now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Redaction {
    pub dsr: Id,
    pub at: Time,
    /// The transaction of the attestation log.
    pub tx: String,
}

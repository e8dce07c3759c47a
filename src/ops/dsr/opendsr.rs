//! OpenDSR 1.0 (OpenGDPR): a request as another system sends it, and our states in its words.
//!
//! Field names, request types, identity types and status words are the specification's. Identities
//! that come hashed are refused: only what was given is searched for (DSR-5).

use crate::error::{Error, Invalid, Result};
use crate::model::{AnswerNature, DsrState, DsrType, GivenIdentifier, IdentifierType, Regulation};
use crate::model::{Request, Time};
use crate::policy::Refusal;
use crate::text;
use serde_json::{Map, Value};

/// The version of the specification that is spoken.
pub const API_VERSION: &str = "1.0";

/// Largest request that is read, bytes.
pub const MAX_SIZE: u64 = 4 << 20;

const KNOWN: [&str; 10] = [
    "regulation",
    "subject_request_id",
    "subject_request_type",
    "subject_identities",
    "submitted_time",
    "api_version",
    "status_callback_urls",
    "extensions",
    "property_id",
    "controller_id",
];

const IDENTITY: [&str; 3] = ["identity_type", "identity_value", "identity_format"];

/// A request of another system.
#[derive(Debug, Clone, PartialEq)]
pub struct OpenRequest {
    pub subject_request_id: String,
    pub kind: DsrType,
    /// Required by the specification and missing in its own example.
    pub regulation: Option<Regulation>,
    pub submitted_time: Time,
    pub identifiers: Vec<GivenIdentifier>,
    pub controller_id: Option<String>,
    /// What was read and has no meaning here, in sentences for people.
    pub notices: Vec<String>,
}

/// Reads a request; `shown` is what its file is called.
///
/// # Errors
/// [`Invalid`] naming the place in the JSON; a refusal under DSR-5 for identities that came hashed.
pub fn parse(shown: &str, bytes: &[u8]) -> Result<OpenRequest> {
    let reader = Reader { shown };
    let value: Value = serde_json::from_slice(bytes).map_err(|error| {
        let mut invalid = Invalid::new(shown, "is not JSON from here on")
            .hint("an OpenDSR 1.0 request; nothing was recorded");
        (invalid.line, invalid.column) = (Some(error.line()), Some(error.column()));
        Error::from(invalid)
    })?;
    let Value::Object(object) = &value else {
        return Err(reader.wrong("$", "is not an object"));
    };
    reader.known_keys("$", object, &KNOWN)?;
    if let Some(version) = reader.text("$", object, "api_version")?
        && version != API_VERSION
    {
        let why = format!("is `{}`; this program speaks {API_VERSION}", text::safe(&version));
        return Err(reader.wrong("$.api_version", &why));
    }
    let id = reader.required("$", object, "subject_request_id")?;
    if !is_uuid_v4(&id) {
        return Err(reader.wrong("$.subject_request_id", "is not a UUID v4 in lower case"));
    }
    let kind = reader.required("$", object, "subject_request_type")?;
    let kind = match kind.as_str() {
        "erasure" => DsrType::Delete,
        "access" => DsrType::Access,
        "portability" => DsrType::Export,
        other => {
            let why =
                format!("is `{}`; the types are erasure, access, portability", text::safe(other));
            return Err(reader.wrong("$.subject_request_type", &why));
        }
    };
    let submitted = reader.required("$", object, "submitted_time")?;
    let submitted_time = crate::env::parse_time(&submitted).map_err(|_| {
        reader.wrong("$.submitted_time", "is not an RFC 3339 time such as 2026-11-20T14:00:00Z")
    })?;
    let regulation = match reader.text("$", object, "regulation")? {
        None => None,
        Some(word) => Some(word.parse().map_err(|_| {
            let why = format!("is `{}`; gdpr and ccpa are known", text::safe(&word));
            reader.wrong("$.regulation", &why)
        })?),
    };
    let mut notices = Vec::new();
    for (key, why) in [
        ("status_callback_urls", "no URL is called; `caseward dsr status --json` answers"),
        ("extensions", "extensions are other processors' and were not read"),
        ("property_id", "it has no meaning here"),
    ] {
        if object.contains_key(key) {
            notices.push(format!("$.{key}: {why}"));
        }
    }
    Ok(OpenRequest {
        subject_request_id: id,
        kind,
        regulation,
        submitted_time,
        identifiers: reader.identities(object)?,
        controller_id: reader.text("$", object, "controller_id")?,
        notices,
    })
}

struct Reader<'a> {
    shown: &'a str,
}

impl Reader<'_> {
    fn wrong(&self, place: &str, why: &str) -> Error {
        Invalid::new(self.shown, format!("{place} {why}"))
            .hint("an OpenDSR 1.0 request; nothing was recorded")
            .into()
    }

    fn known_keys(&self, place: &str, object: &Map<String, Value>, known: &[&str]) -> Result<()> {
        for key in object.keys() {
            if !known.contains(&key.as_str()) {
                let why = match text::nearest(key, known.iter().copied()) {
                    Some(near) => format!("is not known; did you mean `{near}`?"),
                    None => format!("is not known; known are {}", known.join(", ")),
                };
                return Err(self.wrong(&format!("{place}.{}", text::safe(key)), &why));
            }
        }
        Ok(())
    }

    fn text(&self, place: &str, object: &Map<String, Value>, key: &str) -> Result<Option<String>> {
        match object.get(key) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text.clone())),
            Some(_) => Err(self.wrong(&format!("{place}.{key}"), "is not a string")),
        }
    }

    fn required(&self, place: &str, object: &Map<String, Value>, key: &str) -> Result<String> {
        match self.text(place, object, key)? {
            Some(text) if !text.trim().is_empty() => Ok(text),
            _ => Err(self.wrong(&format!("{place}.{key}"), "is missing")),
        }
    }

    fn identities(&self, object: &Map<String, Value>) -> Result<Vec<GivenIdentifier>> {
        let place = "$.subject_identities";
        let list = match object.get("subject_identities") {
            None => return Ok(Vec::new()),
            Some(Value::Array(list)) => list,
            Some(_) => return Err(self.wrong(place, "is not a list")),
        };
        let mut identifiers = Vec::with_capacity(list.len());
        for (index, identity) in list.iter().enumerate() {
            let place = format!("{place}[{index}]");
            let Value::Object(identity) = identity else {
                return Err(self.wrong(&place, "is not an object"));
            };
            self.known_keys(&place, identity, &IDENTITY)?;
            let format = self.required(&place, identity, "identity_format")?;
            match format.as_str() {
                "raw" => {}
                "sha1" | "md5" | "sha256" => {
                    return Err(Refusal::new(
                        "DSR-5",
                        format!(
                            "{}: {place}.identity_format is {format}: only identifiers that were \
                             given are searched for, and a hash gives none",
                            self.shown
                        ),
                    )
                    .hint("ask the controller for the request with raw identities")
                    .into());
                }
                other => {
                    let why = format!("is `{}`; raw is known", text::safe(other));
                    return Err(self.wrong(&format!("{place}.identity_format"), &why));
                }
            }
            let kind = self.required(&place, identity, "identity_type")?;
            let value = self.required(&place, identity, "identity_value")?;
            let kind = identity_kind(&kind, &value).ok_or_else(|| {
                let why = format!("is `{}`, which is no type of OpenDSR", text::safe(&kind));
                self.wrong(&format!("{place}.identity_type"), &why)
            })?;
            identifiers.push(GivenIdentifier::new(kind, value));
        }
        Ok(identifiers)
    }
}

/// What an identity is here. Advertising and device ids are searched for as the text that they are,
/// GUIDs in every notation of a GUID.
fn identity_kind(kind: &str, value: &str) -> Option<IdentifierType> {
    let is_guid =
        || crate::discovery::Identifier::parse(IdentifierType::Guid, value, &Default::default());
    match kind {
        "email" => Some(IdentifierType::Email),
        "controller_customer_id"
        | "android_advertising_id"
        | "android_id"
        | "fire_advertising_id"
        | "ios_advertising_id"
        | "ios_vendor_id"
        | "microsoft_advertising_id"
        | "microsoft_publisher_id"
        | "roku_publisher_id"
        | "roku_advertising_id" => Some(match is_guid() {
            Ok(_) => IdentifierType::Guid,
            Err(_) => IdentifierType::Custom,
        }),
        _ => None,
    }
}

/// `xxxxxxxx-xxxx-4xxx-[89ab]xxx-xxxxxxxxxxxx`, lower case.
fn is_uuid_v4(text: &str) -> bool {
    let bytes = text.as_bytes();
    bytes.len() == 36
        && bytes.iter().enumerate().all(|(at, byte)| match at {
            8 | 13 | 18 | 23 => *byte == b'-',
            14 => *byte == b'4',
            19 => matches!(byte, b'8' | b'9' | b'a' | b'b'),
            _ => matches!(byte, b'0'..=b'9' | b'a'..=b'f'),
        })
}

/// The specification's word for the state of a request.
#[must_use]
pub fn status_word(request: &Request) -> &'static str {
    match request.state {
        DsrState::Received
        | DsrState::IdentifiersNeeded
        | DsrState::Discovering
        | DsrState::Held => "pending",
        DsrState::Review
        | DsrState::Planned
        | DsrState::Approved
        | DsrState::Executing
        | DsrState::Verifying => "in_progress",
        DsrState::Referred | DsrState::Denied | DsrState::Canceled => "cancelled",
        DsrState::Fulfilled | DsrState::Attested => "completed",
        DsrState::Closed => match request.answer.as_ref().map(|answer| answer.nature) {
            Some(AnswerNature::Denied | AnswerNature::Referred) => "cancelled",
            _ => "completed",
        },
    }
}

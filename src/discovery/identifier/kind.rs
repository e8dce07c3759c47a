//! The kinds of identifier a request can name.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// What an identifier is; decides what counts as a match (see `docs/discovery.md`).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum IdentifierType {
    /// A person's full name.
    Name,
    Email,
    /// User principal name.
    Upn,
    Phone,
    /// Object id and the like, in text or as 16 bytes.
    Guid,
    /// Passport unique id of a consumer account.
    Puid,
    /// Session or correlation id.
    Session,
    Ipv4,
    Ipv6,
    /// SIP address of record.
    Sip,
    /// `NetBIOS` or DNS name of a machine.
    Machine,
    /// Anything else, matched exactly on word boundaries.
    Custom,
}

impl IdentifierType {
    /// Every kind, in the order people are shown them.
    pub const ALL: [Self; 12] = [
        Self::Name,
        Self::Email,
        Self::Upn,
        Self::Phone,
        Self::Guid,
        Self::Puid,
        Self::Session,
        Self::Ipv4,
        Self::Ipv6,
        Self::Sip,
        Self::Machine,
        Self::Custom,
    ];

    /// The name used in files and on the command line.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Name => "name",
            Self::Email => "email",
            Self::Upn => "upn",
            Self::Phone => "phone",
            Self::Guid => "guid",
            Self::Puid => "puid",
            Self::Session => "session",
            Self::Ipv4 => "ipv4",
            Self::Ipv6 => "ipv6",
            Self::Sip => "sip",
            Self::Machine => "machine",
            Self::Custom => "custom",
        }
    }
}

impl fmt::Display for IdentifierType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// A word that names no kind of identifier.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "{0:?} is not a type of identifier; one of: name, email, upn, phone, guid, puid, session, \
     ipv4, ipv6, sip, machine, custom"
)]
pub struct UnknownType(pub String);

impl FromStr for IdentifierType {
    type Err = UnknownType;

    /// Case and the choice between `-` and `_` do not matter.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let name = text.trim().to_ascii_lowercase().replace('-', "_");
        Self::ALL
            .into_iter()
            .find(|kind| kind.as_str() == name)
            .ok_or_else(|| UnknownType(text.to_owned()))
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn names_round_trip() {
        for kind in IdentifierType::ALL {
            assert_eq!(kind.to_string().parse::<IdentifierType>().unwrap(), kind);
            assert_eq!(serde_json::to_string(&kind).unwrap(), format!("\"{kind}\""));
        }
        assert_eq!("IPv4".parse::<IdentifierType>().unwrap(), IdentifierType::Ipv4);
        assert!("address".parse::<IdentifierType>().is_err());
    }
}

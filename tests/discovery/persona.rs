//! The identifiers that the tests look for, and how they ask.

use caseward::discovery::{
    FileResult, Identifier, IdentifierType, IntakeOptions, Limits, Outcome, Query,
};

pub const NAME: &str = "Marta Quillfeather";
pub const NAME2: &str = "Søren Villadsén";
pub const EMAIL: &str = "marta.quillfeather@contoso.com";
pub const UPN: &str = "mquillf@contoso.onmicrosoft.com";
pub const PHONE: &str = "+1 (425) 555-0137";
pub const GUID: &str = "3f2504e0-4f89-41d3-9a0c-0305e82c3301";
pub const PUID: &str = "10037FFEA1B2C3D4";
pub const SESSION: &str = "a91f00d2c4e84b0b";
pub const IPV4: &str = "10.20.30.4";
pub const IPV6: &str = "2001:db8:85a3::8a2e:370:7334";
pub const SIP: &str = "sip:mquill@voice.contoso.com";
pub const MACHINE: &str = "DESKTOP-7QX1MQF";

/// The kind of each value above; an index into it is an identifier's number.
pub const ALL: [(IdentifierType, &str); 12] = [
    (IdentifierType::Name, NAME),
    (IdentifierType::Name, NAME2),
    (IdentifierType::Email, EMAIL),
    (IdentifierType::Upn, UPN),
    (IdentifierType::Phone, PHONE),
    (IdentifierType::Guid, GUID),
    (IdentifierType::Puid, PUID),
    (IdentifierType::Session, SESSION),
    (IdentifierType::Ipv4, IPV4),
    (IdentifierType::Ipv6, IPV6),
    (IdentifierType::Sip, SIP),
    (IdentifierType::Machine, MACHINE),
];

pub fn query(identifiers: &[(IdentifierType, &str)]) -> Query {
    let parsed: Vec<Identifier> = identifiers
        .iter()
        .map(|(kind, value)| Identifier::parse(*kind, value, &IntakeOptions::default()).unwrap())
        .collect();
    Query::compile(&parsed)
}

pub fn persona() -> Query {
    query(&ALL)
}

pub fn scan(bytes: &[u8]) -> FileResult {
    persona().scan_bytes(bytes, &Limits::default())
}

/// The strongest outcome for the identifier `value` of the persona.
pub fn outcome(result: &FileResult, value: &str) -> Option<Outcome> {
    let number = ALL.iter().position(|(_, known)| *known == value).unwrap();
    result.hits.iter().filter(|hit| hit.identifier == number).map(|hit| hit.outcome).min()
}

#[track_caller]
pub fn assert_match(value: &str, bytes: &[u8]) {
    let result = scan(bytes);
    assert_eq!(
        outcome(&result, value),
        Some(Outcome::Match),
        "{value} in {:?}: {:?}",
        String::from_utf8_lossy(&bytes[..bytes.len().min(300)]),
        result.hits
    );
}

/// The identifier's text is there, but only a person can tell.
#[track_caller]
pub fn assert_review(value: &str, text: &str) {
    let result = scan(text.as_bytes());
    assert_eq!(outcome(&result, value), Some(Outcome::Review), "{value} in {text:?}");
}

#[track_caller]
pub fn assert_none(value: &str, text: &str) {
    let result = scan(text.as_bytes());
    assert_eq!(outcome(&result, value), None, "{value} in {text:?}: {:?}", result.hits);
}

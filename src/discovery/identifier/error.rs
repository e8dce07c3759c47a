//! Why a value cannot be searched for, in words for the person who typed it.

/// Why intake refuses an identifier.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum IdentifierError {
    #[error("the identifier is empty")]
    Empty,
    #[error("{0:?} holds no letter and no digit: it would be found everywhere")]
    NoText(String),
    #[error("{0:?} is too short: a single character would be found everywhere")]
    TooShort(String),
    #[error("the identifier is {0} characters long; at most 512 can be searched for")]
    TooLong(usize),
    #[error("{value:?} is not an e-mail address: {why}")]
    BadEmail { value: String, why: &'static str },
    #[error("{value:?} is not a user principal name: {why}")]
    BadUpn { value: String, why: &'static str },
    #[error("{value:?} is not a SIP address: {why}")]
    BadSip { value: String, why: &'static str },
    #[error("{0:?} is not an IPv4 address (four numbers from 0 to 255, as in 192.0.2.7)")]
    BadIpv4(String),
    #[error("{0:?} is not an IPv6 address (as in 2001:db8::7)")]
    BadIpv6(String),
    #[error("{0:?} names no single host: every machine uses that address")]
    CommonAddress(String),
    #[error(
        "{0:?} is not a GUID (32 hexadecimal digits, as in 3f2504e0-4f89-41d3-9a0c-0305e82c3301)"
    )]
    BadGuid(String),
    #[error("{0:?} is no person's: a GUID of nothing but zeros or ones stands in countless files")]
    CommonGuid(String),
    #[error(
        "{0:?} has no country: give it with its calling code (as in +1 425 555 0137), or say which \
         country the request's numbers are in; it is never guessed"
    )]
    PhoneWithoutCountry(String),
    #[error("{value:?} is not a phone number: {why}")]
    BadPhone { value: String, why: &'static str },
    #[error(
        "{0:?} is a name of one word and would match everybody who bears it; give the full name, or \
         allow a single word (--allow-single-word)"
    )]
    SingleWordName(String),
}

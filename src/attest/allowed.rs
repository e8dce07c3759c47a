//! `allowed_signers`: whose SSH signatures count, for what and when (ssh-keygen(1), ALLOWED SIGNERS).

use super::SshKey;
use chrono::{DateTime, NaiveDate, NaiveDateTime, NaiveTime, Utc};

/// The file, line by line.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AllowedSigners {
    signers: Vec<AllowedSigner>,
}

/// One line of the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AllowedSigner {
    /// Principals, possibly patterns.
    pub principals: Vec<String>,
    /// Namespaces, possibly patterns; `None` allows all.
    pub namespaces: Option<Vec<String>>,
    pub valid_after: Option<DateTime<Utc>>,
    pub valid_before: Option<DateTime<Utc>>,
    /// The key signs certificates; it does not sign texts itself.
    pub cert_authority: bool,
    pub key: SshKey,
}

/// How a key stands with the file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Standing {
    /// It may sign, as this principal.
    Listed(String),
    NotListed,
    /// It is listed for other namespaces only.
    OtherNamespace(String),
    NotYetValid(String),
    Expired(String),
}

/// A line that is none.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("allowed_signers, line {line}: {what}")]
pub struct BadLine {
    /// Counted from 1.
    pub line: usize,
    pub what: &'static str,
}

impl AllowedSigners {
    /// Reads the file. Times without `Z` are taken as UTC, so that a file means the same on every
    /// host.
    ///
    /// # Errors
    /// The first line that is not understood: an unread restriction must not widen anything.
    pub fn parse(text: &str) -> Result<Self, BadLine> {
        let mut signers = Vec::new();
        for (number, line) in text.lines().enumerate() {
            let line = line.trim();
            if !line.is_empty() && !line.starts_with('#') {
                let bad = |what| BadLine { line: number + 1, what };
                signers.push(AllowedSigner::parse(line).map_err(bad)?);
            }
        }
        Ok(Self { signers })
    }

    #[must_use]
    pub fn signers(&self) -> &[AllowedSigner] {
        &self.signers
    }

    /// Whether `key` may sign in `namespace` at `at`, as anybody. Where several lines name it, the
    /// best counts.
    #[must_use]
    pub fn standing(&self, key: &SshKey, namespace: &str, at: DateTime<Utc>) -> Standing {
        self.best(key, None, namespace, at)
    }

    /// Whether `key` may sign as `principal`.
    #[must_use]
    pub fn standing_of(
        &self,
        key: &SshKey,
        principal: &str,
        namespace: &str,
        at: DateTime<Utc>,
    ) -> Standing {
        self.best(key, Some(principal), namespace, at)
    }

    /// The first principal of the first line that names `key`.
    #[must_use]
    pub fn owner(&self, key: &SshKey) -> Option<&str> {
        let line = self.signers.iter().find(|signer| signer.is(key))?;
        line.principals.first().map(String::as_str)
    }

    /// Adds a key that may sign as `principal` in `namespaces`, always.
    pub fn add(&mut self, principal: &str, key: SshKey, namespaces: &[&str]) {
        self.signers.push(AllowedSigner {
            principals: vec![principal.to_owned()],
            namespaces: Some(namespaces.iter().map(|one| (*one).to_owned()).collect()),
            valid_after: None,
            valid_before: None,
            cert_authority: false,
            key,
        });
    }

    fn best(
        &self,
        key: &SshKey,
        principal: Option<&str>,
        namespace: &str,
        at: DateTime<Utc>,
    ) -> Standing {
        let mut best = Standing::NotListed;
        for signer in self.signers.iter().filter(|signer| signer.is(key)) {
            if !principal.is_none_or(|wanted| any_matches(&signer.principals, wanted)) {
                continue;
            }
            let first = signer.principals.first().cloned().unwrap_or_default();
            let name = principal.map_or(first, str::to_owned);
            let namespaces = signer.namespaces.as_ref();
            best = if namespaces.is_some_and(|patterns| !any_matches(patterns, namespace)) {
                Standing::OtherNamespace(name)
            } else if signer.valid_after.is_some_and(|after| at < after) {
                Standing::NotYetValid(name)
            } else if signer.valid_before.is_some_and(|before| at >= before) {
                Standing::Expired(name)
            } else {
                return Standing::Listed(name);
            };
        }
        best
    }
}

impl AllowedSigner {
    /// Whether the line is about this very key. A certificate authority signs no texts itself.
    fn is(&self, key: &SshKey) -> bool {
        !self.cert_authority && self.key == *key
    }

    fn parse(line: &str) -> Result<Self, &'static str> {
        let (principals, rest) = word(line).ok_or("no key")?;
        let (options, key) = match SshKey::parse(rest) {
            Some(key) => ("", key),
            None => {
                let (options, rest) = word(rest).ok_or("no key")?;
                (options, SshKey::parse(rest).ok_or("neither options nor a key")?)
            }
        };
        let mut signer = Self {
            principals: principals.trim_matches('"').split(',').map(str::to_owned).collect(),
            namespaces: None,
            valid_after: None,
            valid_before: None,
            cert_authority: false,
            key,
        };
        split_options(options).into_iter().try_for_each(|option| signer.set(option))?;
        Ok(signer)
    }

    fn set(&mut self, option: &str) -> Result<(), &'static str> {
        let (name, value) = option.split_once('=').unwrap_or((option, ""));
        let value = value.trim_matches('"');
        match name.to_ascii_lowercase().as_str() {
            "cert-authority" => self.cert_authority = true,
            "namespaces" => {
                self.namespaces = Some(value.split(',').map(str::to_owned).collect());
            }
            "valid-after" => self.valid_after = Some(time(value).ok_or("valid-after is no time")?),
            "valid-before" => {
                self.valid_before = Some(time(value).ok_or("valid-before is no time")?);
            }
            _ => return Err("an unknown option"),
        }
        Ok(())
    }
}

/// The first word, quotes respected, and the rest without leading blanks.
fn word(text: &str) -> Option<(&str, &str)> {
    let mut quoted = false;
    let end = text.find(|c: char| {
        quoted ^= c == '"';
        c.is_ascii_whitespace() && !quoted
    })?;
    Some((&text[..end], text[end..].trim_start()))
}

/// Options are separated by commas outside quotes.
fn split_options(options: &str) -> Vec<&str> {
    let mut quoted = false;
    options
        .split(|c: char| {
            quoted ^= c == '"';
            c == ',' && !quoted
        })
        .filter(|option| !option.is_empty())
        .collect()
}

/// `YYYYMMDD`, `YYYYMMDDHHMM` or `YYYYMMDDHHMMSS`, with or without `Z`.
fn time(text: &str) -> Option<DateTime<Utc>> {
    let digits = text.strip_suffix(['Z', 'z']).unwrap_or(text);
    if !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let time = match digits.len() {
        8 => NaiveDate::parse_from_str(digits, "%Y%m%d").ok()?.and_time(NaiveTime::MIN),
        12 => NaiveDateTime::parse_from_str(&format!("{digits}00"), "%Y%m%d%H%M%S").ok()?,
        14 => NaiveDateTime::parse_from_str(digits, "%Y%m%d%H%M%S").ok()?,
        _ => return None,
    };
    Some(time.and_utc())
}

/// An OpenSSH pattern list: one pattern must match, and none that begins with `!`.
fn any_matches(patterns: &[String], text: &str) -> bool {
    let refused = patterns.iter().filter_map(|pattern| pattern.strip_prefix('!'));
    patterns.iter().any(|pattern| matches(pattern, text))
        && !refused.into_iter().any(|pattern| matches(pattern, text))
}

/// OpenSSH patterns: `*` any characters, `?` one. Only the last `*` is ever tried again, so that no
/// pattern takes longer than its length times that of the text.
fn matches(pattern: &str, text: &str) -> bool {
    let (mut pattern, mut text) = (pattern.chars(), text.chars());
    // What follows the last `*`, and the text from where that was tried.
    let mut last_star = None;
    loop {
        let here = text.clone();
        match (pattern.next(), text.next()) {
            (None, None) => return true,
            (Some('*'), _) => {
                text = here;
                last_star = Some((pattern.clone(), text.clone()));
            }
            (Some(wanted), Some(found)) if wanted == '?' || wanted == found => {}
            _ => {
                let Some((after, from)) = &mut last_star else { return false };
                if from.next().is_none() {
                    return false;
                }
                (pattern, text) = (after.clone(), from.clone());
            }
        }
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    const KEY: &str =
        "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIJdD7y3aLq454yWBdwLWbieU1ebz9/cu7/QEXn9OIeZJ";

    fn standing(line: &str, namespace: &str, at: &str) -> Standing {
        let allowed = AllowedSigners::parse(line).unwrap();
        let key = SshKey::parse(KEY).unwrap();
        allowed.standing(&key, namespace, at.parse().unwrap())
    }

    #[test]
    fn namespaces_and_validity_count() {
        let ana = || "ana@example.com".to_owned();
        let now = "2026-11-05T12:00:00Z";
        let line = |options: &str| format!("# signers\n\n{} {options} {KEY} laptop\n", ana());
        for (options, expected) in [
            ("", Standing::Listed(ana())),
            ("namespaces=\"report@caseward,git\"", Standing::Listed(ana())),
            ("namespaces=\"*@caseward\"", Standing::Listed(ana())),
            ("namespaces=\"git\"", Standing::OtherNamespace(ana())),
            ("valid-before=\"20261105\"", Standing::Expired(ana())),
            ("valid-before=\"202611051201Z\"", Standing::Listed(ana())),
            ("valid-after=\"20261105120001Z\"", Standing::NotYetValid(ana())),
            ("valid-after=\"20261105\",valid-before=\"20261106\"", Standing::Listed(ana())),
            ("cert-authority", Standing::NotListed),
        ] {
            assert_eq!(standing(&line(options), "report@caseward", now), expected, "{options}");
        }
        assert_eq!(standing("", "report@caseward", now), Standing::NotListed);
    }

    #[test]
    fn patterns_are_those_of_openssh_and_none_takes_long() {
        for (pattern, text, fits) in [
            ("", "", true),
            ("*", "", true),
            ("?", "", false),
            ("a*c", "abcbc", true),
            ("a*c", "abcb", false),
            ("*@*.example.com", "ana@eu.example.com", true),
            ("*@*.example.com", "ana@example.com", false),
            ("?n?", "ünï", true),
            ("**a", "b", false),
        ] {
            assert_eq!(matches(pattern, text), fits, "{pattern} {text}");
        }
        // Tried at every place for every star, this would outlast everybody.
        assert!(!matches(&("*a".repeat(40) + "*b"), &"a".repeat(400)));
    }

    #[test]
    fn a_line_that_is_not_understood_is_an_error() {
        for bad in ["ana@example.com", "ana@example.com ssh-ed25519 AAAA"] {
            assert!(AllowedSigners::parse(bad).is_err(), "{bad}");
        }
        let unknown = format!("ana@example.com no-touch-required {KEY}");
        assert_eq!(AllowedSigners::parse(&unknown).unwrap_err().line, 1);
        let never = format!("ana@example.com valid-before=\"tomorrow\" {KEY}");
        assert!(AllowedSigners::parse(&never).is_err());
    }
}

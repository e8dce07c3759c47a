//! TOML records: read with the place of every mistake, written so that comments survive.

use crate::error::{Invalid, Result};
use crate::fs::RelPath;
use crate::model::{
    AccessRequest, Approval, Case, FORMAT, Meta, PolicySettings, Request, Tenant, Tombstone,
    TransferRequest, WorkspaceConfig,
};
use crate::text;
use serde::Serialize;
use serde::de::DeserializeOwned;
use toml_edit::{Array, DocumentMut, Item, Table, TableLike, Value};

/// A TOML record of the workspace.
pub trait Record: Serialize + DeserializeOwned + Clone {
    /// The version of its format.
    fn format(&self) -> u32;
    /// Its revision, for records that are written again.
    fn revision(&self) -> Option<u64> {
        None
    }
    fn set_revision(&mut self, _revision: u64) {}
    /// What a file means that leaves keys out: a rewrite does not write these in.
    fn implied() -> Option<DocumentMut> {
        None
    }
}

impl Record for WorkspaceConfig {
    fn format(&self) -> u32 {
        self.format
    }
    fn implied() -> Option<DocumentMut> {
        let policy = toml::to_string(&PolicySettings::default()).ok()?;
        format!("[policy]\n{policy}").parse().ok()
    }
}

macro_rules! records {
    ($($plain:ty),*; $($revised:ty),*) => {
        $(impl Record for $plain {
            fn format(&self) -> u32 { self.format }
        })*
        $(impl Record for $revised {
            fn format(&self) -> u32 { self.format }
            fn revision(&self) -> Option<u64> { Some(self.revision) }
            fn set_revision(&mut self, revision: u64) { self.revision = revision; }
        })*
    };
}
records!(Tenant, Meta, Tombstone; Case, AccessRequest, Approval, Request, TransferRequest);

/// Reads a record; the error names line and column and, for an unknown key, the nearest known one.
///
/// # Errors
/// [`Invalid`]: not UTF-8, not TOML, a missing, unknown or mistyped key, a newer format.
pub fn parse<T: Record>(path: &RelPath, bytes: &[u8]) -> Result<T, Invalid> {
    let text = utf8(path, bytes)?;
    let record: T = match toml::from_str(text) {
        Ok(record) => record,
        Err(error) => {
            if let Some(newer) = newer_format(text) {
                return Err(Invalid::new(
                    path.display(),
                    format!("written by a newer version (format {newer}; this one reads {FORMAT})"),
                )
                .hint("install a newer caseward"));
            }
            return Err(explain(path, text, &error));
        }
    };
    if record.format() != FORMAT {
        return Err(Invalid::new(
            path.display(),
            format!("has format {}; this program reads format {FORMAT}", record.format()),
        )
        .hint("install a newer caseward"));
    }
    Ok(record)
}

fn utf8<'a>(path: &RelPath, bytes: &'a [u8]) -> Result<&'a str, Invalid> {
    std::str::from_utf8(bytes).map_err(|error| {
        let good = &bytes[..error.valid_up_to()];
        let (line, column) = place(&String::from_utf8_lossy(good), good.len());
        Invalid {
            line: Some(line),
            column: Some(column),
            ..Invalid::new(path.display(), "is not UTF-8 text from here on")
                .hint("records are UTF-8; save the file again in that encoding")
        }
    })
}

/// The format of a record that does not parse, when it is newer than ours.
fn newer_format(text: &str) -> Option<i64> {
    let table: toml::Table = toml::from_str(text).ok()?;
    table.get("format")?.as_integer().filter(|format| *format > i64::from(FORMAT))
}

fn place(text: &str, offset: usize) -> (usize, usize) {
    let before = text.get(..offset).unwrap_or(text);
    let line = before.matches('\n').count() + 1;
    let column = before.rsplit('\n').next().unwrap_or("").chars().count() + 1;
    (line, column)
}

fn explain(path: &RelPath, text: &str, error: &toml::de::Error) -> Invalid {
    let message = error.message().trim();
    let mut invalid = Invalid::new(path.display(), message.lines().next().unwrap_or(message));
    if let Some(span) = error.span() {
        let (line, column) = place(text, span.start);
        (invalid.line, invalid.column) = (Some(line), Some(column));
    }
    if let Some(rest) = message.strip_prefix("unknown field `") {
        // serde's sentence: unknown field `a`, expected one of `b`, `c`
        let mut names = rest.split('`').step_by(2);
        let unknown = names.next().unwrap_or_default();
        let known: Vec<&str> = rest.split('`').skip(2).step_by(2).collect();
        invalid.message = format!("unknown key `{unknown}`");
        invalid.hint = Some(match text::nearest(unknown, known.iter().copied()) {
            Some(near) => format!("did you mean `{near}`? Values of your own go under [x]"),
            None => format!("known keys are {}; values of your own go under [x]", known.join(", ")),
        });
    } else if let Some(rest) = message.strip_prefix("missing field `") {
        let missing = rest.split('`').next().unwrap_or_default();
        invalid.message = format!("the key `{missing}` is missing");
        invalid.hint = Some(format!("add `{missing} = …`"));
    } else if message.contains("datetime") {
        invalid.hint = Some("times are quoted: \"2026-11-05T08:12:00Z\"".to_owned());
    }
    invalid
}

/// A record as TOML. With the text it is based on, whatever did not change keeps its place, its
/// form and its comments.
#[must_use]
pub fn render<T: Record>(base: Option<&str>, record: &T) -> String {
    // Every record is made of strings, numbers, lists and tables, which always serialise.
    let fresh = toml::to_string(record).unwrap_or_default();
    let Ok(new) = fresh.parse::<DocumentMut>() else { return fresh };
    match base.and_then(|text| text.parse::<DocumentMut>().ok()) {
        Some(mut old) => {
            let implied = T::implied();
            merge_table(old.as_table_mut(), new.as_table(), implied.as_deref());
            old.to_string()
        }
        None => fresh,
    }
}

fn merge_table(old: &mut Table, new: &Table, implied: Option<&Table>) {
    let gone: Vec<String> =
        old.iter().map(|(key, _)| key.to_owned()).filter(|key| !new.contains_key(key)).collect();
    for key in gone {
        // An empty list may be left out by us and written out by people: it says the same.
        if !is_empty(old.get(&key)) {
            old.remove(&key);
        }
    }
    for (key, item) in new {
        let implied = implied.and_then(|table| table.get(key));
        match old.get_mut(key) {
            Some(present) => merge_item(present, item, implied.and_then(Item::as_table)),
            None if is_empty(Some(item)) || implied.is_some_and(|implied| same(implied, item)) => {}
            None => {
                old.insert(key, item.clone());
            }
        }
    }
}

fn is_empty(item: Option<&Item>) -> bool {
    item.and_then(Item::as_array).is_some_and(Array::is_empty)
}

fn merge_item(old: &mut Item, new: &Item, implied: Option<&Table>) {
    if same(old, new) {
        return;
    }
    match (&mut *old, new) {
        (Item::Table(old), Item::Table(new)) => merge_table(old, new, implied),
        (Item::ArrayOfTables(old), Item::ArrayOfTables(new)) => {
            while old.len() > new.len() {
                old.remove(old.len() - 1);
            }
            for (index, table) in new.iter().enumerate() {
                match old.get_mut(index) {
                    Some(present) => merge_table(present, table, None),
                    None => old.push(table.clone()),
                }
            }
        }
        (Item::Value(old), Item::Value(new)) => {
            // The value changes, the comment behind it stays.
            let decor = old.decor().clone();
            *old = new.clone();
            *old.decor_mut() = decor;
        }
        _ => *old = new.clone(),
    }
}

/// Whether two items mean the same, however they are written.
fn same(old: &Item, new: &Item) -> bool {
    if let (Some(old), Some(new)) = (old.as_table_like(), new.as_table_like()) {
        return same_tables(old, new);
    }
    match (old, new) {
        (Item::Value(old), Item::Value(new)) => same_values(old, new),
        (Item::ArrayOfTables(old), Item::ArrayOfTables(new)) => {
            old.len() == new.len() && old.iter().zip(new.iter()).all(|(o, n)| same_tables(o, n))
        }
        _ => false,
    }
}

fn same_tables(old: &dyn TableLike, new: &dyn TableLike) -> bool {
    old.len() == new.len()
        && new.iter().all(|(key, item)| old.get(key).is_some_and(|present| same(present, item)))
}

fn same_values(old: &Value, new: &Value) -> bool {
    match (old, new) {
        (Value::String(old), Value::String(new)) => old.value() == new.value(),
        (Value::Integer(old), Value::Integer(new)) => old.value() == new.value(),
        (Value::Float(old), Value::Float(new)) => old.value() == new.value(),
        (Value::Boolean(old), Value::Boolean(new)) => old.value() == new.value(),
        (Value::Datetime(old), Value::Datetime(new)) => old.value() == new.value(),
        (Value::Array(old), Value::Array(new)) => {
            old.len() == new.len() && old.iter().zip(new.iter()).all(|(o, n)| same_values(o, n))
        }
        _ => false,
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;
    use crate::model::CaseStatus;

    const CASE: &str = r#"# our favourite customer
format = 1
revision = 3
id = "2611050010002417"
title = "Migration stalls"   # at 95 %
description = "…"
status = "open"
severity = "moderate"
product = "Exchange Online"
portal = "m365_admin"
opened_at = "2026-11-05T08:12:00Z"
opened_by = "john@contoso.com"
engineers = []

[[contacts]]
upn = "john@contoso.com"
name = "John"
method = "email"
country = "DEU"
language = "en"
time_zone = "Europe/Berlin"

# answered on the phone
[[consent]]
answer = "yes"
at = "2026-11-05T08:12:00Z"
by = "john@contoso.com"
kind = "advanced_diagnostics"

[x]
ours = { ticket = 7 }
"#;

    fn path() -> RelPath {
        RelPath::new("tenants/contoso.com/cases/1/case.toml").unwrap()
    }

    #[test]
    fn a_rewrite_keeps_comments_and_peoples_own_values() {
        let mut case: Case = parse(&path(), CASE.as_bytes()).unwrap();
        assert_eq!(render(Some(CASE), &case), CASE);
        case.status = CaseStatus::Closed;
        case.closed_at = Some(case.opened_at);
        case.revision = 4;
        let mut again = case.consent[0].clone();
        again.answer = crate::model::Answer::Revoked;
        case.consent.push(again);
        let text = render(Some(CASE), &case);
        for kept in [
            "# our favourite customer",
            "# at 95 %",
            "# answered on the phone",
            "ours = { ticket = 7 }",
        ] {
            assert!(text.contains(kept), "{kept} in\n{text}");
        }
        assert_eq!(parse::<Case>(&path(), text.as_bytes()).unwrap(), case);
    }

    #[test]
    fn a_rewrite_does_not_write_defaults_in() {
        let text =
            "format = 1\nname = \"a\"\norigin = \"b\"\n\n[policy]\n# ours\nconsent_days = 30\n";
        let path = RelPath::new("workspace.toml").unwrap();
        let mut config: WorkspaceConfig = parse(&path, text.as_bytes()).unwrap();
        assert_eq!(render(Some(text), &config), text);
        config.policy.evidence_days = 10;
        let changed = render(Some(text), &config);
        assert_eq!(changed, format!("{text}evidence_days = 10\n"));
    }

    #[test]
    fn case_1_a_missing_key_is_named_with_its_place() {
        let text = CASE.replace("severity = \"moderate\"\n", "");
        let error = parse::<Case>(&path(), text.as_bytes()).unwrap_err();
        assert!(error.message.contains("`severity`"), "{error}");
    }

    #[test]
    fn an_unknown_key_is_named_with_the_nearest_one() {
        let text = CASE.replace("severity =", "severty =");
        let error = parse::<Case>(&path(), text.as_bytes()).unwrap_err();
        assert_eq!(
            error.to_string(),
            "tenants/contoso.com/cases/1/case.toml:8:1: unknown key `severty`"
        );
        assert!(error.hint.unwrap().contains("`severity`"));
    }

    #[test]
    fn a_newer_format_is_refused_not_guessed() {
        let text = CASE.replace("format = 1", "format = 2\nnew_key = true");
        let error = parse::<Case>(&path(), text.as_bytes()).unwrap_err();
        assert!(error.message.contains("newer version"), "{error}");
    }

    #[test]
    fn broken_utf_8_is_named_with_its_place() {
        let mut bytes = CASE.as_bytes().to_vec();
        let at = CASE.find("Migration").unwrap();
        bytes[at] = 0xff;
        let error = parse::<Case>(&path(), &bytes).unwrap_err();
        assert_eq!((error.line, error.column), (Some(5), Some(10)));
    }
}

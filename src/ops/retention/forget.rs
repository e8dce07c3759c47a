//! What the record of a request keeps when its evidence goes (ATT-7, LAW-5): dates, nature, manner,
//! answer and basis of a denial; of its identifiers type, mask and commitment.

use crate::model::{DecisionKind, DsrDecision, GivenIdentifier, IdentifierType, Request, Sha256};
use crate::ops::report::commitment;
use crate::report::mask;

/// The record without the person.
pub(super) fn forget(request: &Request) -> Request {
    let mut kept = request.clone();
    let scrub = |text: &str| scrubbed(text, &request.identifiers);
    kept.identifiers = request.identifiers.iter().map(masked).collect();
    kept.decisions = request
        .decisions
        .iter()
        .map(|decision| DsrDecision {
            // A file's path may name its person; a finding's number names nobody.
            item: decision.item.clone().filter(|item| !item.contains('/')),
            reason: match decision.what {
                DecisionKind::Include
                | DecisionKind::Exclude
                | DecisionKind::Redact
                | DecisionKind::Rectify => None,
                _ => decision.reason.as_deref().map(scrub),
            },
            ..decision.clone()
        })
        .collect();
    // What was corrected, and to what, is the person's own data.
    kept.corrections.clear();
    if let Some(extension) = &mut kept.extension {
        extension.reason = scrub(&extension.reason);
    }
    if let Some(answer) = &mut kept.answer {
        answer.basis_of_denial = answer.basis_of_denial.as_deref().map(scrub);
        answer.complaint_route = answer.complaint_route.as_deref().map(scrub);
    }
    if let Some(discovery) = &mut kept.discovery {
        discovery.problems.clear();
    }
    if let Some(plan) = &mut kept.plan {
        plan.warnings.clear();
        plan.held.clear();
        plan.same_content.clear();
    }
    // What is right about a person is about that person.
    kept.corrections.clear();
    if let Some(extension) = &mut kept.extension {
        extension.reason = scrub(&extension.reason);
    }
    if let Some(answer) = &mut kept.answer {
        answer.basis_of_denial = answer.basis_of_denial.as_deref().map(scrub);
    }
    // People's own values are not part of the record that is kept.
    kept.x = None;
    kept
}

fn masked(given: &GivenIdentifier) -> GivenIdentifier {
    if given.value.is_empty() {
        return given.clone();
    }
    let commitment = given.salt.map(|salt| commitment(&salt.0, given.kind.as_str(), &given.value));
    GivenIdentifier {
        kind: given.kind,
        value: String::new(),
        // With the salt anybody could try out values.
        salt: None,
        mask: Some(mask(given.kind.as_str(), &given.value)),
        commitment: commitment.map(Sha256),
    }
}

/// A text in which the identifiers, and the parts of names, are masked.
fn scrubbed(text: &str, identifiers: &[GivenIdentifier]) -> String {
    let mut text = text.to_owned();
    for given in identifiers.iter().filter(|given| !given.value.trim().is_empty()) {
        let shown = mask(given.kind.as_str(), &given.value);
        text = replace_all(&text, &given.value, &shown);
        if given.kind == IdentifierType::Name {
            for part in given.value.split_whitespace().filter(|part| part.chars().count() > 2) {
                text = replace_all(&text, part, "…");
            }
        }
    }
    text
}

/// Replaces every occurrence, whatever its case.
fn replace_all(text: &str, what: &str, with: &str) -> String {
    let wanted: Vec<char> = what.chars().flat_map(char::to_lowercase).collect();
    let letters: Vec<char> = text.chars().collect();
    let mut out = String::new();
    let mut at = 0;
    while at < letters.len() {
        match matched(&letters[at..], &wanted) {
            Some(length) => {
                out.push_str(with);
                at += length;
            }
            None => {
                out.push(letters[at]);
                at += 1;
            }
        }
    }
    out
}

/// How many characters of `text` spell `wanted` (lower case) at its beginning.
fn matched(text: &[char], wanted: &[char]) -> Option<usize> {
    let mut rest = wanted;
    for (index, letter) in text.iter().enumerate() {
        for lower in letter.to_lowercase() {
            rest = rest.strip_prefix(&[lower])?;
        }
        if rest.is_empty() {
            return Some(index + 1);
        }
    }
    None
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use super::*;

    #[test]
    fn att_7_corrections_go_and_the_answer_keeps_its_words() {
        let request: Request = toml::from_str(
            r#"
format = 1
revision = 1
id = "DSR-2026-0001"
type = "rectify"
regulation = "gdpr"
requester = "customer"
route = "assist"
option = "b"
received_at = "2026-11-21T09:00:00Z"
due_on = "2026-12-21"
state = "denied"
[extension]
at = "2026-11-21T09:00:00Z"
by = "ana@example.com"
ground = "complexity"
reason = "jane@contoso.com is everywhere"
[answer]
at = "2026-11-21T09:00:00Z"
by = "ana@example.com"
nature = "denied"
basis_of_denial = "JANE@contoso.com is right as it is"
[[corrections]]
item = "f0001"
to = "jane.miller@contoso.com"
[[identifiers]]
type = "email"
value = "jane@contoso.com"
[[decisions]]
what = "rectify"
at = "2026-11-21T09:00:00Z"
by = "ana@example.com"
os_user = "ana"
item = "f0001"
reason = "she married Mr Miller"
"#,
        )
        .unwrap();
        let kept = toml::to_string(&forget(&request)).unwrap();
        for gone in ["jane@", "JANE@", "miller", "Miller", "corrections"] {
            assert!(!kept.contains(gone), "{gone}: {kept}");
        }
        assert!(kept.contains("is everywhere") && kept.contains("is right as it is"), "{kept}");
        assert!(kept.contains("ground = \"complexity\"") && kept.contains("nature = \"denied\""));
    }

    #[test]
    fn a_reason_keeps_its_words_but_not_the_person() {
        let identifiers = [
            GivenIdentifier::new(IdentifierType::Email, "Jane@contoso.com"),
            GivenIdentifier::new(IdentifierType::Name, "Jane Möller"),
        ];
        let text = "JANE@contoso.com is JANE MÖLLER; jane has no account, says Mr Möller";
        let kept = scrubbed(text, &identifiers);
        for gone in ["jane", "möller"] {
            assert!(!kept.to_lowercase().contains(gone), "{kept}");
        }
        assert!(kept.ends_with(" has no account, says Mr …"), "{kept}");
        assert_eq!(replace_all("İx", "x", "y"), "İy");
    }
}

//! The exact text that somebody signs when they decide: what a signature on a decision stands for.
//!
//! A statement names everything the decision is about and who decides, and no time, so that it can
//! be signed elsewhere with `ssh-keygen -Y sign -n decision@caseward` and brought back. It cannot
//! be used for anything else: ids are never used twice, and a plan's digest binds every file.

use super::access::Side;
use crate::model::{AccessRequest, Decision, Id, Plan, Request, Sha256};
use std::fmt::Write;

const HEAD: &str = "caseward decision/1";

/// The statement of a decision on an access request. `origin` names the workspace's log.
#[must_use]
pub fn access(
    origin: &str,
    request: &AccessRequest,
    slots: &[Side],
    decision: Decision,
    by: &str,
) -> String {
    let slots: Vec<&str> = slots
        .iter()
        .map(|slot| match slot {
            Side::Request => "request",
            Side::Resource => "resource",
        })
        .collect();
    lines(&[
        ("log", origin),
        ("request", request.id.as_str()),
        ("case", &format!("{}/{}", request.request_tenant, request.case)),
        ("access-to", request.resource_tenant.as_str()),
        ("created-at", &request.created_at.to_rfc3339_opts(chrono::SecondsFormat::Secs, true)),
        ("created-by", &request.created_by),
        ("justification-sha256", &Sha256::of(request.justification.as_bytes()).to_string()),
        ("slots", &slots.join(",")),
        ("decision", decision.as_str()),
        ("by", by),
    ])
}

/// The statement of an approval of a deletion.
#[must_use]
pub fn deletion(origin: &str, tenant: &Id, request: &Request, plan: &Plan, by: &str) -> String {
    lines(&[
        ("log", origin),
        ("request", request.id.as_str()),
        ("tenant", tenant.as_str()),
        ("option", request.option.as_str()),
        ("scope", plan.scope.as_str()),
        ("files", &plan.items.to_string()),
        ("bytes", &plan.bytes.to_string()),
        ("plan-sha256", &plan.digest.to_string()),
        ("decision", "approved"),
        ("by", by),
    ])
}

/// One `name: value` a line. Values come from strangers: a line break in one is written as a
/// space, so that nobody can write a second line through it.
fn lines(fields: &[(&str, &str)]) -> String {
    let mut text = format!("{HEAD}\n");
    for (name, value) in fields {
        let value: String = value.chars().map(|c| if c.is_control() { ' ' } else { c }).collect();
        // Writing to a string cannot fail.
        let _ = writeln!(text, "{name}: {value}");
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_cannot_write_a_line_of_its_own() {
        let text = lines(&[("by", "a\ndecision: rejected"), ("decision", "approved")]);
        assert_eq!(text.lines().count(), 3);
        assert_eq!(text.lines().filter(|line| line.starts_with("decision: ")).count(), 1);
    }
}

//! `caseward audit`.

use super::Global;
use super::output::{self, Out, Tone, plain, toned};
use super::print_problems;
use crate::error::Result;
use crate::exit::Exit;
use crate::model::{AuditCategory, AuditEvent, AuditResult, Id, InitiatedBy};
use crate::ops::audit;
use clap::Subcommand;
use serde::Serialize;

#[derive(Debug, Subcommand)]
pub enum AuditCommand {
    /// A tenant's events, oldest first
    Show {
        #[arg(long)]
        tenant: String,
        /// For example MicrosoftSupportAccessManagement, Consent or DiagnosticData
        #[arg(long)]
        category: Option<AuditCategory>,
    },
}

/// An event with the field names of this program's JSON.
#[derive(Serialize)]
struct Event<'a> {
    id: &'a str,
    activity_date_time: crate::model::Time,
    activity_display_name: &'a str,
    category: &'a str,
    correlation_id: &'a str,
    initiated_by: Initiator<'a>,
    logged_by_service: &'a str,
    operation_type: &'a str,
    result: AuditResult,
    result_reason: &'a str,
    target_resources: &'a [crate::model::AuditTarget],
    additional_details: &'a [crate::model::AuditDetail],
}

#[derive(Serialize)]
struct Initiator<'a> {
    kind: &'static str,
    principal: Option<&'a str>,
    os_user: Option<&'a str>,
    app: Option<&'a str>,
}

impl<'a> From<&'a AuditEvent> for Event<'a> {
    fn from(event: &'a AuditEvent) -> Self {
        let initiated_by = match &event.initiated_by {
            InitiatedBy::User { user_principal_name, os_user } => Initiator {
                kind: "user",
                principal: Some(user_principal_name),
                os_user: Some(os_user),
                app: None,
            },
            InitiatedBy::App { display_name } => {
                Initiator { kind: "app", principal: None, os_user: None, app: Some(display_name) }
            }
        };
        Self {
            id: &event.id,
            activity_date_time: event.activity_date_time,
            activity_display_name: event.activity_display_name.as_str(),
            category: event.category.as_str(),
            correlation_id: &event.correlation_id,
            initiated_by,
            logged_by_service: &event.logged_by_service,
            operation_type: event.operation_type.as_str(),
            result: event.result,
            result_reason: &event.result_reason,
            target_resources: &event.target_resources,
            additional_details: &event.additional_details,
        }
    }
}

impl AuditCommand {
    pub fn run(self, global: &Global) -> Result<Exit> {
        let (context, out) = global.open()?;
        let Self::Show { tenant, category } = self;
        let log = audit::show(&context, &tenant, category)?;
        if out.json {
            #[derive(Serialize)]
            struct Events<'a> {
                tenant: &'a Id,
                events: Vec<Event<'a>>,
                /// AUD-8: events that the directory itself keeps no longer.
                gone_at_source: Gone,
            }
            #[derive(Serialize)]
            struct Gone {
                free: usize,
                premium: usize,
            }
            let (free, premium) = log.gone_at_source;
            let events = log.events.iter().map(Event::from).collect();
            let gone_at_source = Gone { free, premium };
            out.document("audit-show", &Events { tenant: &log.tenant, events, gone_at_source })?;
        } else {
            print(&out, &log.events)?;
        }
        if let Some(warning) = log.warning() {
            output::hint(warning);
        }
        print_problems(&log.problems);
        Ok(Exit::Done)
    }
}

fn print(out: &Out, events: &[AuditEvent]) -> Result<()> {
    let rows: Vec<_> = events
        .iter()
        .map(|event| {
            let who = match &event.initiated_by {
                InitiatedBy::User { user_principal_name, .. } => user_principal_name.as_str(),
                InitiatedBy::App { .. } => "(automatic)",
            };
            let target = event.target_resources.first().map_or("-", |target| target.id.as_str());
            let details: Vec<String> = event
                .additional_details
                .iter()
                .map(|detail| format!("{} {}", detail.key, detail.value))
                .collect();
            let (tone, result) = match event.result {
                AuditResult::Success => (Tone::Plain, details.join(", ")),
                AuditResult::Failure => (Tone::Bad, format!("refused: {}", event.result_reason)),
                AuditResult::Timeout => (Tone::Warn, "timeout".to_owned()),
            };
            vec![
                plain(event.activity_date_time.format("%Y-%m-%d %H:%M:%S").to_string()),
                toned(Tone::Strong, event.activity_display_name.as_str()),
                plain(target),
                plain(who),
                toned(tone, result),
            ]
        })
        .collect();
    out.table(&["TIME (UTC)", "ACTIVITY", "TARGET", "BY", "DETAILS"], &rows)
}

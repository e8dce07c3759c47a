//! Data subject requests: the list with its legal clocks, and the form for a new one.

use super::form::{Field, Form};
use super::words;
use crate::model::{
    DsrType, GivenIdentifier, Id, IdentifierType, Regulation, RequestOption, Requester,
};
use crate::ops::dsr::{NewRequest, RequestView};
use crate::tui::actions::{ActionId, Availability, Scope};
use crate::tui::app::{
    App, Effect, Failure, List, Load, Loaded, Operation, Screen, Session, Step, filtered,
};
use crate::tui::theme::{Role, role_of_state};
use crate::tui::widgets::frame as widgets;
use crate::tui::widgets::table::{self, Cell, Column, cell, column};
use ratatui::Frame;
use ratatui::layout::Rect;

/// The list of requests.
#[derive(Debug, Default)]
pub struct Requests {
    data: Option<Vec<RequestView>>,
    list: List,
}

const COLUMNS: &[Column] = &[
    column("Request", 14, 0),
    column("Tenant", 18, 3),
    column("Type", 8, 0),
    column("Law", 5, 4),
    column("State", 12, 0),
    column("Answer by", 24, 1),
    column("Identifiers", 0, 5),
];

impl Requests {
    fn rows(&self) -> Vec<&RequestView> {
        let all: Vec<&RequestView> = self.data.iter().flatten().collect();
        let content = |view: &&RequestView| {
            let values: Vec<&str> = view.identifiers.iter().map(|i| i.value.as_str()).collect();
            let values = values.join(" ");
            format!(
                "{} {} {} {} {} {values}",
                view.id, view.tenant, view.kind, view.regulation, view.state
            )
        };
        filtered(&self.list, &all, content).into_iter().map(|index| all[index]).collect()
    }

    /// The form for a new request.
    #[must_use]
    pub fn new_request(session: &Session, tenant: Option<&Id>) -> Form {
        let [email, name, other] = identifier_fields();
        let at = session.tenants.iter().position(|known| Some(known) == tenant).unwrap_or(0);
        let tenants: Vec<String> = session.tenants.iter().map(ToString::to_string).collect();
        let delete = DsrType::ALL.iter().position(|kind| *kind == DsrType::Delete).unwrap_or(0);
        let customer =
            Requester::ALL.iter().position(|who| *who == Requester::Customer).unwrap_or(0);
        let types: Vec<&str> = DsrType::ALL.iter().map(|word| word.as_str()).collect();
        let laws: Vec<&str> = Regulation::ALL.iter().map(|word| word.as_str()).collect();
        let who: Vec<&str> = Requester::ALL.iter().map(|word| word.as_str()).collect();
        Form::new(
            "New data subject request",
            "As the customer passed it on. The clock runs from the moment of receipt.",
            "Take the request",
            vec![
                Field::one(
                    "Tenant",
                    tenants,
                    at,
                    "Whose customer it is; all tenants of that customer are searched.",
                ),
                Field::one("Type", types, delete, "What the data subject asks for."),
                Field::one("Law", laws, 0, "gdpr: one month. ccpa: 45 days."),
                Field::one(
                    "Requester",
                    who,
                    customer,
                    "Who brings it. Only the customer's requests are worked on; others are referred.",
                ),
                email,
                name,
                other,
                Field::one(
                    "Option",
                    ["a: all engagements", "b: only these cases"],
                    0,
                    "a deletes every engagement with a finding whole; b is limited to the cases below.",
                ),
                Field::text("Cases", "", "For option b: case ids, with a comma between."),
                Field::text(
                    "Received at",
                    "",
                    "RFC 3339 UTC, such as 2026-11-20T14:00:00Z; empty is now.",
                ),
            ],
            Box::new(|fields| received(fields).map(|new| Effect::Do(Operation::Receive(new)))),
        )
    }
}

fn split(list: &str) -> impl Iterator<Item = &str> {
    list.split(',').map(str::trim).filter(|part| !part.is_empty())
}

/// The three fields that identifiers are typed into.
pub(super) fn identifier_fields() -> [Field; 3] {
    [
        Field::text(
            "E-mail",
            "",
            "The data subject's addresses, with a comma between. Matched exactly.",
        ),
        Field::text("Name", "", "First and last name. A match by name alone is left to a person."),
        Field::text(
            "Other",
            "",
            "TYPE=VALUE, with a comma between: upn, phone, guid, puid, session, ipv4, ipv6, sip, machine, custom.",
        ),
    ]
}

/// What was typed into [`identifier_fields`].
pub(super) fn identifiers(fields: &[Field]) -> Result<Vec<GivenIdentifier>, Failure> {
    let unknown = |error: crate::model::UnknownWord| Failure::usage(error.to_string());
    let given = |kind, value: &str| GivenIdentifier::new(kind, value);
    let mut identifiers: Vec<GivenIdentifier> =
        split(fields[0].word()).map(|value| given(IdentifierType::Email, value)).collect();
    identifiers.extend(split(fields[1].word()).map(|value| given(IdentifierType::Name, value)));
    for pair in split(fields[2].word()) {
        let Some((kind, value)) = pair.split_once('=') else {
            return Err(Failure {
                hint: Some("for example phone=+49 30 901820".to_owned()),
                ..Failure::usage(format!("`{pair}` is not TYPE=VALUE."))
            });
        };
        identifiers.push(given(kind.trim().parse().map_err(unknown)?, value.trim()));
    }
    Ok(identifiers)
}

fn received(fields: &[Field]) -> Result<NewRequest, Failure> {
    let identifiers = identifiers(&fields[4..7])?;
    let unknown = |error: crate::model::UnknownWord| Failure::usage(error.to_string());
    let at = fields[9].word();
    let received_at = if at.is_empty() {
        None
    } else {
        let wrong = format!("`{at}` is no time such as 2026-11-20T14:00:00Z.");
        Some(crate::env::parse_time(at).map_err(|_| Failure::usage(wrong))?)
    };
    let option =
        if fields[7].word().starts_with('a') { RequestOption::A } else { RequestOption::B };
    Ok(NewRequest {
        tenant: fields[0].word().to_owned(),
        kind: fields[1].word().parse().map_err(unknown)?,
        regulation: fields[2].word().parse().map_err(unknown)?,
        requester: fields[3].word().parse().map_err(unknown)?,
        option,
        cases: split(fields[8].word()).map(str::to_owned).collect(),
        identifiers,
        allow_single_word: false,
        received_at,
    })
}

impl Screen for Requests {
    fn scope(&self) -> Scope {
        Scope::Requests
    }

    fn title(&self, _session: &Session) -> String {
        match &self.data {
            Some(data) => format!("Data subject requests ({})", data.len()),
            None => "Data subject requests".to_owned(),
        }
    }

    fn loads(&self) -> Vec<Load> {
        vec![Load::Requests]
    }

    fn forget(&mut self) {
        self.data = None;
    }

    fn loaded(&mut self, loaded: &Loaded) {
        if let Loaded::Requests(data) = loaded {
            self.data = Some(data.clone());
            let rows = self.rows().len();
            self.list.resize(rows);
        }
    }

    fn list(&mut self) -> Option<&mut List> {
        Some(&mut self.list)
    }

    fn rows_at(&self, _app: &App, body: Rect) -> Option<(Rect, usize)> {
        let table = widgets::below_filter(body, &self.list);
        Some((table, table::first(table, self.list.cursor)))
    }

    fn ids(&self) -> Vec<String> {
        self.rows().into_iter().map(|view| view.id.to_string()).collect()
    }

    fn copies(&self) -> Vec<(&'static str, String)> {
        let rows = self.rows();
        let Some(view) = rows.get(self.list.cursor) else { return Vec::new() };
        vec![("request", view.id.to_string()), ("tenant", view.tenant.to_string())]
    }

    fn availability(&self, id: ActionId, session: &Session) -> Availability {
        match id {
            ActionId::RequestNew if session.engineer => Availability::Enabled,
            ActionId::RequestNew => Availability::Disabled(
                "An engineer takes data subject requests; @ changes who acts. [DSR-4]".to_owned(),
            ),
            _ => Availability::Hidden,
        }
    }

    fn act(&mut self, id: ActionId, session: &Session) -> Vec<Step> {
        match id {
            ActionId::Filter => {
                let rows = self.rows().len();
                self.list.resize(rows);
                Vec::new()
            }
            ActionId::RequestNew => vec![Step::Push(Box::new(Self::new_request(session, None)))],
            ActionId::Open => match self.rows().get(self.list.cursor) {
                Some(view) => {
                    let screen = super::request::RequestScreen::new(view.id.clone());
                    vec![Step::Push(Box::new(screen))]
                }
                None => Vec::new(),
            },
            _ => Vec::new(),
        }
    }

    fn hints(&self, _session: &Session) -> Vec<ActionId> {
        vec![
            ActionId::Open,
            ActionId::RequestNew,
            ActionId::Filter,
            ActionId::ActAs,
            ActionId::Help,
            ActionId::Quit,
        ]
    }

    fn view(&self, app: &App, frame: &mut Frame<'_>, area: Rect) {
        let area = widgets::filter(frame, area, app.theme, &self.list);
        let now = app.session.now;
        let rows: Vec<Vec<Cell>> = self
            .rows()
            .into_iter()
            .map(|view| {
                let day = view.extended_to.unwrap_or(view.due_on);
                let over = matches!(
                    view.state.as_str(),
                    "fulfilled" | "attested" | "closed" | "referred" | "denied" | "canceled"
                );
                let (role, due) = match (over, view.overdue) {
                    (true, _) => (Role::Dim, day.to_string()),
                    (false, true) => (Role::Bad, format!("{day}, overdue")),
                    (false, false) => {
                        (Role::Text, format!("{day}, {}", words::relative(view.due_at, now)))
                    }
                };
                let values: Vec<&str> =
                    view.identifiers.iter().map(|given| given.value.as_str()).collect();
                vec![
                    Cell(Role::Accent, view.id.to_string()),
                    cell(&view.tenant),
                    cell(view.kind),
                    cell(view.regulation.as_str().to_uppercase()),
                    Cell(role_of_state(view.state.as_str()), words::spaced(view.state.as_str())),
                    Cell(role, due),
                    cell(values.join(", ")),
                ]
            })
            .collect();
        if rows.is_empty() {
            let why = match &self.data {
                None => "Reading the requests…",
                Some(data) if data.is_empty() => {
                    "No data subject has asked for anything. n takes a request."
                }
                Some(_) => "No request has all these words. Esc clears the filter.",
            };
            widgets::empty(frame, area, app.theme, why);
            return;
        }
        table::draw(frame, area, app.theme, COLUMNS, &rows, self.list.cursor, true);
    }
}

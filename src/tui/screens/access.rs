//! Support access requests: those that await a decision, and approved access (SAR-14).

use super::{signed_forms, words};
use crate::model::{Decision, Id};
use crate::ops::access::{AccessView, SlotView};
use crate::text;
use crate::tui::actions::{ActionId, Availability, Scope};
use crate::tui::app::{
    AccessData, App, Effect, List, Load, Loaded, Operation, Question, Screen, Session, Step,
    filtered,
};
use crate::tui::theme::{Role, Theme, role_of_state};
use crate::tui::widgets::details::Details;
use crate::tui::widgets::frame as widgets;
use crate::tui::widgets::table::{self, Cell, Column, cell, column};
use crate::workspace::CaseRef;
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

/// Which of the two lists.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum Which {
    #[default]
    Pending,
    Approved,
}

/// The screen of access requests.
#[derive(Debug, Default)]
pub struct Access {
    data: Option<Vec<AccessData>>,
    which: Which,
    list: List,
    /// The request to put into focus once it is read.
    wanted: Option<Id>,
}

const COLUMNS: &[Column] = &[
    // SAR-14: an entry is found by its support request ID, the case.
    column("Support request ID", 18, 0),
    column("Request", 12, 1),
    column("From", 16, 3),
    column("To tenant", 18, 0),
    column("State", 10, 0),
    column("Since", 14, 4),
    column("Justification", 0, 5),
];

impl Access {
    /// The lists with one request in focus.
    #[must_use]
    pub fn at(sar: Id) -> Self {
        Self { wanted: Some(sar), ..Self::default() }
    }

    fn focus(&mut self) {
        let Some(wanted) = self.wanted.take() else { return };
        for which in [Which::Pending, Which::Approved] {
            let at = self.of(which).iter().position(|data| data.view.id == wanted);
            if let Some(at) = at {
                (self.which, self.list) = (which, List { cursor: at, ..List::default() });
            }
        }
    }

    fn of(&self, which: Which) -> Vec<&AccessData> {
        let pending = |data: &&AccessData| data.view.state == "pending";
        let all = self.data.iter().flatten();
        match which {
            Which::Pending => all.filter(pending).collect(),
            Which::Approved => all.filter(|data| !pending(data)).collect(),
        }
    }

    fn rows(&self) -> Vec<&AccessData> {
        let all = self.of(self.which);
        let content = |data: &&AccessData| {
            let view = &data.view;
            format!(
                "{} {} {} {} {} {}",
                view.case,
                view.id,
                view.request_tenant,
                view.resource_tenant,
                view.state,
                view.justification
            )
        };
        filtered(&self.list, &all, content).into_iter().map(|index| all[index]).collect()
    }

    fn selected(&self) -> Option<&AccessData> {
        self.rows().get(self.list.cursor).copied()
    }

    fn count(&mut self) {
        let rows = self.rows().len();
        self.list.resize(rows);
    }

    /// The list, and the detail: beside it, or below it where it cannot stand beside it. Few rows, and
    /// a detail that decides.
    fn places(&self, theme: Theme, area: Rect) -> (Rect, Option<Rect>) {
        match widgets::split(theme, area, 56) {
            (left, Some(right)) => (left, Some(right)),
            (_, None) if area.height >= 12 => {
                let wanted = u16::try_from(self.list.len).unwrap_or(u16::MAX).saturating_add(1);
                let top = wanted.min(area.height - 9);
                let below = Rect { y: area.y + top + 1, height: area.height - top - 1, ..area };
                (Rect { height: top, ..area }, Some(below))
            }
            (_, None) => (area, None),
        }
    }

    fn tabs(&self, theme: Theme) -> Line<'static> {
        let mut spans = Vec::new();
        let lists =
            [(Which::Pending, "Manage pending requests"), (Which::Approved, "Approved access")];
        for (which, title) in lists {
            let here = which == self.which;
            let lead = if here && theme.is_mono() { '>' } else { ' ' };
            let name = format!("{lead}{title} ({}) ", self.of(which).len());
            spans.push(theme.span(if here { Role::Selected } else { Role::Dim }, name));
            spans.push(Span::raw(" "));
        }
        Line::from(spans)
    }
}

fn slot(lines: &mut Details, side: &str, tenant: &str, slot: Option<&SlotView>, session: &Session) {
    match slot {
        None => {
            let words = format!("{tenant}: not decided, or not yours to see");
            lines.field(side, Role::Warn, words)
        }
        Some(slot) => {
            let role = role_of_state(slot.decision.as_str());
            let signed = if slot.signed { "signed" } else { "declared" };
            let when = words::moment(slot.at, session.now);
            let words = format!("{tenant}: {} by {}, {when}, {signed}", slot.decision, slot.by);
            lines.field(side, role, words)
        }
    };
}

fn detail(data: &AccessData, session: &Session, theme: Theme, width: u16) -> Details {
    let view = &data.view;
    let now = session.now;
    let mut lines = Details::new(theme, width, 16);
    lines.field("Request", Role::Strong, view.id.as_str());
    lines.field("Support request", Role::Text, view.case.as_str());
    let since = format!("{}, since {}", view.state, words::moment(view.since, now));
    lines.field("State", role_of_state(view.state), since);
    lines.field("Justification", Role::Text, &view.justification);
    let asked = format!("{} by {}", words::moment(view.created_at, now), view.created_by);
    lines.field("Requested", Role::Text, asked);
    lines.gap();
    slot(&mut lines, "From", view.request_tenant.as_str(), view.request_decision.as_ref(), session);
    slot(&mut lines, "To", view.resource_tenant.as_str(), view.resource_decision.as_ref(), session);
    lines.gap();
    match view.state {
        "pending" => lines.prose(
            Role::Dim,
            format!(
                "Administrators of {} and of {} decide. Access begins when both have approved, and \
                 lasts until the case is closed or it is removed.",
                view.request_tenant, view.resource_tenant
            ),
        ),
        "approved" => {
            lines.prose(Role::Dim, "Read-only, until the case is closed or access is removed.")
        }
        // SAR-9: what a rejection means for the case.
        "rejected" => lines.prose(
            Role::Warn,
            "No access. Resolution may be slower; the engineer may ask the customer to supply the \
             data.",
        ),
        _ => &mut lines,
    };
    if let Some(end) = view.expires_at {
        let name = if view.state == "pending" { "Expires" } else { "Ends" };
        lines.field(name, Role::Warn, words::moment(end, now));
    }
    if let Some(until) = view.listed_until {
        lines.field("Listed until", Role::Dim, words::moment(until, now));
    }
    lines
}

fn question(view: &AccessView, verb: &'static str, what: &str, effect: Operation) -> Step {
    Step::Confirm(Question {
        title: format!("{verb} {}?", view.id),
        lines: vec![
            format!(
                "{} asks for access to {} for support request {} of {}.",
                view.created_by, view.resource_tenant, view.case, view.request_tenant
            ),
            format!("Justification: {}", view.justification),
            what.to_owned(),
        ],
        verb,
        effect: Effect::Do(effect),
    })
}

impl Screen for Access {
    fn scope(&self) -> Scope {
        Scope::Access
    }

    fn title(&self, _session: &Session) -> String {
        "Support access requests".to_owned()
    }

    fn loads(&self) -> Vec<Load> {
        vec![Load::Access]
    }

    fn forget(&mut self) {
        self.data = None;
    }

    fn loaded(&mut self, loaded: &Loaded) {
        if let Loaded::Access(data) = loaded {
            self.data = Some(data.clone());
            self.count();
        }
    }

    fn settle(&mut self) {
        self.focus();
        self.count();
    }

    fn list(&mut self) -> Option<&mut List> {
        Some(&mut self.list)
    }

    fn rows_at(&self, app: &App, body: Rect) -> Option<(Rect, usize)> {
        let body = Rect { y: body.y + 2, height: body.height.checked_sub(2)?, ..body };
        let (table, _) = self.places(app.theme, widgets::below_filter(body, &self.list));
        Some((table, table::first(table, self.list.cursor)))
    }

    fn ids(&self) -> Vec<String> {
        self.rows().into_iter().map(|data| data.view.id.to_string()).collect()
    }

    fn copies(&self) -> Vec<(&'static str, String)> {
        self.selected().map_or_else(Vec::new, |data| {
            let view = &data.view;
            vec![("request", view.id.to_string()), ("support request", view.case.to_string())]
        })
    }

    fn availability(&self, id: ActionId, _session: &Session) -> Availability {
        let Some(data) = self.selected() else { return Availability::Hidden };
        let pending = data.view.state == "pending";
        let answer = match id {
            ActionId::AccessApprove | ActionId::AccessReject if pending => &data.allowed.decide,
            ActionId::AccessWithdraw if pending => &data.allowed.withdraw,
            ActionId::AccessRemove if !pending => &data.allowed.remove,
            _ => return Availability::Hidden,
        };
        answer.clone().into()
    }

    fn act(&mut self, id: ActionId, session: &Session) -> Vec<Step> {
        match id {
            ActionId::Left | ActionId::Right => {
                self.which = match self.which {
                    Which::Pending => Which::Approved,
                    Which::Approved => Which::Pending,
                };
                self.list = List::default();
                self.count();
                return Vec::new();
            }
            ActionId::Filter => self.count(),
            _ => {}
        }
        let Some(data) = self.selected() else { return Vec::new() };
        let view = &data.view;
        let sar = view.id.clone();
        let decide = |decision| Operation::Decide { sar: sar.clone(), decision, signature: None };
        if session.signed_decisions {
            let decision = match id {
                ActionId::AccessApprove => Some(Decision::Approved),
                ActionId::AccessReject => Some(Decision::Rejected),
                _ => None,
            };
            if let Some(decision) = decision {
                return vec![Step::Push(Box::new(signed_forms::access(
                    &sar,
                    decision,
                    &session.principal,
                )))];
            }
        }
        let step = match id {
            ActionId::Open => {
                let case = CaseRef { tenant: view.request_tenant.clone(), id: view.case.clone() };
                Step::Push(Box::new(super::case::CaseScreen::new(case)))
            }
            ActionId::AccessApprove => question(
                view,
                "Approve",
                "You decide for every tenant in which you may. Access is read-only and ends when \
                 the case is closed.",
                decide(Decision::Approved),
            ),
            ActionId::AccessReject => question(
                view,
                "Reject",
                "The request ends for good; the engineer may ask again.",
                decide(Decision::Rejected),
            ),
            ActionId::AccessRemove => question(
                view,
                "Remove access of",
                "Access ends at once. The tenant that made the request is not told.",
                Operation::RemoveAccess(sar.clone()),
            ),
            ActionId::AccessWithdraw => question(
                view,
                "Withdraw",
                "The request is canceled before both tenants have decided.",
                Operation::WithdrawAccess(sar.clone()),
            ),
            _ => return Vec::new(),
        };
        vec![step]
    }

    fn hints(&self, _session: &Session) -> Vec<ActionId> {
        vec![
            ActionId::AccessApprove,
            ActionId::AccessReject,
            ActionId::AccessRemove,
            ActionId::AccessWithdraw,
            ActionId::ActAs,
            ActionId::Right,
            ActionId::Open,
            ActionId::Help,
            ActionId::Quit,
        ]
    }

    fn view(&self, app: &App, frame: &mut Frame<'_>, area: Rect) {
        let theme = app.theme;
        frame.render_widget(self.tabs(theme), Rect { height: 1, ..area });
        if area.height < 4 {
            return;
        }
        let area = Rect { y: area.y + 2, height: area.height - 2, ..area };
        let area = widgets::filter(frame, area, theme, &self.list);
        let selected = self.rows();
        if selected.is_empty() {
            let why = match (&self.data, self.which) {
                (None, _) => "Reading the access requests…",
                (_, _) if !self.list.filter.is_empty() => "Nothing has all these words.",
                (_, Which::Pending) => {
                    "No request awaits a decision. h and l change to approved access."
                }
                (_, Which::Approved) => "No access is in force, and none ended within 30 days.",
            };
            widgets::empty(frame, area, theme, why);
            return;
        }
        let rows: Vec<Vec<Cell>> = selected
            .iter()
            .map(|data| {
                let view = &data.view;
                vec![
                    Cell(Role::Accent, view.case.to_string()),
                    cell(&view.id),
                    cell(&view.request_tenant),
                    cell(&view.resource_tenant),
                    Cell(role_of_state(view.state), view.state.to_owned()),
                    cell(words::relative(view.since, app.session.now)),
                    cell(text::safe(&view.justification)),
                ]
            })
            .collect();
        let (left, right) = self.places(theme, area);
        if let (Some(right), Some(data)) = (right, self.selected()) {
            detail(data, &app.session, theme, right.width).draw(frame, right, 0);
        }
        table::draw(frame, left, theme, COLUMNS, &rows, self.list.cursor, true);
    }
}

//! One data subject request as a stepper: where it is, what was found, what comes next.

use super::request_forms as forms;
use super::words;
use super::{answer_forms, request_steps, signed_forms};
use crate::model::{DsrState, DsrType, Id, PlanAction, Requester};
use crate::ops::dsr::RequestAllowed;
use crate::text;
use crate::tui::actions::{ActionId, Availability, Scope};
use crate::tui::app::{
    App, Effect, Failure, List, Load, Loaded, Operation, Question, Screen, Session, Step, Version,
    Work,
};
use crate::tui::theme::{Role, role_of_state};
use crate::tui::widgets::details::Details;
use crate::tui::widgets::frame as widgets;
use ratatui::Frame;
use ratatui::layout::{Position, Rect};
use ratatui::text::{Line, Span};

/// The screen of one request.
#[derive(Debug)]
pub struct RequestScreen {
    dsr: Id,
    data: Option<RequestAllowed>,
    problem: Option<Failure>,
    list: List,
}

impl RequestScreen {
    #[must_use]
    pub fn new(dsr: Id) -> Self {
        Self { dsr, data: None, problem: None, list: List::default() }
    }

    fn next(&self) -> Option<(usize, ActionId)> {
        request_steps::next(self.data.as_ref()?)
    }

    fn stepper(&self, app: &App, width: u16) -> Line<'static> {
        let at = self.next().map_or(0, |(at, _)| at);
        let kind = self.data.as_ref().map_or(DsrType::Delete, |data| data.request.kind);
        let steps = request_steps::steps(kind);
        let mut spans = Vec::new();
        let narrow = usize::from(width) < 74 || app.theme.plain;
        for (index, step) in steps.iter().enumerate() {
            let (role, mark) = match index.cmp(&at) {
                std::cmp::Ordering::Less => (Role::Good, "✓"),
                std::cmp::Ordering::Equal => (Role::Selected, ">"),
                std::cmp::Ordering::Greater => (Role::Dim, " "),
            };
            if narrow && index != at {
                continue;
            }
            let name = if narrow {
                format!("{mark}step {} of {}: {step} ", index + 1, steps.len())
            } else {
                format!("{mark}{step} ")
            };
            spans.push(app.theme.span(role, name));
            spans.push(Span::raw(" "));
        }
        Line::from(spans)
    }

    /// What to do now, in a sentence with its key.
    fn advice(&self, app: &App) -> Option<(Role, String)> {
        let data = self.data.as_ref()?;
        if let Some(job) = &app.job {
            return Some((Role::Accent, format!("{}: {}", job.work.title(), job.progress)));
        }
        if let Some(referral) = data.request.referral {
            return Some((Role::Warn, format!("Referred: {referral}.")));
        }
        let (_, id) = self.next()?;
        let what = request_steps::what(id);
        let key = app.keymap.key_of(id)?;
        Some(match app.availability(id) {
            Availability::Enabled => (Role::Good, format!("Next: enter (or {key}) to {what}.")),
            Availability::Disabled(why) => {
                let other = match id {
                    ActionId::RequestApprove | ActionId::RequestExecute => {
                        let key = app.keymap.key_of(ActionId::ActAs)?;
                        format!(" {key} acts as somebody else.")
                    }
                    _ => String::new(),
                };
                (Role::Warn, format!("Next: {what}. {why}.{other}"))
            }
            Availability::Hidden => {
                (Role::Dim, format!("Next: {what}; the workspace is read-only."))
            }
        })
    }

    fn lines(&self, app: &App, width: u16) -> Details {
        let mut lines = Details::new(app.theme, width, 14);
        let Some(data) = &self.data else { return lines };
        let (request, now) = (&data.request, app.session.now);
        if let Some((role, advice)) = self.advice(app) {
            lines.prose(role, advice).gap();
        }
        let state = words::spaced(request.state.as_str());
        lines.field("State", role_of_state(request.state.as_str()), state);
        if let Some(text) = &request.referral_text {
            lines.field("To send", Role::Text, text);
        }
        request_steps::clocks(&mut lines, request, now);
        lines.field("Received", Role::Text, words::moment(request.received_at, now));
        lines.field(
            "Asks for",
            Role::Text,
            format!("{}, brought by {}", request.kind, words::spaced(request.requester.as_str())),
        );
        let option = match request.option.as_str() {
            "a" => "a: all engagements of the customer, whole".to_owned(),
            _ => format!("b: {}", request.cases.join(", ")),
        };
        lines.field("Option", Role::Text, option);
        for given in &request.identifiers {
            lines.field("Identifier", Role::Text, format!("{} {}", given.kind, given.value));
        }
        self.discovery(&mut lines);
        self.plan(&mut lines, now);
        if !request.decisions.is_empty() {
            lines.heading("History");
        }
        for decision in &request.decisions {
            let item = decision.item.as_deref().map_or(String::new(), |item| format!(" {item}"));
            let why = decision.reason.as_deref().map_or(String::new(), |why| format!(": {why}"));
            let when = decision.at.format("%Y-%m-%d %H:%M");
            let line = format!("{when} {}{item} by {}{why}", decision.what, decision.by);
            lines.item(Role::Text, line);
        }
        lines
    }

    fn discovery(&self, lines: &mut Details) {
        let Some(data) = &self.data else { return };
        let Some(found) = &data.request.discovery else { return };
        lines.heading("Discovery");
        let files = text::plural(found.files, "file");
        let size = text::bytes(found.bytes);
        lines.field("Searched", Role::Text, format!("{files}, {size}, by {}", found.by));
        lines.field("Found", Role::Text, text::plural(found.findings, "finding"));
        match data.undecided.len() {
            0 => lines.field("Undecided", Role::Good, "none"),
            open => {
                lines.field("Undecided", Role::Warn, format!("{open}: a person has to decide (v)"))
            }
        };
        if !found.complete {
            lines.field("Complete", Role::Bad, "no: something could not be searched, see below");
        }
        for store in &found.not_searched {
            let files = text::plural(store.files, "file");
            lines.field(
                "Not searched",
                Role::Text,
                format!("{} ({files}): {}", store.store, store.why),
            );
        }
        for problem in &found.problems {
            lines.item(Role::Warn, format!("{} {}: {}", problem.kind, problem.path, problem.why));
        }
    }

    fn plan(&self, lines: &mut Details, now: crate::model::Time) {
        let Some(data) = &self.data else { return };
        let Some(plan) = &data.request.plan else { return };
        lines.heading("Plan");
        let files = text::plural(plan.items, "file");
        lines.field("Deletes", Role::Strong, format!("{files}, {}", text::bytes(plan.bytes)));
        lines.field(
            "Planned",
            Role::Text,
            format!("{} by {}", words::moment(plan.at, now), plan.by),
        );
        lines.field("Digest", Role::Text, plan.digest.to_string());
        for engagement in &plan.engagements {
            lines.field("Whole", Role::Text, &engagement.engagement);
        }
        for warning in &plan.warnings {
            lines.item(Role::Warn, warning);
        }
        let mut engagement = None;
        for item in data.plan.iter().flat_map(|plan| &plan.items) {
            if engagement != Some(&item.engagement) {
                engagement = Some(&item.engagement);
                lines.gap().prose(Role::Strong, format!("{}:", item.engagement));
            }
            let hash = item.sha256.to_string();
            let size = text::bytes(item.size);
            let path = words::within(&item.path, &item.engagement);
            let role = if item.action == PlanAction::Delete { Role::Text } else { Role::Warn };
            lines.indented(role, format!("{}… {size:>8} {path}, {}", &hash[..12], item.why));
        }
    }

    fn approve(&self, session: &Session) -> Vec<Step> {
        let Some(plan) = self.data.as_ref().and_then(|data| data.request.plan.as_ref()) else {
            return Vec::new();
        };
        if session.signed_decisions {
            return vec![Step::Push(Box::new(signed_forms::plan(
                &self.dsr,
                plan,
                &session.principal,
            )))];
        }
        vec![Step::Confirm(Question {
            title: format!("Approve the deletion of {}?", self.dsr),
            lines: vec![
                format!(
                    "{}, {}, planned by {}.",
                    text::plural(plan.items, "file"),
                    text::bytes(plan.bytes),
                    plan.by
                ),
                format!("You approve exactly the plan with the digest {}.", plan.digest),
                "Look at the files under Plan first: approved, they can be deleted for good."
                    .to_owned(),
            ],
            verb: "Approve the plan",
            effect: Effect::Do(Operation::Approve {
                dsr: self.dsr.clone(),
                digest: plan.digest,
                signature: None,
            }),
        })]
    }
}

impl Screen for RequestScreen {
    fn scope(&self) -> Scope {
        Scope::Request
    }

    fn title(&self, _session: &Session) -> String {
        match &self.data {
            Some(data) => format!("{} {} for {}", self.dsr, data.request.kind, data.request.tenant),
            None => self.dsr.to_string(),
        }
    }

    fn loads(&self) -> Vec<Load> {
        vec![Load::Request(self.dsr.to_string())]
    }

    fn forget(&mut self) {
        (self.data, self.problem) = (None, None);
    }

    fn loaded(&mut self, loaded: &Loaded) {
        if let Loaded::Request(data) = loaded
            && data.request.id == self.dsr
        {
            self.data = Some((**data).clone());
            self.problem = None;
        }
    }

    fn version(&self) -> Option<Version> {
        let request = &self.data.as_ref()?.request;
        let plan = request.plan.as_ref().map(|plan| plan.digest.to_string());
        let last = request.decisions.last();
        Some(Version {
            name: format!("{}", self.dsr),
            state: format!(
                "{:?}",
                (
                    request.state,
                    plan,
                    request.decisions.len(),
                    request.executions.len(),
                    request.identifiers.len(),
                    request.confirmed_at,
                    request.extended_to,
                )
            ),
            last: last.map(|last| format!("{} by {}", words::spaced(last.what.as_str()), last.by)),
        })
    }

    fn not_loaded(&mut self, _load: &Load, failure: &Failure) {
        self.problem = Some(failure.clone());
    }

    fn list(&mut self) -> Option<&mut List> {
        Some(&mut self.list)
    }

    fn availability(&self, id: ActionId, _session: &Session) -> Availability {
        let Some(data) = &self.data else { return Availability::Hidden };
        let request = &data.request;
        // A referred request has no steps here.
        let referred = request.state == DsrState::Referred;
        let answer = match id {
            ActionId::RequestClose => &data.close,
            ActionId::RequestSwapContact if request.requester == Requester::Contact => {
                &data.swap_contact
            }
            _ if referred => return Availability::Hidden,
            ActionId::RequestIdentify if request.identifiers.is_empty() => &data.identify,
            ActionId::RequestRestrict if request.kind == DsrType::Restrict => &data.restrict,
            ActionId::RequestExport => &data.export,
            ActionId::RequestConfirm if request.confirm_by.is_some() => &data.confirm,
            ActionId::RequestExtend => &data.extend,
            ActionId::RequestDeny => &data.deny,
            ActionId::RequestHold if request.state != DsrState::Held => &data.hold,
            ActionId::RequestResume if request.state == DsrState::Held => &data.resume,
            ActionId::RequestDiscover => &data.discover,
            ActionId::RequestReview if request.discovery.is_some() => return Availability::Enabled,
            ActionId::RequestReview => &data.review,
            ActionId::RequestPlan => &data.plan_it,
            ActionId::RequestApprove => &data.approve,
            ActionId::RequestGiveBack => &data.give_back,
            ActionId::RequestExecute => &data.execute,
            ActionId::RequestCancel => &data.cancel,
            ActionId::RequestReceipt | ActionId::RequestReport => {
                return if request.executions.is_empty() {
                    Availability::Disabled("Nothing was deleted yet.".to_owned())
                } else {
                    Availability::Enabled
                };
            }
            _ => return Availability::Hidden,
        };
        answer.clone().into()
    }

    fn act(&mut self, id: ActionId, session: &Session) -> Vec<Step> {
        let Some(data) = &self.data else { return Vec::new() };
        let dsr = self.dsr.clone();
        match id {
            ActionId::RequestDiscover => vec![Step::Effect(Effect::Start(Work::Discover(dsr)))],
            ActionId::RequestReview => vec![Step::Push(Box::new(super::review::Review::new(dsr)))],
            ActionId::RequestPlan => vec![Step::Push(Box::new(forms::plan(&data.request)))],
            ActionId::RequestApprove => self.approve(session),
            ActionId::RequestExecute => {
                vec![Step::Push(Box::new(super::deletion::Deletion::new(data)))]
            }
            ActionId::RequestReceipt => {
                vec![Step::Push(Box::new(super::receipt::Receipt::new(dsr)))]
            }
            ActionId::RequestReport => vec![Step::Push(Box::new(forms::report(dsr.as_str())))],
            ActionId::RequestGiveBack => vec![Step::Push(Box::new(forms::give_back(&dsr)))],
            ActionId::RequestCancel => vec![Step::Push(Box::new(forms::cancel(&dsr)))],
            ActionId::RequestIdentify => vec![Step::Push(Box::new(answer_forms::identify(&dsr)))],
            ActionId::RequestRestrict => vec![Step::Push(Box::new(answer_forms::restrict(&dsr)))],
            ActionId::RequestExport => vec![Step::Push(Box::new(answer_forms::export(&dsr)))],
            ActionId::RequestSwapContact => {
                vec![Step::Push(Box::new(answer_forms::swap_contact(&dsr)))]
            }
            ActionId::RequestExtend => vec![Step::Push(Box::new(answer_forms::extend(&dsr)))],
            ActionId::RequestDeny => {
                vec![Step::Push(Box::new(answer_forms::deny(&data.request)))]
            }
            ActionId::RequestHold => vec![Step::Push(Box::new(answer_forms::hold(&dsr)))],
            ActionId::RequestClose => vec![Step::Push(Box::new(answer_forms::close(&dsr)))],
            ActionId::RequestConfirm => vec![Step::Confirm(Question {
                title: format!("Was the receipt of {dsr} confirmed?"),
                lines: vec!["The data subject was told that the request arrived.".to_owned()],
                verb: "It was",
                effect: Effect::Do(Operation::Confirm(dsr)),
            })],
            ActionId::RequestResume => vec![Step::Confirm(Question {
                title: format!("Take up {dsr} again?"),
                lines: vec!["It goes on where its records allow.".to_owned()],
                verb: "Take it up",
                effect: Effect::Do(Operation::Resume(dsr)),
            })],
            _ => Vec::new(),
        }
    }

    fn copies(&self) -> Vec<(&'static str, String)> {
        let mut copies = vec![("request", self.dsr.to_string())];
        let plan = self.data.as_ref().and_then(|data| data.request.plan.as_ref());
        copies.extend(plan.map(|plan| ("digest of the plan", plan.digest.to_string())));
        copies
    }

    fn alias(&self, id: ActionId) -> ActionId {
        match (id, self.next()) {
            (ActionId::Open, Some((_, next))) => next,
            _ => id,
        }
    }

    fn open_word(&self) -> Option<&'static str> {
        self.next().map(|_| "next step")
    }

    fn furthest(&self, app: &App) -> Option<usize> {
        let body = crate::tui::view::body_of(app);
        Some(self.lines(app, body.width).furthest(body.height - 2))
    }

    fn hints(&self, _session: &Session) -> Vec<ActionId> {
        let mut hints = vec![ActionId::Open];
        hints.extend(self.next().map(|(_, id)| id));
        hints.extend([ActionId::RequestReview, ActionId::Menu, ActionId::ActAs]);
        hints.extend([ActionId::Help, ActionId::Quit]);
        hints.dedup();
        hints
    }

    fn view(&self, app: &App, frame: &mut Frame<'_>, area: Rect) {
        if self.data.is_none() {
            let why =
                self.problem.as_ref().map_or("Reading the request…", |p| p.message.as_str());
            widgets::empty(frame, area, app.theme, why);
            return;
        }
        frame.render_widget(self.stepper(app, area.width), Rect { height: 1, ..area });
        if area.height < 3 {
            return;
        }
        let body = Rect { y: area.y + 2, height: area.height - 2, ..area };
        let lines = self.lines(app, body.width);
        lines.draw(frame, body, self.list.cursor.min(lines.furthest(body.height)));
        frame.set_cursor_position(Position { x: body.x, y: body.y });
    }
}

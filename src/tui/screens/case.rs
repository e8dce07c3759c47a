//! One case: overview, records, diagnostics, access, transfer, audit.

use super::case_forms::CaseForm;
use super::case_tabs as tabs;
use super::form::Form;
use super::hold_form::hold_steps;
use super::requests::Requests;
use super::transfer_forms::TransferForm;
use crate::ops::allowed::Answer;
use crate::ops::transfer::TransferFile;
use crate::tui::actions::{ActionId, Availability, Scope};
use crate::tui::app::{
    App, CaseData, Effect, Failure, List, Load, Loaded, Operation, Question, Screen, Session, Step,
    Version,
};
use crate::tui::theme::Role;
use crate::tui::widgets::{frame as widgets, table};
use crate::workspace::CaseRef;
use ratatui::Frame;
use ratatui::layout::Rect;
use ratatui::text::{Line, Span};

/// A part of a case.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Tab {
    #[default]
    Overview,
    Records,
    Diagnostics,
    Access,
    Transfer,
    Audit,
}

impl Tab {
    const ALL: [Self; 6] = [
        Self::Overview,
        Self::Records,
        Self::Diagnostics,
        Self::Access,
        Self::Transfer,
        Self::Audit,
    ];

    /// Whether its rows are files that can be read.
    const fn is_read(self) -> bool {
        matches!(self, Self::Records | Self::Diagnostics)
    }

    const fn title(self) -> &'static str {
        match self {
            Self::Overview => "Overview",
            Self::Records => "Records",
            Self::Diagnostics => "Diagnostics",
            Self::Access => "Access",
            Self::Transfer => "Transfer",
            Self::Audit => "Audit",
        }
    }
}

/// The screen of a case.
#[derive(Debug)]
pub struct CaseScreen {
    case: CaseRef,
    pub data: Option<CaseData>,
    problem: Option<Failure>,
    pub tab: Tab,
    list: List,
}

impl CaseScreen {
    #[must_use]
    pub fn new(case: CaseRef) -> Self {
        Self { case, data: None, problem: None, tab: Tab::default(), list: List::default() }
    }

    fn count(&mut self) {
        let rows = self.data.as_ref().and_then(|data| tabs::count(data, self.tab)).unwrap_or(0);
        self.list.resize(rows);
    }

    fn turn(&mut self, forward: bool) {
        let at = Tab::ALL.iter().position(|tab| *tab == self.tab).unwrap_or(0);
        let next = if forward { at + 1 } else { at + Tab::ALL.len() - 1 };
        self.tab = Tab::ALL[next % Tab::ALL.len()];
        self.list = List::default();
        self.count();
    }

    fn tab_line(&self, app: &App) -> Line<'static> {
        let mut spans = Vec::new();
        let narrow = app.size.0 < 60;
        for tab in Tab::ALL {
            let here = tab == self.tab;
            if narrow && !here {
                continue;
            }
            let count = self.data.as_ref().and_then(|data| tabs::count(data, tab));
            let name = match count {
                Some(count) => format!(" {} {count} ", tab.title()),
                None => format!(" {} ", tab.title()),
            };
            let role = if here { Role::Selected } else { Role::Dim };
            let name = if here && app.theme.is_mono() { format!(">{}", &name[1..]) } else { name };
            spans.push(app.theme.span(role, name));
            spans.push(Span::raw(" "));
        }
        if narrow {
            spans.push(app.theme.span(Role::Dim, "h/l other tabs"));
        }
        Line::from(spans)
    }

    /// The file in focus, and whether it is on hold.
    fn focused_file(&self) -> Option<(&str, bool)> {
        let (view, row) = (&self.data.as_ref()?.view, self.list.cursor);
        match self.tab {
            Tab::Records => view.records.get(row).map(|file| (file.path.as_str(), file.held)),
            Tab::Diagnostics => {
                view.diagnostics.get(row).map(|file| (file.path.as_str(), file.held))
            }
            Tab::Transfer => self.focused_transfer().map(|file| (file.path.as_str(), file.held)),
            _ => None,
        }
    }

    fn focused_transfer(&self) -> Option<&TransferFile> {
        if self.tab != Tab::Transfer {
            return None;
        }
        self.data.as_ref()?.folder.as_ref()?.files.get(self.list.cursor)
    }

    /// Reads the record or the diagnostic in focus.
    fn read(&self) -> Vec<Step> {
        let view = self.data.as_ref().map(|data| &data.view);
        if self.tab == Tab::Records {
            let record = view.and_then(|view| view.records.get(self.list.cursor));
            let read = record.map(|record| {
                let (case, name) = (self.case.clone(), record.name.clone());
                Step::Effect(Effect::Do(Operation::ReadRecord { case, name }))
            });
            return read.into_iter().collect();
        }
        let Some(item) = view.and_then(|view| view.diagnostics.get(self.list.cursor)) else {
            return Vec::new();
        };
        let read = Operation::Read { case: self.case.clone(), name: item.path.clone() };
        vec![Step::Effect(Effect::Do(read))]
    }

    fn close(&self) -> Step {
        let mut lines = vec![
            format!("Case {} is closed for work.", self.case.id),
            "Consent ends with it, and approved access is completed; reopening restores neither."
                .to_owned(),
        ];
        if let Some(data) = &self.data {
            let count = |state| data.view.access.iter().filter(|a| a.state == state).count();
            let (approved, pending) = (count("approved"), count("pending"));
            if approved + pending > 0 {
                lines.push(format!(
                    "Access that is completed: {approved}. Requests that are canceled: {pending}."
                ));
            }
        }
        Step::Confirm(Question {
            title: format!("Close case {}?", self.case.id),
            lines,
            verb: "Close the case",
            effect: Effect::Do(Operation::Close(self.case.clone())),
        })
    }
}

impl Screen for CaseScreen {
    fn scope(&self) -> Scope {
        Scope::Case
    }

    fn title(&self, _session: &Session) -> String {
        match &self.data {
            Some(data) => format!("{} {}", data.view.id, data.view.title),
            None => self.case.id.to_string(),
        }
    }

    fn loads(&self) -> Vec<Load> {
        vec![Load::Case(self.case.clone())]
    }

    fn forget(&mut self) {
        (self.data, self.problem) = (None, None);
    }

    fn loaded(&mut self, loaded: &Loaded) {
        if let Loaded::Case(data) = loaded
            && data.view.id == self.case.id
            && data.view.tenant == self.case.tenant
        {
            self.data = Some((**data).clone());
            self.problem = None;
            self.count();
        }
    }

    fn not_loaded(&mut self, load: &Load, failure: &Failure) {
        if *load == Load::Case(self.case.clone()) {
            self.problem = Some(failure.clone());
        }
    }

    fn list(&mut self) -> Option<&mut List> {
        Some(&mut self.list)
    }

    fn rows_at(&self, app: &App, body: Rect) -> Option<(Rect, usize)> {
        let body = Rect { y: body.y + 2, height: body.height.checked_sub(2)?, ..body };
        let table = tabs::table_of(app, self.data.as_ref()?, self.tab, body)?;
        Some((table, table::first(table, self.list.cursor)))
    }

    fn ids(&self) -> Vec<String> {
        self.data.as_ref().map_or_else(Vec::new, |data| tabs::ids(data, self.tab))
    }

    fn version(&self) -> Option<Version> {
        let data = self.data.as_ref()?;
        let view = &data.view;
        let access: Vec<_> = view.access.iter().map(|access| (&access.id, access.state)).collect();
        let last = data.audit.as_ref().ok().and_then(|lines| lines.first());
        Some(Version {
            name: format!("Case {}", view.id),
            state: format!(
                "{:?}",
                (
                    (view.status, view.severity, &view.title, &view.assigned_to, &view.engineers),
                    (view.consent.state, &view.consent.why, &view.restriction, access),
                    (view.records.len(), view.diagnostics.len()),
                )
            ),
            last: last.map(|line| format!("{} by {} ({})", line.activity, line.by, line.details)),
        })
    }

    fn availability(&self, id: ActionId, _session: &Session) -> Availability {
        let Some(data) = &self.data else { return Availability::Hidden };
        let allowed = &data.allowed;
        let may = |answer: &Answer| Availability::from(answer.clone());
        match id {
            ActionId::CaseConsent => may(&allowed.answer),
            ActionId::CaseAccess => may(&allowed.request_access),
            ActionId::CaseAttach | ActionId::CasePick => may(&allowed.attach),
            ActionId::CaseView if self.focused_file().is_none() => Availability::Hidden,
            ActionId::CaseView if self.tab == Tab::Records => may(&allowed.read_record),
            ActionId::CaseView if self.tab != Tab::Diagnostics => Availability::Hidden,
            // Who may attach may read (CONS-12).
            ActionId::CaseView => may(&allowed.attach),
            ActionId::CaseNote => may(&allowed.note),
            ActionId::CaseSeverity => may(&allowed.severity),
            ActionId::CaseAssign => may(&allowed.assign),
            // A closed case is reopened, an open one closed: the other is no matter.
            ActionId::CaseClose if data.view.status == "closed" => Availability::Hidden,
            ActionId::CaseReopen if data.view.status == "open" => Availability::Hidden,
            ActionId::CaseClose => may(&allowed.close),
            ActionId::CaseReopen => may(&allowed.reopen),
            ActionId::CaseRequest => Availability::Enabled,
            ActionId::CaseHold if self.focused_file().is_none() => Availability::Hidden,
            ActionId::CaseHold => may(&allowed.hold),
            ActionId::TransferLink => may(&allowed.transfer_link),
            ActionId::TransferAdd => may(&allowed.transfer_add),
            ActionId::TransferDelete if self.focused_transfer().is_none() => Availability::Hidden,
            ActionId::TransferDelete => may(&allowed.transfer_delete),
            _ => Availability::Hidden,
        }
    }

    fn alias(&self, id: ActionId) -> ActionId {
        // On a record or a diagnostic Enter reads it; elsewhere it turns the page.
        let on_file = self.tab.is_read() && self.focused_file().is_some();
        if id == ActionId::Open && on_file { ActionId::CaseView } else { id }
    }

    fn open_word(&self) -> Option<&'static str> {
        let reads = self.tab.is_read() && self.focused_file().is_some();
        Some(if reads { "read" } else { "next tab" })
    }

    fn copies(&self) -> Vec<(&'static str, String)> {
        let mut copies = Vec::new();
        if let Some((path, _)) = self.focused_file() {
            copies.push(("path", path.to_owned()));
        }
        if let (Tab::Access, Some(data)) = (self.tab, &self.data)
            && let Some(request) = data.view.access.get(self.list.cursor)
        {
            copies.push(("request", request.id.to_string()));
        }
        copies.push(("case", self.case.id.to_string()));
        copies
    }

    fn act(&mut self, id: ActionId, session: &Session) -> Vec<Step> {
        match id {
            ActionId::Left => self.turn(false),
            ActionId::Right | ActionId::Open => self.turn(true),
            _ => {}
        }
        let Some(data) = &self.data else { return Vec::new() };
        let form = |form: Form| vec![Step::Push(Box::new(form))];
        match id {
            ActionId::CaseConsent => form(CaseForm::consent(&self.case, data)),
            ActionId::CaseAccess => form(CaseForm::access(&self.case, data, session)),
            ActionId::CaseAttach => form(CaseForm::attach(&self.case, data, session)),
            ActionId::CasePick => {
                vec![Step::Push(Box::new(super::picker::Picker::new(&self.case, data)))]
            }
            ActionId::CaseView => self.read(),
            ActionId::CaseNote => form(CaseForm::note(&self.case)),
            ActionId::CaseSeverity => form(CaseForm::severity(&self.case, data)),
            ActionId::CaseAssign => form(CaseForm::assign(&self.case, session)),
            ActionId::CaseReopen => form(CaseForm::reopen(&self.case, data)),
            ActionId::CaseClose => vec![self.close()],
            ActionId::CaseHold => {
                self.focused_file().map_or_else(Vec::new, |(path, held)| hold_steps(path, held))
            }
            ActionId::TransferLink => form(TransferForm::link(&self.case, data)),
            ActionId::TransferAdd => form(TransferForm::add(&self.case)),
            ActionId::TransferDelete => self
                .focused_transfer()
                .map_or_else(Vec::new, |file| vec![TransferForm::delete(&self.case, &file.name)]),
            ActionId::CaseRequest => form(Requests::new_request(session, Some(&self.case.tenant))),
            _ => Vec::new(),
        }
    }

    fn furthest(&self, app: &App) -> Option<usize> {
        let body = crate::tui::view::body_of(app);
        let height = body.height.saturating_sub(2);
        tabs::furthest(app, self.data.as_ref()?, self.tab, body.width, height)
    }

    fn hints(&self, _session: &Session) -> Vec<ActionId> {
        let mut hints = vec![ActionId::Right, ActionId::Menu];
        hints.extend(match self.tab {
            Tab::Overview => {
                vec![ActionId::CaseConsent, ActionId::CaseAttach, ActionId::CaseRequest]
            }
            Tab::Records => vec![ActionId::CaseView, ActionId::CaseNote, ActionId::CaseHold],
            Tab::Diagnostics => {
                vec![
                    ActionId::CaseView,
                    ActionId::CaseAttach,
                    ActionId::CasePick,
                    ActionId::CaseHold,
                ]
            }
            Tab::Access => vec![ActionId::CaseAccess],
            Tab::Transfer => {
                vec![ActionId::TransferAdd, ActionId::TransferDelete, ActionId::TransferLink]
            }
            Tab::Audit => vec![],
        });
        hints.extend([ActionId::Help, ActionId::Quit]);
        hints
    }

    fn view(&self, app: &App, frame: &mut Frame<'_>, area: Rect) {
        let Some(data) = &self.data else {
            let why = self.problem.as_ref().map_or("Reading the case…", |p| p.message.as_str());
            widgets::empty(frame, area, app.theme, why);
            return;
        };
        frame.render_widget(self.tab_line(app), Rect { height: 1, ..area });
        if area.height < 3 {
            return;
        }
        let body = Rect { y: area.y + 2, height: area.height - 2, ..area };
        tabs::draw(app, frame, body, data, self.tab, self.list.cursor);
    }
}

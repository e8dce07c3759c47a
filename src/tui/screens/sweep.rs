//! What a sweep would delete and what it keeps, before it is run.

use crate::ops::retention::{Swept, SweptItem};
use crate::text;
use crate::tui::actions::{ActionId, Availability, Scope};
use crate::tui::app::{
    App, Done, Effect, Failure, List, Load, Loaded, Question, Screen, Session, Step, Work,
};
use crate::tui::theme::Role;
use crate::tui::widgets::details::Details;
use crate::tui::widgets::frame as widgets;
use ratatui::Frame;
use ratatui::layout::{Position, Rect};

/// The preview.
#[derive(Debug, Default)]
pub struct SweepScreen {
    data: Option<Swept>,
    problem: Option<Failure>,
    list: List,
    started: bool,
}

impl SweepScreen {
    fn going(&self) -> Vec<&SweptItem> {
        let items = self.data.iter().flat_map(|swept| &swept.items);
        items.filter(|item| item.verdict == "planned").collect()
    }

    fn lines(&self, app: &App, width: u16) -> Details {
        let mut lines = Details::new(app.theme, width, 0);
        let Some(data) = &self.data else { return lines };
        let going = self.going();
        let kept: Vec<&SweptItem> =
            data.items.iter().filter(|item| item.verdict == "retained").collect();
        lines.heading("Deleted, with attestation, for good");
        if going.is_empty() {
            lines.prose(Role::Dim, "Nothing is due.");
        } else {
            lines.prose(Role::Bad, text::plural(going.len() as u64, "file"));
        }
        let mut dir = "";
        for item in going {
            let (parent, name) = item.path.rsplit_once('/').unwrap_or(("", &item.path));
            if parent != dir {
                dir = parent;
                lines.prose(Role::Strong, parent.strip_prefix("tenants/").unwrap_or(parent));
            }
            lines.indented(Role::Text, name);
        }
        if !kept.is_empty() {
            lines.heading("Due, and kept");
            for item in kept {
                lines.item(Role::Warn, &item.path);
                lines.indented(Role::Text, item.reason.as_deref().unwrap_or_default());
            }
        }
        if !data.problems.is_empty() {
            lines.heading("Not counted: the clock cannot be told");
            for problem in &data.problems {
                lines.item(Role::Bad, &problem.path);
                lines.indented(Role::Text, &problem.why);
            }
        }
        lines
    }
}

impl Screen for SweepScreen {
    fn scope(&self) -> Scope {
        Scope::Sweep
    }

    fn title(&self, _session: &Session) -> String {
        "Sweep".to_owned()
    }

    fn loads(&self) -> Vec<Load> {
        vec![Load::SweepPreview]
    }

    fn forget(&mut self) {
        (self.data, self.problem) = (None, None);
    }

    fn loaded(&mut self, loaded: &Loaded) {
        if let Loaded::SweepPreview(swept) = loaded {
            self.data = Some((**swept).clone());
            self.problem = None;
        }
    }

    fn not_loaded(&mut self, load: &Load, failure: &Failure) {
        if *load == Load::SweepPreview {
            self.problem = Some(failure.clone());
        }
    }

    fn list(&mut self) -> Option<&mut List> {
        Some(&mut self.list)
    }

    fn furthest(&self, app: &App) -> Option<usize> {
        let body = crate::tui::view::body_of(app);
        Some(self.lines(app, body.width).furthest(body.height))
    }

    fn availability(&self, id: ActionId, _session: &Session) -> Availability {
        match id {
            ActionId::SweepRun if self.data.is_none() => Availability::Hidden,
            ActionId::SweepRun if self.going().is_empty() => {
                Availability::Disabled("nothing is due".to_owned())
            }
            ActionId::SweepRun => Availability::Enabled,
            _ => Availability::Hidden,
        }
    }

    fn act(&mut self, id: ActionId, _session: &Session) -> Vec<Step> {
        if id != ActionId::SweepRun {
            return Vec::new();
        }
        self.started = true;
        let files = text::plural(self.going().len() as u64, "file");
        vec![Step::Confirm(Question {
            title: format!("Delete {files}?"),
            lines: vec![
                "They are removed for good, and the attestation log says so.".to_owned(),
                "Holds that were placed meanwhile are seen. It is finished even if this terminal \
                 goes away."
                    .to_owned(),
            ],
            verb: "Delete them",
            effect: Effect::Start(Work::Sweep),
        })]
    }

    fn done(&mut self, result: &Result<Done, Failure>) -> Option<Vec<Step>> {
        // The list of clocks says what is left.
        (std::mem::take(&mut self.started) && result.is_ok()).then(|| vec![Step::Pop])
    }

    fn hints(&self, _session: &Session) -> Vec<ActionId> {
        vec![ActionId::SweepRun, ActionId::Down, ActionId::Help, ActionId::Quit]
    }

    fn view(&self, app: &App, frame: &mut Frame<'_>, area: Rect) {
        if self.data.is_none() {
            let why =
                self.problem.as_ref().map_or("Looking what is due…", |p| p.message.as_str());
            widgets::empty(frame, area, app.theme, why);
            return;
        }
        let lines = self.lines(app, area.width);
        lines.draw(frame, area, self.list.cursor.min(lines.furthest(area.height)));
        frame.set_cursor_position(Position { x: area.x, y: area.y });
    }
}

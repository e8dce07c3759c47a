//! One of several people who write into a workspace at random: what they do, and what they were told.

use crate::kill::{Kills, Lengths};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::Instant;

const ANA: &str = "ana.silva@support.example.com";
pub const TENANT: &str = "contoso.com";
const JOHN: &str = "john@contoso.com";
/// Who decides on access for the two sides.
const ADELE: &str = "adele@contoso.com";
const JANE: &str = "jane@fabrikam.com";

/// What writers did, as far as they were told.
#[derive(Default)]
pub struct Told {
    /// Ids that were given out, with what they were given for.
    pub made: BTreeMap<String, &'static str>,
    /// Acknowledged audit activities by what they were about.
    pub done: BTreeMap<(String, &'static str), usize>,
    /// What stands in the record of an access request from then on.
    pub stands: BTreeSet<(String, &'static str)>,
    pub refused: usize,
    pub conflicts: usize,
    pub kills: Kills,
}

impl Told {
    /// What all of them were told.
    pub fn together(all: Vec<Self>) -> Self {
        let mut told = Self::default();
        for one in all {
            for (id, what) in one.made {
                assert_eq!(told.made.insert(id, what), None, "given out twice");
            }
            for (what, times) in one.done {
                *told.done.entry(what).or_default() += times;
            }
            told.stands.extend(one.stands);
            told.refused += one.refused;
            told.conflicts += one.conflicts;
            told.kills.add(one.kills);
        }
        told
    }
}

pub struct Writer<'a> {
    workspace: &'a Path,
    state: PathBuf,
    dice: fastrand::Rng,
    /// The request whose findings all writers decide on.
    review: &'a Review,
    /// Cases and requests that this writer has made; it takes the example's as well.
    cases: Vec<String>,
    accesses: Vec<String>,
    requests: Vec<String>,
    holds: Vec<String>,
    lengths: Lengths,
    told: Told,
}

/// A request whose findings are decided on again and again.
pub struct Review {
    pub id: String,
    pub findings: Vec<String>,
    /// Files that are put on hold and released.
    pub files: Vec<String>,
}

impl<'a> Writer<'a> {
    pub fn new(
        workspace: &'a Path,
        state: &Path,
        seed: u64,
        cases: &[String],
        review: &'a Review,
    ) -> Self {
        Self {
            workspace,
            state: state.to_path_buf(),
            dice: fastrand::Rng::with_seed(seed),
            review,
            cases: cases.to_vec(),
            accesses: Vec::new(),
            requests: Vec::new(),
            holds: Vec::new(),
            lengths: Lengths::default(),
            told: Told::default(),
        }
    }

    /// Does so many things, and says what came of them.
    pub fn work(mut self, count: usize) -> Told {
        (0..count).for_each(|_| self.once());
        self.told
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_caseward"));
        command
            .args(arguments)
            .arg("--json")
            .env_clear()
            .env("CASEWARD_WORKSPACE", self.workspace)
            .env("XDG_STATE_HOME", &self.state)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command
    }

    /// Runs a command; `None` when it was killed, refused or came too late.
    fn run(&mut self, arguments: &[&str]) -> Option<Value> {
        let words = if arguments[0] == "attach" { 1 } else { 2 };
        let kind = arguments[..words].join(" ");
        let moment = (self.dice.u32(..100) == 0)
            .then(|| self.lengths.moment(&kind, self.workspace, &mut self.dice));
        let began = Instant::now();
        let mut child = self.command(arguments).spawn().unwrap();
        if let Some(moment) = &moment {
            self.told.kills.add(moment.kill(&mut child, self.workspace));
        }
        let Output { status, stdout, stderr } = child.wait_with_output().unwrap();
        if moment.is_none() {
            self.lengths.add(&kind, began.elapsed());
        }
        let said = String::from_utf8_lossy(&stderr);
        match status.code() {
            Some(0) => Some(serde_json::from_slice(&stdout).unwrap()),
            None => None,
            Some(5) => {
                self.told.conflicts += 1;
                None
            }
            // A rule may say no, and an id may be gone from where it was.
            Some(1 | 2) => {
                self.told.refused += 1;
                None
            }
            Some(code) => panic!("{arguments:?}: exit {code}: {said}"),
        }
    }

    fn acknowledge(&mut self, about: &str, activity: &'static str) {
        *self.told.done.entry((about.to_owned(), activity)).or_default() += 1;
    }

    fn on_case(&mut self, activity: &'static str, words: &[&str]) {
        let Some(case) = self.dice.choice(&self.cases).cloned() else { return };
        let arguments: Vec<&str> =
            words.iter().map(|word| if *word == "CASE" { case.as_str() } else { word }).collect();
        if self.run(&arguments).is_some() {
            self.acknowledge(&case, activity);
        }
    }

    fn new_case(&mut self) {
        let answer = if self.dice.bool() { "yes" } else { "no" };
        let words = [
            "case",
            "new",
            TENANT,
            "--title",
            "x",
            "--severity",
            "minimal",
            "--product",
            "p",
            "--contact",
            JOHN,
            "--portal",
            "m365_admin",
            "--advanced-diagnostics",
            answer,
        ];
        if let Some(made) = self.run(&words) {
            let id = made["id"].as_str().unwrap().to_owned();
            assert_eq!(self.told.made.insert(id.clone(), "case"), None, "given out twice");
            self.acknowledge(&id, "Case opened");
            self.cases.push(id);
        }
    }

    fn new_access(&mut self) {
        let Some(case) = self.dice.choice(&self.cases).cloned() else { return };
        let words = [
            "access",
            "request",
            &case,
            "--justification",
            "needed",
            "--resource-tenant",
            "fabrikam.com",
        ];
        if let Some(made) = self.run(&words) {
            let id = made["id"].as_str().unwrap().to_owned();
            assert_eq!(self.told.made.insert(id.clone(), "access"), None, "given out twice");
            self.acknowledge(&id, "Request created");
            self.accesses.push(id);
        }
    }

    fn new_request(&mut self) {
        let words = [
            "dsr",
            "new",
            TENANT,
            "--type",
            "delete",
            "--regulation",
            "gdpr",
            "--requester",
            "customer",
            "--option",
            "a",
            "--identifier",
            "email=nobody@contoso.com",
        ];
        if let Some(made) = self.run(&words) {
            let id = made["id"].as_str().unwrap().to_owned();
            assert_eq!(self.told.made.insert(id.clone(), "request"), None, "given out twice");
            self.acknowledge(&id, "Data subject request received");
            self.requests.push(id);
        }
    }

    fn attach(&mut self) {
        let Some(case) = self.dice.choice(&self.cases).cloned() else { return };
        let file = self.state.join(format!("dump-{}.log", self.dice.u64(..)));
        std::fs::write(&file, format!("{}", self.dice.u64(..))).unwrap();
        let words = ["attach", &case, file.to_str().unwrap(), "--kind", "sign_in_logs"];
        if self.run(&words).is_some() {
            self.acknowledge(&case, "Diagnostic attached");
        }
        std::fs::remove_file(&file).unwrap();
    }

    fn withdraw(&mut self) {
        let Some(sar) = self.dice.choice(&self.accesses).cloned() else { return };
        if self.run(&["access", "withdraw", &sar]).is_some() {
            self.acknowledge(&sar, "Request canceled");
            self.told.stands.insert((sar, "[outcome]"));
        }
    }

    /// One side of an access request: the sides come in any order, and only the last one is logged.
    fn decide(&mut self) {
        let Some(sar) = self.dice.choice(&self.accesses).cloned() else { return };
        let (by, slot) =
            *self.dice.choice(&[(ADELE, "[request_slot]"), (JANE, "[resource_slot]")]).unwrap();
        let word = if self.dice.u32(..8) == 0 { "reject" } else { "approve" };
        if let Some(after) = self.run(&["access", word, &sar, "--as", by]) {
            match after["state"].as_str() {
                Some("rejected") => self.acknowledge(&sar, "Request rejected"),
                Some("approved") => self.acknowledge(&sar, "Approval approved"),
                _ => {}
            }
            self.told.stands.insert((sar, slot));
        }
    }

    fn remove(&mut self) {
        let Some(sar) = self.dice.choice(&self.accesses).cloned() else { return };
        if self.run(&["access", "remove", &sar, "--as", JANE]).is_some() {
            self.acknowledge(&sar, "Approval removed");
            self.told.stands.insert((sar, "[ended]"));
        }
    }

    /// A note of a case that others write notes of in the same second.
    fn note(&mut self) {
        let Some(case) = self.dice.choice(&self.cases).cloned() else { return };
        let file = self.state.join(format!("note-{}.txt", self.dice.u64(..)));
        std::fs::write(&file, format!("{}", self.dice.u64(..))).unwrap();
        let words = ["case", "note", &case, "--file", file.to_str().unwrap()];
        if let Some(made) = self.run(&words) {
            let path = made["path"].as_str().unwrap().to_owned();
            let text = std::fs::read_to_string(&file).unwrap();
            let there = std::fs::read_to_string(self.workspace.join(&path)).unwrap();
            assert_eq!(there, text, "{path} is somebody else's");
            assert_eq!(self.told.made.insert(path, "note"), None, "given out twice");
        }
        std::fs::remove_file(&file).unwrap();
    }

    /// A decision on the one request that everybody decides on.
    fn review(&mut self) {
        let item = self.dice.choice(&self.review.findings).unwrap();
        let word = if self.dice.bool() { "include" } else { "exclude" };
        if self.run(&["dsr", word, &self.review.id, item, "--reason", "experiment"]).is_some() {
            self.acknowledge(&self.review.id.clone(), "Data subject request reviewed");
        }
    }

    fn hold(&mut self) {
        let file = self.dice.choice(&self.review.files).unwrap();
        if let Some(made) = self.run(&["hold", "add", file, "--reason", "experiment"]) {
            let id = made["id"].as_str().unwrap().to_owned();
            assert_eq!(self.told.made.insert(id.clone(), "hold"), None, "given out twice");
            self.holds.push(id);
        }
    }

    fn release(&mut self) {
        if self.holds.is_empty() {
            return;
        }
        let hold = self.holds.swap_remove(self.dice.usize(..self.holds.len()));
        // Once asked for, it may be gone, told or not.
        self.told.made.insert(hold.clone(), "hold, perhaps released");
        if self.run(&["hold", "release", &hold]).is_some() {
            self.told.made.insert(hold, "hold, released");
        }
    }

    fn once(&mut self) {
        match self.dice.u32(..20) {
            0 | 1 => self.new_case(),
            2 => self.on_case("Case assigned", &["case", "assign", "CASE", "--engineer", ANA]),
            3 => self.on_case("Case closed", &["case", "close", "CASE"]),
            4 => self.on_case("Case reopened", &["case", "reopen", "CASE"]),
            5 => self.on_case("Consent granted", &["consent", "grant", "CASE"]),
            6 => self.on_case("Consent revoked", &["consent", "revoke", "CASE"]),
            7 => self.new_access(),
            8 => self.withdraw(),
            9 => self.new_request(),
            10 => {
                let Some(dsr) = self.dice.choice(&self.requests).cloned() else { return };
                // A cancelled request counts, whatever its activity is called.
                let _ = self.run(&["dsr", "cancel", &dsr, "--reason", "experiment"]);
            }
            11 => self.attach(),
            12 | 13 => self.decide(),
            14 => self.remove(),
            15 => self.note(),
            16 => self.review(),
            17 => self.on_case("Transfer link issued", &["transfer", "link", "CASE"]),
            18 => self.hold(),
            _ => self.release(),
        }
    }
}

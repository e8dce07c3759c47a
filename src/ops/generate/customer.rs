//! One customer: tenants, people, and the cases of all of them.

use super::case;
use super::dice::Dice;
use super::teller::Teller;
use super::write::{Writer, Written};
use super::{World, people, request};
use crate::error::{Error, Result};
use crate::model::{AuditEvent, FORMAT, Id, Regime, Tenant};
use crate::workspace::{Workspace, layout, record};
use std::sync::mpsc::Sender;

const LEFT: &[&str] = &[
    "adatum",
    "alpine",
    "blue",
    "coho",
    "fabri",
    "fourth",
    "graphic",
    "humongous",
    "litware",
    "lucerne",
    "margie",
    "north",
    "proseware",
    "relecloud",
    "south",
    "tailspin",
    "trey",
    "wide",
    "wing",
    "wood",
];
const RIGHT: &[&str] = &[
    "bank",
    "coffee",
    "design",
    "foods",
    "grove",
    "insurance",
    "labs",
    "logistics",
    "media",
    "research",
    "sports",
    "tip",
    "toys",
    "traders",
    "travel",
    "vineyard",
    "winery",
    "works",
    "world",
    "yonder",
];

/// A customer and the range of case numbers that is theirs.
#[derive(Debug)]
pub(super) struct Customer {
    number: u64,
    first_case: u64,
    cases: u64,
}

/// Splits the cases over customers: a few large ones, many small ones.
pub(super) fn plan(dice: &mut Dice, cases: u64) -> Vec<Customer> {
    let mut customers: Vec<Customer> = Vec::new();
    let mut first_case = 0;
    // Nobody has more than a twentieth, so that no thread is left alone with one customer.
    let most = u32::try_from((cases / 20).clamp(4, 20_000)).unwrap_or(20_000);
    while first_case < cases {
        let wanted = dice.heavy_count(4, 0.8, most) as u64;
        let cases = wanted.min(cases - first_case);
        customers.push(Customer { number: customers.len() as u64, first_case, cases });
        first_case += cases;
    }
    customers
}

/// Writes everything of a customer; says after each hundred cases how many more there are.
pub(super) fn write(
    workspace: &Workspace,
    world: &World<'_>,
    customer: &Customer,
    said: &Sender<u64>,
) -> Result<Written> {
    // Part 0 is the workspace's own.
    let mut dice = Dice::new(world.seed, customer.number + 1);
    let tenants = tenants(&mut dice, customer)?;
    let mut writer = Writer::new(workspace);
    for tenant in &tenants {
        writer.dir(&layout::tenant_dir(&tenant.domain))?;
        writer.dir(&layout::cases(&tenant.domain))?;
        writer.dir(&layout::approvals(&tenant.domain))?;
        let text = record::render(None, tenant);
        writer.file(&layout::tenant(&tenant.domain), text.as_bytes())?;
    }
    let mut events: Vec<(Id, AuditEvent)> = Vec::new();
    let mut unsaid = 0;
    for number in customer.first_case..customer.first_case + customer.cases {
        let at_home = tenants.len() == 1 || dice.chance(70);
        let home = if at_home { 0 } else { 1 + dice.below(tenants.len() - 1) };
        let mut teller = Teller {
            dice: &mut dice,
            world,
            tenants: &tenants,
            writer: &mut writer,
            events: &mut events,
        };
        case::write(&mut teller, home, number)?;
        if number % 100 == 0 {
            request::write(&mut teller, home, number / 100)?;
        }
        unsaid += 1;
        if unsaid == 100 {
            let _ = said.send(std::mem::take(&mut unsaid));
        }
    }
    let _ = said.send(unsaid);
    // A log is written as things happen; within one second in the order they were told.
    events.sort_by_key(|(_, event)| event.activity_date_time);
    for tenant in &tenants {
        let mut log = Vec::new();
        for (_, event) in events.iter().filter(|(concerned, _)| *concerned == tenant.domain) {
            let line =
                serde_json::to_vec(event).map_err(|error| Error::usage(error.to_string()))?;
            log.extend_from_slice(&line);
            log.push(b'\n');
        }
        writer.file(&layout::audit(&tenant.domain), &log)?;
        writer.written.tenants += 1;
    }
    Ok(writer.written)
}

/// One to four tenants; the first is where most cases are opened.
fn tenants(dice: &mut Dice, customer: &Customer) -> Result<Vec<Tenant>> {
    let count = match dice.below(10) {
        0..=6 => 1,
        7 | 8 => 2,
        _ => 3 + dice.below(2),
    };
    let name = format!("{}{}{}", dice.pick(LEFT), dice.pick(RIGHT), customer.number + 1);
    let regime = if dice.chance(60) { Regime::M365 } else { Regime::Azure };
    let people = (2 + usize::try_from(customer.cases / 20).unwrap_or(0)).min(200);
    (0..count)
        .map(|number| {
            let domain = match number {
                0 => format!("{name}.example"),
                1 => format!("{name}-test.example"),
                other => format!("{name}-unit{other}.example"),
            };
            Ok(Tenant {
                format: FORMAT,
                tenant_id: dice.guid(),
                customer: name.clone(),
                name: domain.trim_end_matches(".example").to_owned(),
                aliases: vec![format!("{}.onmicrosoft.example", domain.replace('.', "-"))],
                region: Some("EU".to_owned()),
                regime,
                principals: people::principals(dice, &domain, people),
                domain: Id::new(domain).map_err(|error| Error::usage(error.to_string()))?,
                x: None,
            })
        })
        .collect()
}

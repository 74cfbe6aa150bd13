//! The table, in the form the README shows it.

use std::io::Write;

use crate::flood::Flooded;
use crate::growth::Busy;
use crate::load::{Plan, Round};
use crate::migrating::Migrated;
use crate::registration::Registered;

/// Tells what is being done; the table alone goes to stdout.
pub fn say(text: &str) {
    let _ = writeln!(std::io::stderr(), "bench: {text}");
}

/// Rows, as they come.
pub struct Table(Vec<String>);

impl Table {
    pub fn new() -> Self {
        Self(vec![
            "| what | a second | p50 | p99 | of the ceiling |".into(),
            "|---|---|---|---|---|".into(),
        ])
    }

    /// Requests a second and latencies, the first plan being the ceiling.
    pub fn throughput(&mut self, plans: &[Plan]) {
        let ceiling = plans
            .first()
            .map(|plan| plan.rounds.as_slice())
            .unwrap_or_default();
        for plan in plans {
            // Round by round, so that a slow minute of the machine counts for both.
            let ratios = plan
                .rounds
                .iter()
                .zip(ceiling)
                .map(|(a, b)| a.per_second / b.per_second);
            self.0.push(format!(
                "| {} | {:.0} | {} | {} | {:.0} % |",
                plan.name,
                median(plan.rounds.iter().map(|round| round.per_second)),
                micros(median(plan.rounds.iter().map(|round: &Round| round.p50_us))),
                micros(median(plan.rounds.iter().map(|round: &Round| round.p99_us))),
                100.0 * median(ratios)
            ));
        }
    }

    pub fn registration(&mut self, times: &[Registered]) {
        let whole: Vec<f64> = times.iter().map(|time| time.whole_us).collect();
        let rest: Vec<f64> = times
            .iter()
            .map(|time| time.whole_us - time.hash_us)
            .collect();
        for (name, times) in [
            ("registration", whole),
            ("registration without the password hash", rest),
        ] {
            let (p50, p99) = (percentile(&times, 0.5), percentile(&times, 0.99));
            self.0.push(format!(
                "| {name}, one at a time | | {} | {} | |",
                micros(p50),
                micros(p99)
            ));
        }
    }

    pub fn flooded(&mut self, flooded: &Flooded) {
        self.0.push(format!(
            "| lists of endpoints under a flood of sign-ins ({:.0} a second compared, {:.0} refused): {:.2} times the p99 without | | | {} | |",
            flooded.compared_per_second,
            flooded.refused_per_second,
            flooded.p99_us / flooded.calm_p99_us,
            micros(flooded.p99_us)
        ));
    }

    pub fn limiter(&mut self, us: f64) {
        self.0.push(format!(
            "| counting a request in the process | | {us:.2} µs | | |"
        ));
    }

    pub fn checks(&mut self, per_second: f64) {
        self.0.push(format!(
            "| checks of local targets, results stored | {per_second:.0} | | | |"
        ));
    }

    pub fn claims(&mut self, times_us: &[f64]) {
        self.0.push(format!(
            "| claim of a ready schema | | {} | {} | |",
            micros(percentile(times_us, 0.5)),
            micros(percentile(times_us, 0.99))
        ));
    }

    pub fn grown(&mut self, what: &str, few: (u32, &[f64]), many: (u32, &[f64])) {
        let p95 = |times: &[f64]| percentile(times, 0.95);
        for (schemas, times) in [few, many] {
            self.0.push(format!(
                "| {what} beside {schemas}: p95 {}, {:.2} times that beside {} | | {} | {} | |",
                micros(p95(times)),
                p95(times) / p95(few.1),
                few.0,
                micros(percentile(times, 0.5)),
                micros(percentile(times, 0.99))
            ));
        }
    }

    pub fn busy(&mut self, hot: usize, few: (usize, Busy), many: (usize, Busy)) {
        self.0.push(format!(
            "| the lists of {hot} organisations, of {} and of {}: p95 {} and {}, {:.2} times as long; the ceiling's {:.2} times | | | | |",
            few.0,
            many.0,
            micros(few.1.p95_us),
            micros(many.1.p95_us),
            many.1.p95_us / few.1.p95_us,
            many.1.ceiling_p95_us / few.1.ceiling_p95_us
        ));
    }

    pub fn backend(&mut self, tenants: usize, limit: usize, bytes: u64) {
        self.0.push(format!(
            "| a backend's own memory after {tenants} organisations, closed after {limit} | {} | | | |",
            mebi(bytes)
        ));
    }

    pub fn memory(&mut self, bytes: u64) {
        self.0.push(format!(
            "| idle memory of `signalbox serve` | {} | | | |",
            mebi(bytes)
        ));
    }

    pub fn migrations(&mut self, migrated: &Migrated) {
        self.0.push(format!(
            "| `migrate run`, {} organisations, nothing to do | | {} | | |",
            migrated.tenants,
            micros(migrated.nothing_us)
        ));
        self.0.push(format!(
            "| a column and an index in {} schemas, 2 workers | {:.0} | | | |",
            migrated.schemas, migrated.per_second
        ));
    }

    pub fn print(&self) {
        let _ = writeln!(std::io::stdout(), "{}", self.0.join("\n"));
    }
}

fn micros(us: f64) -> String {
    format!("{:.2} ms", us / 1000.0)
}

fn mebi(bytes: u64) -> String {
    format!("{:.0} MiB", bytes as f64 / 1024.0 / 1024.0)
}

/// The middle one.
pub fn median(values: impl Iterator<Item = f64>) -> f64 {
    percentile(&values.collect::<Vec<_>>(), 0.5)
}

/// The value below which `share` of `values` lie; 0 without any.
pub fn percentile(values: &[f64], share: f64) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let at = ((sorted.len() as f64 - 1.0) * share).round().max(0.0);
    sorted.get(at as usize).copied().unwrap_or_default()
}

//! What the kernel says of this process: memory and processor time, and how much of each it may have.

use std::fs::read_to_string;

/// Ticks of processor time in a second, as Linux tells them to programs on every machine.
const TICKS: u64 = 100;
const PAGE: u64 = 4096;

/// Sets the gauges of this process. What the kernel does not say stays unset.
pub(super) fn measure() {
    let statm = read_to_string("/proc/self/statm").unwrap_or_default();
    metrics::gauge!("process_resident_memory_bytes").set(resident_bytes(&statm) as f64);
    if let Some(limit) = memory_limit() {
        metrics::gauge!("process_memory_limit_bytes").set(limit as f64);
    }
    let stat = read_to_string("/proc/self/stat").unwrap_or_default();
    if let Some(ticks) = processor_ticks(&stat) {
        metrics::counter!("process_cpu_seconds_total").absolute(ticks / TICKS);
    }
    if let Ok(cores) = std::thread::available_parallelism() {
        metrics::gauge!("process_cpu_cores").set(cores.get() as f64);
    }
}

/// Memory of this process, as the kernel counts it; 0 where it does not say.
pub(super) fn resident() -> u64 {
    resident_bytes(&read_to_string("/proc/self/statm").unwrap_or_default())
}

fn resident_bytes(statm: &str) -> u64 {
    let pages = statm.split_whitespace().nth(1);
    let pages = pages.and_then(|pages| pages.parse::<u64>().ok());
    pages.unwrap_or(0).saturating_mul(PAGE)
}

/// What its container may have, or else the machine.
fn memory_limit() -> Option<u64> {
    let container = read_to_string("/sys/fs/cgroup/memory.max").ok();
    let container = container.and_then(|text| text.trim().parse().ok());
    container.or_else(|| machine_bytes(&read_to_string("/proc/meminfo").ok()?))
}

fn machine_bytes(meminfo: &str) -> Option<u64> {
    let line = meminfo.lines().find(|it| it.starts_with("MemTotal:"))?;
    let kib: u64 = line.split_whitespace().nth(1)?.parse().ok()?;
    Some(kib.saturating_mul(1024))
}

/// Time spent for this process, in itself and in the kernel. The program's name comes before, in
/// parentheses, and may hold spaces.
fn processor_ticks(stat: &str) -> Option<u64> {
    let (_, fields) = stat.rsplit_once(") ")?;
    let mut fields = fields.split_whitespace().skip(11);
    let own: u64 = fields.next()?.parse().ok()?;
    let system: u64 = fields.next()?.parse().ok()?;
    Some(own.saturating_add(system))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_kernels_tables_are_read() {
        assert_eq!(resident_bytes("5000 1200 300 10 0 400 0"), 1200 * 4096);
        let stat = "42 (a (b) c) S 1 42 42 0 -1 4194560 100 0 0 0 250 50 0 0 20 0 4 0 99 1 2";
        assert_eq!(processor_ticks(stat), Some(300));
        let meminfo = "MemTotal:       16384000 kB\nMemFree: 1 kB\n";
        assert_eq!(machine_bytes(meminfo), Some(16_384_000 * 1024));
        assert_eq!((processor_ticks(""), machine_bytes("")), (None, None));
    }

    #[test]
    fn this_machine_answers() {
        assert!(resident() > 0);
        assert!(memory_limit().is_some_and(|limit| limit > resident()));
    }
}

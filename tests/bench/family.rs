//! What a process and its descendants take, as the kernel counts it.

use std::fs;
use std::time::Duration;
use tacet_test_support::webdriver::{AppProcess, counted};

/// Ticks a second in `/proc/ID/stat`; fixed on every Linux of today (`USER_HZ`).
const TICKS: f64 = 100.0;

/// CPU seconds of the process and its living descendants, user and system together.
pub fn cpu_seconds(process: AppProcess) -> f64 {
    let ticks = |id: u32| {
        let stat = fields(id)?;
        // Fields 14 and 15 of proc(5); the list begins with field 3.
        Some(stat.get(11)?.parse::<f64>().ok()? + stat.get(12)?.parse::<f64>().ok()?)
    };
    process.family().into_iter().filter_map(ticks).sum::<f64>() / TICKS
}

/// Proportional memory of the process and its descendants, in MB of 1,000,000 bytes.
pub fn memory_mb(process: AppProcess) -> f64 {
    process
        .family()
        .into_iter()
        .filter_map(proportional_mb)
        .sum()
}

/// The same of the process alone.
pub fn memory_of(process: AppProcess) -> f64 {
    proportional_mb(process.id()).unwrap_or_default()
}

/// The most memory that a process has had so far, in the same unit; `None` once it is gone.
pub fn peak_mb(id: u32) -> Option<f64> {
    entry_mb(id, "status", "VmHWM:")
}

fn proportional_mb(id: u32) -> Option<f64> {
    entry_mb(id, "smaps_rollup", "Pss:")
}

fn entry_mb(id: u32, file: &str, name: &str) -> Option<f64> {
    let kilobytes = counted(id, file, name)?;
    Some(kilobytes as f64 * 1024.0 / 1e6)
}

/// How long ago the process was started; the kernel counts in ticks of 10 ms.
pub fn age(process: AppProcess) -> Duration {
    let uptime = fs::read_to_string("/proc/uptime").unwrap();
    let uptime: f64 = uptime.split(' ').next().unwrap().parse().unwrap();
    // Field 22 of proc(5).
    let started: f64 = fields(process.id()).unwrap()[19].parse().unwrap();
    Duration::from_secs_f64((uptime - started / TICKS).max(0.0))
}

/// The fields of `/proc/ID/stat` from the third on; the second may contain anything.
fn fields(id: u32) -> Option<Vec<String>> {
    let stat = fs::read_to_string(format!("/proc/{id}/stat")).ok()?;
    let (_, fields) = stat.rsplit_once(") ")?;
    Some(fields.split_whitespace().map(str::to_owned).collect())
}

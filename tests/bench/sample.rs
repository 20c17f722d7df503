//! Many measurements of one thing, and the table that shows them.

use std::fmt;
use std::time::Duration;

/// Measurements of one thing, in any order.
#[derive(Debug, Clone, Default)]
pub struct Sample(Vec<f64>);

impl Sample {
    /// What was measured once.
    pub fn of(value: f64) -> Self {
        Self(vec![value])
    }

    pub fn push(&mut self, value: f64) {
        self.0.push(value);
    }

    /// Adds a duration in milliseconds.
    pub fn push_ms(&mut self, duration: Duration) {
        self.push(duration.as_secs_f64() * 1000.0);
    }

    /// The value that `part` of the measurements do not exceed (nearest rank); 0.5 is the median.
    pub fn quantile(&self, part: f64) -> f64 {
        let mut sorted = self.0.clone();
        sorted.sort_by(f64::total_cmp);
        let rank = (part * sorted.len() as f64).ceil() as usize;
        sorted[rank.clamp(1, sorted.len()) - 1]
    }

    pub fn median(&self) -> f64 {
        self.quantile(0.5)
    }
}

struct Row {
    name: String,
    unit: &'static str,
    sample: Sample,
    /// The median of what it is held against.
    beside: Option<f64>,
    goal: &'static str,
}

/// Rows as they were measured.
#[derive(Default)]
pub struct Table(Vec<Row>);

impl Table {
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a row; `beside` is what its median is divided by, `goal` what it should be.
    pub fn add(
        &mut self,
        name: impl Into<String>,
        unit: &'static str,
        sample: &Sample,
        beside: Option<&Sample>,
        goal: &'static str,
    ) {
        self.0.push(Row {
            name: name.into(),
            unit,
            sample: sample.clone(),
            beside: beside.map(Sample::median),
            goal,
        });
    }
}

impl fmt::Display for Table {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            out,
            "{:<46} {:>5} {:>9} {:>9} {:>9} {:>6}  goal",
            "", "runs", "median", "p95", "p99", "ratio"
        )?;
        for row in &self.0 {
            let name = format!("{} ({})", row.name, row.unit);
            let at = |part| format!("{:.2}", row.sample.quantile(part));
            let ratio = row.beside.map_or_else(String::new, |beside| {
                format!("{:.2}", row.sample.median() / beside)
            });
            writeln!(
                out,
                "{name:<46} {:>5} {:>9} {:>9} {:>9} {ratio:>6}  {}",
                row.sample.0.len(),
                at(0.5),
                at(0.95),
                at(0.99),
                row.goal
            )?;
        }
        Ok(())
    }
}

//! How memory went: what it grows by an hour, and a picture of it.

use std::fmt::Write;
use std::time::Duration;

const WIDTH: f64 = 960.0;
const HEIGHT: f64 = 480.0;
/// What is left free for the words beside the lines.
const MARGIN: f64 = 60.0;
/// The same where each line ends.
const NAMES: f64 = 190.0;
/// Told apart without colours as well: each line has its name at its end.
const COLOURS: [&str; 3] = ["#b45309", "#1d4ed8", "#111827"];

/// Measurements of one thing over time.
pub struct Track {
    name: &'static str,
    /// Hours since the start, and MB.
    points: Vec<(f64, f64)>,
}

impl Track {
    pub fn new(name: &'static str) -> Self {
        Self {
            name,
            points: Vec::new(),
        }
    }

    pub fn name(&self) -> &'static str {
        self.name
    }

    pub fn note(&mut self, at: Duration, megabytes: f64) {
        self.points.push((at.as_secs_f64() / 3_600.0, megabytes));
    }

    pub fn last(&self) -> f64 {
        self.points.last().map_or(0.0, |(_, value)| *value)
    }

    /// MB an hour by least squares, without the first tenth of the time, in which caches fill.
    pub fn slope(&self) -> f64 {
        let end = self.points.last().map_or(0.0, |(at, _)| *at);
        let settled = self.points.iter().filter(|(at, _)| *at >= end / 10.0);
        let points: Vec<(f64, f64)> = settled.copied().collect();
        let count = points.len() as f64;
        let mean = |of: fn(&(f64, f64)) -> f64| points.iter().map(of).sum::<f64>() / count;
        let (mean_at, mean_value) = (mean(|it| it.0), mean(|it| it.1));
        let (mut both, mut square) = (0.0, 0.0);
        for (at, value) in &points {
            both += (at - mean_at) * (value - mean_value);
            square += (at - mean_at).powi(2);
        }
        if square == 0.0 { 0.0 } else { both / square }
    }
}

/// A picture of all tracks over the same time, with their slopes.
pub fn svg(tracks: &[Track]) -> String {
    let all = || tracks.iter().flat_map(|track| &track.points);
    let hours = all().map(|it| it.0).fold(0.0, f64::max).max(1.0 / 3_600.0);
    let most = all().map(|it| it.1).fold(0.0, f64::max).max(1.0);
    let x = |at: f64| MARGIN + at / hours * (WIDTH - MARGIN - NAMES);
    let y = |value: f64| HEIGHT - MARGIN - value / most * (HEIGHT - 2.0 * MARGIN);
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" \
         font-family=\"sans-serif\" font-size=\"12\">\n<rect width=\"{WIDTH}\" height=\"{HEIGHT}\" \
         fill=\"white\"/>\n"
    );
    // A line across for each quarter of the most.
    for quarter in 0..=4 {
        let value = most * f64::from(quarter) / 4.0;
        let (left, right, at) = (MARGIN, x(hours), y(value));
        let _ = writeln!(
            svg,
            "<path d=\"M{left:.1} {at:.1}H{right:.1}\" stroke=\"#d1d5db\"/>\
             <text x=\"{left:.1}\" y=\"{at:.1}\" dx=\"-6\" dy=\"4\" text-anchor=\"end\">{value:.0} MB</text>"
        );
    }
    let (right, below) = (x(hours), HEIGHT - MARGIN + 20.0);
    let _ = writeln!(
        svg,
        "<text x=\"{MARGIN}\" y=\"{below}\">0</text>\
         <text x=\"{right:.1}\" y=\"{below}\" text-anchor=\"end\">{:.0} min</text>",
        hours * 60.0
    );
    for (track, colour) in tracks.iter().zip(COLOURS) {
        let points = track.points.iter();
        let points: Vec<String> = points
            .map(|(at, value)| format!("{:.1},{:.1}", x(*at), y(*value)))
            .collect();
        let (name, slope, end) = (track.name, track.slope(), y(track.last()));
        let _ = writeln!(
            svg,
            "<polyline points=\"{}\" fill=\"none\" stroke=\"{colour}\"/>\
             <text x=\"{right:.1}\" y=\"{end:.1}\" dx=\"6\" dy=\"4\" fill=\"{colour}\">{name} ({slope:+.1} MB/h)</text>",
            points.join(" ")
        );
    }
    svg + "</svg>\n"
}

//! Latencies, by the rate of requests and by time.

use anyhow::{Context as _, Result};
use plotters::backend::SVGBackend;
use plotters::chart::{ChartBuilder, SeriesLabelPosition};
use plotters::coord::combinators::IntoLogRange as _;
use plotters::drawing::IntoDrawingArea as _;
use plotters::element::{Circle, Rectangle};
use plotters::series::LineSeries;
use plotters::style::{BLACK, Color as _, WHITE};

use super::super::figures::{Figures, Query};
use super::{Shown, shown};

const SIZE: (u32, u32) = (760, 380);

/// A contender's latencies in milliseconds, by whatever they depend on.
type Points = Vec<(f64, f64)>;

/// The 99th percentile by the rate, over so many connections.
pub(super) fn by_rate(figures: &Figures, connections: &str) -> Result<String> {
    let points = |shown: &Shown| -> Points {
        let settings = figures.settings("open").into_iter().filter_map(|setting| {
            let rate: f64 = setting.strip_prefix(connections)?.strip_prefix('@')?.parse().ok()?;
            let query = Query { scenario: "open", contender: shown.contender, setting, figure: "p99_us" };
            Some((rate, figures.median(query)? / 1_000.0))
        });
        settings.collect()
    };
    let lines: Vec<_> = shown().map(|shown| (points(&shown), shown)).collect();
    let title = format!("99th percentile of latency at fixed rates, {connections} connections");
    draw(&title, "requests a second", &lines, Form::Line)
}

/// Each request of an outage in the first run, by when it was due.
pub(super) fn by_time(requests: &str, outage: &str) -> Result<String> {
    let points = |shown: &Shown| -> Result<Points> {
        let lines =
            requests.lines().filter(|line| line.starts_with(&format!("1,outage,{},{outage},", shown.contender)));
        lines.map(|line| point(line).with_context(|| format!("`{line}` is no request"))).collect()
    };
    let lines: Result<Vec<_>> = shown().map(|shown| Ok((points(&shown)?, shown))).collect();
    draw(&format!("Latency of each request while Redis is {outage}"), "due after seconds", &lines?, Form::Points)
}

/// A line `run,scenario,contender,setting,round,due_ms,latency_us,status`.
fn point(line: &str) -> Option<(f64, f64)> {
    let mut fields = line.split(',').skip(5).map(str::parse::<f64>);
    Some((fields.next()?.ok()? / 1_000.0, fields.next()?.ok()? / 1_000.0))
}

/// How points are shown.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Form {
    /// Joined.
    Line,
    /// Each by itself.
    Points,
}

/// Latencies are shown on a logarithmic axis, because a hit and a time-out are thousands of times apart.
fn draw(title: &str, horizontal: &str, lines: &[(Points, Shown)], form: Form) -> Result<String> {
    let all = || lines.iter().flat_map(|(points, _)| points).copied();
    let (right, top) =
        all().fold((1.0, f64::MIN_POSITIVE), |(x, y): (f64, f64), point| (x.max(point.0), y.max(point.1)));
    let bottom = all().map(|(_, y)| y).fold(top, f64::min);
    let mut svg = String::new();
    {
        let area = SVGBackend::with_string(&mut svg, SIZE).into_drawing_area();
        area.fill(&WHITE)?;
        let mut builder = ChartBuilder::on(&area);
        builder.caption(title, ("sans-serif", 18)).margin(12).x_label_area_size(40).y_label_area_size(60);
        let mut chart = builder.build_cartesian_2d(0.0..right * 1.03, (bottom / 1.5..top * 1.5).log_scale())?;
        chart.configure_mesh().x_desc(horizontal).y_desc("ms").draw()?;
        for (points, Shown { name, color, .. }) in lines.iter().filter(|(points, _)| !points.is_empty()) {
            let color = *color;
            if form == Form::Line {
                chart.draw_series(LineSeries::new(points.iter().copied(), color.stroke_width(2)))?;
            }
            let dots = points.iter().map(|point| Circle::new(*point, 2, color.filled()));
            let legend = move |(x, y)| Rectangle::new([(x, y - 4), (x + 14, y + 4)], color.filled());
            chart.draw_series(dots)?.label(*name).legend(legend);
        }
        let mut labels = chart.configure_series_labels();
        labels.position(SeriesLabelPosition::UpperRight).background_style(WHITE.mix(0.8)).border_style(BLACK).draw()?;
        area.present()?;
    }
    Ok(svg)
}

#[cfg(test)]
mod tests {
    use super::by_time;

    #[test]
    fn an_outage_shows_those_whose_requests_are_there() {
        let requests = "heading\n1,outage,node,killed,1,0,1500,200\n1,outage,python,frozen,1,20,250000,200\n";
        let svg = by_time(requests, "killed").expect("a plot");
        assert!(svg.contains("Node") && !svg.contains("Python"), "{svg}");
        assert!(by_time("1,outage,node,killed,1,x,1500,200\n", "killed").is_err());
    }
}

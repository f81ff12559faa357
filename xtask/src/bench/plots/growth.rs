//! What a hit costs as something grows: both axes by powers.

use anyhow::Result;
use plotters::backend::SVGBackend;
use plotters::chart::{ChartBuilder, SeriesLabelPosition};
use plotters::coord::combinators::IntoLogRange as _;
use plotters::drawing::IntoDrawingArea as _;
use plotters::element::{Circle, Rectangle};
use plotters::series::LineSeries;
use plotters::style::{BLACK, Color as _, RGBColor, WHITE};

use super::super::figures::{Figures, Query};

const SIZE: (u32, u32) = (760, 340);

/// What is shown, in microseconds.
const SHOWN: [(&str, &str, RGBColor); 3] = [
    ("p50 at one connection", "one_p50_us", RGBColor(0, 114, 178)),
    ("processor time of the service", "cpu_us", RGBColor(213, 94, 0)),
    ("processor time of Redis", "redis_cpu_us", RGBColor(0, 158, 115)),
];

/// Something that grows.
#[derive(Clone, Copy, Debug)]
pub(in super::super) struct Growth {
    pub(in super::super) scenario: &'static str,
    pub(in super::super) title: &'static str,
    pub(in super::super) heading: &'static str,
    pub(in super::super) file: &'static str,
}

/// Draws what a hit costs by how much there is.
pub(in super::super) fn draw(figures: &Figures, growth: Growth) -> Result<String> {
    let lines: Vec<_> =
        SHOWN.into_iter().map(|(name, figure, color)| (name, color, points(figures, growth, figure))).collect();
    let all = || lines.iter().flat_map(|(_, _, points)| points).copied();
    let range = |values: &mut dyn Iterator<Item = f64>| {
        values.fold((f64::INFINITY, 1.0), |(least, most): (f64, f64), value| (least.min(value), most.max(value)))
    };
    let (left, right) = range(&mut all().map(|(x, _)| x));
    let (bottom, top) = range(&mut all().map(|(_, y)| y));
    let mut svg = String::new();
    {
        let area = SVGBackend::with_string(&mut svg, SIZE).into_drawing_area();
        area.fill(&WHITE)?;
        let mut builder = ChartBuilder::on(&area);
        builder.caption(format!("A hit, by {}", growth.heading), ("sans-serif", 18));
        builder.margin(12).x_label_area_size(40).y_label_area_size(60);
        let (across, up) = ((left * 0.9..right * 1.1).log_scale(), (bottom / 1.5..top * 1.5).log_scale());
        let mut chart = builder.build_cartesian_2d(across, up)?;
        chart.configure_mesh().x_desc(growth.heading).y_desc("µs").draw()?;
        for (name, color, points) in lines.iter().filter(|(_, _, points)| !points.is_empty()) {
            let color = *color;
            chart.draw_series(LineSeries::new(points.iter().copied(), color.stroke_width(2)))?;
            let dots = points.iter().map(|point| Circle::new(*point, 3, color.filled()));
            let legend = move |(x, y)| Rectangle::new([(x, y - 4), (x + 14, y + 4)], color.filled());
            chart.draw_series(dots)?.label(*name).legend(legend);
        }
        let mut labels = chart.configure_series_labels();
        labels.position(SeriesLabelPosition::UpperLeft).background_style(WHITE.mix(0.8)).border_style(BLACK).draw()?;
        area.present()?;
    }
    Ok(svg)
}

fn points(figures: &Figures, growth: Growth, figure: &str) -> Vec<(f64, f64)> {
    let point = |setting: &str| {
        let query = Query { scenario: growth.scenario, contender: "medinsight", setting, figure };
        Some((setting.parse().ok()?, figures.median(query)?))
    };
    figures.settings(growth.scenario).into_iter().filter_map(point).collect()
}

#[cfg(test)]
mod tests {
    use super::{Figures, Growth, draw};

    #[test]
    fn what_was_measured_is_drawn() {
        let mut figures = Figures::default();
        figures.add(1, "heading\nx,medinsight,1,1,cpu_us,20.0\nx,medinsight,32,1,cpu_us,25.0\n").expect("rows");
        let growth = Growth { scenario: "x", title: "Invented", heading: "invented", file: "x.svg" };
        let svg = draw(&figures, growth).expect("a plot");
        assert!(svg.contains("of the service") && !svg.contains("of Redis"), "{svg}");
    }
}

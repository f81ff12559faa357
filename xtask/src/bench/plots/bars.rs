//! One figure of every contender, as bars.

use anyhow::Result;
use plotters::backend::SVGBackend;
use plotters::drawing::IntoDrawingArea as _;
use plotters::element::{Rectangle, Text};
use plotters::style::{BLACK, Color as _, IntoFont as _, WHITE};

use super::{Shown, shown};

const WIDTH: i32 = 760;
const TITLE: i32 = 40;
const ROW: i32 = 30;

/// Where bars begin, after the names, and how long the longest is.
const BEGIN: i32 = 190;
const LONGEST: i32 = 470;

/// Draws the figure of each contender that has one.
pub(super) fn draw(title: &str, figure: impl Fn(&Shown) -> Option<f64>, decimals: usize) -> Result<String> {
    let bars: Vec<_> = shown().filter_map(|shown| Some((figure(&shown)?, shown))).collect();
    let greatest = bars.iter().map(|(value, _)| *value).fold(f64::MIN_POSITIVE, f64::max);
    let height = TITLE + ROW * i32::try_from(bars.len())? + 10;
    let mut svg = String::new();
    {
        let area = SVGBackend::with_string(&mut svg, (WIDTH.unsigned_abs(), height.unsigned_abs())).into_drawing_area();
        area.fill(&WHITE)?;
        area.draw(&Text::new(title, (10, 10), ("sans-serif", 18).into_font()))?;
        for (row, (value, Shown { name, color, .. })) in (0..).zip(bars) {
            let (top, length) = (TITLE + row * ROW, (value / greatest * f64::from(LONGEST)).round() as i32);
            area.draw(&Text::new(name, (10, top + 4), ("sans-serif", 14).into_font()))?;
            area.draw(&Rectangle::new([(BEGIN, top), (BEGIN + length, top + ROW - 8)], color.filled()))?;
            let label = ("sans-serif", 14).into_font().color(&BLACK);
            area.draw(&Text::new(format!("{value:.decimals$}"), (BEGIN + length + 8, top + 4), label))?;
        }
        area.present()?;
    }
    Ok(svg)
}

#[cfg(test)]
mod tests {
    use super::draw;

    #[test]
    fn who_has_no_figure_has_no_bar() {
        let svg = draw("invented", |shown| (shown.contender == "node").then_some(12.34), 1).expect("a plot");
        assert!(svg.contains("Node") && svg.contains("12.3") && !svg.contains("Python"), "{svg}");
    }
}

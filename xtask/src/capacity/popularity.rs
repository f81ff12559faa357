//! How often each question is asked: Zipf's law, by which the n-th question is asked n^-s times as often as the first.

use super::draws::Draws;

/// The questions, the most popular one first.
#[derive(Clone, Debug)]
pub(super) struct Popularity {
    /// Which part of all requests is for this question or a more popular one.
    cumulated: Vec<f64>,
}

impl Popularity {
    pub(super) fn new(questions: usize, exponent: f64) -> Self {
        let mut cumulated: Vec<f64> = Vec::with_capacity(questions.max(1));
        for rank in 1..=questions.max(1) {
            let before = cumulated.last().copied().unwrap_or(0.0);
            cumulated.push(before + (rank as f64).powf(-exponent));
        }
        let all = cumulated.last().copied().unwrap_or(1.0);
        cumulated.iter_mut().for_each(|share| *share /= all);
        Self { cumulated }
    }

    /// The number of a question that somebody asks.
    pub(super) fn draw(&self, draws: &mut Draws) -> usize {
        let lot = draws.share();
        self.cumulated.partition_point(|share| *share <= lot).min(self.cumulated.len() - 1)
    }

    /// Which part of all requests is for the most popular question.
    pub(super) fn hottest(&self) -> f64 {
        self.cumulated.first().copied().unwrap_or(0.0)
    }
}

#[cfg(test)]
mod tests {
    use super::{Draws, Popularity};
    use proptest::prelude::*;

    #[test]
    fn the_hottest_question_has_the_share_that_harmonic_numbers_give_it() {
        // H(4) = 1 + 1/2 + 1/3 + 1/4 = 25/12.
        assert!((Popularity::new(4, 1.0).hottest() - 12.0 / 25.0).abs() < 1e-12);
        assert!((Popularity::new(4, 0.0).hottest() - 0.25).abs() < 1e-12);
    }

    #[test]
    fn questions_are_drawn_as_often_as_they_are_popular() {
        let (popularity, mut draws) = (Popularity::new(1_000, 1.0), Draws::new(7));
        let first = (0..100_000).filter(|_| popularity.draw(&mut draws) == 0).count() as f64 / 100_000.0;
        assert!((first - popularity.hottest()).abs() < 0.005, "{first}");
    }

    proptest! {
        #[test]
        fn every_draw_is_a_question(questions in 1_usize..500, exponent in 0.0..3.0, seed: u64) {
            let (popularity, mut draws) = (Popularity::new(questions, exponent), Draws::new(seed));
            prop_assert!((0..50).all(|_| popularity.draw(&mut draws) < questions));
        }
    }
}

//! Statements that are not about now: what was long ago, what somebody only read or asks about, figures of speech.
//!
//! A sentence may hold several statements: "my dad had a heart attack last year and now I have the same pain".

use super::Standing;
use super::speech::Speech;
use super::words::Word;
use std::ops::Range;

/// Where in a sentence the time and the manner of speaking show.
#[derive(Debug, Default)]
pub(super) struct Cues {
    pub(super) long_ago: Vec<usize>,
    pub(super) at_present: Vec<usize>,
    pub(super) hearsay: Vec<usize>,
}

/// Sets aside what is not about now.
pub(super) fn mark(sentence: &[Word], speech: &Speech, cues: &Cues, standings: &mut [Standing]) {
    let mut is_aside = false;
    for statement in statements(sentence, speech) {
        is_aside = cues.put_aside(&statement) || (is_aside && goes_on(sentence, speech, cues, &statement));
        if is_aside {
            set_aside(sentence, speech, statement, standings);
        }
    }
}

/// A transplant of long ago still weakens the body: circumstances that last stay said.
fn set_aside(sentence: &[Word], speech: &Speech, statement: Range<usize>, standings: &mut [Standing]) {
    let words = sentence.iter().zip(standings).take(statement.end).skip(statement.start);
    let passed = words.filter(|(word, _)| speech.lasting(&word.text).next().is_none());
    passed.for_each(|(_, standing)| *standing = Standing::Aside);
}

impl Cues {
    fn put_aside(&self, statement: &Range<usize>) -> bool {
        let has = |places: &[usize]| places.iter().any(|place| statement.contains(place));
        has(&self.hearsay) || (has(&self.long_ago) && !has(&self.at_present))
    }
}

/// Whether a statement still speaks of what the one before was about.
fn goes_on(sentence: &[Word], speech: &Speech, cues: &Cues, statement: &Range<usize>) -> bool {
    let is_present = cues.at_present.iter().any(|place| statement.contains(place));
    let subject = sentence.get(statement.start);
    !is_present && subject.is_some_and(|word| speech.third_persons.contain(word))
}

fn statements(sentence: &[Word], speech: &Speech) -> Vec<Range<usize>> {
    let is_start = |position: &usize| match sentence.get(*position - 1..=*position) {
        Some([joint, word]) => {
            (joint.is_comma() || matches!(joint.text.as_str(), "and" | "so" | "because" | "while" | "when"))
                && speech.subjects.contain(word)
        }
        _ => false,
    };
    let starts = std::iter::once(0).chain((1..sentence.len()).filter(is_start)).collect::<Vec<_>>();
    let ends = starts.iter().skip(1).copied().chain([sentence.len()]);
    starts.iter().copied().zip(ends).map(|(start, end)| start..end).collect()
}

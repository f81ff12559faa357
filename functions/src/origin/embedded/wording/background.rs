//! Statements that are not about now: what was long ago, what somebody only read or asks about, figures of speech.
//!
//! A sentence may hold several statements: "my dad had a heart attack last year and now I have the same pain".

use super::Standing;
use super::speech::Speech;
use super::words::Word;
use std::collections::BTreeSet;
use std::ops::Range;

/// Words that a new statement may follow.
const JOINTS: [&str; 5] = ["and", "so", "because", "while", "when"];

/// Where in a sentence the time and the manner of speaking show.
#[derive(Debug)]
pub(super) struct Cues<'a> {
    pub(super) long_ago: &'a [usize],
    pub(super) at_present: &'a [usize],
    pub(super) hearsay: &'a [usize],
}

/// Sets aside what is not about now.
pub(super) fn mark(sentence: &[Word], speech: &Speech, cues: &Cues<'_>, standings: &mut [Standing]) {
    let mut is_aside = false;
    for statement in statements(sentence, speech, cues) {
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

impl Cues<'_> {
    fn put_aside(&self, statement: &Range<usize>) -> bool {
        let has = |places: &[usize]| places.iter().any(|place| statement.contains(place));
        has(self.hearsay) || (has(self.long_ago) && !has(self.at_present))
    }
}

/// Whether a statement still speaks of what the one before was about.
fn goes_on(sentence: &[Word], speech: &Speech, cues: &Cues<'_>, statement: &Range<usize>) -> bool {
    let is_present = cues.at_present.iter().any(|place| statement.contains(place));
    let subject = sentence.get(statement.start);
    !is_present && subject.is_some_and(|word| speech.third_persons.contain(word))
}

/// Statements start at a subject after a comma or "and", and at the first comma after a date: "three months ago I gave
/// birth, heavy bleeding".
fn statements(sentence: &[Word], speech: &Speech, cues: &Cues<'_>) -> Vec<Range<usize>> {
    let after_dates: BTreeSet<usize> = cues.long_ago.iter().filter_map(|place| after_comma(sentence, *place)).collect();
    let is_start = |position: &usize| after_dates.contains(position) || is_subject(sentence, speech, *position);
    let starts = std::iter::once(0).chain((1..sentence.len()).filter(is_start)).collect::<Vec<_>>();
    let ends = starts.iter().skip(1).copied().chain([sentence.len()]);
    starts.iter().copied().zip(ends).map(|(start, end)| start..end).collect()
}

fn after_comma(sentence: &[Word], place: usize) -> Option<usize> {
    let rest = sentence.get(place..)?;
    rest.iter().position(Word::is_comma).map(|commas| place + commas + 1)
}

fn is_subject(sentence: &[Word], speech: &Speech, position: usize) -> bool {
    let joins = |word: &Word| word.is_comma() || JOINTS.contains(&word.text.as_str());
    match sentence.get(position - 1..=position) {
        Some([joint, word]) => joins(joint) && speech.subjects.contain(word),
        _ => false,
    }
}

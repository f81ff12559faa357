//! Parts of the body and functions that are said to be in order: "lips fine, breathing is ok, baby kicking loads".
//!
//! Only what is in the list of functions is denied, never a complaint such as a pain, and only in the present.

use super::Standing;
use super::speech::Speech;
use super::words::Word;

/// How many words before the reassuring one belong to it.
const REACH: usize = 6;

/// Denies what is in order.
pub(super) fn mark(sentence: &[Word], speech: &Speech, standings: &mut [Standing]) {
    for (by, word) in sentence.iter().enumerate() {
        let is_limited = sentence.get(by + 1).is_some_and(|next| speech.limits.contain(next));
        if speech.in_order.contain(word) && !is_limited {
            deny_functions(sentence, speech, by, standings);
        }
    }
}

fn deny_functions(sentence: &[Word], speech: &Speech, by: usize, standings: &mut [Standing]) {
    let start = start(sentence, speech, by);
    if start.checked_sub(1).is_some_and(|before| undermines(sentence.get(before), speech)) {
        return;
    }
    let words = sentence.iter().zip(standings).take(by).skip(start);
    let functions = words.filter(|(word, _)| speech.functions.contain(word));
    functions.filter(|(_, standing)| **standing == Standing::Said).for_each(|(_, standing)| {
        *standing = Standing::Denied { by };
    });
}

/// Where the words begin that lead without a gap to the reassuring one.
fn start(sentence: &[Word], speech: &Speech, by: usize) -> usize {
    let before = sentence.iter().take(by).rev().take(REACH);
    by - before.take_while(|word| speech.functions.contain(word) || speech.links.contain(word)).count()
}

fn undermines(word: Option<&Word>, speech: &Speech) -> bool {
    word.is_some_and(|word| speech.undermines.contain(word) || speech.negators.contain(word))
}

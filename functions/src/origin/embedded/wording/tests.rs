use super::spelling::MOST_CORRECTIONS;
use super::{Language, Phrase, Speech, Standing, Vocabulary, Wording};
use crate::origin::embedded::{SPEECH, parse};
use proptest::prelude::*;
use std::collections::HashSet;
use std::sync::LazyLock;

static LANGUAGE: LazyLock<Language> = LazyLock::new(|| {
    let speech: Speech = parse(SPEECH);
    let rules = ["fever", "chest", "pain", "cough", "crushing", "breath*", "hurts", "heart attack", "stroke"];
    let vocabulary = Vocabulary::new(&rules.map(Phrase::parse), "", &speech);
    Language { speech, vocabulary }
});

fn says(text: &str, phrase: &str) -> bool {
    let wording = Wording::read(["", text], &[], &LANGUAGE);
    wording.find(&Phrase::parse(phrase)).iter().any(|finding| finding.standing == Standing::Said)
}

#[test]
fn a_denial_reaches_over_symptoms_and_small_words() {
    for text in [
        "no chest pain",
        "no fever or chest pain",
        "no fever, cough or chest pain",
        "i do not have any chest pain",
        "don't have a fever or a cough or chest pain",
        "without chest pain",
        "she denies chest pain",
        "never had chest pain",
    ] {
        assert!(!says(text, "chest pain"), "{text}");
    }
}

#[test]
fn a_denial_ends_where_a_new_statement_starts() {
    for text in [
        "no fever and crushing chest pain",
        "no fever, chest pain",
        "no fever, and my chest pain is back",
        "no fever my chest pain is back",
        "no fever but chest pain",
        "i don't have a fever but chest pain",
        "without cough and then crushing chest pain",
        "no cough just chest pain",
        "not a fever, it is chest pain",
        "no relief from chest pain",
        "never had chest pain like this",
        "no fever chest pain is worse",
    ] {
        assert!(says(text, "pain"), "{text}");
    }
}

#[test]
fn a_phrase_with_its_own_negation_is_said() {
    assert!(says("i can't breathe", "can't breathe"));
    assert!(says("the rash does not fade", "not fade"));
    assert!(says("no pulse", "no pulse"));
}

#[test]
fn what_was_long_ago_is_set_aside_up_to_the_next_statement() {
    assert!(!says("my grandmother died of a stroke", "stroke"));
    assert!(!says("i had a stroke in 2014", "stroke"));
    assert!(!says("ten years ago my dad had a heart attack, he had chest pain", "chest pain"));
    assert!(says("my dad had a heart attack last year and now i have the same chest pain", "chest pain"));
    assert!(says("my father has chest pain now", "chest pain"));
    assert!(says("three months ago i had a cough, chest pain", "chest pain"));
}

#[test]
fn a_headline_about_the_past_or_with_a_denial_leaves_the_text_alone() {
    for headline in ["heart attack years ago", "no fever"] {
        let wording = Wording::read([headline, "chest pain"], &[], &LANGUAGE);
        assert!(wording.find(&Phrase::parse("chest pain")).iter().all(|found| found.standing == Standing::Said));
    }
}

#[test]
fn figures_of_speech_and_general_questions_are_set_aside() {
    assert!(!says("it was a stroke of luck", "stroke"));
    assert!(!says("what are the signs of a stroke", "stroke"));
    assert!(!says("i read about chest pain", "chest pain"));
    assert!(says("i read about it and now i have chest pain", "chest pain"));
}

#[test]
fn inflections_and_misspellings_are_understood() {
    assert!(says("my chest pains", "chest pain"));
    assert!(says("breathlessness", "breath*"));
    assert!(says("cruhsing chest pain", "crushing"));
    assert!(!says("chestnut pain", "chest pain"));
    assert!(says("a fever of 39.5, shivering", "38..42"));
}

#[test]
fn a_misspelling_at_the_end_of_a_long_story_is_understood() {
    let story = "on monday i went to the shop to buy milk, eggs and tea for my mum. the bus was late as it had a flat \
                 tyre, so we sat in the sun by an old oak and ate an ice. then a man and his dog came by, and he let us \
                 pet it. we got home at six, fed the cat, set out ham, rye, jam, a fig and a pie, had a cup of tea, and \
                 put the kid to bed. i read him a few odd tales of a fox, an owl and a hen";
    let words: HashSet<&str> = story.split([' ', ',', '.']).collect();
    assert!(words.len() > MOST_CORRECTIONS + 1, "{} words", words.len());
    assert!(says(&format!("{story}. cruhsing chest pain"), "crushing"));
}

#[test]
fn after_many_unknown_words_no_other_one_is_corrected() {
    let nonsense: Vec<_> = (0..MOST_CORRECTIONS).map(|number| format!("xyzzy{number}")).collect();
    assert!(says(&format!("{}. cruhsing chest pain", nonsense[1..].join(" ")), "crushing"));
    assert!(!says(&format!("{}. cruhsing chest pain", nonsense.join(" ")), "crushing"));
}

#[test]
fn words_with_an_open_ending_are_found_in_the_order_of_the_text() {
    let wording = Wording::read(["", "breathless. breathing is hard"], &[], &LANGUAGE);
    let sentences: Vec<_> = wording.find(&Phrase::parse("breath*")).iter().map(|finding| finding.sentence).collect();
    assert_eq!(sentences, [0, 1]);
}

#[test]
fn what_is_said_to_be_in_order_is_denied() {
    for text in ["chest clear", "my chest is totally fine", "chest and arms ok", "coughing, chest feels normal"] {
        assert!(!says(text, "chest"), "{text}");
    }
}

#[test]
fn nothing_else_is_taken_for_reassurance() {
    for text in [
        "chest not ok",
        "chest isn't normal",
        "chest was fine",
        "chest is fine until i cough",
        "my chest, otherwise fine",
        "no good chest",
        "less than chest usual",
        "chest pain fine",
    ] {
        assert!(says(text, "chest"), "{text}");
    }
}

proptest! {
    #[test]
    fn no_text_panics(text in "\\PC{0,200}", phrase in "\\PC{0,20}") {
        says(&text, &phrase);
    }

    #[test]
    fn no_order_of_small_words_panics(text in "(no|not|,|and|or|my|chest|is|pain|never|like| ){0,40}") {
        says(&text, "chest pain");
    }
}

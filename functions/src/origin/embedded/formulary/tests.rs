//! What the formulary has to hold, and which names must and must not find something in it.

use super::*;
use proptest::prelude::*;

fn name(text: &str) -> Option<&'static str> {
    Formulary::embedded().resolve(text).map(Medicine::name)
}

fn detected(text: &str) -> Vec<&'static str> {
    Formulary::embedded().detect(text).into_iter().map(Medicine::name).collect()
}

#[track_caller]
fn assert_names(expected: Option<&str>, texts: &[&str]) {
    for text in texts {
        assert_eq!(name(text), expected, "{text}");
    }
}

#[test]
fn the_formulary_knows_the_common_medicines() {
    assert!(Formulary::embedded().medicines.len() >= 120);
}

#[test]
fn every_record_is_complete_and_lower_case_where_it_is_compared() {
    let formulary = Formulary::embedded();
    for medicine in &formulary.medicines {
        let Medicine { name, class, uses, common_side_effects, ingredients, .. } = medicine;
        assert!(!class.is_empty() && !medicine.tags().is_empty(), "{name}");
        assert!((3..=5).contains(&uses.len()) && (4..=6).contains(&common_side_effects.len()), "{name}");
        assert!(medicine.names().chain(medicine.tags()).all(|text| *text == text.to_lowercase()), "{name}");
        assert!(ingredients.is_sorted() && *name == ingredients.join(" / "), "{name}");
        assert!(!medicine.sources.is_empty(), "{name}");
        assert!(medicine.sources.iter().all(|id| formulary.sources.contains_key(id)), "{name}");
    }
}

#[test]
fn no_name_stands_for_two_records_and_every_name_resolves_to_its_own() {
    for medicine in &Formulary::embedded().medicines {
        assert!(medicine.names().all(|text| name(text) == Some(medicine.name())), "{}", medicine.name());
    }
}

#[test]
fn every_ambiguous_name_is_in_the_formulary() {
    let formulary = Formulary::embedded();
    assert!(formulary.ambiguous.iter().all(|name| formulary.by_name.contains_key(name)));
}

#[test]
fn generic_names_synonyms_and_brands_are_one_medicine() {
    assert_names(Some("acetaminophen"), &["tylenol", "paracetamol", "acetaminophen", "panadol"]);
    assert_names(Some("aspirin"), &["asa", "acetylsalicylic acid", "aspirin"]);
    assert_names(Some("albuterol"), &["salbutamol", "ventolin", "ventolin hfa 90 mcg/act inhaler"]);
    assert_names(Some("st john's wort"), &["st. john's wort", "st john’s wort", "hypericum"]);
}

#[test]
fn dose_form_and_frequency_do_not_matter() {
    assert_names(Some("metoprolol"), &["metoprolol succinate er 50 mg once a day", "metoprolol 25mg bid"]);
    assert_names(Some("ibuprofen"), &["ibuprofen 100 mg / 5 ml", "2 tablet(s) ibuprofen as needed", "ibuprofen, prn"]);
    assert_names(Some("ibuprofen"), &["200mg ibuprofen every night", "ibuprofen for knee pain", "ibuprofen with food"]);
    assert_names(Some("metformin"), &["metformin hcl 500 mg tablets twice daily", "metformin (500 mg)"]);
    assert_names(Some("calcium carbonate"), &["calcium 600 mg", "500 mg calcium carbonate"]);
    assert_names(Some("insulin glargine"), &["lantus 20 units at bedtime", "insulin glargine 100 units/ml"]);
}

#[test]
fn two_names_for_one_medicine_have_to_agree() {
    assert_names(Some("acetaminophen"), &["tylenol (acetaminophen)", "tylenol acetaminophen 500 mg"]);
    assert_names(Some("ibuprofen"), &["ibuprofen (advil) 200 mg", "advil - ibuprofen", "advil (for headaches)"]);
    assert_names(Some("acetaminophen / oxycodone"), &["percocet (oxycodone/acetaminophen) 5/325"]);
    assert_names(None, &["tylenol (ibuprofen)", "aspirin (with caffeine)", "hydrocodone (vicodin)"]);
}

#[test]
fn a_combination_is_never_one_of_its_parts() {
    assert_names(Some("acetaminophen / aspirin / caffeine"), &["excedrin", "caffeine, aspirin and paracetamol"]);
    assert_names(Some("acetaminophen / codeine"), &["tylenol #3 300/30 mg", "acetaminophen and codeine", "co-codamol"]);
    assert_names(Some("hydrochlorothiazide / lisinopril"), &["lisinopril-hydrochlorothiazide 20-25", "zestoretic"]);
    assert_names(
        Some("acetaminophen / ibuprofen"),
        &["paracetamol + ibuprofen", "ibuprofen 200mg/acetaminophen 500mg"],
    );
    assert_names(Some("aspirin / caffeine"), &["aspirin/caffeine"]);
    assert_names(Some("loratadine / pseudoephedrine"), &["claritin-d 24 hour"]);
    assert_names(
        None,
        &["aspirin/ibuprofen", "calcium + vitamin d", "ibuprofen for pain and codeine", "excedrin/codeine"],
    );
}

#[test]
fn a_bare_number_before_a_form_is_a_dose() {
    assert_names(Some("acetaminophen"), &["tylenol 3 tablets", "tylenol 3 times a day"]);
}

#[test]
fn a_near_miss_is_no_match() {
    assert_names(
        None,
        &["", "500 mg", "ibuprofe", "ibuprofens", "potassium citrate", "aspirin-free", "magnesium", "for"],
    );
}

#[test]
fn free_text_is_searched_at_word_boundaries_for_the_longest_name() {
    let text = "i took tylenol pm, warfarin/ibuprofen and aspirinated water.";
    assert_eq!(detected(text), ["acetaminophen / diphenhydramine", "ibuprofen", "warfarin"]);
    assert_eq!(detected("advil, then more advil or ibuprofen."), ["ibuprofen"]);
    assert_eq!(
        detected("codeine/paracetamol and excedrin"),
        ["acetaminophen / aspirin / caffeine", "acetaminophen / codeine"]
    );
}

#[test]
fn everyday_words_are_not_medicines_in_free_text() {
    assert!(detected("my plan b was an iron will; yasmin says caffeine and low potassium").is_empty());
    assert_eq!(name("iron 65 mg"), Some("ferrous sulfate"));
}

proptest! {
    #[test]
    fn no_text_makes_a_search_panic(text in any::<String>(), words in "[a-z(/)\\[,.’µ0-9 -]{0,60}") {
        for text in [text, words.clone(), format!("aspirin {words}")] {
            let _ = (name(&text), detected(&text));
        }
    }
}

//! The triage: red flags first, then the condition that fits best.

use super::formulary::Medicine;
use super::rulebook::{Condition, Help, RedFlag, Rulebook};
use super::wording::Wording;
use crate::origin::answer::{DetectedMedication, HealthAnalysis, Interaction, InteractionSeverity, Severity};

/// What every answer says.
pub const DISCLAIMER: &str = "This is general information and not medical advice; it cannot replace an \
     examination by a doctor or another health professional.";

/// The short form of it, which ends every recommendation.
const REMINDER: &str = "This is general information, not medical advice.";

/// What a person complains of, in its normal form.
#[derive(Clone, Copy, Debug)]
pub(super) struct Complaint<'a> {
    pub(super) concern: &'a str,
    pub(super) symptoms: &'a str,
    pub(super) age: Option<u8>,
    pub(super) history: &'a [String],
}

/// Answers a complaint. It never repeats the person's own words.
pub(super) fn analyse(
    complaint: &Complaint<'_>,
    medicines: &[&Medicine],
    interactions: &[Interaction],
) -> HealthAnalysis {
    let rules = Rulebook::embedded();
    let wording = Wording::read(&texts(complaint), |word| rules.symptom_words.contains(word));
    let raised = |flag: &&RedFlag| applies(flag, complaint, medicines) && flag.is_raised(&wording);
    let mut analysis = match rules.red_flags.iter().find(raised) {
        Some(flag) => emergency(flag),
        None => match best(&rules.conditions, &wording) {
            Some(condition) => ordinary(condition, complaint, &wording),
            None => unclear(),
        },
    };
    add_interactions(&mut analysis, interactions);
    analysis.detected_medications =
        medicines.iter().map(|medicine| detected(medicine, &wording, interactions)).collect();
    analysis.recommendation.push(' ');
    analysis.recommendation.push_str(REMINDER);
    analysis
}

/// The history is read with the complaint: "pregnant" or "chemotherapy" may stand there only.
fn texts<'a>(complaint: &Complaint<'a>) -> Vec<&'a str> {
    [complaint.concern, complaint.symptoms].into_iter().chain(history_that_matters(complaint.history)).collect()
}

/// Of the history only lasting circumstances count as said now; a heart attack of ten years ago is no emergency.
fn history_that_matters(history: &[String]) -> impl Iterator<Item = &str> {
    let lasting = ["pregnan", "chemo", "transplant", "immun", "spleen", "leuk", "diabet", "haemophil", "hemophil"];
    history.iter().map(String::as_str).filter(move |item| lasting.iter().any(|word| item.contains(word)))
}

fn applies(flag: &RedFlag, complaint: &Complaint<'_>, medicines: &[&Medicine]) -> bool {
    let takes = |tag: &String| medicines.iter().any(|medicine| medicine.tags().contains(tag));
    let is_young_enough = |max_age| complaint.age.is_some_and(|age| age <= max_age);
    flag.medicine_tag.as_ref().is_none_or(takes) && flag.max_age.is_none_or(is_young_enough)
}

/// The condition with the highest score; the earlier one in the file of two equals.
fn best<'a>(conditions: &'a [Condition], wording: &Wording) -> Option<&'a Condition> {
    let scored =
        conditions.iter().map(|condition| (condition.score(wording), condition)).filter(|(score, _)| *score > 0);
    scored.rev().max_by_key(|(score, _)| *score).map(|(_, condition)| condition)
}

fn emergency(flag: &RedFlag) -> HealthAnalysis {
    let (advice, first) = match flag.help {
        Help::Emergency => (
            "Call your local emergency number now (112, 911 or 999). Do not drive yourself, and do not wait to see \
             whether it passes.",
            "Now: this may be an emergency",
        ),
        Help::Crisis => (
            "You are not alone: call or text a crisis line now (988 in the USA and Canada, 116 123 in the UK, Ireland \
             and much of Europe), or your local emergency number (112, 911 or 999) if you may act on these thoughts. \
             Stay with somebody you trust until help is there.",
            "Now: talk to a crisis line, a doctor or an emergency department",
        ),
        Help::Poison => (
            "Call your local emergency number (112, 911 or 999) or a poison centre now (1-800-222-1222 in the USA). Do \
             not make the person vomit, and keep the packaging at hand.",
            "Now: call even when nothing is felt yet",
        ),
    };
    HealthAnalysis {
        condition: flag.condition.clone(),
        explanation: flag.explanation.clone(),
        severity: Severity::Critical,
        recommendation: advice.to_owned(),
        when_to_see_doctor: vec![first.to_owned()],
        ..blank()
    }
}

fn ordinary(condition: &Condition, complaint: &Complaint<'_>, wording: &Wording) -> HealthAnalysis {
    let remedies = &Rulebook::embedded().remedies;
    let is_pregnant = ["pregnant", "pregnancy"].iter().any(|word| wording.has_word(word));
    let suits = |remedy: &&super::rulebook::Remedy| {
        complaint.age.is_none_or(|age| age >= remedy.min_age) && !(is_pregnant && remedy.not_pregnant)
    };
    let suitable = condition.remedies.iter().filter_map(|id| remedies.get(id)).filter(suits);
    HealthAnalysis {
        condition: condition.condition.clone(),
        explanation: condition.explanation.clone(),
        natural_remedies: suitable.map(|remedy| remedy.text.clone()).collect(),
        severity: condition.severity,
        recommendation: condition.recommendation.clone(),
        when_to_see_doctor: condition.when_to_see_doctor.clone(),
        ..blank()
    }
}

fn unclear() -> HealthAnalysis {
    let owned = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect();
    HealthAnalysis {
        condition: "Not enough to go on".to_owned(),
        explanation: "The description fits no single condition that this service knows. That does not mean that it is \
                      harmless or serious, only that more is needed to tell."
            .to_owned(),
        recommendation: "Describe where it is, since when, how strong, what makes it better or worse, and what else \
                         you notice; or ask a doctor or pharmacist, who can examine you."
            .to_owned(),
        when_to_see_doctor: owned(&[
            "Now, with chest pain, trouble breathing, sudden weakness, confusion, or severe pain",
            "It gets worse, or comes with a high fever",
            "It has not passed after some days",
        ]),
        ..blank()
    }
}

fn blank() -> HealthAnalysis {
    HealthAnalysis {
        condition: String::new(),
        explanation: String::new(),
        natural_remedies: Vec::new(),
        severity: Severity::Moderate,
        recommendation: String::new(),
        when_to_see_doctor: Vec::new(),
        detected_medications: Vec::new(),
        medication_interactions: Vec::new(),
        disclaimer: DISCLAIMER.to_owned(),
    }
}

/// Lists the interactions, and lets a serious one change what is said. Emergency advice stays first.
fn add_interactions(analysis: &mut HealthAnalysis, interactions: &[Interaction]) {
    let serious = |interaction: &&Interaction| interaction.severity >= InteractionSeverity::Major;
    if let Some(interaction) = interactions.iter().find(serious) {
        let [one, other] = &interaction.medications;
        analysis.severity = analysis.severity.max(Severity::Moderate);
        analysis.explanation.push_str(&format!(" Besides, {one} and {other} interact: {}", interaction.effect));
        analysis.recommendation.push_str(&format!(
            " Ask a doctor or pharmacist soon about taking {one} together with {other}, and do not stop a prescribed \
             medicine on your own. {}",
            interaction.advice
        ));
    }
    analysis.medication_interactions = interactions.to_vec();
}

fn detected(medicine: &Medicine, wording: &Wording, interactions: &[Interaction]) -> DetectedMedication {
    let interacts =
        interactions.iter().any(|interaction| interaction.medications.iter().any(|name| name == medicine.name()));
    let mut concerns = medicine.uses().iter().chain(medicine.common_side_effects());
    DetectedMedication {
        name: medicine.name().to_owned(),
        class: medicine.class().to_owned(),
        uses: medicine.uses().to_vec(),
        common_side_effects: medicine.common_side_effects().to_vec(),
        relevant_to_condition: interacts || concerns.any(|phrase| is_mentioned(phrase, wording)),
    }
}

/// Whether a word that carries the meaning of a phrase was said.
fn is_mentioned(phrase: &str, wording: &Wording) -> bool {
    let filler = ["with", "from", "high", "pain", "mild", "moderate", "severe", "trouble", "prevention"];
    phrase
        .split(|c: char| !c.is_alphanumeric())
        .any(|word| word.len() >= 4 && !filler.contains(&word) && wording.has_word(word))
}

#[cfg(test)]
mod tests {
    use super::{Complaint, DISCLAIMER, analyse};
    use crate::origin::answer::Severity;
    use proptest::prelude::*;

    fn complaint<'a>(concern: &'a str, symptoms: &'a str) -> Complaint<'a> {
        Complaint { concern, symptoms, age: None, history: &[] }
    }

    proptest! {
        #[test]
        fn a_red_flag_added_to_any_complaint_is_critical(
            text in "[a-z ,]{0,80}",
            flag in prop::sample::select(vec![
                "crushing chest pain radiating to the left arm",
                "his face is drooping and he cannot speak",
                "i want to kill myself",
                "my throat is swelling shut",
                "i took a whole bottle of pills",
            ]),
        ) {
            let answer = analyse(&complaint(&text, &format!("{text}. {flag}")), &[], &[]);
            prop_assert_eq!(answer.severity, Severity::Critical);
            prop_assert!(answer.natural_remedies.is_empty());
        }

        #[test]
        fn every_text_is_answered_with_the_disclaimer_and_the_same_each_time(text in "\\PC{0,200}") {
            let answer = analyse(&complaint(&text, &text), &[], &[]);
            prop_assert_eq!(answer.disclaimer.as_str(), DISCLAIMER);
            prop_assert!(answer.recommendation.ends_with("not medical advice."));
            prop_assert_eq!(analyse(&complaint(&text, &text), &[], &[]), answer);
        }
    }
}

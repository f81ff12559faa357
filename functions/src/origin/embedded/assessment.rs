//! The triage: red flags first, then the condition that fits best.

use super::formulary::Medicine;
use super::rulebook::{Condition, Help, Observations, RedFlag, Rulebook};
use super::wording::Wording;
use crate::origin::Source;
use crate::origin::answer::{DetectedMedication, HealthAnalysis, Interaction, InteractionSeverity, Severity};
use std::collections::BTreeSet;
use std::ops::RangeInclusive;

/// What every answer says.
pub const DISCLAIMER: &str = "This is general information and not medical advice; it cannot replace an \
     examination by a doctor or another health professional.";

/// The short form of it, which ends every recommendation.
const REMINDER: &str = "This is general information, not medical advice.";

/// The ages, in years, that rules ask for.
const AGES: [(RangeInclusive<u8>, &str); 4] =
    [(0..=0, "#infant"), (0..=5, "#small_child"), (0..=12, "#child"), (65..=u8::MAX, "#old")];

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
    let wording = read(complaint, medicines, rules);
    let seen = rules.observe(&wording);
    let mut analysis = match raised(rules, &seen) {
        Some(flag) => emergency(flag),
        None => match best(&rules.conditions, &seen) {
            Some(condition) => ordinary(condition, complaint, &wording),
            None => unclear(),
        },
    };
    let serious = interactions.iter().find(|interaction| is_serious(interaction));
    if let Some(interaction) = serious {
        warn_of(&mut analysis, interaction);
    }
    analysis.medication_interactions = interactions.to_vec();
    analysis.detected_medications = detected_in(&wording, medicines, interactions);
    analysis.recommendation.push(' ');
    analysis.recommendation.push_str(REMINDER);
    analysis
}

/// What our rules say of a complaint with a red flag, and nothing of any other.
pub(super) fn emergency_of(complaint: &Complaint<'_>, medicines: &[&Medicine]) -> Option<HealthAnalysis> {
    let rules = Rulebook::embedded();
    let wording = read(complaint, medicines, rules);
    raised(rules, &rules.observe(&wording)).map(emergency)
}

/// What the formulary says of the medicines of whoever complains.
#[cfg(feature = "bedrock")]
pub(super) fn detected_of(
    complaint: &Complaint<'_>,
    medicines: &[&Medicine],
    interactions: &[Interaction],
) -> Vec<DetectedMedication> {
    detected_in(&read(complaint, medicines, Rulebook::embedded()), medicines, interactions)
}

fn detected_in(wording: &Wording, medicines: &[&Medicine], interactions: &[Interaction]) -> Vec<DetectedMedication> {
    medicines.iter().map(|medicine| detected(medicine, wording, interactions)).collect()
}

fn read(complaint: &Complaint<'_>, medicines: &[&Medicine], rules: &Rulebook) -> Wording {
    let marks = marks(complaint, medicines, rules);
    Wording::read([complaint.concern, complaint.symptoms], &marks, &rules.language)
}

fn raised<'a>(rules: &'a Rulebook, seen: &Observations<'_>) -> Option<&'a RedFlag> {
    rules.red_flags.iter().find(|flag| flag.is_raised(seen))
}

/// What else is known of the person, as words of the rules: "pregnant" or "chemotherapy" may stand in the history only.
fn marks(complaint: &Complaint<'_>, medicines: &[&Medicine], rules: &Rulebook) -> Vec<String> {
    let circumstances = complaint.history.iter().flat_map(|item| rules.language.speech.lasting(item));
    let ages = AGES.iter().filter(|(ages, _)| complaint.age.is_some_and(|age| ages.contains(&age)));
    let tags: BTreeSet<&String> = medicines.iter().flat_map(|medicine| medicine.tags()).collect();
    let known = circumstances.chain(ages.map(|(_, mark)| *mark)).map(str::to_owned);
    known.chain(tags.into_iter().map(|tag| format!("#{tag}"))).collect()
}

/// The condition with the highest score; the earlier one in the file of two equals.
fn best<'a>(conditions: &'a [Condition], seen: &Observations<'_>) -> Option<&'a Condition> {
    let scored = conditions.iter().map(|condition| (condition.score(seen), condition)).filter(|(score, _)| *score > 0);
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
        source: Some(Source::Embedded),
    }
}

/// Whether an interaction changes what is said.
pub(super) fn is_serious(interaction: &Interaction) -> bool {
    interaction.severity >= InteractionSeverity::Major
}

/// Lets an interaction change what is said. Emergency advice stays first.
pub(super) fn warn_of(analysis: &mut HealthAnalysis, interaction: &Interaction) {
    let [one, other] = &interaction.medications;
    analysis.severity = analysis.severity.max(Severity::Moderate);
    analysis.explanation.push_str(&format!(" Besides, {one} and {other} interact: {}", interaction.effect));
    analysis.recommendation.push_str(&format!(
        " Ask a doctor or pharmacist soon about taking {one} together with {other}, and do not stop a prescribed \
         medicine on your own. {}",
        interaction.advice
    ));
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
    use std::time::{Duration, Instant};

    /// As much text as a question may hold.
    const LONGEST: usize = 8_000;

    /// Repeated over and over, each makes another step work hard.
    const HOSTILE: [&str; 14] = [
        "pain ",
        "leg ",
        "no pain or ",
        "hot, ",
        "my leg and my ",
        "preasuer vomitnig ",
        "a ",
        "9 ",
        "never ",
        "years ago ",
        "and i now ",
        "not only ",
        "chest and my ",
        "face is fine ",
    ];

    fn complaint<'a>(concern: &'a str, symptoms: &'a str) -> Complaint<'a> {
        Complaint { concern, symptoms, age: None, history: &[] }
    }

    fn time_to_answer(text: &str) -> Duration {
        let start = Instant::now();
        analyse(&complaint("", text), &[], &[]);
        start.elapsed()
    }

    #[test]
    fn the_longest_hostile_texts_are_answered_in_bounded_time() {
        // The unoptimised build of the tests takes about a hundred times as long as the release build.
        let limit = Duration::from_millis(if cfg!(debug_assertions) { 2_000 } else { 10 });
        for pattern in HOSTILE {
            let text: String = pattern.chars().cycle().take(LONGEST).collect();
            let fastest = (0..3).map(|_| time_to_answer(&text)).min();
            assert!(fastest < Some(limit), "{pattern} took {fastest:?}");
        }
    }

    #[test]
    fn a_plan_or_self_harm_next_to_a_denial_of_suicide_is_critical() {
        for now in [
            "but i have the pills lined up",
            "i just don't want to wake up",
            "i only cut my arms deeper than usual tonight",
            "though i wrote goodbye letters",
            "i'm sat on the edge of the bridge, nobody would notice",
            "and i feel fine but i want to kill myself",
        ] {
            for denial in ["i'm not suicidal", "no thoughts of suicide", "not suicidal as such"] {
                let answer = analyse(&complaint("", &format!("{denial}, {now}")), &[], &[]);
                assert_eq!(answer.severity, Severity::Critical, "{denial}, {now}");
            }
        }
    }

    #[test]
    fn a_denial_of_suicide_alone_is_not_critical() {
        for text in ["i'm not suicidal, just sad", "feeling low, no thoughts of suicide or self harm"] {
            assert_ne!(analyse(&complaint("", text), &[], &[]).severity, Severity::Critical, "{text}");
        }
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

//! The drugs and questions of a file, and the requests for them.

use super::texts;
use crate::verdict::Failure;
use serde_json::{Value, json};

/// How many items go into one request. The route takes 32 of each kind; fewer show progress sooner.
const BATCH: usize = 8;

/// The longest line, and how much of a batch's items goes into one request at most, in bytes.
const MAX_BYTES: usize = 96 << 10;

/// Something to be warmed.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Item {
    Drug(String),
    Question(Value, usize),
}

/// Reads a file. What is wrong is named by its line, and never shown.
pub(crate) fn read(bytes: &[u8]) -> Result<Vec<Item>, Failure> {
    let text = std::str::from_utf8(bytes).map_err(|_| Failure::Usage("FILE: must be UTF-8".into()))?;
    let lines = text.lines().map(str::trim).enumerate();
    let lines = lines.filter(|(_, line)| !line.is_empty() && !line.starts_with('#'));
    lines
        .map(|(number, line)| {
            item(line).map_err(|rule| Failure::Usage(format!("FILE, line {}: must {rule}", number + 1)))
        })
        .collect()
}

fn item(line: &str) -> Result<Item, &'static str> {
    if line.len() > MAX_BYTES {
        return Err("have at most 96 KiB");
    }
    if !line.starts_with(['{', '[', '"']) {
        return Ok(Item::Drug(line.to_owned()));
    }
    let object: Value = serde_json::from_str(line).map_err(|_| "be a drug's name or a JSON object")?;
    match (&object["drug_name"], object.is_object()) {
        (_, false) => Err("be a drug's name or a JSON object"),
        (Value::String(name), true) => Ok(Item::Drug(name.clone())),
        (Value::Null, true) => Ok(Item::Question(object, line.len())),
        (_, true) => Err("have a text as drug_name"),
    }
}

/// The next batch; none when everything is done.
pub(crate) fn batch(items: &[Item], done: usize) -> Option<&[Item]> {
    let rest = items.get(done..).filter(|rest| !rest.is_empty())?;
    let mut bytes = 0;
    let fits = rest.iter().take(BATCH).take_while(|item| {
        bytes += item.bytes();
        bytes <= MAX_BYTES
    });
    rest.get(..fits.count().max(1))
}

impl Item {
    fn bytes(&self) -> usize {
        match self {
            Self::Drug(name) => name.len(),
            Self::Question(_, bytes) => *bytes,
        }
    }
}

/// The body of the request for some items.
pub(crate) fn body(items: &[Item]) -> Value {
    let questions: Vec<_> = items
        .iter()
        .filter_map(|item| if let Item::Question(question, _) = item { Some(question) } else { None })
        .collect();
    let drugs: Vec<_> =
        items.iter().filter_map(|item| if let Item::Drug(name) = item { Some(name) } else { None }).collect();
    json!({ "questions": questions, "drugs": drugs })
}

/// What became of each item, in their order. The answer has a list for each kind.
pub(crate) fn outcomes(items: &[Item], data: &Value) -> Result<Vec<String>, Failure> {
    let (mut questions, mut drugs) = (texts(&data["questions"]).into_iter(), texts(&data["drugs"]).into_iter());
    let outcome = |item: &Item| match item {
        Item::Question(..) => questions.next(),
        Item::Drug(_) => drugs.next(),
    };
    let outcomes: Option<Vec<_>> = items.iter().map(outcome).collect();
    outcomes.ok_or_else(|| Failure::Failed("the service's answer does not say what became of each item".into()))
}

#[cfg(test)]
mod tests {
    use super::{BATCH, Item, batch, body, outcomes, read};
    use proptest::prelude::*;
    use serde_json::json;

    #[test]
    fn drugs_and_questions_are_read_and_the_outcomes_are_put_in_their_order() {
        let items = read(b"# drugs\naspirin\n\n{\"concern\": \"x\"}\n{\"drug_name\": \"ibuprofen\"}\n").expect("items");
        assert_eq!(body(&items), json!({ "questions": [{ "concern": "x" }], "drugs": ["aspirin", "ibuprofen"] }));
        let answer = json!({ "questions": ["invalid"], "drugs": ["fresh", "computed"] });
        assert_eq!(outcomes(&items, &answer), Ok(vec!["fresh".into(), "invalid".into(), "computed".into()]));
        assert!(outcomes(&items, &json!({ "drugs": ["fresh"] })).is_err());
    }

    #[test]
    fn a_line_that_is_neither_is_named_by_its_number_and_not_shown() {
        for line in [
            "{a secret sorrow",
            "[\"a secret sorrow\"]",
            "\"a secret sorrow\"",
            "{\"drug_name\": [\"a secret sorrow\"]}",
        ] {
            let error = read(format!("aspirin\n{line}\n").as_bytes()).expect_err("no item").to_string();
            assert!(error.starts_with("FILE, line 2: must") && !error.contains("sorrow"), "{error}");
        }
    }

    proptest! {
        #[test]
        fn no_file_panics_and_batches_have_every_item_once(lines in prop::collection::vec("[a-z#{}\"\\[:,é ]{0,12}", 0..40)) {
            if let Ok(items) = read(lines.join("\n").as_bytes()) {
                let mut done = 0;
                while let Some(next) = batch(&items, done) {
                    prop_assert!(!next.is_empty() && next.len() <= BATCH);
                    done += next.len();
                }
                prop_assert_eq!(done, items.len());
            }
        }

        #[test]
        fn long_items_are_not_put_together(sizes in prop::collection::vec(1_usize..90_000, 1..20)) {
            let items: Vec<_> = sizes.iter().map(|size| Item::Question(json!({}), *size)).collect();
            let mut done = 0;
            while let Some(next) = batch(&items, done) {
                prop_assert!(next.len() == 1 || next.iter().map(Item::bytes).sum::<usize>() <= super::MAX_BYTES);
                done += next.len();
            }
            prop_assert_eq!(done, items.len());
        }
    }
}

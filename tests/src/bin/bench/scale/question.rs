//! Questions by number, as many as there are entries, and the program of wrk that asks them at random.

use bytes::Bytes;
use medinsight_tests::ANALYZE;

/// Where the number stands in a question. All numbers have as many digits, so that all requests have one length.
const MARK: &str = "NNNNNNNN";

/// A question of 600 bytes with the mark in it.
const TEMPLATE: &str = r#"{"concern": "Recurring headaches with pressure behind the eyes, episode NNNNNNNN", "symptoms": "throbbing pain on one side of the head, sensitivity to light and sound, nausea in the morning, stiff neck after long hours at the desk, trouble falling asleep, tired for most of the day, vision blurred for some minutes before the pain begins", "patient_age": 47, "patient_gender": "female", "medical_history": ["seasonal allergies", "hypertension since 2015", "appendectomy", "migraine in the family"], "current_medications": ["lisinopril 10 mg daily", "cetirizine 10 mg as needed", "vitamin D 1000 IU"]}"#;

/// One question.
pub(super) fn question(number: u64) -> Bytes {
    TEMPLATE.replace(MARK, &format!("{number:08}")).into()
}

/// A program for wrk that asks the first so many questions at random.
pub(super) fn script(count: u64) -> String {
    LUA.replace("BODY", TEMPLATE).replace("PATH", ANALYZE).replace("COUNT", &count.to_string())
}

/// The program with its blanks. A request is formatted once and cut at the mark.
const LUA: &str = r#"
local first, last

function init()
  local headers = { ["Host"] = wrk.headers["Host"], ["Content-Type"] = "application/json" }
  local whole = wrk.format("POST", "PATH", headers, [==[BODY]==])
  local from, to = whole:find("NNNNNNNN", 1, true)
  first, last = whole:sub(1, from - 1), whole:sub(to + 1)
  math.randomseed(7)
end

function request()
  return first .. string.format("%08d", math.random(0, COUNT - 1)) .. last
end
"#;

#[cfg(test)]
mod tests {
    use super::question;
    use medinsight_core::HealthAnalysisRequest;

    #[test]
    fn questions_of_any_number_have_600_bytes_and_can_be_read() {
        for number in [0, 9_999_999] {
            let question = question(number);
            assert!((550..650).contains(&question.len()), "{}", question.len());
            assert!(HealthAnalysisRequest::from_json(&question).is_ok());
        }
    }
}

//! The requests of the load: 64 questions of about 600 bytes, the same for every contender.

use bytes::Bytes;
use medinsight_tests::ANALYZE;
use serde_json::json;
use std::ops::Range;

/// The questions of the load on hits, which are asked in turn.
pub(crate) const HITS: Range<u64> = 0..64;

/// One question; the age and two of the texts tell it from the others.
pub(crate) fn question(number: u64) -> Bytes {
    let body = json!({
        "concern": format!("Recurring headaches with pressure behind the eyes, episode {number}"),
        "symptoms": "throbbing pain on one side of the head, sensitivity to light and sound, nausea in the \
            morning, stiff neck after long hours at the desk, trouble falling asleep, tired for most of the day, \
            vision blurred for some minutes before the pain begins, relief from darkness and rest",
        "patient_age": 20 + number % 64,
        "patient_gender": if number.is_multiple_of(2) { "female" } else { "male" },
        "medical_history": ["seasonal allergies", "hypertension since 2015", "appendectomy", "migraine in the family"],
        "current_medications": ["lisinopril 10 mg daily", "cetirizine 10 mg as needed", format!("vitamin D {number}00 IU")],
    });
    body.to_string().into()
}

/// Whole requests for these questions, on connections that are kept.
pub(crate) fn requests(numbers: Range<u64>) -> Vec<Bytes> {
    let request = |number| {
        let body = question(number);
        let head = format!(
            "POST {ANALYZE} HTTP/1.1\r\nhost: localhost\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n",
            body.len()
        );
        Bytes::from([head.as_bytes(), &body].concat())
    };
    numbers.map(request).collect()
}

/// The program for wrk: it sends the questions in turn.
pub(crate) fn script() -> String {
    let bodies: Vec<String> =
        HITS.map(|number| format!("[==[{}]==]", String::from_utf8_lossy(&question(number)))).collect();
    LUA.replace("BODIES", &bodies.join(",\n  ")).replace("PATH", ANALYZE)
}

/// The program with its blanks. The requests are formatted once, because wrk has one thread for all of it.
const LUA: &str = r#"
local bodies = {
  BODIES
}
local requests, last = {}, 0

function init()
  for i, body in ipairs(bodies) do
    local headers = { ["Host"] = wrk.headers["Host"], ["Content-Type"] = "application/json" }
    requests[i] = wrk.format("POST", "PATH", headers, body)
  end
end

function request()
  last = last % #requests + 1
  return requests[last]
end
"#;

#[cfg(test)]
mod tests {
    use super::{HITS, question};
    use std::collections::HashSet;

    #[test]
    fn questions_differ_and_have_about_600_bytes() {
        let bodies: Vec<_> = HITS.map(question).collect();
        assert_eq!(bodies.iter().collect::<HashSet<_>>().len(), 64);
        assert!(bodies.iter().all(|body| (550..650).contains(&body.len())), "{}", bodies[0].len());
    }
}

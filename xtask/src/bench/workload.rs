//! The requests of the load: 64 questions of about 600 bytes, the same for every server.

use serde_json::json;

use super::HEALTH_PATH;

/// How many different questions are asked in turn.
const QUESTIONS: u32 = 64;

/// The session that every request names.
pub(crate) const SESSION_ID: &str = "bench-session-0001";

/// The body of every question.
pub(crate) fn bodies() -> Vec<String> {
    (0..QUESTIONS).map(body).collect()
}

/// One question; the age and two of the texts tell it from the others.
fn body(number: u32) -> String {
    let body = json!({
        "concern": format!("Recurring headaches with pressure behind the eyes, episode {number}"),
        "symptoms": "throbbing pain on one side of the head, sensitivity to light and sound, nausea in the \
            morning, stiff neck after long hours at the desk, trouble falling asleep, tired for most of the day, \
            vision blurred for some minutes before the pain begins, relief from darkness and rest",
        "patient_age": 20 + number,
        "patient_gender": if number.is_multiple_of(2) { "female" } else { "male" },
        "medical_history": ["seasonal allergies", "hypertension since 2015", "appendectomy", "migraine in the family"],
        "current_medications": ["lisinopril 10 mg daily", "cetirizine 10 mg as needed", format!("vitamin D {number}00 IU")],
    });
    body.to_string()
}

/// The program for wrk: it sends the bodies in turn and prints its result as one line of numbers.
pub(crate) fn script() -> String {
    let bodies: Vec<String> = bodies().iter().map(|body| format!("[==[{body}]==]")).collect();
    LUA.replace("BODIES", &bodies.join(",\n  ")).replace("PATH", HEALTH_PATH).replace("SESSION", SESSION_ID)
}

/// The program with its three blanks. The requests are formatted once, because wrk has one thread for all of it.
const LUA: &str = r#"
local bodies = {
  BODIES
}
local headers = { ["Content-Type"] = "application/json", ["X-Session-Id"] = "SESSION" }
local requests, last = {}, 0

function init()
  for i, body in ipairs(bodies) do
    local own = { ["Host"] = wrk.headers["Host"] }
    for name, value in pairs(headers) do own[name] = value end
    requests[i] = wrk.format("POST", "PATH", own, body)
  end
end

function request()
  last = last % #requests + 1
  return requests[last]
end

function done(summary, latency)
  local e = summary.errors
  local errors = e.connect + e.read + e.write + e.status + e.timeout
  io.write(string.format("RESULT %d %d %d %d %d\n", summary.requests, summary.duration,
    latency:percentile(50), latency:percentile(99), errors))
end
"#;

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::bodies;

    #[test]
    fn questions_differ_and_have_about_600_bytes() {
        let bodies = bodies();
        assert_eq!(bodies.iter().collect::<HashSet<_>>().len(), 64);
        assert!(bodies.iter().all(|body| (550..650).contains(&body.len())), "{}", bodies[0].len());
    }
}

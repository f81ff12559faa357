//! What invokes the worker.

use serde_json::Value;

/// An event.
#[derive(Debug)]
pub(super) enum Event {
    /// Messages of an SQS queue.
    Queue(Vec<Message>),
    /// A schedule of `EventBridge`.
    Schedule,
}

/// A message of a queue.
#[derive(Debug)]
pub(super) struct Message {
    pub(super) id: String,
    pub(super) body: String,
}

impl Event {
    /// Reads an event; nothing for one of another kind.
    pub(super) fn of(event: &Value) -> Option<Self> {
        if is_schedule(event) {
            return Some(Self::Schedule);
        }
        let Value::Array(records) = event.get("Records")? else { return None };
        records.iter().map(message).collect::<Option<_>>().map(Self::Queue)
    }
}

/// Of a rule (`aws.events`) or of the scheduler (`aws.scheduler`).
fn is_schedule(event: &Value) -> bool {
    let source = event.get("source").and_then(Value::as_str);
    matches!(source, Some("aws.events" | "aws.scheduler"))
        && event.get("detail-type").and_then(Value::as_str) == Some("Scheduled Event")
}

fn message(record: &Value) -> Option<Message> {
    let text = |name| record.get(name).and_then(Value::as_str).map(str::to_owned);
    (record.get("eventSource")?.as_str()? == "aws:sqs").then_some(())?;
    Some(Message { id: text("messageId")?, body: text("body")? })
}

#[cfg(test)]
mod tests {
    use super::Event;
    use serde_json::json;

    #[test]
    fn events_of_queues_and_schedules_are_told_apart_and_others_are_refused() {
        let queue = json!({"Records": [{"messageId": "1", "body": "{}", "eventSource": "aws:sqs"}]});
        assert!(matches!(Event::of(&queue), Some(Event::Queue(messages)) if messages.len() == 1));
        for source in ["aws.events", "aws.scheduler"] {
            let schedule = json!({"source": source, "detail-type": "Scheduled Event", "detail": {}});
            assert!(matches!(Event::of(&schedule), Some(Event::Schedule)));
        }
        for other in [json!({}), json!([]), json!({"Records": [{"eventSource": "aws:s3"}]}), json!({"source": "mine"})]
        {
            assert!(Event::of(&other).is_none(), "{other}");
        }
    }
}

//! A log line: the event's fields and the id of the request that it belongs to, in one flat JSON object.

use super::members::Members;
use super::text::JsonText;
use crate::request_id::RequestId;
use std::fmt;
use tracing::{Event, Subscriber};
use tracing_subscriber::fmt::format::Writer;
use tracing_subscriber::fmt::time::{FormatTime, SystemTime};
use tracing_subscriber::fmt::{FmtContext, FormatEvent, FormatFields};
use tracing_subscriber::registry::LookupSpan;

pub(super) struct Line;

impl<S> FormatEvent<S, Members> for Line
where
    S: Subscriber + for<'a> LookupSpan<'a>,
{
    fn format_event(
        &self,
        context: &FmtContext<'_, S, Members>,
        mut line: Writer<'_>,
        event: &Event<'_>,
    ) -> fmt::Result {
        line.write_str(r#"{"timestamp":""#)?;
        SystemTime.format_time(&mut line)?;
        write!(line, r#"","level":"{}""#, event.metadata().level())?;
        context.format_fields(line.by_ref(), event)?;
        if let Some(id) = RequestId::current() {
            write!(line, r#","request_id":{}"#, JsonText(&id.text()))?;
        }
        line.write_str("}\n")
    }
}

#[cfg(test)]
mod tests {
    use super::{Line, Members};
    use crate::logging::output::Output;
    use crate::request_id::RequestId;
    use serde_json::Value;
    use tracing_subscriber::layer::SubscriberExt;

    #[tokio::test]
    async fn a_line_is_a_flat_object_with_the_fields_of_the_event_and_the_id_of_its_request() {
        let output = Output::default();
        let writer = output.clone();
        let lines = tracing_subscriber::fmt::layer().fmt_fields(Members).event_format(Line);
        let lines = lines.with_writer(move || writer.clone());
        let _default = tracing::subscriber::set_default(tracing_subscriber::registry().with(lines));
        let request = async {
            let (whole, none) = (-1_i64, None::<&str>);
            tracing::info!(
                status = 200,
                whole,
                part = 0.5,
                nan = f64::NAN,
                yes = true,
                none,
                cache = Some("HIT"),
                "said \"so\""
            );
        };
        RequestId::of_platform("an-id").of(request).await;
        let line: Value = serde_json::from_str(&output.text()).expect("one line of JSON");
        assert_eq!(line["request_id"], "an-id");
        assert_eq!((&line["level"], &line["message"]), (&Value::from("INFO"), &Value::from("said \"so\"")));
        assert_eq!((&line["status"], &line["cache"]), (&Value::from(200), &Value::from("HIT")));
        assert_eq!(
            (&line["whole"], &line["part"], &line["yes"]),
            (&Value::from(-1), &Value::from(0.5), &Value::from(true))
        );
        assert_eq!((line.get("nan"), line.get("none")), (Some(&Value::Null), None));
        assert!(line["timestamp"].as_str().is_some_and(|time| time.ends_with('Z')));
    }
}

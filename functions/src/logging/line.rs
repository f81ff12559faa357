//! A log line: the event's fields and those of the spans around it in one flat JSON object, so that each line of a
//! request has its id.

use super::members::Members;
use std::fmt;
use tracing::{Event, Subscriber};
use tracing_subscriber::fmt::format::Writer;
use tracing_subscriber::fmt::time::{FormatTime, SystemTime};
use tracing_subscriber::fmt::{FmtContext, FormatEvent, FormatFields, FormattedFields};
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
        for span in context.event_scope().into_iter().flatten() {
            if let Some(fields) = span.extensions().get::<FormattedFields<Members>>() {
                line.write_str(fields)?;
            }
        }
        line.write_str("}\n")
    }
}

#[cfg(test)]
mod tests {
    use super::{Line, Members};
    use crate::logging::output::Output;
    use serde_json::Value;
    use tracing_subscriber::layer::SubscriberExt;

    #[test]
    fn a_line_is_a_flat_object_with_the_fields_of_the_event_and_of_its_spans() {
        let output = Output::default();
        let writer = output.clone();
        let lines = tracing_subscriber::fmt::layer().fmt_fields(Members).event_format(Line);
        let lines = lines.with_writer(move || writer.clone());
        tracing::subscriber::with_default(tracing_subscriber::registry().with(lines), || {
            let _request = tracing::error_span!("request", request_id = "an-id").entered();
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
        });
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

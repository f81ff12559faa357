//! Assumptions of a file and of the command line over those by default.

use anyhow::{Context as _, Result, bail};
use serde_json::Value;

use super::assumptions::Assumptions;
use super::plans::{Offer, PLANS};

/// The assumptions of a JSON document, with the plan of a name, and then changed by each `path=value`.
pub(super) fn assume(document: &str, changes: &[String], plan: Option<&str>) -> Result<Assumptions> {
    let mut given: Assumptions = serde_json::from_str(document).context("the assumptions cannot be read")?;
    if let Some(name) = plan {
        given.store.plan = named(name)?.plan();
    }
    let mut all = serde_json::to_value(given)?;
    for change in changes {
        apply(&mut all, change)?;
    }
    let assumptions: Assumptions = serde_json::from_value(all).context("an assumption cannot be set to that")?;
    assumptions.check()?;
    Ok(assumptions)
}

fn named(name: &str) -> Result<&'static Offer> {
    let names: Vec<_> = PLANS.iter().map(|offer| offer.name).collect();
    Offer::find(name).with_context(|| format!("there is no plan {name}, but {}", names.join(", ")))
}

fn apply(all: &mut Value, change: &str) -> Result<()> {
    let Some((path, value)) = change.split_once('=') else { bail!("`{change}` is not of the form `path=value`") };
    let place = path.split('.').try_fold(all, |inner, name| match inner {
        Value::Array(items) => items.get_mut(name.parse::<usize>().ok()?),
        inner => inner.get_mut(name),
    });
    let place = place.with_context(|| format!("there is no assumption `{path}`"))?;
    *place = serde_json::from_str(value).unwrap_or_else(|_| Value::from(value));
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::{Assumptions, assume};

    fn error(document: &str, changes: &[&str], plan: Option<&str>) -> String {
        let changes: Vec<_> = changes.iter().map(|change| (*change).to_owned()).collect();
        format!("{:#}", assume(document, &changes, plan).expect_err("a refusal"))
    }

    #[test]
    fn what_is_not_named_is_as_by_default() {
        assert_eq!(assume("{}", &[], None).expect("assumptions"), Assumptions::default());
        let assumptions = assume(r#"{"load": {"hit_share": 0.5}}"#, &[], None).expect("assumptions");
        assert_eq!(
            (assumptions.load.hit_share, assumptions.load.questions),
            (0.5, Assumptions::default().load.questions)
        );
    }

    #[test]
    fn single_assumptions_are_changed_by_their_paths() {
        let changes = ["regions.0.round_trip_ms=80", "store.plan.connections=null", "regions.0.name=far"];
        let changed = assume("{}", &changes.map(str::to_owned), None).expect("assumptions");
        assert_eq!((changed.regions[0].round_trip_ms, changed.regions[0].name.as_str()), (80.0, "far"));
        assert_eq!(changed.store.plan.connections, None);
        assert_eq!(assume("{}", &[], Some("1gb")).expect("assumptions").store.plan.connections, Some(1_024));
    }

    #[test]
    fn what_is_wrong_is_named() {
        assert_eq!(error("{}", &["load.hits=1"], None), "there is no assumption `load.hits`");
        assert_eq!(error("{}", &["load"], None), "`load` is not of the form `path=value`");
        assert!(error(r#"{"loud": {}}"#, &[], None).contains("unknown field `loud`"));
        assert!(error("{}", &["load.hit_share=much"], None).contains("cannot be set to that"));
        assert!(error("{}", &[], Some("2gb")).starts_with("there is no plan 2gb, but 250mb, 1gb"));
    }

    #[test]
    fn all_assumptions_are_read_back_as_they_are_printed() {
        let printed = serde_json::to_string(&Assumptions::default()).expect("JSON");
        assert_eq!(assume(&printed, &[], None).expect("assumptions"), Assumptions::default());
    }
}

//! JSON as `serde_json` has it and as the SDK has it.

use aws_smithy_types::{Document, Number};
use serde_json::Value;

/// JSON for the SDK.
pub(super) fn to_document(value: Value) -> Document {
    match value {
        Value::Null => Document::Null,
        Value::Bool(value) => Document::Bool(value),
        Value::Number(number) => to_number(&number).map_or(Document::Null, Document::Number),
        Value::String(text) => Document::String(text),
        Value::Array(items) => Document::Array(items.into_iter().map(to_document).collect()),
        Value::Object(members) => {
            Document::Object(members.into_iter().map(|(name, value)| (name, to_document(value))).collect())
        }
    }
}

/// JSON from the SDK. Its depth is limited by the SDK's parser.
pub(super) fn to_value(document: &Document) -> Value {
    match document {
        Document::Null => Value::Null,
        Document::Bool(value) => Value::Bool(*value),
        Document::Number(Number::PosInt(number)) => Value::from(*number),
        Document::Number(Number::NegInt(number)) => Value::from(*number),
        Document::Number(Number::Float(number)) => Value::from(*number),
        Document::String(text) => Value::from(text.as_str()),
        Document::Array(items) => items.iter().map(to_value).collect(),
        Document::Object(members) => members.iter().map(|(name, value)| (name.clone(), to_value(value))).collect(),
    }
}

fn to_number(number: &serde_json::Number) -> Option<Number> {
    let whole = number.as_u64().map(Number::PosInt).or_else(|| number.as_i64().map(Number::NegInt));
    whole.or_else(|| number.as_f64().map(Number::Float))
}

#[cfg(test)]
mod tests {
    use super::{to_document, to_value};
    use proptest::prelude::*;
    use serde_json::Value;

    fn any_json() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            any::<u64>().prop_map(Value::from),
            (-1e9..1e9_f64).prop_map(Value::from),
            ".*".prop_map(Value::from),
        ];
        leaf.prop_recursive(4, 32, 4, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
                prop::collection::hash_map(".*", inner, 0..4).prop_map(|members| members.into_iter().collect()),
            ]
        })
    }

    proptest! {
        #[test]
        fn nothing_is_lost_on_the_way_there_and_back(value in any_json()) {
            prop_assert_eq!(to_value(&to_document(value.clone())), value);
        }
    }
}

//! A health question as the files of cases write it down.

use serde::Deserialize;
use serde_json::{Value, json};

#[derive(Deserialize)]
pub(crate) struct WrittenQuestion {
    pub(crate) concern: String,
    pub(crate) symptoms: String,
    #[serde(default)]
    age: Option<u8>,
    #[serde(default)]
    gender: Option<String>,
    #[serde(default)]
    history: Vec<String>,
    #[serde(default)]
    medications: Vec<String>,
}

impl WrittenQuestion {
    /// The body that asks it.
    pub(crate) fn body(&self) -> Value {
        json!({
            "concern": self.concern,
            "symptoms": self.symptoms,
            "patient_age": self.age,
            "patient_gender": self.gender,
            "medical_history": self.history,
            "current_medications": self.medications,
        })
    }
}

//! When somebody should have a look.

use super::InvalidSetting;
use super::settings::Settings;
use crate::monitoring::Thresholds;

impl Settings<'_> {
    pub(super) fn alerts(&self) -> Result<Thresholds, InvalidSetting> {
        Ok(Thresholds {
            memory_percent: self.percent("ALERT_MEMORY_PERCENT", 90)?,
            connections_percent: self.percent("ALERT_CONNECTIONS_PERCENT", 80)?,
            min_hit_rate: self.percent("ALERT_MIN_HIT_RATE", 10)?,
            max_error_rate: self.percent("ALERT_MAX_ERROR_RATE", 5)?,
            min_requests: self.number("ALERT_MIN_REQUESTS", 1, 1_000_000_000, 100)?,
        })
    }

    /// A percentage; zero is none.
    fn percent(&self, name: &'static str, default: u64) -> Result<Option<f64>, InvalidSetting> {
        let percent = self.number(name, 0, 100, default)?;
        Ok(u8::try_from(percent).ok().filter(|percent| *percent > 0).map(f64::from))
    }
}

#[cfg(test)]
mod tests {
    use crate::config::Config;

    #[test]
    fn zero_turns_an_alert_off() {
        let names = ["ALERT_MEMORY_PERCENT", "ALERT_CONNECTIONS_PERCENT", "ALERT_MIN_HIT_RATE", "ALERT_MAX_ERROR_RATE"];
        let zeros: Vec<_> = names.map(|name| (name.to_owned(), "0".to_owned())).into();
        assert!(Config::from_variables(&zeros).is_ok_and(|config| config.alerts.are_off()));
        assert!(Config::from_variables(&zeros[1..]).is_ok_and(|config| !config.alerts.are_off()));
    }
}

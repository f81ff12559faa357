//! Numbers as they stand in bodies: ages, what is nearly one, and what overflows.

use crate::random::Random;

/// A number, or what looks like one.
pub(crate) fn any(random: &mut Random) -> String {
    match random.below(10) {
        0..=3 => random.below(160).to_string(),
        4 => format!(
            "{}.{}",
            random.below(160),
            random.pick(&["0", "5", "00000000000000000001", "99999999999999999999"])
        ),
        5 => format!("{}e{}", random.below(40), random.pick(&["0", "1", "-1", "+2", "308", "-400", "99999999999"])),
        6 => format!("-{}", random.below(3)),
        7 => digits(random, 30),
        8 => format!("{}.{}e{}", digits(random, 3), digits(random, 20), random.below(700)),
        _ => random.pick(&["01", "1.", ".5", "+1", "1e", "0x10", "NaN", "-", "1e400", "-1e-400", "0.0e-5"]).to_owned(),
    }
}

fn digits(random: &mut Random, most: usize) -> String {
    (0..=random.up_to(most)).map(|_| char::from_digit(random.below(10), 10).unwrap_or('0')).collect()
}

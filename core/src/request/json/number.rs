//! JSON numbers. RFC 8785 makes them doubles, so they are judged as the nearest double would be, without computing it:
//! the tables for that would be a sixth of the WebAssembly module.

use super::parser::Parser;
use crate::request::RequestError;

/// The smallest number that rounds to infinity, 2^1024 - 2^970.
const INFINITE: &[u8] = b"17976931348623158079372897140530341507993413271003782693617377898044496829276\
    4750946649017977587207096330286416692887910946555547851940402630657488671505820681908902000708383676273854845817711\
    5317644757302700698555713669596228429148198608349364752927190741684443655107043427115596995080930428801779041744977\
    92";

/// How many digits of a fraction decide: 2^-1075, the finest bound that it is compared with, has 1,075.
const MAX_FRACTION_DIGITS: usize = 1_080;

/// A number as it is written, and where its exponent puts the decimal point.
#[derive(Clone, Copy, Debug)]
pub(in crate::request) struct Number<'a> {
    is_negative: bool,
    integer: &'a [u8],
    fraction: &'a [u8],
    exponent: i32,
}

/// What the double nearest to a number is.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(in crate::request) enum Whole {
    /// A whole number from 0 to 255.
    Small(u8),
    /// Another whole number.
    Other,
    /// Not a whole number.
    No,
}

impl<'a> Number<'a> {
    /// Reads a number that begins with a digit or a minus sign.
    pub(super) fn read(parser: &mut Parser<'a>) -> Result<Self, RequestError> {
        let is_negative = parser.peek() == Some(b'-');
        parser.position += usize::from(is_negative);
        let integer = read_integer(parser)?;
        let fraction = if parser.peek() == Some(b'.') { read_fraction(parser)? } else { &[] };
        let mut number = Self { is_negative, integer, fraction, exponent: 0 };
        if matches!(parser.peek(), Some(b'e' | b'E')) {
            number.exponent = read_exponent(parser, number.is_zero())?;
        }
        if number.is_infinite() { Err(parser.error_here()) } else { Ok(number) }
    }

    /// Whether the nearest double is a whole number, and which.
    pub(in crate::request) fn whole(&self) -> Whole {
        match self.rounded_magnitude() {
            Some(0) => Whole::Small(0),
            Some(magnitude) if !self.is_negative => u8::try_from(magnitude).map_or(Whole::Other, Whole::Small),
            Some(_) => Whole::Other,
            None => Whole::No,
        }
    }

    /// The nearest double without its sign if it is whole; beyond 2^52 any whole number, because all are.
    fn rounded_magnitude(&self) -> Option<u64> {
        let point = self.point();
        if self.is_zero() || point < -400 {
            return Some(0);
        }
        if point > 16 {
            return Some(u64::MAX);
        }
        let zeros = usize::try_from(-point).unwrap_or(0);
        let mut digits = std::iter::repeat_n(0, zeros).chain(self.significant().map(|digit| digit - b'0'));
        let integer = (0..point).fold(0, |value, _| value * 10 + u64::from(digits.next().unwrap_or(0)));
        round(integer, &fraction(digits))
    }

    /// Whether the nearest double is infinite, which is no number in JSON.
    fn is_infinite(&self) -> bool {
        let limit = i64::try_from(INFINITE.len()).unwrap_or(i64::MAX);
        let point = self.point();
        if point != limit || self.is_zero() {
            return point > limit && !self.is_zero();
        }
        let digits = self.significant().chain(std::iter::repeat(b'0'));
        digits.zip(INFINITE).find(|(digit, limit)| digit != *limit).is_none_or(|(digit, limit)| digit > *limit)
    }

    fn is_zero(&self) -> bool {
        self.significant().next().is_none()
    }

    /// The digits from the first that is not zero.
    fn significant(&self) -> impl Iterator<Item = u8> + use<'a> {
        self.integer.iter().chain(self.fraction).copied().skip_while(|digit| *digit == b'0')
    }

    /// How many places after the first significant digit's left edge the decimal point is: 3 for 123, 0 for 0.5.
    fn point(&self) -> i64 {
        let all = self.integer.len() + self.fraction.len();
        let zeros = all - self.significant().count();
        let places = i64::try_from(self.integer.len()).unwrap_or(i64::MAX);
        places.saturating_sub_unsigned(u64::try_from(zeros).unwrap_or(0)).saturating_add(i64::from(self.exponent))
    }
}

fn read_integer<'a>(parser: &mut Parser<'a>) -> Result<&'a [u8], RequestError> {
    let digits = read_digits(parser);
    match digits {
        [] => {
            parser.next();
            Err(parser.error_here())
        }
        [b'0', _, ..] => {
            // The error is the digit after the leading zero.
            parser.position -= digits.len() - 1;
            Err(parser.error_ahead())
        }
        _ => Ok(digits),
    }
}

fn read_fraction<'a>(parser: &mut Parser<'a>) -> Result<&'a [u8], RequestError> {
    parser.position += 1;
    let digits = read_digits(parser);
    if digits.is_empty() { Err(parser.error_ahead()) } else { Ok(digits) }
}

/// Reads an exponent. One that no `i32` holds makes an infinite number or zero.
fn read_exponent(parser: &mut Parser<'_>, is_zero: bool) -> Result<i32, RequestError> {
    parser.position += 1;
    let is_negative = parser.peek() == Some(b'-');
    parser.position += usize::from(matches!(parser.peek(), Some(b'+' | b'-')));
    let start = parser.position;
    let digits = read_digits(parser);
    if digits.is_empty() {
        parser.next();
        return Err(parser.error_here());
    }
    let mut exponent = 0_i32;
    for (position, digit) in digits.iter().enumerate() {
        exponent = match exponent.checked_mul(10).and_then(|tens| tens.checked_add(i32::from(digit - b'0'))) {
            Some(longer) => longer,
            None if is_zero || is_negative => i32::MAX,
            None => {
                parser.position = start + position + 1;
                return Err(parser.error_here());
            }
        };
    }
    Ok(if is_negative { -exponent } else { exponent })
}

fn read_digits<'a>(parser: &mut Parser<'a>) -> &'a [u8] {
    let rest = parser.text.as_bytes().get(parser.position..).unwrap_or_default();
    let length = rest.iter().position(|byte| !byte.is_ascii_digit()).unwrap_or(rest.len());
    parser.position += length;
    rest.get(..length).unwrap_or_default()
}

/// Collects the digits after the point as far as they matter; a last digit stands for whatever is cut off.
fn fraction(mut digits: impl Iterator<Item = u8>) -> Vec<u8> {
    let mut kept: Vec<u8> = digits.by_ref().take(MAX_FRACTION_DIGITS).collect();
    kept.push(u8::from(digits.any(|digit| digit > 0)));
    kept
}

/// Rounds an integer and a fraction to a double, to even where two are equally near, if that is whole.
///
/// Doubles have 53 bits, so those next to an integer of `b` bits are 2^(b-53) apart; the fraction vanishes within half
/// of that. Below 1 they get finer and finer, down to 2^-1074.
fn round(integer: u64, fraction: &[u8]) -> Option<u64> {
    let bits = u64::BITS - integer.leading_zeros();
    let halvings = 54_u32.saturating_sub(bits);
    let vanishing = if integer == 0 { 1_075 } else { halvings };
    if bits > 52 || fraction.iter().all(|digit| *digit == 0) || is_at_most(fraction.to_vec(), vanishing) {
        Some(integer)
    } else if is_at_most(complement(fraction), halvings) {
        Some(integer + 1)
    } else {
        None
    }
}

/// One minus a fraction that is neither zero nor one.
fn complement(fraction: &[u8]) -> Vec<u8> {
    let mut digits: Vec<u8> = fraction.iter().map(|digit| 9 - digit).collect();
    for digit in digits.iter_mut().rev() {
        *digit = (*digit + 1) % 10;
        if *digit > 0 {
            break;
        }
    }
    digits
}

/// Whether a fraction is at most one half to the power of `halvings`: doubled that often it must not pass one.
fn is_at_most(mut fraction: Vec<u8>, halvings: u32) -> bool {
    for remaining in (0..halvings).rev() {
        let mut carry = 0;
        for digit in fraction.iter_mut().rev() {
            let doubled = *digit * 2 + carry;
            (*digit, carry) = (doubled % 10, doubled / 10);
        }
        if carry > 0 {
            return remaining == 0 && fraction.iter().all(|digit| *digit == 0);
        }
    }
    true
}

#[cfg(test)]
mod tests {
    use super::{Number, Parser, Whole};
    use crate::request::RequestError;
    use proptest::prelude::*;

    fn read(text: &str) -> Result<Whole, RequestError> {
        Number::read(&mut Parser::new(text)).map(|number| number.whole())
    }

    /// The same by way of the double.
    fn expected(text: &str) -> Option<Whole> {
        let double: f64 = text.parse().ok().filter(|double: &f64| double.is_finite())?;
        let small = (0..=u8::MAX).find(|small| f64::from(*small) == double);
        Some(small.map_or(if double.fract() == 0.0 { Whole::Other } else { Whole::No }, Whole::Small))
    }

    #[test]
    fn numbers_at_the_edges_of_doubles_are_judged_as_doubles_are() {
        let mut texts: Vec<String> = [
            "0", "-0", "-0.0", "35.0", "3.5e1", "350e-1", "0.35E+2", "-35", "255", "256", "1e-400", "-1e-400", "0e999",
        ]
        .map(str::to_owned)
        .into();
        for exponent in -1_080..=1_023 {
            let power = 2_f64.powi(exponent);
            texts.extend([power, 1.0 + power, 150.0 - power, power * 1.5].map(|double| format!("{double:.1100}")));
        }
        for digits in ["34.999999999999996", "34.9999999999999964", "0.99999999999999994", "4503599627370495.5"] {
            texts.extend(["", "0", "00001", "9"].map(|more| format!("{digits}{more}")));
        }
        texts.extend(
            ["1.7976931348623157e308", "1.7976931348623158e308", "1.797693134862315807e308"].map(str::to_owned),
        );
        texts.extend(["1.797693134862315808e308", "1e309", "0.1e309", "1e-2147483649"].map(str::to_owned));
        for text in texts {
            assert_eq!(read(&text).ok(), expected(&text), "{text}");
        }
    }

    proptest! {
        #[test]
        fn a_number_is_judged_as_the_nearest_double_is(
            text in "-?(0|[1-9][0-9]{0,20})(\\.[0-9]{1,25})?([eE][+-]?[0-9]{1,3})?",
            near in "(0|1|35|150|255|256|4503599627370495)\\.(0{10,20}|9{10,20}|4999999999999999|5)[0-9]{0,4}",
        ) {
            prop_assert_eq!(read(&text).ok(), expected(&text));
            prop_assert_eq!(read(&near).ok(), expected(&near));
        }
    }
}

//! Texts: words, all of Unicode, and the characters that implementations tend to disagree on.

use crate::random::Random;
use std::ops::RangeInclusive;

/// Case folding, composition, combining classes, white space, digits, joiners, and the edges of planes.
const NASTY: &str = "\u{DF}\u{1E9E}\u{130}\u{131}\u{3C2}\u{3C3}\u{3A3}\u{1C4}\u{1C5}\u{FB00}\u{FB03}\u{149}\u{390}\u{1F80}\u{1FB3}\
    \u{345}\u{301}\u{308}\u{323}\u{327}\u{334}\u{5B0}\u{5C4}\u{94D}\u{FF9E}\u{1100}\u{1161}\u{11A8}\u{AC00}\u{AC01}\u{D7A3}\
    \u{9}\u{B}\u{C}\u{85}\u{A0}\u{1680}\u{180E}\u{2000}\u{200B}\u{200D}\u{2028}\u{202F}\u{205F}\u{3000}\u{FEFF}\u{B2}\u{B3}\
    \u{B9}\u{2070}\u{BD}\u{B5}\u{2126}\u{212A}\u{212B}\u{F900}\u{2F800}\u{1D15E}\u{1E900}\u{10400}\u{16E40}\u{104B0}\u{558}\
    \u{58B}\u{5C8}\u{D7FF}\u{E000}\u{FFFD}\u{FFFF}\u{10000}\u{10FFFF}\u{0}\u{1}\u{7F}\"\\/AaZz09%:_*?[]";

const WORDS: &str = "headache Fever COUGH aspirin  ibuprofen 400 mg Insulin Glargine migr\u{E4}ne Caf\u{E9} cafe\u{301} \
    10\u{B3} 103 \u{3BC}g \u{B5}g \u{394}9 co-codamol \u{4E2D}\u{6587} \u{627}\u{644} \u{915}\u{93F} null true -1 {} []";

const BLOCKS: [RangeInclusive<u32>; 12] = [
    0x00..=0x7F,
    0x80..=0x24F,
    0x300..=0x36F,
    0x370..=0x58F,
    0x590..=0x10FF,
    0x1100..=0x11FF,
    0x13A0..=0x1FFF,
    0x2000..=0x2BFF,
    0xA640..=0xABFF,
    0xAC00..=0xD7A3,
    0xF900..=0xFFFF,
    0x10000..=0x10FFFF,
];

/// A text of some kind; now and then a very long one.
pub(crate) fn any(random: &mut Random) -> String {
    match random.below(100) {
        0..=2 => String::new(),
        3..=4 => " \t\u{3000}".repeat(random.up_to(3)),
        5..=59 => words(random),
        60..=84 => characters(random, nasty),
        85..=98 => characters(random, scalar),
        _ => long(random),
    }
}

/// A few words with all sorts of white space between them.
pub(crate) fn words(random: &mut Random) -> String {
    let words: Vec<&str> = WORDS.split(' ').collect();
    let mut text = String::new();
    for _ in 0..=random.up_to(8) {
        let word = random.pick(&words);
        text.push_str(&if random.chance(20) { word.to_uppercase() } else { word.to_owned() });
        text.push_str(random.pick(&[" ", " ", " ", "  ", "\t", "\u{A0}", "\n "]));
    }
    text
}

fn characters(random: &mut Random, kind: fn(&mut Random) -> char) -> String {
    (0..=random.up_to(20)).map(|_| kind(random)).collect()
}

/// A text near or beyond a limit of length.
fn long(random: &mut Random) -> String {
    let length = random.pick(&[63, 64, 65, 200, 201, 255, 256, 257, 2_000, 2_001, 8_000, 8_001, 40_000]);
    let c = if random.chance(50) { 'a' } else { nasty(random) };
    let mut text: String = std::iter::repeat_n(c, length).collect();
    if random.chance(30) {
        text.pop();
        text.push(scalar(random));
    }
    text
}

fn nasty(random: &mut Random) -> char {
    let all: Vec<char> = NASTY.chars().collect();
    random.pick(&all)
}

/// Any character, from all blocks alike.
fn scalar(random: &mut Random) -> char {
    let block = BLOCKS.get(random.up_to(BLOCKS.len() - 1)).cloned().unwrap_or(0..=0);
    let code = block.start() + random.below(block.end() - block.start() + 1);
    char::from_u32(code).unwrap_or('\u{FFFD}')
}

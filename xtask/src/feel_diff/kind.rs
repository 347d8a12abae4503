//! What an expression is meant to evaluate to; the generator strays from it on purpose now and then.

use super::random::Random;

/// A kind of value, by its letter in `functions.txt`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Number,
    Boolean,
    Text,
    Numbers,
    List,
    Context,
    Date,
    Time,
    DateTime,
    DaysTime,
    YearsMonths,
    Anything,
    Function,
    Range,
    Pattern,
    Flags,
    Texts,
    Booleans,
    Json,
    Contexts,
}

const LETTERS: &[(&str, Kind)] = &[
    ("N", Kind::Number),
    ("B", Kind::Boolean),
    ("S", Kind::Text),
    ("L", Kind::Numbers),
    ("O", Kind::List),
    ("C", Kind::Context),
    ("D", Kind::Date),
    ("T", Kind::Time),
    ("M", Kind::DateTime),
    ("P", Kind::DaysTime),
    ("Y", Kind::YearsMonths),
    ("A", Kind::Anything),
    ("F", Kind::Function),
    ("R", Kind::Range),
    ("X", Kind::Pattern),
    ("G", Kind::Flags),
    ("K", Kind::Texts),
    ("U", Kind::Booleans),
    ("J", Kind::Json),
    ("W", Kind::Contexts),
];

impl Kind {
    /// The kind of a letter.
    pub(super) fn of(letter: &str) -> Option<Self> {
        LETTERS.iter().find(|(known, _)| *known == letter.trim()).map(|(_, kind)| *kind)
    }

    /// Any kind of value that a variable could have; numbers, texts and lists more often.
    pub(super) fn any(random: &mut Random) -> Self {
        let kinds = "NNNNBBSSSLLOOKWCCDTMPYUA";
        let place = random.below(kinds.len());
        kinds.get(place..=place).and_then(Self::of).unwrap_or(Self::Number)
    }
}

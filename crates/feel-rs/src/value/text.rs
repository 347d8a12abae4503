//! A string of an expression, borrowed where it can be.

use std::{borrow::Borrow, fmt, hash, ops::Deref, rc::Rc};

/// Up to this many bytes copying a text costs no more than sharing it.
const SHORT: usize = 48;

/// A string that is borrowed from the expression or its input, or made by an evaluation; cloning it is cheap.
#[derive(Clone)]
pub struct Text<'a>(Form<'a>);

#[derive(Clone)]
enum Form<'a> {
    Borrowed(&'a str),
    /// At most [`SHORT`] bytes.
    Short(String),
    Shared(Rc<str>),
}

impl Text<'_> {
    /// The characters.
    pub fn as_str(&self) -> &str {
        match &self.0 {
            Form::Borrowed(text) => text,
            Form::Short(text) => text,
            Form::Shared(text) => text,
        }
    }

    /// This text and another one behind it.
    pub(crate) fn followed_by(self, end: &str) -> Self {
        let length = self.len() + end.len();
        let mut text = match self.0 {
            Form::Short(text) if length <= SHORT => text,
            start => {
                let mut text = String::with_capacity(if length <= SHORT { SHORT } else { length });
                text.push_str(&Text(start));
                text
            }
        };
        text.push_str(end);
        text.into()
    }
}

impl Deref for Text<'_> {
    type Target = str;

    fn deref(&self) -> &str {
        self.as_str()
    }
}

impl Borrow<str> for Text<'_> {
    fn borrow(&self) -> &str {
        self.as_str()
    }
}

impl fmt::Debug for Text<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.as_str(), f)
    }
}

impl fmt::Display for Text<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl PartialEq for Text<'_> {
    fn eq(&self, other: &Self) -> bool {
        self.as_str() == other.as_str()
    }
}

impl Eq for Text<'_> {}

impl hash::Hash for Text<'_> {
    fn hash<H: hash::Hasher>(&self, state: &mut H) {
        self.as_str().hash(state);
    }
}

impl<'a> From<&'a str> for Text<'a> {
    fn from(text: &'a str) -> Self {
        Self(Form::Borrowed(text))
    }
}

impl From<String> for Text<'_> {
    fn from(text: String) -> Self {
        match text.len() {
            length if length > SHORT => Self(Form::Shared(text.into())),
            _ if text.capacity() > 2 * SHORT => Self(Form::Short(text.as_str().to_owned())),
            _ => Self(Form::Short(text)),
        }
    }
}

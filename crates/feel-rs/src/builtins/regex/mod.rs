//! Regular expressions in Java's syntax and with Java's way of finding, on the engine of fancy-regex.

mod class;
mod escape;
mod flags;
mod property;
mod read;
mod replacement;
mod translate;

use std::{
    cell::{OnceCell, RefCell},
    rc::Rc,
};

use fancy_regex::{Captures, CompileError, Error, RegexBuilder};

use crate::{CallContext, Failure, evaluate::PATTERNS};
pub(super) use flags::Flags;
use translate::{Translated, translate};

/// How often the engine may step back in one search before it gives up.
const BACKTRACK_LIMIT: usize = 1_000_000;

/// How often it may at first: a search that needs more is paid for before it is made once more.
const FEW_STEPS_BACK: usize = 1_000;

/// What a search costs that may step back a few times, and what one that may step back often.
const FEW_STEPS_UNITS: usize = 32;
const MANY_STEPS_UNITS: usize = 60_000;

/// A search that steps back may read the text from each of its places on: so many bytes of that cost one unit.
const BYTES_READ_AGAIN: usize = 4096;

/// A search may read all that is left before it finds a short match: so many bytes of that cost one unit.
const BYTES_READ_AHEAD: usize = 384;

/// What compiling costs beside the units of the pattern's characters.
const COMPILE_UNITS: usize = 64;

/// The longest pattern, in characters.
const MAX_PATTERN: usize = 20_000;

/// How many bytes a compiled pattern may take.
const MAX_COMPILED: usize = 4 << 20;

/// What a plain sequence does not have: alternatives, groups that do more than capture or are repeated, possessive loops.
const NO_SEQUENCE: [&str; 10] = ["|", "(?", ")*", ")+", ")?", "){", "*+", "++", "?+", "}+"];

type Cached = (String, Flags, Result<Rc<Pattern>, Refusal>);

/// Why there is no compiled pattern.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Refusal {
    /// Java refuses the pattern, too.
    Invalid,
    /// It exceeds a limit of ours.
    TooLarge,
}

thread_local! {
    /// The patterns used last, the latest at the end. Compiling costs far more than most searches.
    static CACHE: RefCell<Vec<Cached>> = const { RefCell::new(Vec::new()) };
}

/// A compiled pattern.
pub(super) struct Pattern {
    regex: fancy_regex::Regex,
    /// The same, allowed to step back often.
    thorough: OnceCell<fancy_regex::Regex>,
    /// Whether each search may read all that is left, however short its match is.
    reads_ahead: bool,
    names: Vec<String>,
    matches_nothing: bool,
}

/// The bytes from one place in a text to another.
type Span = (usize, usize);

impl Pattern {
    /// Compiles a pattern, or finds it compiled.
    pub(super) fn new(pattern: &str, flags: Flags) -> Result<Rc<Self>, Refusal> {
        CACHE.with_borrow_mut(|cache| {
            if let Some(position) =
                cache.iter().position(|(text, known, _)| text == pattern && *known == flags)
            {
                let found = cache.remove(position);
                let compiled = found.2.clone();
                cache.push(found);
                return compiled;
            }
            let compiled = Self::compile(pattern, flags).map(Rc::new);
            if cache.len() == PATTERNS {
                drop(cache.remove(0));
            }
            cache.push((pattern.to_owned(), flags, compiled.clone()));
            compiled
        })
    }

    fn compile(pattern: &str, flags: Flags) -> Result<Self, Refusal> {
        if pattern.len() > MAX_PATTERN {
            return Err(Refusal::TooLarge);
        }
        let Translated { regex, names } = translate(pattern, flags).ok_or(Refusal::Invalid)?;
        let reads_ahead = reads_ahead(&regex);
        let regex = build(&regex, FEW_STEPS_BACK)?;
        // Between the halves of a character beyond the basic plane, Java sees something that no pattern names.
        let at_unknown = regex.find("\u{fffd}").map_err(|_| Refusal::TooLarge)?;
        let matches_nothing = at_unknown.is_some_and(|found| found.start() == 0 && found.end() == 0);
        Ok(Self { regex, thorough: OnceCell::new(), reads_ahead, names, matches_nothing })
    }

    /// Whether the pattern is found anywhere.
    pub(super) fn is_found(&self, context: &mut CallContext<'_, '_>, text: &str) -> Result<bool, Failure> {
        if let Ok(found) = self.regex.is_match(text) {
            return Ok(found);
        }
        self.thorough(context, text)?.is_match(text).map_err(|_| too_complex())
    }

    /// The next match from a place on.
    fn captures<'t>(
        &self,
        context: &mut CallContext<'_, '_>,
        text: &'t str,
        from: usize,
    ) -> Result<Option<Captures<'t, str>>, Failure> {
        let rest = text.len() - from.min(text.len());
        context.charge(if self.reads_ahead { 1 + rest / BYTES_READ_AHEAD } else { 1 })?;
        if let Ok(found) = self.regex.captures_from_pos(text, from) {
            return Ok(found);
        }
        self.thorough(context, text)?.captures_from_pos(text, from).map_err(|_| too_complex())
    }

    /// The regular expression that may step back often, once what that costs is paid for.
    fn thorough(
        &self,
        context: &mut CallContext<'_, '_>,
        text: &str,
    ) -> Result<&fancy_regex::Regex, Failure> {
        let again = text.len().saturating_mul(text.len()) / BYTES_READ_AGAIN;
        context.charge(MANY_STEPS_UNITS.saturating_add(again))?;
        if let Some(regex) = self.thorough.get() {
            return Ok(regex);
        }
        let regex = build(self.regex.as_str(), BACKTRACK_LIMIT).map_err(|_| too_complex())?;
        Ok(self.thorough.get_or_init(|| regex))
    }

    /// Calls `visit` with each match as `Matcher.find` goes through them.
    fn each(
        &self,
        context: &mut CallContext<'_, '_>,
        text: &str,
        mut visit: impl FnMut(&Found<'_, '_>) -> Result<(), Failure>,
    ) -> Result<(), Failure> {
        let mut from = 0;
        while from <= text.len() {
            let Some(captures) = self.captures(context, text, from)? else { break };
            let span = captures.get(0).map_or((from, from), |found| (found.start(), found.end()));
            visit(&Found::Match { captures: &captures, span })?;
            from = span.1;
            if span.0 == span.1 {
                let next = text.get(from..).and_then(|rest| rest.chars().next());
                let Some(next) = next else { break };
                if next.len_utf16() == 2 && self.matches_nothing {
                    visit(&Found::Half(from))?;
                }
                from += next.len_utf8();
            }
        }
        Ok(())
    }

    /// The texts of all matches.
    pub(super) fn extract(
        &self,
        context: &mut CallContext<'_, '_>,
        text: &str,
    ) -> Result<Vec<String>, Failure> {
        let mut found = Vec::new();
        self.each(context, text, |hit| {
            let part = match hit {
                Found::Match { span: (start, end), .. } => text.get(*start..*end).unwrap_or_default(),
                Found::Half(_) => "",
            };
            found.push(part.to_owned());
            Ok(())
        })?;
        Ok(found)
    }

    /// The texts between the matches; an empty match at the beginning does not split.
    pub(super) fn split(
        &self,
        context: &mut CallContext<'_, '_>,
        text: &str,
    ) -> Result<Vec<String>, Failure> {
        let mut parts = Vec::new();
        let mut rest = Rest::new(text);
        self.each(context, text, |hit| {
            match *hit {
                Found::Match { span: (0, 0), .. } => {}
                Found::Match { span, .. } => parts.push(rest.take(span)),
                Found::Half(at) => parts.push(rest.take_half(at)),
            }
            Ok(())
        })?;
        parts.push(rest.finish());
        Ok(parts)
    }

    /// Every match replaced; `Ok(None)` where the replacement refers to a group that there is not.
    pub(super) fn replace(
        &self,
        context: &mut CallContext<'_, '_>,
        text: &str,
        replacement: &str,
    ) -> Result<Option<String>, Failure> {
        let mut replaced = String::new();
        let mut rest = Rest::new(text);
        let mut refused = false;
        self.each(context, text, |hit| {
            if refused {
                return Ok(());
            }
            let captures = match hit {
                Found::Match { captures, .. } => Some(*captures),
                Found::Half(_) => None,
            };
            let groups = self.regex.captures_len();
            let Some(expanded) = replacement::expand(replacement, captures, groups, &self.names) else {
                refused = true;
                return Ok(());
            };
            match *hit {
                Found::Match { span, .. } => replaced.push_str(&rest.take(span)),
                // Halves with nothing between them are the character again.
                Found::Half(_) if expanded.is_empty() => {}
                Found::Half(at) => replaced.push_str(&rest.take_half(at)),
            }
            replaced.push_str(&expanded);
            Ok(())
        })?;
        replaced.push_str(&rest.finish());
        Ok((!refused).then_some(replaced))
    }
}

/// Whether a search may read far beyond the end of its match, in the syntax of fancy-regex. Without a loop it cannot. In
/// a plain sequence of characters and classes, as `\s*;\s*`, a loop that goes on behind a match ends before the next
/// match does, or would have taken that in: all searches together read the text twice at most.
fn reads_ahead(regex: &str) -> bool {
    let has_loop = regex.contains(['*', '+']) || regex.contains(",}");
    has_loop && NO_SEQUENCE.into_iter().any(|mark| regex.contains(mark))
}

/// What a search costs at least: the reading of the text and, where the engine may step back, a few such steps.
pub(super) fn search_units(text: &str, pattern: &str) -> usize {
    let may_step_back = pattern.contains("(?") || pattern.contains('\\') || pattern.contains(['$', '+', '*']);
    text.len() / 4 + pattern.len() + if may_step_back { FEW_STEPS_UNITS } else { 1 }
}

/// What compiling a pattern costs: its characters, multiplied where they are repeated.
pub(super) fn compile_units(pattern: &str) -> usize {
    let repeats: usize = pattern
        .split('{')
        .skip(1)
        .filter_map(|rest| {
            rest.split('}').next()?.split(',').filter_map(|bound| bound.trim().parse().ok()).max()
        })
        .fold(0, usize::saturating_add);
    COMPILE_UNITS.saturating_add(repeats.saturating_mul(4)).saturating_add(pattern.len() * 4)
}

fn build(regex: &str, backtrack_limit: usize) -> Result<fancy_regex::Regex, Refusal> {
    RegexBuilder::new(regex)
        .backtrack_limit(backtrack_limit)
        .delegate_size_limit(MAX_COMPILED)
        .build()
        .map_err(|error| if is_size(&error) { Refusal::TooLarge } else { Refusal::Invalid })
}

/// One match.
enum Found<'m, 't> {
    Match {
        captures: &'m Captures<'t, str>,
        span: Span,
    },
    /// An empty match between the halves of the character that starts here.
    Half(usize),
}

/// What is left of a text as matches are cut out of it; halves of a cut character become `?`.
struct Rest<'t> {
    text: &'t str,
    from: usize,
    half: bool,
}

impl<'t> Rest<'t> {
    fn new(text: &'t str) -> Self {
        Self { text, from: 0, half: false }
    }

    /// The text up to a match, which is left out.
    fn take(&mut self, (start, end): Span) -> String {
        let before = self.up_to(start);
        self.from = end;
        before
    }

    /// The text up to the middle of a character.
    fn take_half(&mut self, at: usize) -> String {
        let mut before = self.up_to(at);
        before.push('?');
        self.half = true;
        self.from = at;
        before
    }

    fn up_to(&mut self, end: usize) -> String {
        let mut rest = self.text.get(self.from..end).unwrap_or_default().chars();
        let mut taken = String::new();
        if std::mem::take(&mut self.half) {
            rest.next();
            taken.push('?');
        }
        taken.push_str(rest.as_str());
        taken
    }

    fn finish(mut self) -> String {
        self.up_to(self.text.len())
    }
}

/// Whether a pattern was too large to compile.
fn is_size(error: &Error) -> bool {
    match error {
        Error::CompileError(cause) => match &**cause {
            CompileError::InnerError(cause) => cause.size_limit().is_some(),
            other => matches!(other, CompileError::PatternTooComplex),
        },
        _ => false,
    }
}

fn too_complex() -> Failure {
    Failure::limit("a regular expression took too many steps; make the pattern simpler".to_owned())
}

//! Contexts: names with values in the order they were written.

use std::{collections::HashMap, mem, rc::Rc};

use serde_json::{Map, Value as Json};

use super::{
    Text, Value, hash_order,
    size::{Size, json_weight},
};
use crate::evaluate::Function;

/// Above this many entries a context is searched through an index.
const LINEAR_SEARCH_LIMIT: usize = 12;

/// Up to this many fields of a JSON object are compared one by one, which takes less time than hashing the name.
const FEW_FIELDS: usize = 8;

/// A context value; cloning it is cheap.
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum Context<'a> {
    /// A JSON object, whose fields become values when they are asked for.
    Json(&'a Map<String, Json>),
    /// One entry, a string, boolean or `null` of the input under a name of the expression, as results often are.
    Picked(&'a str, &'a Json),
    /// Entries that an evaluation made.
    Shared(Rc<ContextMap<'a>>),
}

/// Entries in insertion order; functions stand apart, as they are called and not read.
#[derive(Clone, Debug, Default)]
pub struct ContextMap<'a> {
    entries: Entries<'a>,
    /// What few contexts have, so that all others stay small.
    extra: Option<Box<Extra<'a>>>,
    /// Counted when the map becomes a context.
    size: Size,
}

/// One entry, as results often have, needs no vector.
#[derive(Clone, Debug)]
enum Entries<'a> {
    One([(Text<'a>, Value<'a>); 1]),
    Many(Vec<(Text<'a>, Value<'a>)>),
}

#[derive(Clone, Debug, Default)]
struct Extra<'a> {
    index: HashMap<Text<'a>, usize>,
    functions: Vec<(Text<'a>, Rc<Function<'a>>)>,
}

impl<'a> Context<'a> {
    /// A context with one entry.
    pub(crate) fn of_one(key: impl Into<Text<'a>>, value: Value<'a>) -> Self {
        if matches!(value, Value::Function(_)) {
            let mut map = ContextMap::new();
            map.put(key, value);
            return map.into();
        }
        let size = Size::around(std::iter::once(&value));
        Self::Shared(Rc::new(ContextMap { entries: Entries::One([(key.into(), value)]), extra: None, size }))
    }

    /// A context of one entry whose value stays in the input; only values that are weighed at once can.
    #[inline]
    pub(crate) fn picked(key: &'a str, value: &'a Json) -> Option<Self> {
        let is_plain = matches!(value, Json::String(_) | Json::Bool(_) | Json::Null);
        is_plain.then_some(Self::Picked(key, value))
    }

    /// The value of a key. Functions are not found here.
    pub fn get(&self, key: &str) -> Option<Value<'a>> {
        match self {
            Self::Json(fields) => field(fields, key).map(Value::from_json),
            Self::Picked(known, value) => (*known == key).then(|| Value::from_json(value)),
            Self::Shared(map) => map.get(key).cloned(),
        }
    }

    /// The number of keys, without functions.
    pub fn len(&self) -> usize {
        match self {
            Self::Json(fields) => fields.len(),
            Self::Picked(..) => 1,
            Self::Shared(map) => map.entries.as_slice().len(),
        }
    }

    /// Whether there is no key.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Keys and values, without functions, in the order in which the reference goes through a context: as written up to
    /// four keys, by their hashes beyond. It shows in texts and in lists of entries.
    pub fn iter(&self) -> Box<dyn Iterator<Item = (Text<'a>, Value<'a>)> + '_> {
        if self.len() <= hash_order::LARGEST_ORDERED {
            return self.written();
        }
        let mut entries: Vec<Option<(Text<'a>, Value<'a>)>> = self.written().map(Some).collect();
        let order = hash_order::positions(entries.iter().flatten().map(|(key, _)| key.as_str()));
        Box::new(order.into_iter().filter_map(move |position| entries.get_mut(position)?.take()))
    }

    /// Keys and values in the order they were written, without functions.
    pub fn written(&self) -> Box<dyn Iterator<Item = (Text<'a>, Value<'a>)> + '_> {
        match self {
            Self::Json(fields) => {
                let fields: &'a Map<String, Json> = fields;
                Box::new(
                    fields.iter().map(|(key, value)| (Text::from(key.as_str()), Value::from_json(value))),
                )
            }
            Self::Picked(key, value) => {
                Box::new(std::iter::once((Text::from(*key), Value::from_json(value))))
            }
            Self::Shared(map) => Box::new(map.entries.as_slice().iter().cloned()),
        }
    }

    /// The keys in quotes, as error texts list them: the reference orders those of input by the hash of the quoted key.
    pub(crate) fn quoted_keys(&self) -> Vec<String> {
        let keys: Vec<String> = self.written().map(|(key, _)| format!("'{key}'")).collect();
        match self {
            Self::Json(_) if keys.len() > hash_order::LARGEST_ORDERED => {
                let order = hash_order::positions(keys.iter().map(String::as_str));
                order.into_iter().filter_map(|position| keys.get(position).cloned()).collect()
            }
            _ => keys,
        }
    }

    /// The entries as a map that the caller may change; functions come along.
    pub fn to_map(&self) -> ContextMap<'a> {
        match self {
            Self::Json(_) | Self::Picked(..) => self.written().collect(),
            Self::Shared(map) => (**map).clone(),
        }
    }

    pub(crate) fn depth(&self) -> usize {
        match self {
            Self::Json(_) | Self::Picked(..) => 1,
            Self::Shared(map) => map.size.depth,
        }
    }

    pub(crate) fn size(&self) -> Size {
        match self {
            Self::Json(fields) => {
                Size { weight: 1 + fields.values().map(json_weight).sum::<usize>(), depth: 1 }
            }
            Self::Picked(_, value) => Size { weight: 1 + json_weight(value), depth: 1 },
            Self::Shared(map) => map.size,
        }
    }

    /// The functions of a name, the earliest first.
    pub(crate) fn functions(&self, name: &str) -> impl Iterator<Item = &Rc<Function<'a>>> {
        let functions = match self {
            Self::Json(_) | Self::Picked(..) => &[],
            Self::Shared(map) => map.functions(),
        };
        functions.iter().filter(move |(key, _)| key.as_str() == name).map(|(_, function)| function)
    }
}

impl<'a> ContextMap<'a> {
    /// No entry.
    pub fn new() -> Self {
        Self::default()
    }

    /// The value of a key. Functions are not found here.
    pub fn get(&self, key: &str) -> Option<&Value<'a>> {
        self.position(key).and_then(|position| self.entries.as_slice().get(position)).map(|(_, value)| value)
    }

    /// No entry yet, with room for some.
    pub(crate) fn with_capacity(entries: usize) -> Self {
        Self { entries: Entries::Many(Vec::with_capacity(entries)), ..Self::default() }
    }

    /// Keys and values in the order they were written, without functions.
    pub(super) fn entries(&self) -> impl Iterator<Item = &(Text<'a>, Value<'a>)> {
        self.entries.as_slice().iter()
    }

    /// The values in their order, without functions.
    pub fn values(&self) -> impl Iterator<Item = &Value<'a>> {
        self.entries.as_slice().iter().map(|(_, value)| value)
    }

    /// Sets a key: a new one goes to the end, a known one keeps its place. A function is kept beside the entries.
    pub fn put(&mut self, key: impl Into<Text<'a>>, value: Value<'a>) {
        let key = key.into();
        if let Value::Function(function) = value {
            self.extra.get_or_insert_default().functions.push((key, function));
            return;
        }
        self.put_entry(key, value);
    }

    /// As [`ContextMap::put`], but a function becomes an entry, which is read and not called.
    pub fn put_entry(&mut self, key: impl Into<Text<'a>>, value: Value<'a>) {
        let key = key.into();
        match self.position(&key).and_then(|position| self.entries.as_mut_slice().get_mut(position)) {
            Some(entry) => entry.1 = value,
            None => self.push(key, value),
        }
    }

    /// Takes a key away; the others keep their order.
    pub fn remove(&mut self, key: &str) -> Option<Value<'a>> {
        let position = self.position(key)?;
        if let Some(extra) = &mut self.extra {
            extra.index.clear();
        }
        Some(self.entries.make_vec().remove(position).1)
    }

    fn push(&mut self, key: Text<'a>, value: Value<'a>) {
        self.entries.make_vec().push((key, value));
        if self.entries.as_slice().len() > LINEAR_SEARCH_LIMIT {
            let index = &mut self.extra.get_or_insert_default().index;
            // The index is empty or complete.
            let indexed = index.len();
            let missing = self.entries.as_slice().iter().enumerate().skip(indexed);
            index.extend(missing.map(|(position, (key, _))| (key.clone(), position)));
        }
    }

    fn position(&self, key: &str) -> Option<usize> {
        match &self.extra {
            Some(extra) if !extra.index.is_empty() => extra.index.get(key).copied(),
            _ => self.entries.as_slice().iter().position(|(known, _)| known.as_str() == key),
        }
    }

    fn functions(&self) -> &[(Text<'a>, Rc<Function<'a>>)] {
        self.extra.as_ref().map_or(&[], |extra| extra.functions.as_slice())
    }
}

impl<'a> Entries<'a> {
    fn as_slice(&self) -> &[(Text<'a>, Value<'a>)] {
        match self {
            Self::One(entry) => entry,
            Self::Many(entries) => entries,
        }
    }

    fn as_mut_slice(&mut self) -> &mut [(Text<'a>, Value<'a>)] {
        match self {
            Self::One(entry) => entry,
            Self::Many(entries) => entries,
        }
    }

    fn make_vec(&mut self) -> &mut Vec<(Text<'a>, Value<'a>)> {
        if matches!(self, Self::One(_))
            && let Self::One(entry) = mem::take(self)
        {
            *self = Self::Many(entry.into());
        }
        match self {
            Self::Many(entries) => entries,
            // It is a vector by now.
            Self::One(_) => self.make_vec(),
        }
    }
}

impl Default for Entries<'_> {
    fn default() -> Self {
        Self::Many(Vec::new())
    }
}

/// The field of a JSON object.
pub(crate) fn field<'j>(fields: &'j Map<String, Json>, name: &str) -> Option<&'j Json> {
    if fields.len() > FEW_FIELDS {
        return fields.get(name);
    }
    fields.iter().find(|(known, _)| known.as_str() == name).map(|(_, value)| value)
}

impl<'a> FromIterator<(Text<'a>, Value<'a>)> for ContextMap<'a> {
    fn from_iter<I: IntoIterator<Item = (Text<'a>, Value<'a>)>>(entries: I) -> Self {
        let mut map = Self::new();
        for (key, value) in entries {
            map.put(key, value);
        }
        map
    }
}

impl<'a> From<ContextMap<'a>> for Context<'a> {
    fn from(mut map: ContextMap<'a>) -> Self {
        map.size = Size::around(map.values());
        let functions = map.functions().iter().map(|(_, function)| function.depth() + 1).max();
        map.size.depth = map.size.depth.max(functions.unwrap_or(0));
        Self::Shared(Rc::new(map))
    }
}

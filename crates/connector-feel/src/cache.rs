//! Compiled expressions by their text.

use std::collections::HashMap;

use feel_rs::Expression;

/// A generation ends at this many bytes of text, whatever the number of expressions.
const GENERATION_BYTES: usize = 4 * 1024 * 1024;

/// A bounded cache of two generations: what is used moves to the young one; when that is full it becomes the old one,
/// and what nobody asked for meanwhile is dropped.
#[derive(Debug)]
pub(crate) struct Cache {
    generation_size: usize,
    young: HashMap<Box<str>, Expression>,
    old: HashMap<Box<str>, Expression>,
    young_bytes: usize,
}

impl Cache {
    /// For about this many expressions; 0 keeps none.
    pub(crate) fn new(capacity: usize) -> Self {
        Self {
            generation_size: capacity.div_ceil(2),
            young: HashMap::new(),
            old: HashMap::new(),
            young_bytes: 0,
        }
    }

    pub(crate) fn get(&mut self, text: &str) -> Option<Expression> {
        if let Some(expression) = self.young.get(text) {
            return Some(expression.clone());
        }
        let (text, expression) = self.old.remove_entry(text)?;
        self.insert(text, expression.clone());
        Some(expression)
    }

    pub(crate) fn put(&mut self, text: &str, expression: Expression) {
        if self.generation_size > 0 {
            self.insert(text.into(), expression);
        }
    }

    /// The number of expressions kept.
    pub(crate) fn len(&self) -> usize {
        self.young.len() + self.old.len()
    }

    fn insert(&mut self, text: Box<str>, expression: Expression) {
        if self.young.len() >= self.generation_size || self.young_bytes >= GENERATION_BYTES {
            self.old = std::mem::take(&mut self.young);
            self.young_bytes = 0;
        }
        self.young_bytes += text.len();
        self.young.insert(text, expression);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use feel_rs::Engine;

    #[test]
    fn stays_bounded_and_keeps_what_is_used() {
        let engine = Engine::default();
        let mut cache = Cache::new(10);
        for number in 0..1000 {
            let text = number.to_string();
            cache.put(&text, engine.compile(&text).unwrap());
            let _ = cache.get("0");
        }
        assert!(cache.len() <= 10);
        assert!(cache.get("0").is_some());
        assert!(cache.get("999").is_some());
        assert!(cache.get("500").is_none());
    }

    #[test]
    fn keeps_nothing_without_capacity() {
        let mut cache = Cache::new(0);
        cache.put("1", Engine::default().compile("1").unwrap());
        assert_eq!(cache.len(), 0);
    }
}

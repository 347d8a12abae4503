//! What went wrong in a way that needs a person.

use super::Engine;
use crate::gateway::inspect::IncidentKind;
use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

/// An incident, also after it was resolved.
pub(crate) struct Incident {
    pub(crate) kind: IncidentKind,
    pub(crate) message: String,
    pub(crate) instance: i64,
    pub(crate) element: i64,
    pub(crate) element_id: Arc<str>,
    pub(crate) job: Option<i64>,
    /// Whether its element has ended since.
    pub(crate) resolved: bool,
}

/// All incidents by their keys.
#[derive(Default)]
pub(crate) struct Incidents {
    pub(crate) all: BTreeMap<i64, Incident>,
    open: HashMap<i64, Vec<i64>>,
}

impl Incidents {
    /// Ends the incidents of an element.
    pub(super) fn resolve(&mut self, element: i64) {
        for key in self.open.remove(&element).unwrap_or_default() {
            if let Some(incident) = self.all.get_mut(&key) {
                incident.resolved = true;
            }
        }
    }
}

impl Engine {
    /// Raises an incident at an element.
    pub(super) fn raise(&mut self, element: i64, kind: IncidentKind, message: String) {
        let key = self.keys.next();
        let Some(at) = self.elements.get(&element) else { return };
        let incident = Incident {
            kind,
            message,
            instance: at.instance,
            element,
            element_id: at.node.as_ref().map_or_else(|| "".into(), |node| Arc::clone(&node.id)),
            job: at.job,
            resolved: false,
        };
        self.incidents.all.insert(key, incident);
        self.incidents.open.entry(element).or_default().push(key);
        self.counts.incidents += 1;
    }
}

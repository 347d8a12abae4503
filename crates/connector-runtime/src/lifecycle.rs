//! Which versions of which processes are active, and what that means for the consumers that run.
//!
//! No input, no output: sources say what they know ([`Processes::tell`]), [`Processes::elements`] says what is to be
//! consumed for, and [`plan`] says what has to happen to get there.

use crate::processes::DeployedProcess;
use connector_bpmn::InboundElement;
use connector_core::{ProcessDefinitionKey, TenantId};
use sqs_inbound::{DeployedElement, Group, ProcessVersion};
use std::{collections::BTreeMap, sync::Arc};

/// Who knows a process.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Source {
    /// The folder of files that we deploy.
    Folder,
    /// The cluster's REST API.
    Cluster,
}

/// A process in all its versions.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct ProcessId {
    pub(crate) tenant_id: TenantId,
    pub(crate) bpmn_process_id: String,
}

/// Versions of a process.
pub(crate) type Versions = Vec<Arc<DeployedProcess>>;

/// What the sources say is active.
#[derive(Default)]
pub(crate) struct Processes {
    told: BTreeMap<ProcessId, BTreeMap<Source, Versions>>,
}

/// One step from the consumers that run to those that should.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Action {
    /// Stop the consumer with this id.
    Stop(String),
    /// Go on with other elements, without an interruption.
    Swap(Group),
    /// Stop the consumer with the group's id, and start another one.
    Restart(Group),
    /// Start a consumer.
    Start(Group),
}

impl Processes {
    /// Takes what a source says about a process; no versions = it knows nothing of it. True when that is news.
    pub(crate) fn tell(&mut self, source: Source, process: &ProcessId, mut versions: Versions) -> bool {
        versions.sort_by_key(|version| version.process_definition_key);
        versions.dedup_by_key(|version| version.process_definition_key);
        let keys = |versions: &Versions| {
            versions.iter().map(|version| version.process_definition_key).collect::<Vec<_>>()
        };
        let known = self.told(source, process);
        if keys(&known) == keys(&versions) {
            return false;
        }
        let sources = self.told.entry(process.clone()).or_default();
        if versions.is_empty() {
            sources.remove(&source);
        } else {
            sources.insert(source, versions);
        }
        self.told.retain(|_, sources| !sources.is_empty());
        true
    }

    /// What a source said about a process.
    pub(crate) fn told(&self, source: Source, process: &ProcessId) -> Versions {
        self.told.get(process).and_then(|sources| sources.get(&source)).cloned().unwrap_or_default()
    }

    /// The processes that a source knows.
    pub(crate) fn known(&self, source: Source) -> Vec<ProcessId> {
        let known = self.told.iter().filter(|(_, sources)| sources.contains_key(&source));
        known.map(|(process, _)| process.clone()).collect()
    }

    /// The active versions, the highest first.
    ///
    /// A version that both sources know is one. What the cluster knows to be outdated is not active because of a file;
    /// what was deployed a moment ago is active before the cluster's search shows it.
    pub(crate) fn active(&self, process: &ProcessId) -> Versions {
        let cluster = self.told(Source::Cluster, process);
        let latest = cluster.iter().map(|version| version.version).max();
        let mut active: BTreeMap<ProcessDefinitionKey, Arc<DeployedProcess>> = BTreeMap::new();
        let folder = self.told(Source::Folder, process);
        let current =
            folder.into_iter().filter(|version| latest.is_none_or(|latest| version.version >= latest));
        for version in cluster.into_iter().chain(current) {
            active.entry(version.process_definition_key).or_insert(version);
        }
        let mut active: Versions = active.into_values().collect();
        active.sort_by_key(|version| std::cmp::Reverse(version.version));
        active
    }

    /// The elements to consume for, of whatever type: all of the latest version, of older ones those that do not start
    /// instances.
    pub(crate) fn elements(&self, process: &ProcessId) -> Vec<DeployedElement> {
        let active = self.active(process);
        let latest = active.first().map(|version| version.version);
        let mut elements = Vec::new();
        for deployed in &active {
            let version = Arc::new(version_of(deployed));
            let is_latest = Some(deployed.version) == latest;
            let wanted = |element: &&InboundElement| is_latest || !element.correlation_point.is_start();
            let ours = deployed.model.inbound.iter().flatten().filter(wanted);
            elements.extend(
                ours.map(|element| DeployedElement {
                    process: Arc::clone(&version),
                    element: element.clone(),
                }),
            );
        }
        elements
    }
}

/// The version as its consumers know it.
pub(crate) fn version_of(deployed: &DeployedProcess) -> ProcessVersion {
    ProcessVersion {
        bpmn_process_id: deployed.model.bpmn_process_id.clone(),
        name: deployed.model.name.clone(),
        version: deployed.version,
        process_definition_key: deployed.process_definition_key,
        tenant_id: deployed.tenant_id.clone(),
    }
}

/// What has to happen so that the groups that run become the target; what is right already is left alone.
pub(crate) fn plan(running: &[Group], target: Vec<Group>) -> Vec<Action> {
    let gone = running.iter().filter(|group| !target.iter().any(|wanted| wanted.id() == group.id()));
    let mut actions: Vec<Action> = gone.map(|group| Action::Stop(group.id().to_owned())).collect();
    for group in target {
        match running.iter().find(|running| running.id() == group.id()) {
            Some(running) if *running == group => {}
            Some(running) if running.can_swap_to(&group) => actions.push(Action::Swap(group)),
            Some(_) => actions.push(Action::Restart(group)),
            None => actions.push(Action::Start(group)),
        }
    }
    actions
}

#[cfg(test)]
mod tests {
    use super::*;
    use connector_feel::{FeelEngine, FeelOptions};
    use proptest::prelude::*;
    use sqs_inbound::group;

    const TYPE: &str = "io.camunda:aws-sqs-inbound:1";

    fn process() -> ProcessId {
        ProcessId { tenant_id: TenantId::default(), bpmn_process_id: "orders".to_owned() }
    }

    /// A version with a start event and a catch event, which consume from `queue` each in a group of its own.
    fn version(version: i32, queue: &str) -> Arc<DeployedProcess> {
        deployed(
            version,
            &format!("{}{}", element("startEvent", queue, "start"), element("receiveTask", queue, "catch")),
        )
    }

    fn element(kind: &str, queue: &str, name: &str) -> String {
        format!(
            r#"<bpmn:{kind} id="{name}" messageRef="m"><bpmn:extensionElements><zeebe:properties>
                 <zeebe:property name="inbound.type" value="{TYPE}"/>
                 <zeebe:property name="queue.url" value="{queue}"/>
                 <zeebe:property name="deduplicationMode" value="MANUAL"/>
                 <zeebe:property name="deduplicationId" value="{name}"/>
                 <zeebe:property name="correlationKeyExpression" value="=body"/>
               </zeebe:properties></bpmn:extensionElements></bpmn:{kind}>"#
        )
    }

    fn deployed(version: i32, elements: &str) -> Arc<DeployedProcess> {
        let xml = format!(
            r#"<bpmn:definitions xmlns:bpmn="http://www.omg.org/spec/BPMN/20100524/MODEL"
                 xmlns:zeebe="http://camunda.org/schema/zeebe/1.0"><bpmn:message id="m" name="paid"/>
                 <bpmn:process id="orders">{elements}</bpmn:process></bpmn:definitions>"#
        );
        Arc::new(DeployedProcess {
            model: connector_bpmn::inspect(&xml).unwrap().remove(0),
            version,
            process_definition_key: ProcessDefinitionKey::new(100 + i64::from(version)),
            tenant_id: TenantId::default(),
        })
    }

    fn groups(processes: &Processes) -> Vec<Group> {
        let grouping = group(processes.elements(&process()), &FeelEngine::new(FeelOptions::default()));
        assert_eq!(grouping.invalid, []);
        grouping.groups
    }

    fn active(processes: &Processes) -> Vec<i32> {
        processes.active(&process()).iter().map(|version| version.version).collect()
    }

    /// The step's name with the element ids and versions that it is about.
    fn named(action: &Action) -> String {
        let group = |group: &Group| {
            let members =
                group.members().map(|m| format!("{}@{}", m.element_id(), m.deployed.process.version));
            members.collect::<Vec<_>>().join("+")
        };
        match action {
            Action::Stop(_) => "stop".to_owned(),
            Action::Swap(target) => format!("swap {}", group(target)),
            Action::Restart(target) => format!("restart {}", group(target)),
            Action::Start(target) => format!("start {}", group(target)),
        }
    }

    fn steps(running: &[Group], processes: &Processes) -> Vec<String> {
        plan(running, groups(processes)).iter().map(named).collect()
    }

    #[test]
    fn the_same_version_from_both_sources_is_one() {
        let mut processes = Processes::default();
        assert!(processes.tell(Source::Folder, &process(), vec![version(1, "a")]));
        let running = groups(&processes);
        assert_eq!(steps(&[], &processes), ["start start@1", "start catch@1"]);
        assert!(processes.tell(Source::Cluster, &process(), vec![version(1, "a")]));
        assert_eq!(active(&processes), [1]);
        assert_eq!(steps(&running, &processes), Vec::<String>::new());
        assert!(!processes.tell(Source::Cluster, &process(), vec![version(1, "a")]), "no news");
    }

    #[test]
    fn a_new_version_with_the_same_connector_properties_swaps_and_with_others_restarts() {
        let mut processes = Processes::default();
        processes.tell(Source::Cluster, &process(), vec![version(1, "a")]);
        let running = groups(&processes);
        processes.tell(Source::Cluster, &process(), vec![version(2, "a")]);
        assert_eq!(steps(&running, &processes), ["swap start@2", "swap catch@2"]);
        processes.tell(Source::Cluster, &process(), vec![version(3, "b")]);
        assert_eq!(steps(&running, &processes), ["restart start@3", "restart catch@3"]);
    }

    #[test]
    fn an_older_version_with_open_subscriptions_keeps_its_catch_events_and_loses_its_start_events() {
        let mut processes = Processes::default();
        processes.tell(Source::Cluster, &process(), vec![version(1, "a"), version(2, "a")]);
        assert_eq!(steps(&[], &processes), ["start start@2", "start catch@2+catch@1"]);
        // The latest version has no connector at all; the older one does not take over.
        processes.tell(Source::Cluster, &process(), vec![version(1, "a"), deployed(3, "")]);
        assert_eq!(steps(&[], &processes), ["start catch@1"]);
    }

    #[test]
    fn the_file_leads_until_the_cluster_has_caught_up_and_follows_afterwards() {
        let mut processes = Processes::default();
        processes.tell(Source::Cluster, &process(), vec![version(1, "a")]);
        processes.tell(Source::Folder, &process(), vec![version(2, "a")]);
        assert_eq!(active(&processes), [2, 1]);
        processes.tell(Source::Cluster, &process(), vec![version(3, "a")]);
        assert_eq!(active(&processes), [3]);
    }

    #[test]
    fn elements_of_other_types_take_part_in_the_grouping() {
        let both = format!("{}{}", element("startEvent", "a", "start"), element("receiveTask", "a", "catch"));
        let mixed = both
            .replacen(TYPE, "another", 1)
            .replace(r#""deduplicationId" value="catch""#, r#""deduplicationId" value="start""#);
        let mut processes = Processes::default();
        processes.tell(Source::Cluster, &process(), vec![deployed(1, &mixed)]);
        let grouping = group(processes.elements(&process()), &FeelEngine::new(FeelOptions::default()));
        assert_eq!((grouping.groups.len(), grouping.invalid.len()), (0, 1));
        assert!(grouping.invalid[0].reason.contains("same type"), "{}", grouping.invalid[0].reason);
    }

    #[test]
    fn a_process_that_vanishes_from_all_sources_is_stopped() {
        let mut processes = Processes::default();
        processes.tell(Source::Cluster, &process(), vec![version(1, "a")]);
        processes.tell(Source::Folder, &process(), vec![version(1, "a")]);
        let running = groups(&processes);
        processes.tell(Source::Cluster, &process(), Vec::new());
        assert_eq!(steps(&running, &processes), Vec::<String>::new());
        processes.tell(Source::Folder, &process(), Vec::new());
        assert_eq!(steps(&running, &processes), ["stop", "stop"]);
        assert_eq!(processes.known(Source::Folder), []);
    }

    /// What a source says: which of four versions it knows. The queue of each is fixed for a run.
    fn news() -> impl Strategy<Value = (bool, Vec<bool>)> {
        (any::<bool>(), proptest::collection::vec(any::<bool>(), 4))
    }

    /// The groups after the actions, each of which must be one that fits what runs.
    fn after(mut running: Vec<Group>, actions: Vec<Action>) -> Vec<Group> {
        for action in actions {
            let place = |id: &str| running.iter().position(|group| group.id() == id);
            match action {
                Action::Stop(id) => {
                    running.remove(place(&id).expect("only what runs is stopped"));
                }
                Action::Swap(group) => {
                    let place = place(group.id()).expect("only what runs is changed");
                    assert!(running[place].can_swap_to(&group) && running[place] != group);
                    running[place] = group;
                }
                Action::Restart(group) => {
                    let place = place(group.id()).expect("only what runs is started anew");
                    assert!(!running[place].can_swap_to(&group), "a swap would have been enough");
                    running[place] = group;
                }
                Action::Start(group) => {
                    assert_eq!(place(group.id()), None, "it runs already");
                    running.push(group);
                }
            }
        }
        running
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 100, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn whatever_the_sources_say_what_runs_is_what_is_active(
            queues in proptest::collection::vec(any::<bool>(), 4),
            all_news in proptest::collection::vec(news(), 1..12),
        ) {
            let (mut processes, mut running) = (Processes::default(), Vec::new());
            let feel = FeelEngine::new(FeelOptions::default());
            for (from_folder, known) in all_news {
                let versions = (1..).zip(&known).zip(&queues).filter(|((_, known), _)| **known);
                let versions = versions.map(|((number, _), a)| version(number, if *a { "a" } else { "b" }));
                let source = if from_folder { Source::Folder } else { Source::Cluster };
                let numbers = self::active(&processes);
                let is_news = processes.tell(source, &process(), versions.collect());
                let active = processes.active(&process());
                prop_assert!(is_news || numbers == self::active(&processes));
                let target = group(processes.elements(&process()), &feel).groups;
                let actions = plan(&running, target.clone());
                running = after(running, actions);
                let by_id = |groups: &[Group]| {
                    groups.iter().map(|group| (group.id().to_owned(), group.clone())).collect::<BTreeMap<_, _>>()
                };
                prop_assert!(by_id(&running) == by_id(&target));
                prop_assert_eq!(plan(&running, target), []);
                let latest = active.first().map(|version| version.version);
                for member in running.iter().flat_map(Group::members) {
                    let version = member.deployed.process.version;
                    prop_assert!(active.iter().any(|active| active.version == version));
                    prop_assert!(member.element_id() == "catch" || Some(version) == latest, "an old start");
                }
            }
        }
    }
}

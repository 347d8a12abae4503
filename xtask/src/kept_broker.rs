//! A broker that tests may kill: it comes back with its data, as under an operating system's supervisor.

use crate::services::{Broker, Service};
use anyhow::Result;
use std::{
    fs,
    path::PathBuf,
    sync::mpsc::{self, Receiver, RecvTimeoutError, Sender},
    thread::{self, JoinHandle},
    time::Duration,
};

const PAUSE: Duration = Duration::from_millis(50);
/// For how long a killed broker stays away: a supervisor does not start it again at once.
const AWAY: Duration = Duration::from_secs(5);

/// A broker that is killed (SIGKILL) whenever a file appears, and started again when the file is gone.
pub(crate) struct KeptBroker {
    /// Where its clients connect, as a URL.
    pub(crate) address: String,
    /// The file.
    pub(crate) switch: PathBuf,
    /// Ends the keeper when dropped.
    stop: Option<Sender<()>>,
    keeper: Option<JoinHandle<()>>,
}

impl KeptBroker {
    /// Starts the broker, with empty data.
    pub(crate) fn start(version: &str) -> Result<Self> {
        let mut broker = Broker::new(version)?;
        let service = broker.start()?;
        let (address, switch) = (service.address.clone(), broker.folder.join("kill"));
        let (stop, stopped) = mpsc::channel();
        let own = switch.clone();
        let keeper = thread::spawn(move || {
            if let Err(error) = keep(broker, service, &own, &stopped) {
                eprintln!("the broker cannot be started again: {error:#}");
            }
        });
        Ok(Self { address, switch, stop: Some(stop), keeper: Some(keeper) })
    }
}

impl Drop for KeptBroker {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(keeper) = self.keeper.take() {
            // It has said already what went wrong.
            let _ = keeper.join();
        }
    }
}

fn keep(mut broker: Broker, mut service: Service, switch: &PathBuf, stopped: &Receiver<()>) -> Result<()> {
    while let Err(RecvTimeoutError::Timeout) = stopped.recv_timeout(PAUSE) {
        if switch.exists() {
            drop(service);
            thread::sleep(AWAY);
            fs::remove_file(switch)?;
            service = broker.start()?;
        }
    }
    Ok(())
}

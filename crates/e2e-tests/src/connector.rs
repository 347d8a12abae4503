//! The connector as a child process.

use crate::Servers;
use anyhow::{Context, Result, ensure};
use std::{
    fs::{self, File},
    path::PathBuf,
    process::{Child, Command, Stdio},
    time::Duration,
};
use tempfile::TempDir;

/// How long a stopped connector may take to end.
const PATIENCE: Duration = Duration::from_secs(40);
/// How many lines of log a failed test shows.
const LAST_WORDS: usize = 40;
const PAUSE: Duration = Duration::from_millis(50);

/// A running `sqs-connector run`, killed when dropped.
pub struct Connector {
    process: Child,
    log: PathBuf,
    folder: TempDir,
}

impl Connector {
    /// Starts the binary with the given processes (file name, BPMN) and extra environment variables.
    ///
    /// # Errors
    /// When the binary cannot be started.
    pub fn start(
        servers: &Servers,
        processes: &[(&str, String)],
        environment: &[(&str, String)],
    ) -> Result<Self> {
        let folder = tempfile::tempdir()?;
        let models = folder.path().join("processes");
        fs::create_dir(&models)?;
        for (name, bpmn) in processes {
            fs::write(models.join(name), bpmn)?;
        }
        let log = folder.path().join("log");
        let process = Command::new(&servers.binary)
            .args(["run", "--processes"])
            .arg(&models)
            .env("ZEEBE_ADDRESS", &servers.zeebe)
            .env("AWS_ENDPOINT_URL_SQS", &servers.sqs)
            .env("SECRET_AWS_ACCESS_KEY", "test")
            .env("SECRET_AWS_SECRET_KEY", "test")
            .envs(environment.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(File::create(&log)?)
            .spawn()
            .with_context(|| format!("cannot start {}", servers.binary.display()))?;
        Ok(Self { process, log, folder })
    }

    /// Puts a process into the watched folder, or a newer version in the place of an older one.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn put(&self, name: &str, bpmn: &str) -> Result<()> {
        // Renamed, so that it is never seen half written.
        let (half, whole) = (self.folder.path().join(name), self.folder.path().join("processes").join(name));
        fs::write(&half, bpmn)?;
        Ok(fs::rename(half, whole)?)
    }

    /// What it has logged so far.
    pub fn log(&self) -> String {
        fs::read_to_string(&self.log).unwrap_or_default()
    }

    /// The last lines that it has logged, for the message of a failed test.
    pub fn last_words(&self) -> String {
        let log = self.log();
        let lines: Vec<&str> = log.lines().collect();
        lines.get(lines.len().saturating_sub(LAST_WORDS)..).unwrap_or_default().join("\n")
    }

    /// Waits until the log contains a text.
    ///
    /// # Errors
    /// With the log, when the text does not come, or when the process ends without it.
    pub async fn wait_for_log(&mut self, text: &str) -> Result<()> {
        for _ in 0..PATIENCE.as_millis() / PAUSE.as_millis() {
            if self.log().contains(text) {
                return Ok(());
            }
            if self.process.try_wait()?.is_some() {
                break;
            }
            tokio::time::sleep(PAUSE).await;
        }
        ensure!(self.log().contains(text), "no `{text}` in the log:\n{}", self.last_words());
        Ok(())
    }

    /// Ends it at once (SIGKILL): no drain, nothing is said to anybody.
    ///
    /// # Errors
    /// When the operating system refuses.
    pub fn kill(mut self) -> Result<()> {
        self.process.kill()?;
        self.process.wait()?;
        Ok(())
    }

    /// Asks it to stop (SIGTERM) and waits for its exit code.
    ///
    /// # Errors
    /// With the log, when it does not end in time.
    pub async fn stop(mut self) -> Result<i32> {
        Command::new("kill").arg(self.process.id().to_string()).status()?;
        self.exit_code().await
    }

    /// Waits until it ends by itself and gives its exit code.
    ///
    /// # Errors
    /// With the log, when it does not end in time.
    pub async fn exit_code(&mut self) -> Result<i32> {
        for _ in 0..PATIENCE.as_millis() / PAUSE.as_millis() {
            if let Some(status) = self.process.try_wait()? {
                return status.code().context("ended by a signal");
            }
            tokio::time::sleep(PAUSE).await;
        }
        anyhow::bail!("still running after {PATIENCE:?}:\n{}", self.last_words())
    }
}

impl Drop for Connector {
    fn drop(&mut self) {
        // A process that has ended already is as good as one that is killed.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

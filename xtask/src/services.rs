//! The real servers of the end-to-end suite: the Zeebe broker and ElasticMQ, both through Maven.

use crate::{
    jdk,
    process::Process,
    shell::{self, target},
};
use anyhow::{Result, anyhow, bail};
use std::{
    fs::{self, File},
    io::{Read, Write},
    net::{TcpListener, TcpStream},
    path::{Path, PathBuf},
    process::{Command, Stdio},
    thread,
    time::Duration,
};

/// The newest broker that Maven Central has.
pub(crate) const ZEEBE: &str = "8.6.0";
const ELASTICMQ: &str = "1.6.11";
const COPY: &str = "org.apache.maven.plugins:maven-dependency-plugin:3.6.1:copy";
const CLASSPATH: &str = "org.apache.maven.plugins:maven-dependency-plugin:3.6.1:build-classpath";
const PATIENCE: Duration = Duration::from_secs(180);
const PAUSE: Duration = Duration::from_millis(250);

/// A server that is stopped when this is dropped.
pub(crate) struct Service {
    name: &'static str,
    process: Process,
    log: PathBuf,
    /// Where its clients connect, as a URL.
    pub(crate) address: String,
}

impl Service {
    fn start(name: &'static str, command: &mut Command, address: String, log: PathBuf) -> Result<Self> {
        let out = File::options().create(true).append(true).open(&log)?;
        let process = Process::start(command.stdin(Stdio::null()).stdout(out.try_clone()?).stderr(out))?;
        Ok(Self { name, process, log, address })
    }

    fn wait_until(&mut self, ready: impl Fn() -> bool) -> Result<()> {
        let attempts = PATIENCE.as_millis() / PAUSE.as_millis();
        for _ in 0..attempts {
            if ready() {
                println!("{} is ready at {}", self.name, self.address);
                return Ok(());
            }
            if let Some(status) = self.process.ended()? {
                bail!("{} ended with {status}; see {}", self.name, self.log.display());
            }
            thread::sleep(PAUSE);
        }
        bail!("{} is not ready after {PATIENCE:?}; see {}", self.name, self.log.display())
    }
}

/// Starts a Zeebe broker with its gateway on free ports, with empty data.
pub(crate) fn zeebe(version: &str) -> Result<Service> {
    Broker::new(version)?.start()
}

/// A Zeebe broker with its gateway that can be started again, on the same ports and with the same data.
pub(crate) struct Broker {
    command: Command,
    grpc: u16,
    rest: u16,
    /// Its own folder.
    pub(crate) folder: PathBuf,
}

impl Broker {
    /// A broker on free ports, with empty data.
    pub(crate) fn new(version: &str) -> Result<Self> {
        let java = jdk::home().map_err(|reason| anyhow!(reason))?;
        let distribution = zeebe_distribution(version)?;
        let folder = fresh_folder(&format!("zeebe-{version}"))?;
        let [grpc, rest, monitoring, command_api, internal_api] = free_ports()?;
        let mut command = Command::new(distribution.join("bin/broker"));
        command
            .current_dir(&folder)
            .env("JAVA_HOME", java)
            .env("JAVA_OPTS", "-Xms256m -Xmx512m")
            .env("ZEEBE_BROKER_GATEWAY_ENABLE", "true")
            .env("ZEEBE_BROKER_NETWORK_HOST", "127.0.0.1")
            .env("ZEEBE_BROKER_NETWORK_ADVERTISEDHOST", "127.0.0.1")
            .env("ZEEBE_BROKER_GATEWAY_NETWORK_HOST", "127.0.0.1")
            .env("ZEEBE_BROKER_GATEWAY_NETWORK_PORT", grpc.to_string())
            .env("ZEEBE_BROKER_NETWORK_COMMANDAPI_PORT", command_api.to_string())
            .env("ZEEBE_BROKER_NETWORK_INTERNALAPI_PORT", internal_api.to_string())
            .env("ZEEBE_BROKER_CLUSTER_INITIALCONTACTPOINTS", format!("127.0.0.1:{internal_api}"))
            .env("SERVER_ADDRESS", "127.0.0.1")
            .env("SERVER_PORT", rest.to_string())
            .env("MANAGEMENT_SERVER_ADDRESS", "127.0.0.1")
            .env("MANAGEMENT_SERVER_PORT", monitoring.to_string())
            .env("CAMUNDA_REST_ENABLED", "true")
            .env("ZEEBE_BROKER_DATA_DIRECTORY", folder.join("data"))
            .env("ZEEBE_BROKER_DATA_LOGSEGMENTSIZE", "16MB")
            .env("ZEEBE_BROKER_DATA_DISK_ENABLEMONITORING", "false")
            .env("ZEEBE_BROKER_CLUSTER_PARTITIONSCOUNT", "1")
            .env("ZEEBE_BROKER_THREADS_CPUTHREADCOUNT", "2")
            .env("ZEEBE_BROKER_THREADS_IOTHREADCOUNT", "2")
            .env("ZEEBE_BROKER_EXPERIMENTAL_ROCKSDB_MEMORYLIMIT", "64MB")
            // These are tests, not a place to keep data: no fsync.
            .env("ZEEBE_BROKER_CLUSTER_RAFT_FLUSH_ENABLED", "false");
        Ok(Self { command, grpc, rest, folder })
    }

    /// Starts it and waits until it leads its partition.
    pub(crate) fn start(&mut self) -> Result<Service> {
        let (address, log) = (format!("http://127.0.0.1:{}", self.grpc), self.folder.join("broker.log"));
        let mut service = Service::start("Zeebe", &mut self.command, address, log)?;
        let rest = self.rest;
        service.wait_until(|| {
            let topology = http(rest, "GET /v1/topology HTTP/1.0\r\n\r\n").unwrap_or_default().to_lowercase();
            topology.contains("\"role\":\"leader\"") && topology.contains("\"health\":\"healthy\"")
        })?;
        Ok(service)
    }
}

/// Starts Zeebe's engine in memory behind a gateway on a free port: newer than any broker that Maven Central has.
pub(crate) fn zeebe_in_memory() -> Result<Service> {
    let folder = fresh_folder("zeebe-engine")?;
    let [port] = free_ports()?;
    let mut command = jdk::program("zeebe-engine", "ZeebeEngine", &["-Xmx384m"])?;
    command.arg(port.to_string());
    let (address, log) = (format!("http://127.0.0.1:{port}"), folder.join("engine.log"));
    let said = log.clone();
    let mut service = Service::start("Zeebe's engine in memory", &mut command, address, log)?;
    service
        .wait_until(|| fs::read_to_string(&said).is_ok_and(|log| log.lines().any(|line| line == "ready")))?;
    Ok(service)
}

/// Starts ElasticMQ on a free port.
pub(crate) fn elasticmq() -> Result<Service> {
    let java = jdk::home().map_err(|reason| anyhow!(reason))?;
    let classpath = elasticmq_classpath()?;
    let run = fresh_folder("elasticmq")?;
    let [port] = free_ports()?;
    let settings = run.join("elasticmq.conf");
    fs::write(&settings, elasticmq_settings(port))?;
    let mut command = Command::new(java.join("bin/java"));
    command
        .args(["-Xms64m", "-Xmx256m"])
        .arg(format!("-Dconfig.file={}", settings.display()))
        .arg("-Dlogback.statusListenerClass=ch.qos.logback.core.status.NopStatusListener")
        .args(["-cp", &classpath, "org.elasticmq.server.Main"]);
    let log = run.join("server.log");
    let mut service = Service::start("ElasticMQ", &mut command, format!("http://127.0.0.1:{port}"), log)?;
    service.wait_until(|| http(port, "GET / HTTP/1.0\r\n\r\n").is_ok())?;
    Ok(service)
}

fn elasticmq_settings(port: u16) -> String {
    format!(
        r#"node-address {{ protocol = http, host = "127.0.0.1", port = {port}, context-path = "" }}
rest-sqs {{ enabled = true, bind-hostname = "127.0.0.1", bind-port = {port}, sqs-limits = strict }}
rest-stats {{ enabled = false }}
generate-node-address = false
queues {{ }}
aws {{ region = "us-east-1", accountId = "000000000000" }}
pekko.loglevel = ERROR
# Every signed request carries headers that this server would warn of.
pekko.http.server.parsing.illegal-header-warnings = off
pekko.http.parsing.illegal-header-warnings = off
pekko.http.server.max-connections = 4096
pekko.http.server.request-timeout = 40s
"#
    )
}

fn zeebe_distribution(version: &str) -> Result<PathBuf> {
    let home = downloads()?.join(format!("camunda-zeebe-{version}"));
    if !home.join("lib").is_dir() {
        let archive = maven_artifact(&format!("io.camunda:camunda-zeebe:{version}:tar.gz"))?;
        shell::run(shell::command("tar", &["-xzf"]).arg(&archive).arg("-C").arg(downloads()?))?;
        fs::remove_file(archive)?;
    }
    Ok(home)
}

/// Copies one artifact out of Maven's repository and gives its path.
pub(crate) fn maven_artifact(coordinates: &str) -> Result<PathBuf> {
    let mut parts = coordinates.split(':').skip(1);
    let (artifact, version) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
    let file = downloads()?.join(format!("{artifact}-{version}.{}", parts.next().unwrap_or("jar")));
    if !file.is_file() {
        let artifact = format!("-Dartifact={coordinates}");
        let folder = format!("-DoutputDirectory={}", downloads()?.display());
        shell::run(&mut shell::command(
            "mvn",
            &["-q", "-B", COPY, &artifact, &folder, "-Dmdep.useBaseVersion=true"],
        ))?;
    }
    Ok(file)
}

fn elasticmq_classpath() -> Result<String> {
    let folder = downloads()?.join(format!("elasticmq-{ELASTICMQ}"));
    let file = folder.join("classpath");
    if !file.is_file() {
        fs::create_dir_all(&folder)?;
        let project = format!(
            "<project xmlns=\"http://maven.apache.org/POM/4.0.0\"><modelVersion>4.0.0</modelVersion>\
             <groupId>local</groupId><artifactId>sqs-server</artifactId><version>1</version>\
             <dependencies><dependency><groupId>org.elasticmq</groupId><artifactId>elasticmq-server_2.13</artifactId>\
             <version>{ELASTICMQ}</version></dependency></dependencies></project>"
        );
        fs::write(folder.join("pom.xml"), project)?;
        let output = format!("-Dmdep.outputFile={}", file.display());
        shell::run(shell::command("mvn", &["-q", "-B", CLASSPATH, &output]).current_dir(&folder))?;
    }
    Ok(fs::read_to_string(file)?.trim().to_owned())
}

fn downloads() -> Result<PathBuf> {
    let folder = target().join("e2e/downloads");
    fs::create_dir_all(&folder)?;
    Ok(folder)
}

fn fresh_folder(name: &str) -> Result<PathBuf> {
    let folder = target().join("e2e").join(name);
    if Path::new(&folder).exists() {
        fs::remove_dir_all(&folder)?;
    }
    fs::create_dir_all(&folder)?;
    Ok(folder)
}

/// Ports that are free now; all are held until the last is found, so that they differ.
pub(crate) fn free_ports<const N: usize>() -> Result<[u16; N]> {
    let mut held = Vec::with_capacity(N);
    let mut ports = [0; N];
    for port in &mut ports {
        let listener = TcpListener::bind(("127.0.0.1", 0))?;
        *port = listener.local_addr()?.port();
        held.push(listener);
    }
    Ok(ports)
}

fn http(port: u16, request: &str) -> Result<String> {
    let mut stream = TcpStream::connect(("127.0.0.1", port))?;
    stream.set_read_timeout(Some(Duration::from_secs(2)))?;
    stream.write_all(request.as_bytes())?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    Ok(answer)
}

//! Endpoints, queue URLs and regions out of process data that try to lead a request, its signature and its message elsewhere.
//!
//! Every name resolves to this machine here, where a listener waits on all addresses: whatever gets past the policy would be seen.

use crate::support::{Command, Setup};
use aws_smithy_runtime_api::client::dns::{DnsFuture, ResolveDns, SharedDnsResolver};
use connector_binding::EndpointPolicy;
use connector_core::Job;
use serde_json::{Value, json};
use sqs_outbound::{Handled, OutboundOptions};
use sqs_transport::PoolOptions;
use std::{
    net::{IpAddr, Ipv4Addr},
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
};

/// Refused by a list with `127.0.0.1:{sqs}`, `*.sqs.example` and `queue.example`. `{sqs}` is the port of the SQS server, `{trap}` that
/// of the listener.
const NOT_ON_THE_LIST: [&str; 47] = [
    // Another port, another name, another address of the same machine.
    "http://127.0.0.1:{trap}",
    "http://localhost:{trap}",
    "http://localhost:{sqs}",
    "http://LOCALHOST.:{sqs}",
    "http://localhost.localdomain:{trap}",
    "http://ip6-localhost:{trap}",
    "http://127.0.0.2:{sqs}",
    "http://0.0.0.0:{trap}",
    "http://[::1]:{trap}",
    "http://[::]:{trap}",
    "http://127.0.0.1",
    "http://127.0.0.1:",
    "http://127.0.0.1:0",
    "http://127.0.0.1:+{trap}",
    "http://127.0.0.1:{sqs}0",
    // Users, paths, queries and fragments that look like hosts.
    "http://127.0.0.1:{sqs}@evil.example:{trap}",
    "http://user:password@127.0.0.1:{trap}",
    "http://@127.0.0.1:{trap}",
    "http://evil.example:{trap}#127.0.0.1:{sqs}",
    "http://evil.example:{trap}/127.0.0.1:{sqs}",
    "http://evil.example:{trap}?127.0.0.1:{sqs}",
    "http://evil.example:{trap}\\@127.0.0.1:{sqs}",
    "http://127.0.0.1:{sqs}\\@evil.example:{trap}",
    "http:\\\\evil.example:{trap}",
    // White space, control characters, percent-encoding.
    "http://127.0.0.1:{trap}\t",
    "\thttp://127.0.0.1:{sqs}",
    "http://127.0.0.1:{sqs}\n.evil.example:{trap}",
    "http://127.0.0.1:{sqs} .evil.example:{trap}",
    "http://127.0.0.1:{sqs}\u{0}.evil.example:{trap}",
    "http://evil%2eexample:{trap}",
    "http://%31%32%37.0.0.1:{trap}",
    "http://127.0.0.1%3a{sqs}:{trap}",
    // Names that look like an allowed one.
    "http://queue.example.evil.example:{trap}",
    "http://evilqueue.example:{trap}",
    "http://evilsqs.example:{trap}",
    "http://sqs.example:{trap}",
    "http://queue。example:{trap}",
    "http://quеue.example:{trap}",
    "http://xn--quue-d4d.example:{trap}",
    "http://sqs.eu-central-1.amazonaws.com.evil.example:{trap}",
    "http://sqs.eu-central-1.amazonaws.com:{trap}",
    // Other schemes, and none.
    "ftp://127.0.0.1:{trap}",
    "file:///etc/passwd",
    "gopher://127.0.0.1:{trap}/_x",
    "//127.0.0.1:{trap}",
    "127.0.0.1:{trap}",
    "http:///127.0.0.1:{trap}",
];

/// Refused even by a list that allows everything.
const NEVER: [&str; 24] = [
    "http://169.254.169.254/latest/meta-data",
    "http://169.254.169.254.:80",
    "http://169.254.170.2/v2/credentials",
    "http://169.254.170.23",
    "http://[::ffff:169.254.169.254]",
    "http://[::ffff:a9fe:a9fe]",
    "http://[::169.254.169.254]",
    "http://[0:0:0:0:0:ffff:169.254.169.254]",
    "http://[fe80::1]",
    "http://[fe80::1%25eth0]",
    "http://[fe80::1%eth0]",
    "http://[fd00:ec2::254]",
    "http://[fd00:0ec2:0:0:0:0:0:254]",
    "http://100.100.100.200",
    "http://2852039166",
    "http://0xa9fea9fe",
    "http://0xA9.0xFE.0xA9.0xFE",
    "http://0251.0376.0251.0376",
    "http://169.254.43518",
    "http://169.16689662",
    "http://metadata.google.internal",
    "http://METADATA.GOOGLE.INTERNAL.",
    "http://instance-data",
    "http://",
];

/// Allowed, because what looks like another host is a path, a query or a fragment.
const AT_HOME: [&str; 5] = [
    "http://127.0.0.1:{sqs}#@evil.example:{trap}",
    "http://127.0.0.1:{sqs}?@evil.example:{trap}",
    "http://127.0.0.1:{sqs}/@evil.example:{trap}",
    "http://127.0.0.1:{sqs}//evil.example:{trap}",
    "HTTP://127.0.0.1:{sqs}",
];

/// Queue URLs beside an allowed endpoint: what SQS is asked goes to the endpoint or nowhere.
const QUEUE_URLS: [&str; 16] = [
    "http://127.0.0.1:{trap}/000000000000/q",
    "http://evil.example:{trap}/000000000000/q",
    "https://evil.example:{trap}/000000000000/q",
    "http://127.0.0.1:{sqs}@evil.example:{trap}/000000000000/q",
    "http://127.0.0.1:{sqs}#@evil.example:{trap}/000000000000/q",
    "http://evil.example:{trap}\\@127.0.0.1:{sqs}/000000000000/q",
    "http://[::1]:{trap}/000000000000/q",
    "http://[::ffff:127.0.0.1]:{trap}/000000000000/q",
    "http://2130706433:{trap}/000000000000/q",
    "http://0x7f000001:{trap}/000000000000/q",
    "http://localhost.:{trap}/000000000000/q",
    "http://169.254.169.254/latest/meta-data",
    "//evil.example:{trap}/000000000000/q",
    "file:///etc/passwd",
    "http:///000000000000/q",
    "http://evil.example:{trap}/../000000000000/q\r\nHost: evil",
];

/// Regions, which are part of the host when no endpoint is named.
const REGIONS: [&str; 10] = [
    "evil.example/",
    "evil.example#",
    "evil.example?",
    "evil.example:{trap}/",
    "@evil.example:{trap}/",
    "127.0.0.1:{trap}#",
    "eu-central-1\\@evil.example",
    "eu-central-1 .evil.example",
    "eu-central-1\r\nHost: evil.example",
    "%65vil.example/",
];

/// Sees whoever connects, and who asks for a name's address.
struct Trap {
    port: u16,
    seen: Arc<AtomicUsize>,
    names: Names,
}

#[derive(Clone, Debug, Default)]
struct Names(Arc<Mutex<Vec<String>>>);

impl ResolveDns for Names {
    fn resolve_dns<'a>(&'a self, name: &'a str) -> DnsFuture<'a> {
        self.0.lock().unwrap().push(name.to_owned());
        DnsFuture::ready(Ok(vec![IpAddr::V4(Ipv4Addr::LOCALHOST)]))
    }
}

impl Trap {
    async fn set() -> Self {
        let everywhere = match TcpListener::bind("[::]:0").await {
            Ok(listener) => listener,
            Err(_) => TcpListener::bind("0.0.0.0:0").await.unwrap(),
        };
        let port = everywhere.local_addr().unwrap().port();
        let seen = Arc::new(AtomicUsize::new(0));
        let counter = Arc::clone(&seen);
        tokio::spawn(async move {
            while everywhere.accept().await.is_ok() {
                counter.fetch_add(1, Ordering::SeqCst);
            }
        });
        Self { port, seen, names: Names::default() }
    }

    fn pool(&self) -> PoolOptions {
        PoolOptions { names: Some(SharedDnsResolver::new(self.names.clone())), ..PoolOptions::default() }
    }

    fn filled(&self, setup: &Setup, text: &str) -> String {
        let sqs = setup.server.address().port().to_string();
        text.replace("{trap}", &self.port.to_string()).replace("{sqs}", &sqs)
    }

    /// Connects once itself: whatever came before has been counted then, and nothing else may have.
    async fn assert_empty(&self) {
        let before = self.names.0.lock().unwrap().clone();
        assert_eq!(before, Vec::<String>::new(), "names were looked up");
        let _mine = tokio::net::TcpStream::connect(("127.0.0.1", self.port)).await.unwrap();
        while self.seen.load(Ordering::SeqCst) == 0 {
            tokio::task::yield_now().await;
        }
        assert_eq!(self.seen.load(Ordering::SeqCst), 1, "somebody else connected");
    }
}

fn with(job: &Job, change: impl FnOnce(&mut Value)) -> Job {
    let mut variables: Value = serde_json::from_str(&job.variables).unwrap();
    change(&mut variables);
    Job { variables: variables.to_string(), ..job.clone() }
}

/// Something came, and all of it was meant for the SQS server.
fn assert_at_home(setup: &Setup) {
    let own = setup.server.address().to_string();
    let hosts: Vec<_> = setup.server.recorded().into_iter().map(|request| request.host).collect();
    assert!(!hosts.is_empty() && hosts.iter().all(|host| host.as_deref() == Some(own.as_str())), "{hosts:?}");
}

async fn refuses(endpoints: &[&str], list: &[&str]) {
    let trap = Trap::set().await;
    let setup = Setup::with_pool(OutboundOptions::default(), trap.pool()).await;
    let own = setup.server.address().to_string();
    let list: Vec<&str> =
        list.iter().map(|entry| if *entry == "{own}" { own.as_str() } else { entry }).collect();
    let setup = setup.allowing(EndpointPolicy::new(list).unwrap(), trap.pool());
    for endpoint in endpoints {
        let endpoint = trap.filled(&setup, endpoint);
        let job = with(&setup.job(1), |variables| variables["configuration"]["endpoint"] = json!(endpoint));
        assert_eq!(setup.outbound.handle(&job).await, Handled::Failed, "{endpoint:?}");
        let Some(Command::Fail(failure)) = setup.commands.taken().pop() else { panic!("{endpoint:?}") };
        assert_eq!(failure.retries, 0, "{endpoint:?}: {failure:?}");
        assert!(failure.error_message.contains("configuration.endpoint"), "{endpoint:?}: {failure:?}");
    }
    trap.assert_empty().await;
    assert_eq!(setup.server.recorded().len(), 0);
}

#[tokio::test]
async fn no_request_goes_to_an_endpoint_that_is_not_on_the_list() {
    refuses(&NOT_ON_THE_LIST, &["{own}", "*.sqs.example", "queue.example:9324"]).await;
}

#[tokio::test]
async fn no_request_goes_to_a_metadata_address_whatever_the_list_allows() {
    refuses(&NEVER, &["*"]).await;
}

#[tokio::test]
async fn what_only_looks_like_another_host_leads_to_the_allowed_one_or_nowhere() {
    let trap = Trap::set().await;
    let setup = Setup::with_pool(OutboundOptions::default(), trap.pool()).await;
    for endpoint in AT_HOME {
        let endpoint = trap.filled(&setup, endpoint);
        let job = with(&setup.job(1), |variables| variables["configuration"]["endpoint"] = json!(endpoint));
        setup.outbound.handle(&job).await;
    }
    assert_at_home(&setup);
    trap.assert_empty().await;
}

#[tokio::test]
async fn a_queue_url_leads_no_request_away_from_the_endpoint() {
    let trap = Trap::set().await;
    let setup = Setup::with_pool(OutboundOptions::default(), trap.pool()).await;
    for url in QUEUE_URLS {
        let url = trap.filled(&setup, url);
        let job = with(&setup.job(1), |variables| variables["queue"]["url"] = json!(url));
        setup.outbound.handle(&job).await;
    }
    assert_at_home(&setup);
    trap.assert_empty().await;
}

#[tokio::test]
async fn a_region_does_not_break_out_of_the_host_name() {
    let trap = Trap::set().await;
    let setup = Setup::start().await;
    // Takes every request, wherever it is meant to go, and writes the host down.
    let pool = PoolOptions { http_client: Some(setup.server.sdk_http_client()), ..trap.pool() };
    let setup = setup.allowing(EndpointPolicy::default(), pool);
    let sent_in = async |region: &str| {
        let job = with(&setup.job(1), |variables| variables["configuration"] = json!({"region": region}));
        setup.outbound.handle(&job).await
    };
    for region in REGIONS {
        assert_eq!(sent_in(&trap.filled(&setup, region)).await, Handled::Failed, "{region:?}");
    }
    assert_eq!(setup.server.recorded().len(), 0);
    assert_eq!(sent_in("moon-base-1").await, Handled::Completed);
    assert_eq!(setup.server.recorded()[0].host.as_deref(), Some("sqs.moon-base-1.amazonaws.com"));
    trap.assert_empty().await;
}

#[tokio::test]
async fn redirects_are_not_followed() {
    for status in ["301 Moved Permanently", "302 Found", "307 Temporary Redirect", "308 Permanent Redirect"] {
        let trap = Trap::set().await;
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let answer = format!(
            "HTTP/1.1 {status}\r\nLocation: http://127.0.0.1:{}/\r\nContent-Length: 0\r\nConnection: close\r\n\r\n",
            trap.port
        );
        let server = tokio::spawn(async move {
            loop {
                let (mut stream, _) = listener.accept().await.unwrap();
                let _ = stream.read(&mut [0; 4096]).await;
                let _ = stream.write_all(answer.as_bytes()).await;
            }
        });
        let setup = Setup::with_pool(OutboundOptions::default(), trap.pool()).await;
        let setup = setup.allowing(EndpointPolicy::new([address.to_string()]).unwrap(), trap.pool());
        let job = with(&setup.job(1), |variables| {
            variables["configuration"]["endpoint"] = json!(format!("http://{address}"));
        });
        assert_eq!(setup.outbound.handle(&job).await, Handled::Failed, "{status}");
        trap.assert_empty().await;
        server.abort();
    }
}

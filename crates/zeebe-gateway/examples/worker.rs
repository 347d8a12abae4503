//! A complete worker: `cargo run --example worker -- http://localhost:26500 my-job-type`.

use connector_core::{Engine, JobSource, RawJson};
use std::{error::Error, time::Duration};
use zeebe_gateway::{GatewayClient, GatewayOptions, JobWorkerOptions};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let address = arguments.next().unwrap_or_else(|| "http://localhost:26500".to_owned());
    let job_type = arguments.next().unwrap_or_else(|| "my-job-type".to_owned());
    let client = GatewayClient::connect(GatewayOptions::new(address)).await?;
    let mut worker = client.worker(JobWorkerOptions::new(job_type))?;
    let (handle, mut running) = (worker.handle(), tokio::task::JoinSet::new());
    loop {
        tokio::select! {
            _ = tokio::signal::ctrl_c() => break,
            Some(activated) = worker.next() => {
                let client = client.clone();
                running.spawn(async move {
                    let completed = client.complete(activated.job.lease, RawJson::empty_object()).await;
                    drop(activated.permit); // Only now may the worker ask for another job.
                    completed
                });
            }
            Some(done) = running.join_next() => if let Err(error) = done? { eprintln!("{error}") },
        }
    }
    println!("{:?}", handle.shutdown(Duration::from_secs(20)).await);
    Ok(())
}

//! The worker: computes in the background what others will ask for, from messages of a queue and on a schedule.
//!
//! A job is a request to one of the service's own routes, made through the same cache and under the same leases as
//! anybody else's, so nothing is computed twice, and what is fresh already costs one look.

mod batch;
mod event;
mod job;

use crate::api::{self, RequestId};
use crate::cache::Measures;
use crate::lambda::{Aftercare, Function, until};
use axum::Router;
use batch::{BatchItemFailure, BatchResponse, ScheduleResponse};
use event::{Event, Message};
use job::Job;
use lambda_http::Error;
use lambda_runtime::{Context, LambdaEvent, Runtime, service_fn};
use serde_json::Value;
use std::sync::Arc;

/// What is kept ready on each schedule.
const WARMING: &str = include_str!("../data/warming.json");

/// Serves the worker as a Lambda function, with the settings of the environment.
///
/// # Errors
///
/// When a setting breaks its rule, which Lambda is told, or the runtime API fails.
pub async fn serve() -> Result<(), Error> {
    let function = Function::start().await?;
    let router = api::finish(api::all_routes(), function.services.clone());
    let worker = Worker { router, aftercare: Arc::clone(&function.aftercare) };
    let handler = service_fn(move |event| handle(worker.clone(), event));
    function.run(Runtime::new(handler)).await
}

#[derive(Clone)]
struct Worker {
    router: Router,
    aftercare: Arc<Aftercare>,
}

/// The event is a plain value, because a parser's own words may quote it.
async fn handle(worker: Worker, LambdaEvent { payload, context }: LambdaEvent<Value>) -> Result<Value, Error> {
    let event = Event::of(&payload).ok_or("the event is neither of a queue nor of a schedule")?;
    let measures = Measures::default();
    let response = measures.of(worker.respond(event, &context)).await;
    worker.aftercare.note(RequestId::of_platform(&context.request_id), measures);
    Ok(response?)
}

impl Worker {
    async fn respond(&self, event: Event, context: &Context) -> Result<Value, serde_json::Error> {
        match event {
            Event::Queue(messages) => serde_json::to_value(self.work_off(messages, context).await),
            Event::Schedule => serde_json::to_value(self.warm(context).await?),
        }
    }

    /// Does the jobs of messages. A failure is named by its message's id; the queue delivers it again, or moves it to
    /// its dead letters.
    async fn work_off(&self, messages: Vec<Message>, context: &Context) -> BatchResponse {
        let count = messages.len();
        let (ids, bodies): (Vec<_>, Vec<_>) = messages.into_iter().map(|message| (message.id, message.body)).unzip();
        let jobs = bodies.iter().map(|body| Job::parse(body)).collect();
        let done = self.do_all(jobs, context).await;
        let failures = ids.into_iter().zip(done).filter(|(_, is_done)| !is_done);
        let failures: Vec<_> = failures.map(|(id, _)| BatchItemFailure { item_identifier: id }).collect();
        tracing::info!(messages = count, failed = failures.len(), "messages worked off");
        BatchResponse { batch_item_failures: failures }
    }

    async fn warm(&self, context: &Context) -> Result<ScheduleResponse, serde_json::Error> {
        let jobs: Vec<Job> = serde_json::from_str(WARMING)?;
        let count = jobs.len();
        let done = self.do_all(jobs.into_iter().map(Some).collect(), context).await;
        let failed = done.into_iter().filter(|is_done| !is_done).count();
        tracing::info!(jobs = count, failed, "cache warmed");
        Ok(ScheduleResponse { jobs: count, failed })
    }

    /// Does jobs until the invocation's time is up, a few at once; says of each whether it is done.
    async fn do_all(&self, jobs: Vec<Option<Job>>, context: &Context) -> Vec<bool> {
        let deadline = until(context.deadline, self.aftercare.clock());
        batch::each(jobs, |job| async move {
            match job {
                Some(job) => job.run(self.router.clone(), &context.request_id, deadline).await,
                None => {
                    tracing::warn!("a message is no job");
                    false
                }
            }
        })
        .await
    }
}

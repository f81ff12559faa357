//! The worker: computes in the background what others will ask for, from messages of a queue and on a schedule.
//!
//! A job is a question of one of the routes, answered through the same cache and under the same leases, so nothing is
//! computed twice, and what is fresh already costs one look. It is done when the store has a fresh answer.

mod batch;
mod event;
mod job;
pub(crate) mod written;

use crate::api::Services;
use crate::cache::Measures;
use crate::lambda::{Aftercare, Function, Outfit, until};
use crate::request_id::RequestId;
use crate::warming::Fate;
use batch::{BatchItemFailure, BatchResponse, ScheduleResponse};
use event::{Event, Message};
use job::Job;
use lambda_http::Error;
use lambda_runtime::{Context, LambdaEvent, Runtime, service_fn};
use serde_json::Value;
use serde_json::value::RawValue;
use std::sync::Arc;

/// What is kept ready on each schedule.
const WARMING: &str = include_str!("../data/warming.json");

/// Serves the worker as a Lambda function, with the settings of the environment.
///
/// # Errors
///
/// When a setting breaks its rule, which Lambda is told, or the runtime API fails.
pub async fn serve() -> Result<(), Error> {
    let function = Function::start(Outfit::WITHOUT_SUCCESSOR).await?;
    let worker = Worker { services: function.services.clone(), aftercare: Arc::clone(&function.aftercare) };
    let handler = service_fn(move |event| handle(worker.clone(), event));
    function.run(Runtime::new(handler)).await
}

#[derive(Clone)]
struct Worker {
    services: Services,
    aftercare: Arc<Aftercare>,
}

/// The event is a plain value, because a parser's own words may quote it.
async fn handle(worker: Worker, LambdaEvent { payload, context }: LambdaEvent<Value>) -> Result<Value, Error> {
    let event = Event::of(&payload).ok_or("the event is neither of a queue nor of a schedule")?;
    let measures = Measures::default();
    let id = RequestId::of_platform(&context.request_id);
    let response = id.clone().of(measures.of(worker.respond(event, &context))).await;
    worker.aftercare.note(id, measures);
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
        let jobs = bodies.iter().map(|body| Job::read(body, &self.services.cache)).collect();
        let done = self.do_all(jobs, context).await;
        let failures = ids.into_iter().zip(done).filter(|(_, fate)| !fate.is_warm());
        let failures: Vec<_> = failures.map(|(id, _)| BatchItemFailure { item_identifier: id }).collect();
        tracing::info!(messages = count, failed = failures.len(), "messages worked off");
        BatchResponse { batch_item_failures: failures }
    }

    async fn warm(&self, context: &Context) -> Result<ScheduleResponse, serde_json::Error> {
        let jobs: Vec<&RawValue> = serde_json::from_str(WARMING)?;
        let count = jobs.len();
        let done = self.do_all(jobs.into_iter().map(|job| Job::parse(job.get())).collect(), context).await;
        let failed = done.into_iter().filter(|fate| !fate.is_warm()).count();
        tracing::info!(jobs = count, failed, "cache warmed");
        Ok(ScheduleResponse { jobs: count, failed })
    }

    /// Does jobs until the invocation's time is up, a few at once; says what became of each.
    async fn do_all(&self, jobs: Vec<Option<Job>>, context: &Context) -> Vec<Fate> {
        let deadline = until(context.deadline, self.aftercare.clock());
        batch::each(jobs, |job| async move {
            let fate = match job {
                Some(job) => job.run(&self.services, deadline).await,
                None => Fate::Invalid,
            };
            if !fate.is_warm() {
                tracing::warn!(?fate, "a job was not done");
            }
            fate
        })
        .await
    }
}

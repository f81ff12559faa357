//! The same question asked by many at once is computed once.

use medinsight_functions::origin::OriginError;
use medinsight_tests::{Answered, Mood, Service, question};
use std::future::Future;
use std::task::{Context, Waker};

/// Asks the same question `callers` times at once, all of them before the origin answers.
async fn ask_at_once(service: &Service, callers: usize) -> Vec<Answered> {
    service.origin.close_gate();
    let question = question();
    let mut waiting: Vec<_> = (0..callers).map(|_| Box::pin(service.ask(&question))).collect();
    for ask in &mut waiting {
        // One poll takes a caller as far as the flight: the store in memory never makes it wait.
        assert!(ask.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
    }
    service.origin.open_gate();
    let mut answers = Vec::new();
    for ask in waiting {
        answers.push(ask.await);
    }
    answers
}

#[tokio::test]
async fn sixty_four_identical_misses_make_exactly_one_origin_call() {
    let (service, _) = Service::in_memory();
    let answers = ask_at_once(&service, 64).await;
    assert_eq!(service.origin.analyses(), 1);
    let count = |x_cache| answers.iter().filter(|answer| answer.x_cache() == x_cache).count();
    assert_eq!((count("MISS"), count("COALESCED")), (1, 63));
    assert!(answers.iter().all(|answer| answer.status.as_u16() == 200));
    assert!(answers.windows(2).all(|pair| pair[0].body == pair[1].body));
    assert_eq!(service.counter("usage", "requests").await, 64);
}

#[tokio::test]
async fn the_failure_of_one_computation_is_everybodys_and_the_next_caller_tries_again() {
    let (service, _) = Service::in_memory();
    service.origin.set_mood(Mood::Fails(OriginError::Unavailable));
    let answers = ask_at_once(&service, 8).await;
    assert!(answers.iter().all(|answer| answer.status.as_u16() == 503));
    assert_eq!(service.origin.analyses(), 1);
    service.origin.set_mood(Mood::Answers);
    assert_eq!(service.ask(&question()).await.x_cache(), "MISS");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn callers_on_several_threads_make_one_origin_call_round_after_round() {
    for _ in 0..50 {
        let service = Service::start();
        let callers: Vec<_> = (0..32)
            .map(|_| {
                let service = service.clone();
                tokio::spawn(async move { service.ask(&question()).await })
            })
            .collect();
        for caller in callers {
            assert_eq!(caller.await.expect("no panic").status.as_u16(), 200);
        }
        assert_eq!(service.origin.analyses(), 1);
    }
}

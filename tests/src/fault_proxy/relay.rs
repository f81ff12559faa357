//! One connection through the proxy.

use super::dialogue::{Dialogue, Step};
use super::faults::Ending;
use super::{Shared, lock};
use bytes::BytesMut;
use std::future::pending;
use std::sync::Mutex;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::net::tcp::{ReadHalf, WriteHalf};
use tokio::sync::{mpsc, watch};
use tokio::time::{Instant, sleep_until};

/// Replies that may wait for their time; more of them make the server wait.
const QUEUE: usize = 4_096;

/// How much is read at once.
const CHUNK: usize = 64 << 10;

/// What becomes of a connection.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Fate {
    Flow,
    Swallow,
    Close,
    Reset,
}

impl From<Ending> for Fate {
    fn from(ending: Ending) -> Self {
        match ending {
            Ending::Close => Self::Close,
            Ending::Reset => Self::Reset,
            Ending::Silence => Self::Swallow,
        }
    }
}

/// One connection through the proxy.
pub(super) struct Relay<'a> {
    shared: &'a Shared,
    fate: watch::Receiver<Fate>,
    dialogue: Mutex<Dialogue>,
}

impl<'a> Relay<'a> {
    pub(super) fn new(shared: &'a Shared, fate: watch::Receiver<Fate>) -> Self {
        Self { shared, fate, dialogue: Mutex::default() }
    }

    /// Serves the connection until one side ends it, or the proxy does.
    pub(super) async fn serve(self, mut client: TcpStream) {
        let mut changes = self.fate.clone();
        let mut server = None;
        let mut fate = *changes.borrow_and_update();
        loop {
            fate = tokio::select! {
                biased;
                changed = changes.changed() => match changed {
                    Ok(()) => *changes.borrow_and_update(),
                    Err(_) => return,
                },
                next = self.follow(fate, &mut client, &mut server) => match next {
                    Some(next) => next,
                    None => return,
                },
            };
        }
    }

    /// Does what the fate says; returns what comes next, or nothing when the connection is over.
    async fn follow(&self, fate: Fate, client: &mut TcpStream, server: &mut Option<TcpStream>) -> Option<Fate> {
        match fate {
            Fate::Flow => Some(self.flow(client, server).await),
            Fate::Swallow => self.swallow(client, server.as_mut()).await,
            Fate::Close => {
                // A client that is gone already needs no goodbye.
                let _ = client.shutdown().await;
                self.swallow(client, None).await
            }
            Fate::Reset => {
                // Closing a socket that may not linger discards what was not sent and resets the connection.
                let _ = client.set_zero_linger();
                None
            }
        }
    }

    async fn flow(&self, client: &mut TcpStream, server: &mut Option<TcpStream>) -> Fate {
        let Ok(stream) = TcpStream::connect(self.shared.upstream).await else { return Fate::Reset };
        // The failure of the option only costs speed.
        let _ = (client.set_nodelay(true), stream.set_nodelay(true));
        let (from_server, to_server) = server.insert(stream).split();
        let (from_client, to_client) = client.split();
        let (queue, steps) = mpsc::channel(QUEUE);
        tokio::select! {
            () = self.pass_commands(from_client, to_server) => Fate::Close,
            never = self.read_replies(from_server, queue) => never,
            fate = self.send_replies(steps, to_client) => fate,
        }
    }

    async fn pass_commands(&self, mut from_client: ReadHalf<'_>, mut to_server: WriteHalf<'_>) {
        let mut chunk = BytesMut::new();
        while read(&mut from_client, &mut chunk).await {
            self.flowing().await;
            self.note_commands(&chunk);
            if to_server.write_all(&chunk.split()).await.is_err() {
                // How the connection ended, and what was still answered before, comes from the server's side.
                pending::<()>().await;
            }
        }
    }

    /// Puts the server's replies, or what is made of them, into the queue, and at last the end; it never returns,
    /// because the end is reached when the queue has been worked off.
    async fn read_replies<N>(&self, mut from_server: ReadHalf<'_>, queue: mpsc::Sender<(Instant, Step)>) -> N {
        let mut chunk = BytesMut::new();
        while read(&mut from_server, &mut chunk).await {
            let due = self.due();
            for step in self.note_replies(&chunk.split()) {
                // It fails only when the connection is over.
                let _ = queue.send((due, step)).await;
            }
        }
        let _ = queue.send((self.due(), Step::End(Ending::Close))).await;
        pending().await
    }

    /// When what was read now is to be sent on.
    fn due(&self) -> Instant {
        Instant::now() + lock(&self.shared.faults).delay
    }

    async fn send_replies(&self, mut steps: mpsc::Receiver<(Instant, Step)>, mut to_client: WriteHalf<'_>) -> Fate {
        while let Some((due, step)) = steps.recv().await {
            if due > Instant::now() {
                sleep_until(due).await;
            }
            self.flowing().await;
            match step {
                Step::Send(bytes) if to_client.write_all(&bytes).await.is_err() => return Fate::Close,
                Step::Send(_) => {}
                Step::End(ending) => return ending.into(),
            }
        }
        Fate::Close
    }

    /// Returns at once while the connection flows and never afterwards: what was read after the change of fate was
    /// possibly sent after it, and must not get through.
    async fn flowing(&self) {
        if *self.fate.borrow() != Fate::Flow {
            pending::<()>().await;
        }
    }

    /// Reads what comes and throws it away until the client is gone.
    async fn swallow(&self, client: &mut TcpStream, server: Option<&mut TcpStream>) -> Option<Fate> {
        let from_server = async {
            if let Some(server) = server {
                drain(server, |length| lock(&self.shared.counts).bytes_from_server += length).await;
            }
            pending().await
        };
        tokio::select! {
            () = drain(client, |length| lock(&self.shared.counts).bytes_from_clients += length) => None,
            fate = from_server => fate,
        }
    }

    fn note_commands(&self, chunk: &[u8]) {
        let names = lock(&self.dialogue).commands(chunk);
        let mut counts = lock(&self.shared.counts);
        counts.bytes_from_clients += chunk.len() as u64;
        for name in names {
            *counts.commands.entry(name).or_default() += 1;
        }
    }

    fn note_replies(&self, chunk: &[u8]) -> Vec<Step> {
        let heard = lock(&self.dialogue).replies(chunk, &mut lock(&self.shared.faults));
        let mut counts = lock(&self.shared.counts);
        counts.bytes_from_server += chunk.len() as u64;
        counts.round_trips += u64::from(heard.ends_round_trip);
        counts.faulted_replies += heard.faulted_replies;
        heard.steps
    }
}

async fn drain(stream: &mut TcpStream, count: impl Fn(u64)) {
    let mut chunk = BytesMut::new();
    while read(stream, &mut chunk).await {
        count(chunk.len() as u64);
        chunk.clear();
    }
}

/// Reads what has arrived; returns whether there is more to come.
async fn read(stream: &mut (impl AsyncRead + Unpin), chunk: &mut BytesMut) -> bool {
    chunk.reserve(CHUNK);
    stream.read_buf(chunk).await.is_ok_and(|length| length > 0)
}

//! Connections that take turns.
//!
//! The answers to many requests come from the store at once. Sent one by one as they are made, each would wake its client,
//! and the making of answers and the kernel's sending of them would throw each other's code out of the processor's
//! caches. So whoever has something to send lets the tasks go first that are ready, and then all send: a hit takes an
//! eighth less processor time with 64 connections, and one poll more when there is nobody else.
//!
//! Many requests that arrive at once do not go all before those that were begun, either. Of a thousand identical questions
//! the first one would else ask its origin only after all others had been read, and all would wait for it that much longer.

use std::cell::{Cell, RefCell};
use std::io::{self, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::TcpStream;

/// How many requests a worker begins before those that it has begun go on.
const AT_ONCE: u32 = 32;

/// Up to so many bytes a head and its body are put together before they are sent: to tell the kernel of two parts costs
/// more than copying them, because all connections of a worker do so in the same place.
const MOST_COPIED: usize = 8_192;

thread_local! {
    static ROUND: Cell<Round> = const { Cell::new(Round { number: 0, begun: 0 }) };
    static WHOLE: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}

/// A connection that writes after the tasks that are ready have had their turn, and reads when its round has come.
#[derive(Debug)]
pub(super) struct InTurn<S> {
    stream: S,
    turn: Turn,
    /// The round that was full when this connection had something to read.
    full: Option<u64>,
}

/// What a worker reads between two turns of everybody who is ready.
#[derive(Clone, Copy, Debug)]
struct Round {
    number: u64,
    begun: u32,
}

/// Whose turn it is when there is something to write.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Turn {
    OfOthers,
    Own,
}

impl<S> InTurn<S> {
    pub(super) const fn new(stream: S) -> Self {
        Self { stream, turn: Turn::OfOthers, full: None }
    }

    /// Whether the round has room for one more. Whoever found it full and is polled again has let all others have their
    /// turn, and opens the next one.
    fn has_room(&mut self) -> bool {
        let round = ROUND.get();
        if self.full.take() == Some(round.number) {
            ROUND.set(Round { number: round.number.wrapping_add(1), begun: 0 });
        }
        ROUND.get().begun < AT_ONCE
    }

    fn wait_for_the_next_round(&mut self, cx: &Context<'_>) {
        self.full = Some(ROUND.get().number);
        cx.waker().wake_by_ref();
    }

    fn poll_turn(&mut self, cx: &Context<'_>) -> Poll<()> {
        match self.turn {
            Turn::OfOthers => {
                self.turn = Turn::Own;
                // A task that wakes itself comes after those that are ready.
                cx.waker().wake_by_ref();
                Poll::Pending
            }
            Turn::Own => {
                self.turn = Turn::OfOthers;
                Poll::Ready(())
            }
        }
    }
}

impl AsyncRead for InTurn<TcpStream> {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        if !self.has_room() {
            ready!(self.stream.poll_read_ready(cx))?;
            self.wait_for_the_next_round(cx);
            return Poll::Pending;
        }
        let read = ready!(Pin::new(&mut self.stream).poll_read(cx, buffer));
        let round = ROUND.get();
        ROUND.set(Round { begun: round.begun + 1, ..round });
        Poll::Ready(read)
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for InTurn<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        ready!(self.poll_turn(cx));
        Pin::new(&mut self.stream).poll_write(cx, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        parts: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        ready!(self.poll_turn(cx));
        if parts.iter().map(|part| part.len()).sum::<usize>() > MOST_COPIED {
            return Pin::new(&mut self.stream).poll_write_vectored(cx, parts);
        }
        WHOLE.with_borrow_mut(|whole| {
            whole.clear();
            parts.iter().for_each(|part| whole.extend_from_slice(part));
            Pin::new(&mut self.stream).poll_write(cx, whole)
        })
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use super::{AT_ONCE, InTurn, MOST_COPIED};
    use bytes::Buf;
    use proptest::prelude::*;
    use std::cell::RefCell;
    use std::io;
    use std::rc::Rc;
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, DuplexStream};
    use tokio::net::{TcpListener, TcpStream};
    use tokio::runtime::Builder;
    use tokio::task::LocalSet;

    #[tokio::test]
    async fn whoever_is_ready_goes_before_what_is_written() {
        let (near, mut far) = tokio::io::duplex(64);
        let (mut near, order) = (InTurn::new(near), RefCell::new(Vec::new()));
        for _ in 0..2 {
            let write = async {
                near.write_all(b"answer").await.expect("an open connection");
                order.borrow_mut().push("written");
            };
            tokio::join!(write, async { order.borrow_mut().push("worked") });
        }
        assert_eq!(order.take(), ["worked", "written", "worked", "written"]);
        let mut received = [0; 12];
        far.read_exact(&mut received).await.expect("both answers");
        assert_eq!(&received, b"answeranswer");
    }

    /// A connection on which one byte has arrived, and the other end of it.
    async fn with_something_to_read(listener: &TcpListener) -> (TcpStream, TcpStream) {
        let address = listener.local_addr().expect("an address");
        let mut far = TcpStream::connect(address).await.expect("a listener");
        let (near, _) = listener.accept().await.expect("a connection");
        far.write_all(b"?").await.expect("an open connection");
        near.readable().await.expect("an open connection");
        (near, far)
    }

    #[tokio::test]
    async fn who_was_begun_goes_on_before_more_are_begun_than_a_round_has_room_for() {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let (tasks, order, mut far_ends) = (LocalSet::new(), Rc::new(RefCell::new(Vec::new())), Vec::new());
        for _ in 0..2 * AT_ONCE {
            let (near, far) = with_something_to_read(&listener).await;
            far_ends.push(far);
            let order = Rc::clone(&order);
            tasks.spawn_local(async move {
                InTurn::new(near).read_u8().await.expect("something to read");
                order.borrow_mut().push("begun");
            });
        }
        let went_on = Rc::clone(&order);
        tasks.spawn_local(async move { went_on.borrow_mut().push("went on") });
        tasks.await;
        let order = order.take();
        assert_eq!(order.iter().position(|what| *what == "went on"), usize::try_from(AT_ONCE).ok());
        assert_eq!(order.len(), far_ends.len() + 1);
    }

    /// What arrives of what is written through a connection that takes so many bytes at once.
    fn received_through(room: usize, write: impl AsyncFnOnce(&mut InTurn<DuplexStream>) -> io::Result<()>) -> Vec<u8> {
        let runtime = Builder::new_current_thread().build().expect("a runtime");
        let (near, mut far) = tokio::io::duplex(room);
        let mut near = InTurn::new(near);
        runtime.block_on(async {
            let write = async {
                write(&mut near).await.expect("an open connection");
                near.shutdown().await.expect("an open connection");
            };
            let mut received = Vec::new();
            let (_, read) = tokio::join!(write, far.read_to_end(&mut received));
            read.map(|_| received).expect("the whole")
        })
    }

    proptest! {
        #[test]
        fn what_is_written_arrives_whole_through_however_narrow_a_connection(
            bytes in prop::collection::vec(any::<u8>(), 0..200),
            room in 1..40usize,
        ) {
            let received = received_through(room, async |near| near.write_all(&bytes).await);
            prop_assert_eq!(received, bytes);
        }

        #[test]
        fn parts_arrive_whole_and_in_order_whether_they_are_put_together_or_not(
            head in prop::collection::vec(any::<u8>(), 0..200),
            body in prop::collection::vec(any::<u8>(), 0..2 * MOST_COPIED),
            room in 1..MOST_COPIED,
        ) {
            let mut parts = Buf::chain(head.as_slice(), body.as_slice());
            let received = received_through(room, async |near| near.write_all_buf(&mut parts).await);
            prop_assert_eq!(received, [head, body].concat());
        }
    }
}

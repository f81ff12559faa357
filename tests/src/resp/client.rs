//! A connection to a Redis server.

use super::{Value, encode, frame_length, parse};
use bytes::{Buf, BytesMut};
use std::io;
use std::net::SocketAddr;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// A connection that sends commands and reads replies in the order in which it is told to.
#[derive(Debug)]
pub struct RespClient {
    stream: TcpStream,
    received: BytesMut,
}

impl RespClient {
    /// Connects.
    ///
    /// # Errors
    ///
    /// When nobody listens.
    pub async fn connect(address: SocketAddr) -> io::Result<Self> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        Ok(Self { stream, received: BytesMut::new() })
    }

    /// Sends a command and reads its reply; the reply may be an error of Redis.
    ///
    /// # Errors
    ///
    /// When the connection ends, or the reply is not of the protocol.
    pub async fn command<W: AsRef<[u8]>>(&mut self, words: &[W]) -> io::Result<Value> {
        let mut out = BytesMut::new();
        encode(words, &mut out);
        self.send(&out).await?;
        self.reply().await
    }

    /// Sends bytes: one command or many.
    ///
    /// # Errors
    ///
    /// When the connection ends.
    pub async fn send(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.stream.write_all(bytes).await
    }

    /// Reads the next reply.
    ///
    /// # Errors
    ///
    /// When the connection ends, or the reply is not of the protocol.
    pub async fn reply(&mut self) -> io::Result<Value> {
        let length = self.receive_frame().await?;
        let value = parse(&mut &self.received[..length]).map_err(io::Error::other)?;
        self.received.advance(length);
        Ok(value)
    }

    /// Reads replies and throws them away; returns how many were errors.
    ///
    /// # Errors
    ///
    /// When the connection ends, or a reply is not of the protocol.
    pub async fn skip_replies(&mut self, count: usize) -> io::Result<usize> {
        let mut errors = 0;
        for _ in 0..count {
            let length = self.receive_frame().await?;
            errors += usize::from(self.received.first() == Some(&b'-'));
            self.received.advance(length);
        }
        Ok(errors)
    }

    async fn receive_frame(&mut self) -> io::Result<usize> {
        loop {
            if let Some(length) = frame_length(&self.received).map_err(io::Error::other)? {
                return Ok(length);
            }
            self.received.reserve(64 << 10);
            if self.stream.read_buf(&mut self.received).await? == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
        }
    }
}

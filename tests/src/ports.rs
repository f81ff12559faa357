//! Ports that stay free until a program is started on them.

use std::net::{Ipv4Addr, SocketAddr};
use tokio::net::TcpSocket;

/// A loopback port that belongs to this reservation for as long as it lives.
///
/// A socket is bound to the port and never listens. On Linux that keeps the port from everybody who asks for any free
/// one, also as the source of a connection, which is why a dead server's clients never connect to themselves. A program
/// that listens with `SO_REUSEADDR`, as Redis does, may still take it, and take it again after a restart.
#[derive(Debug)]
pub struct ReservedPort {
    // Held, never used.
    _socket: TcpSocket,
    address: SocketAddr,
}

impl ReservedPort {
    /// Reserves a port that the kernel chooses.
    ///
    /// # Panics
    ///
    /// When no port is free.
    #[must_use]
    pub fn any() -> Self {
        let socket = reusable_socket();
        socket.bind((Ipv4Addr::LOCALHOST, 0).into()).expect("a free port");
        let address = socket.local_addr().expect("a bound socket has an address");
        Self { _socket: socket, address }
    }

    /// The port's number.
    #[must_use]
    pub fn number(&self) -> u16 {
        self.address.port()
    }

    /// The port's address.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Listens on the port.
    ///
    /// # Panics
    ///
    /// When somebody listens there already, or outside of a runtime.
    #[must_use]
    pub fn listen(&self) -> tokio::net::TcpListener {
        let socket = reusable_socket();
        socket.bind(self.address).expect("the port is reserved");
        socket.listen(1_024).expect("nobody listens here yet")
    }
}

fn reusable_socket() -> TcpSocket {
    let socket = TcpSocket::new_v4().expect("a socket");
    socket.set_reuseaddr(true).expect("an option of every socket");
    socket
}

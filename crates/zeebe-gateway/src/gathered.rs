//! A connection that sends what one turn of the scheduler wrote with one system call.

use hyper::rt::{Read, ReadBufCursor, Write};
use std::{
    io::{Error, ErrorKind, IoSlice, Result},
    pin::Pin,
    task::{Context, Poll, ready},
};

/// What is longer is not held back.
const ROOM: usize = 16 * 1024;

/// Holds what is written until everybody who is ready has written.
///
/// HTTP/2 opens a stream before its body gets room, so that each call would be sent in two pieces, and each of several calls
/// on its own. A flush therefore lets the other tasks go first, once; it waits for nothing and nobody.
#[derive(Debug)]
pub(crate) struct Gathered<T> {
    connection: T,
    held: Vec<u8>,
    /// How much of it is sent.
    sent: usize,
    /// Whether the others went first.
    yielded: bool,
}

impl<T> Gathered<T> {
    pub(crate) fn new(connection: T) -> Self {
        Self { connection, held: Vec::new(), sent: 0, yielded: false }
    }
}

impl<T: Write + Unpin> Gathered<T> {
    /// Sends what is held.
    fn send(&mut self, context: &mut Context<'_>) -> Poll<Result<()>> {
        while let Some(rest) = self.held.get(self.sent..).filter(|rest| !rest.is_empty()) {
            match ready!(Pin::new(&mut self.connection).poll_write(context, rest))? {
                0 => return Poll::Ready(Err(Error::from(ErrorKind::WriteZero))),
                sent => self.sent = self.sent.saturating_add(sent),
            }
        }
        self.held.clear();
        (self.sent, self.yielded) = (0, false);
        Poll::Ready(Ok(()))
    }

    /// True when so much more can be held.
    fn has_room(&self, more: usize) -> bool {
        self.held.len().saturating_add(more) <= ROOM
    }
}

impl<T: Read + Unpin> Read for Gathered<T> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: ReadBufCursor<'_>,
    ) -> Poll<Result<()>> {
        Pin::new(&mut self.connection).poll_read(context, buffer)
    }
}

impl<T: Write + Unpin> Write for Gathered<T> {
    fn poll_write(self: Pin<&mut Self>, context: &mut Context<'_>, bytes: &[u8]) -> Poll<Result<usize>> {
        self.poll_write_vectored(context, &[IoSlice::new(bytes)])
    }

    fn is_write_vectored(&self) -> bool {
        true
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        parts: &[IoSlice<'_>],
    ) -> Poll<Result<usize>> {
        let length = parts.iter().fold(0_usize, |length, part| length.saturating_add(part.len()));
        if self.has_room(length) {
            parts.iter().for_each(|part| self.held.extend_from_slice(part));
            return Poll::Ready(Ok(length));
        }
        ready!(self.send(context))?;
        Pin::new(&mut self.connection).poll_write_vectored(context, parts)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Result<()>> {
        if !self.held.is_empty() && !self.yielded {
            self.yielded = true;
            context.waker().wake_by_ref();
            return Poll::Pending;
        }
        ready!(self.send(context))?;
        Pin::new(&mut self.connection).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Result<()>> {
        ready!(self.send(context))?;
        Pin::new(&mut self.connection).poll_shutdown(context)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use futures::{FutureExt, future::poll_fn};
    use std::collections::VecDeque;

    /// Notes each write; takes as many bytes as it is told, then all.
    #[derive(Default)]
    struct Wire {
        writes: Vec<Vec<u8>>,
        takes: VecDeque<usize>,
        is_shut: bool,
    }

    impl Write for Wire {
        fn poll_write(mut self: Pin<&mut Self>, _: &mut Context<'_>, bytes: &[u8]) -> Poll<Result<usize>> {
            let taken = self.takes.pop_front().unwrap_or(bytes.len()).min(bytes.len());
            self.writes.push(bytes[..taken].to_vec());
            Poll::Ready(Ok(taken))
        }

        fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Result<()>> {
            Poll::Ready(Ok(()))
        }

        fn poll_shutdown(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Result<()>> {
            self.is_shut = true;
            Poll::Ready(Ok(()))
        }
    }

    fn write(gathered: &mut Gathered<Wire>, bytes: &[u8]) -> usize {
        let write = poll_fn(|context| Pin::new(&mut *gathered).poll_write(context, bytes));
        write.now_or_never().unwrap().unwrap()
    }

    fn flush(gathered: &mut Gathered<Wire>) -> Option<Result<()>> {
        poll_fn(|context| Pin::new(&mut *gathered).poll_flush(context)).now_or_never()
    }

    #[test]
    fn what_others_write_while_a_flush_lets_them_go_first_is_sent_along() {
        let mut gathered = Gathered::new(Wire::default());
        assert_eq!(write(&mut gathered, b"header "), 7);
        assert!(flush(&mut gathered).is_none());
        assert_eq!(write(&mut gathered, b"body"), 4);
        flush(&mut gathered).unwrap().unwrap();
        assert_eq!(gathered.connection.writes, [b"header body"]);
        // The next ones are let go first again.
        write(&mut gathered, b"more");
        assert!(flush(&mut gathered).is_none());
        flush(&mut gathered).unwrap().unwrap();
        assert_eq!(gathered.connection.writes.len(), 2);
    }

    #[tokio::test]
    async fn a_flush_ends_by_itself_and_an_empty_one_at_once() {
        let mut gathered = Gathered::new(Wire::default());
        flush(&mut gathered).unwrap().unwrap();
        write(&mut gathered, b"alone");
        poll_fn(|context| Pin::new(&mut gathered).poll_flush(context)).await.unwrap();
        assert_eq!(gathered.connection.writes, [b"alone"]);
    }

    #[test]
    fn what_the_wire_takes_in_pieces_arrives_whole_and_in_order() {
        let mut gathered = Gathered::new(Wire { takes: [1, 2, 1].into(), ..Wire::default() });
        let parts = [IoSlice::new(b"abc"), IoSlice::new(b""), IoSlice::new(b"defg")];
        let written = poll_fn(|context| Pin::new(&mut gathered).poll_write_vectored(context, &parts));
        assert_eq!(written.now_or_never().unwrap().unwrap(), 7);
        assert!(flush(&mut gathered).is_none());
        flush(&mut gathered).unwrap().unwrap();
        assert_eq!(gathered.connection.writes.concat(), b"abcdefg");
        assert_eq!(gathered.connection.writes.len(), 4);
    }

    #[test]
    fn what_is_too_long_to_be_held_goes_behind_what_is() {
        let mut gathered = Gathered::new(Wire::default());
        write(&mut gathered, b"first");
        let long = vec![7; ROOM];
        assert_eq!(write(&mut gathered, &long), ROOM);
        assert_eq!(gathered.connection.writes, [b"first".to_vec(), long]);
        assert!(gathered.held.is_empty());
    }

    #[test]
    fn a_wire_that_takes_nothing_is_an_error() {
        let mut gathered = Gathered::new(Wire { takes: [0].into(), ..Wire::default() });
        write(&mut gathered, b"lost");
        assert!(flush(&mut gathered).is_none());
        assert_eq!(flush(&mut gathered).unwrap().unwrap_err().kind(), ErrorKind::WriteZero);
    }

    #[test]
    fn a_shutdown_sends_what_is_held() {
        let mut gathered = Gathered::new(Wire::default());
        write(&mut gathered, b"last words");
        let shutdown = poll_fn(|context| Pin::new(&mut gathered).poll_shutdown(context));
        shutdown.now_or_never().unwrap().unwrap();
        assert_eq!(gathered.connection.writes, [b"last words"]);
        assert!(gathered.connection.is_shut);
    }
}

//! What client and server say to each other, and what faults make of the replies. No input and output here.

use super::faults::{Effect, Ending, Faults};
use crate::resp::{Value, frame_length, parse};
use bytes::{Bytes, BytesMut};
use std::collections::VecDeque;

/// What the client is sent, or how its connection ends.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) enum Step {
    Send(Bytes),
    End(Ending),
}

/// What the server's bytes led to.
#[derive(Debug, Default)]
pub(super) struct Heard {
    pub(super) steps: Vec<Step>,
    pub(super) faulted_replies: u64,
    /// Whether these bytes answer a burst of the client.
    pub(super) ends_round_trip: bool,
}

/// Whether the bytes can be understood.
#[derive(Clone, Copy, Debug, Default, Eq, PartialEq)]
enum Protocol {
    #[default]
    Resp,
    Opaque,
}

/// One connection's state.
#[derive(Debug, Default)]
pub(super) struct Dialogue {
    protocol: Protocol,
    from_client: BytesMut,
    from_server: BytesMut,
    /// The commands without a reply, oldest first.
    unanswered: VecDeque<String>,
    client_spoke: bool,
    /// A reply that waits for the next one to overtake it.
    overtaken: Option<Bytes>,
}

impl Dialogue {
    /// The names of the commands that these bytes complete.
    pub(super) fn commands(&mut self, chunk: &[u8]) -> Vec<String> {
        self.client_spoke = true;
        if self.protocol == Protocol::Opaque {
            return Vec::new();
        }
        self.from_client.extend_from_slice(chunk);
        let names: Vec<_> = std::iter::from_fn(|| self.take_command()).collect();
        self.unanswered.extend(names.iter().cloned());
        names
    }

    /// What the client is sent in place of these bytes.
    pub(super) fn replies(&mut self, chunk: &[u8], faults: &mut Faults) -> Heard {
        let mut heard = Heard { ends_round_trip: std::mem::take(&mut self.client_spoke), ..Heard::default() };
        self.from_server.extend_from_slice(chunk);
        while let Some(reply) = self.take_reply() {
            let effect = self.command_of(&reply).and_then(|command| faults.effect_on(&command));
            heard.faulted_replies += u64::from(effect.is_some());
            self.apply(effect, reply, &mut heard.steps);
        }
        if self.protocol == Protocol::Opaque && !self.from_server.is_empty() {
            heard.steps.push(Step::Send(self.from_server.split().freeze()));
        }
        heard
    }

    fn apply(&mut self, effect: Option<Effect>, reply: Bytes, steps: &mut Vec<Step>) {
        match effect {
            None => steps.push(Step::Send(reply)),
            Some(Effect::Replace(bytes)) => steps.push(Step::Send(bytes)),
            Some(Effect::Cut(keep, ending)) => steps.extend([Step::Send(keep.beginning(&reply)), Step::End(ending)]),
            Some(Effect::Swap) => return self.overtaken = Some(reply),
        }
        steps.extend(self.overtaken.take().map(Step::Send));
    }

    fn take_command(&mut self) -> Option<String> {
        let is_command = self.from_client.first().is_none_or(|first| *first == b'*');
        match frame_length(&self.from_client) {
            Ok(length) if is_command => {
                let frame = self.from_client.split_to(length?);
                let command = parse(&mut frame.as_ref()).ok()?;
                Some(command.items().first().map(Value::text).unwrap_or_default().to_uppercase())
            }
            _ => {
                self.give_up();
                None
            }
        }
    }

    fn take_reply(&mut self) -> Option<Bytes> {
        if self.protocol == Protocol::Opaque {
            return None;
        }
        match frame_length(&self.from_server) {
            Ok(length) => Some(self.from_server.split_to(length?).freeze()),
            Err(_) => {
                self.give_up();
                None
            }
        }
    }

    /// The command that a reply is for; messages that the server sends on its own answer none.
    fn command_of(&mut self, reply: &[u8]) -> Option<String> {
        if reply.first() == Some(&b'>') { None } else { Some(self.unanswered.pop_front().unwrap_or_default()) }
    }

    fn give_up(&mut self) {
        self.protocol = Protocol::Opaque;
        self.from_client.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::super::faults::{Ending, Faults, Keep, ReplyFault};
    use super::{Dialogue, Step};

    const GET: &[u8] = b"*2\r\n$3\r\nGET\r\n$1\r\na\r\n";

    fn sent(steps: &[Step]) -> String {
        let texts = steps.iter().map(|step| match step {
            Step::Send(bytes) => String::from_utf8_lossy(bytes).into_owned(),
            Step::End(ending) => format!("{ending:?}"),
        });
        texts.collect()
    }

    #[test]
    fn replies_in_pieces_come_out_whole_and_in_order() {
        let (mut dialogue, mut faults) = (Dialogue::default(), Faults::default());
        assert_eq!(dialogue.commands(&[GET, GET].concat()), ["GET", "GET"]);
        assert_eq!(sent(&dialogue.replies(b"$2\r\nx", &mut faults).steps), "");
        assert_eq!(sent(&dialogue.replies(b"y\r\n$-1\r\n", &mut faults).steps), "$2\r\nxy\r\n$-1\r\n");
    }

    #[test]
    fn a_burst_of_the_server_ends_a_round_trip_only_after_one_of_the_client() {
        let (mut dialogue, mut faults) = (Dialogue::default(), Faults::default());
        dialogue.commands(&GET[..5]);
        dialogue.commands(&GET[5..]);
        let trips: Vec<_> = [b"$1\r\n".as_slice(), b"x\r\n"]
            .iter()
            .map(|chunk| dialogue.replies(chunk, &mut faults).ends_round_trip)
            .collect();
        assert_eq!(trips, [true, false]);
    }

    #[test]
    fn two_replies_change_places() {
        let (mut dialogue, mut faults) = (Dialogue::default(), Faults::default());
        faults.add(ReplyFault::swap().times(1));
        dialogue.commands(&GET.repeat(3));
        assert_eq!(sent(&dialogue.replies(b":1\r\n:2\r\n:3\r\n", &mut faults).steps), ":2\r\n:1\r\n:3\r\n");
    }

    #[test]
    fn a_cut_reply_is_the_last_thing_before_the_end() {
        let (mut dialogue, mut faults) = (Dialogue::default(), Faults::default());
        faults.add(ReplyFault::cut(Keep::Bytes(3), Ending::Reset));
        dialogue.commands(GET);
        let steps = dialogue.replies(b"$2\r\nxy\r\n", &mut faults).steps;
        assert_eq!(sent(&steps), "$2\rReset");
    }

    #[test]
    fn bytes_of_another_protocol_pass_as_they_are() {
        let (mut dialogue, mut faults) = (Dialogue::default(), Faults::default());
        faults.add(ReplyFault::replace("never"));
        assert!(dialogue.commands(b"\x16\x03\x01").is_empty());
        assert_eq!(sent(&dialogue.replies(b"+half", &mut faults).steps), "+half");
    }
}

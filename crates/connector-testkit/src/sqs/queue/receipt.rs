//! Receipt handles: opaque to clients, different at each receive.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::sqs::refusal::{Refusal, RefusalCode};

/// What a receipt handle says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Receipt {
    /// The queue's own random number: a handle of another queue is invalid.
    pub(crate) queue: u64,
    pub(crate) serial: u64,
    /// Which receive of the message it was.
    pub(crate) ordinal: u32,
}

impl Receipt {
    pub(crate) fn encode(self) -> String {
        let mut bytes = Vec::with_capacity(20);
        bytes.extend_from_slice(&self.queue.to_be_bytes());
        bytes.extend_from_slice(&self.serial.to_be_bytes());
        bytes.extend_from_slice(&self.ordinal.to_be_bytes());
        STANDARD.encode(bytes)
    }

    pub(crate) fn decode(handle: &str, queue: u64) -> Result<Self, Refusal> {
        Self::parse(handle).filter(|receipt| receipt.queue == queue).ok_or_else(|| {
            let text = format!("The input receipt handle \"{handle}\" is not a valid receipt handle.");
            Refusal::new(RefusalCode::ReceiptHandleIsInvalid, text)
        })
    }

    fn parse(handle: &str) -> Option<Self> {
        let bytes = STANDARD.decode(handle).ok()?;
        let (queue, rest) = bytes.split_first_chunk::<8>()?;
        let (serial, rest) = rest.split_first_chunk::<8>()?;
        let ordinal: [u8; 4] = rest.try_into().ok()?;
        Some(Self {
            queue: u64::from_be_bytes(*queue),
            serial: u64::from_be_bytes(*serial),
            ordinal: u32::from_be_bytes(ordinal),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_only_what_this_queue_wrote() {
        let receipt = Receipt { queue: 7, serial: 1, ordinal: 2 };
        assert_eq!(Receipt::decode(&receipt.encode(), 7), Ok(receipt));
        for (handle, queue) in [(receipt.encode(), 8), ("garbage".into(), 7), (String::new(), 7)] {
            assert_eq!(
                Receipt::decode(&handle, queue).unwrap_err().code,
                RefusalCode::ReceiptHandleIsInvalid
            );
        }
    }
}

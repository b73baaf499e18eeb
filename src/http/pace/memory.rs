//! A bucket that only this process knows: for the service inside this program, and where no file can be kept.

use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;

use crate::domain::{Bucket, Cost, Grant, Limits, Meter, Result, Told};
use crate::http::pipeline::Timer;

/// In memory.
pub(crate) struct MemoryBucket {
    timer: Arc<dyn Timer>,
    meter: Mutex<Meter>,
}

impl MemoryBucket {
    /// A bucket that begins with what is documented.
    pub(crate) fn new(timer: Arc<dyn Timer>, limits: Limits) -> Self {
        Self {
            timer,
            meter: Mutex::new(Meter::new(limits)),
        }
    }
}

#[async_trait]
impl Bucket for MemoryBucket {
    async fn take(&self, cost: Cost) -> Result<Grant> {
        let mut meter = self.meter.lock().unwrap_or_else(PoisonError::into_inner);
        Ok(meter.take(self.timer.now().as_secs_f64(), cost))
    }

    async fn learned(&self, told: Told) -> Result<()> {
        let mut meter = self.meter.lock().unwrap_or_else(PoisonError::into_inner);
        meter.learned(self.timer.now().as_secs_f64(), told);
        Ok(())
    }
}

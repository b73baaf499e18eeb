//! How many calls go out by themselves at once. A service that says that it is overloaded gets fewer of them, and more
//! again, one by one, while it takes what it gets: else the same few calls would be turned away until they give up.

use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::sync::{Semaphore, SemaphorePermit};

/// So many stay in any case.
const FEWEST: usize = 2;
/// So many calls in a row must go well before there is one more.
const GOOD: usize = 64;

/// Ways out, each for one call.
pub(in crate::http) struct Ways {
    permits: Semaphore,
    /// As many as there may be.
    most: AtomicUsize,
    /// As many as there are now.
    open: AtomicUsize,
    /// Calls that went well since the last one that did not.
    good: AtomicUsize,
}

impl Ways {
    /// So many.
    pub(super) fn new(most: usize) -> Self {
        Self {
            permits: Semaphore::new(most),
            most: AtomicUsize::new(most),
            open: AtomicUsize::new(most),
            good: AtomicUsize::new(0),
        }
    }

    /// So many more.
    pub(super) fn widen(&self, more: usize) {
        self.most.fetch_add(more, Ordering::Relaxed);
        self.open.fetch_add(more, Ordering::Relaxed);
        self.permits.add_permits(more);
    }

    /// One way, as soon as one is free; those who came first go first.
    pub(super) async fn one(&self) -> Option<SemaphorePermit<'_>> {
        self.permits.acquire().await.ok()
    }

    /// The call that had this way was turned away because there were too many: the way is closed.
    pub(super) fn close(&self, way: Option<SemaphorePermit<'_>>) {
        self.good.store(0, Ordering::Relaxed);
        let fewer = |open: usize| (open > FEWEST).then(|| open - 1);
        let closed = self
            .open
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, fewer);
        if closed.is_ok() {
            way.into_iter().for_each(SemaphorePermit::forget);
        }
    }

    /// A call went well.
    pub(super) fn went_well(&self) {
        if self.good.fetch_add(1, Ordering::Relaxed) + 1 < GOOD {
            return;
        }
        self.good.store(0, Ordering::Relaxed);
        let most = self.most.load(Ordering::Relaxed);
        let more = |open: usize| (open < most).then(|| open + 1);
        if self
            .open
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, more)
            .is_ok()
        {
            self.permits.add_permits(1);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn ways_close_under_overload_and_open_again_one_by_one() {
        let ways = Ways::new(3);
        ways.widen(2);
        for _ in 0..9 {
            let way = ways.one().await;
            ways.close(way);
        }
        assert_eq!(ways.permits.available_permits(), FEWEST);
        for _ in 0..GOOD - 1 {
            ways.went_well();
        }
        assert_eq!(ways.permits.available_permits(), FEWEST);
        ways.went_well();
        assert_eq!(ways.permits.available_permits(), FEWEST + 1);
        for _ in 0..GOOD * 9 {
            ways.went_well();
        }
        assert_eq!(
            ways.permits.available_permits(),
            5,
            "never more than there may be"
        );
    }
}

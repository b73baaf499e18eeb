//! Waiting for what another process does.

use std::time::{Duration, Instant};

/// Looks until it is so, and a minute at most; gives what was seen.
#[track_caller]
pub(crate) fn until<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let began = Instant::now();
    loop {
        if let Some(seen) = look() {
            return seen;
        }
        assert!(began.elapsed() < Duration::from_secs(60), "never: {what}");
        // Between two looks: whatever is waited for is another process, or a clock.
        std::thread::sleep(Duration::from_millis(50));
    }
}

//! How far a job is: a bar that is repainted on a terminal, a plain line now and then elsewhere.

use std::io::IsTerminal as _;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use tokio::time::{Instant, sleep};

use super::Ui;
use crate::domain::{Counts, Progress};
use crate::render::text::{clean, grouped, lasting};

/// Whoever waits longer sees how far it is, however few people there are.
const PATIENCE: Duration = Duration::from_secs(2);
/// More people than these are shown at once.
const FEW: u64 = 20;
/// Between two looks.
const LOOK: Duration = Duration::from_millis(200);
/// Between two plain lines.
const LINE: Duration = Duration::from_secs(30);

/// A bar that is taken away with this.
struct Bar(ProgressBar);

impl Drop for Bar {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}

impl Ui {
    /// Shows how far it is until it is dropped; never ends by itself.
    pub(crate) async fn show_progress(&self, progress: &Progress, is_off: bool) {
        if is_off || self.wishes.quiet || self.caught.is_some() {
            return std::future::pending().await;
        }
        let began = Instant::now();
        let repaints = std::io::stderr().is_terminal()
            && !self.wishes.accessible
            && !self.wishes.dumb
            && self.wishes.verbose == 0
            // Lines that stream over the bar would tear it.
            && (self.is_table() || !self.stdout_is_terminal());
        if !repaints {
            loop {
                sleep(LINE).await;
                self.note(&said(&progress.counts(), began.elapsed()));
            }
        }
        if progress.counts().people <= FEW {
            sleep(PATIENCE).await;
        }
        let counts = progress.counts();
        let bar = ProgressBar::with_draw_target(Some(counts.people), ProgressDrawTarget::stderr());
        if let Ok(style) = ProgressStyle::with_template("[{bar:20}] {msg}") {
            bar.set_style(style.progress_chars("=> "));
        }
        let bar = Bar(bar);
        loop {
            let counts = progress.counts();
            bar.0.set_position(counts.ended);
            bar.0.set_message(said(&counts, began.elapsed()));
            sleep(LOOK).await;
        }
    }
}

/// `380/409, 2 failed, 19 writes/s, waiting 7 s: throttled`.
#[expect(
    clippy::cast_precision_loss,
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "rates and times for people, over nothing and far below 2^52"
)]
fn said(counts: &Counts, elapsed: Duration) -> String {
    let mut parts = vec![format!("{}/{}", grouped(counts.ended), grouped(counts.people))];
    if counts.failed > 0 {
        parts.push(format!("{} failed", grouped(counts.failed)));
    }
    let seconds = elapsed.as_secs_f64();
    if counts.writes > 0 && seconds >= 1.0 {
        let rate = (counts.writes as f64 / seconds).round() as u64;
        parts.push(format!("{} writes/s", grouped(rate)));
    }
    if let Some((left, why)) = counts.waiting() {
        let left = left.as_secs_f64().ceil() as u64;
        parts.push(format!("waiting {}: {}", lasting(left), clean(why)));
    } else if counts.ended > 0 && counts.ended < counts.people {
        let left = (counts.people - counts.ended) as f64 / counts.ended as f64 * seconds;
        parts.push(format!("{} left", lasting(left.ceil() as u64)));
    }
    parts.join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_says_how_far_how_fast_and_how_long() {
        let progress = Progress::default();
        progress.begin(1409);
        let at = |seconds| said(&progress.counts(), Duration::from_secs(seconds));
        assert_eq!(at(1), "0/1,409");
        progress.ended(380, 2);
        progress.wrote(1900);
        assert_eq!(at(100), "380/1,409, 2 failed, 19 writes/s, 4 min 31 s left");
        progress.waiting(Duration::from_secs(7), "throttled");
        assert_eq!(
            at(100),
            "380/1,409, 2 failed, 19 writes/s, waiting 7 s: throttled"
        );
    }
}

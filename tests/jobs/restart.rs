//! The service goes away in the middle of a job and comes back.

use rustix::process::Signal;

use crate::crowd::Crowd;
use crate::random::Random;

fn restarted(people: usize, times: u64, seed: u64) {
    let mut random = Random::new(seed);
    let mut crowd = Crowd::start(people, "");
    let mut run = crowd.begin(&[]);
    let mut hits = 0;
    let calls = 6 * people as u64;
    for n in 0..times {
        let token = crowd.server().witness().token();
        let moment = crowd.calls(&token) + 1 + random.below(calls / times);
        if !run.until(|| crowd.calls(&token) >= moment) {
            break;
        }
        hits += 1;
        crowd.restart(if n % 2 == 0 { Signal::KILL } else { Signal::TERM });
    }
    println!("{hits} restarts while the job ran");
    assert!(hits > 0, "the job ended before the service was gone");
    let mut ended = run.ends();
    for _ in 0..5 {
        assert!(
            [Some(0), Some(7), Some(8)].contains(&ended.code),
            "{}",
            ended.screen()
        );
        match crowd.go_on(&[]) {
            Some(next) => ended = next.ends(),
            None => break,
        }
    }
    ended.exits(0);
    crowd.verify(false);
}

#[test]
fn a_service_that_restarts_in_the_middle_leaves_nobody_half_done() {
    restarted(120, 3, 5);
}

#[test]
#[ignore = "long: just soak"]
fn soak_a_service_that_restarts_in_the_middle_leaves_nobody_half_done() {
    restarted(2000, 20, 50);
}

//! `kill -9` at random moments, and going on until it has ended.

use crate::crowd::Crowd;
use crate::random::Random;

/// Calls that one person takes, about: what is read, what is written, what is read back.
const CALLS: u64 = 6;

/// Kills runs of a reset until so many were hit, each time goes on, and looks at everybody in the end.
fn killed(people: usize, kills: u64, at_once: u64, seed: u64) {
    let mut random = Random::new(seed);
    let (mut hits, mut crowds) = (0, 0);
    while hits < kills {
        crowds += 1;
        assert!(crowds <= kills, "the runs end before they are hit");
        let mut crowd = Crowd::start(people, "");
        let mut here = 0;
        let mut run = crowd.begin(&[]);
        loop {
            if here == at_once.min(kills - hits) {
                run.ends().exits(0);
                break;
            }
            // By turns anywhere in the job, from the first read to the last, and while passes are made.
            let token = crowd.server().witness().token();
            let in_time = if here % 2 == 0 {
                let moment = crowd.calls(&token) + random.below(2 * CALLS * people as u64 / at_once);
                let (later, mut looks) = (random.below(6), 0);
                run.until(|| {
                    looks += u64::from(crowd.calls(&token) >= moment);
                    looks > later
                })
            } else {
                let moment = crowd.passes(&token) + 1 + random.below(2 * people as u64 / at_once);
                run.until(|| crowd.passes(&token) >= moment)
            };
            if in_time {
                let (hit, ended) = run.kill();
                here += u64::from(hit);
                assert!(hit || ended.code == Some(0), "{}", ended.screen());
            } else {
                run.ends().exits(0);
            }
            match crowd.go_on(&[]) {
                Some(next) => run = next,
                None => break,
            }
        }
        hits += here;
        println!("{here} kills of {people} people");
        crowd.verify(true);
    }
    println!("{hits} kills hit, in {crowds} jobs");
}

#[test]
fn a_reset_that_is_killed_ten_times_ends_right_for_everybody() {
    killed(300, 10, 5, 4);
}

#[test]
#[ignore = "long: just soak"]
fn soak_a_reset_that_is_killed_a_hundred_times_ends_right_for_everybody() {
    killed(2000, 100, 10, 100);
}

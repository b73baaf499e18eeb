//! The rule against a bucket of a service, in made-up time.

use super::*;

const ONE: Cost = Cost {
    units: 1.0,
    writes: 0.0,
};

/// A service's bucket: it holds what a second gives, and tells in tenths how full it is.
struct Service {
    rate: f64,
    holds: f64,
    tells: bool,
    at: f64,
    used: f64,
    given: f64,
    refused: f64,
}

impl Service {
    fn new(rate: f64, tells: bool) -> Self {
        Self {
            rate,
            holds: rate.max(5.0),
            tells,
            at: 0.0,
            used: 0.0,
            given: 0.0,
            refused: 0.0,
        }
    }

    fn charge(&mut self, at: f64) -> Told {
        self.used = (self.used - (at - self.at) * self.rate).max(0.0);
        self.at = at;
        if self.used + 1.0 <= self.holds {
            self.used += 1.0;
            self.given += 1.0;
            let used = if self.tells {
                (self.used / self.holds * 10.0).round() / 10.0
            } else {
                0.0
            };
            Told::Used { used, cost: ONE }
        } else {
            self.refused += 1.0;
            let wait = ((self.used + 1.0 - self.holds) / self.rate).ceil().max(1.0);
            Told::Refused {
                wait: Some(Duration::from_secs_f64(wait)),
                kind: None,
                cost: ONE,
            }
        }
    }
}

/// Some callers, one call or a batch each, over and over, as fast as the meters let them; gives the share of the
/// service's rate that was used, and the share of answers that were refusals.
fn run(service: &mut Service, meters: &mut [Meter], callers: &[(usize, u32)], seconds: f64) -> (f64, f64) {
    const LATENCY: f64 = 0.02;
    let mut due: Vec<(f64, usize)> = (0..callers.len())
        .map(|caller| (caller as f64 * 1e-4, caller))
        .collect();
    let mut answers: Vec<(f64, usize, Told)> = Vec::new();
    loop {
        due.sort_by(|a, b| b.0.total_cmp(&a.0));
        let Some((at, caller)) = due.pop() else { break };
        if at > seconds {
            break;
        }
        answers.sort_by(|a, b| a.0.total_cmp(&b.0));
        while answers.first().is_some_and(|(came, ..)| *came <= at) {
            let (came, meter, told) = answers.remove(0);
            meters[meter].learned(came, told);
        }
        let (meter, size) = callers[caller];
        let cost = Cost {
            units: f64::from(size),
            writes: 0.0,
        };
        let grant = meters[meter].take(at, cost);
        if grant.wait > Duration::ZERO {
            due.push((at + grant.wait.as_secs_f64(), caller));
            continue;
        }
        for _ in 0..size {
            let told = service.charge(at + LATENCY / 2.0);
            // Only what says something is handed on.
            if !matches!(told, Told::Used { used, .. } if used < NEAR) || service.tells {
                answers.push((at + LATENCY, meter, told));
            }
        }
        due.push((at + LATENCY, caller));
    }
    (
        service.given / (service.rate * seconds),
        service.refused / (service.given + service.refused),
    )
}

const ONE_JOB: &[(usize, u32)] = &[(0, 20), (0, 20), (0, 20), (0, 20), (0, 1), (0, 1), (0, 1), (0, 1)];

/// How a job goes in a minute.
fn minute(rate: f64, tells: bool, documented: Option<f64>) -> (f64, f64) {
    let limits = Limits {
        units: documented,
        writes: None,
    };
    run(
        &mut Service::new(rate, tells),
        &mut [Meter::new(limits)],
        ONE_JOB,
        60.0,
    )
}

#[test]
fn a_service_that_tells_its_share_is_used_to_its_limit_and_hardly_ever_refuses() {
    for rate in [100.0, 200.0, 1000.0] {
        for documented in [None, Some(rate), Some(rate * 3.0)] {
            let (used, refused) = minute(rate, true, documented);
            assert!(used >= 0.97, "{rate} {documented:?}: {used} used");
            assert!(refused < 0.01, "{rate} {documented:?}: {refused} refused");
        }
    }
}

#[test]
fn a_service_that_only_refuses_is_found_out_too() {
    for rate in [100.0, 200.0, 1000.0] {
        for documented in [None, Some(rate), Some(rate * 3.0)] {
            let (used, refused) = minute(rate, false, documented);
            assert!(used >= 0.9, "{rate} {documented:?}: {used} used");
            assert!(refused < 0.02, "{rate} {documented:?}: {refused} refused");
        }
    }
}

#[test]
fn two_that_share_a_bucket_keep_to_the_rate_of_one() {
    let two: Vec<(usize, u32)> = ONE_JOB.iter().chain(ONE_JOB).copied().collect();
    let mut service = Service::new(200.0, true);
    let mut meters = [Meter::default()];
    let (used, refused) = run(&mut service, &mut meters, &two, 60.0);
    assert!(used >= 0.97 && refused < 0.01, "{used} used, {refused} refused");
}

#[test]
fn what_is_documented_is_never_exceeded() {
    let (used, refused) = minute(1000.0, true, Some(100.0));
    assert!((0.095..=0.102).contains(&used), "{used}");
    assert!(refused.abs() < 1e-9);
}

#[test]
fn nothing_is_let_through_while_the_service_asked_to_wait() {
    let mut meter = Meter::default();
    let refused = |seconds: u64| Told::Refused {
        wait: Some(Duration::from_secs(seconds)),
        kind: None,
        cost: ONE,
    };
    assert_eq!(meter.take(100.0, ONE).wait, Duration::ZERO);
    meter.learned(100.1, refused(7));
    // A shorter one does not open it earlier.
    meter.learned(100.2, refused(1));
    let grant = meter.take(101.0, ONE);
    assert!(grant.refused);
    assert_eq!(grant.wait.as_millis(), 6100);
    assert_eq!(meter.take(107.2, ONE).wait, Duration::ZERO);
}

#[test]
fn writes_have_an_allowance_of_their_own() {
    let mut meter = Meter::new(Limits {
        units: Some(800.0),
        writes: Some(20.0),
    });
    let write = Cost {
        units: 1.0,
        writes: 1.0,
    };
    assert_eq!(meter.writes_per_second(), Some(20.0));
    while meter.take(10.0, write).wait.is_zero() {}
    assert!(meter.take(10.0, write).wait >= Duration::from_millis(1));
    assert!(meter.take(10.0, ONE).wait.is_zero(), "reads wait for no write");
}

#[test]
fn a_clock_that_jumps_stalls_nothing() {
    let mut meter = Meter::new(Limits {
        units: Some(10.0),
        writes: None,
    });
    while meter.take(1_000_000.0, ONE).wait.is_zero() {}
    meter.learned(
        1_000_000.0,
        Told::Refused {
            wait: Some(Duration::from_secs(30)),
            kind: None,
            cost: ONE,
        },
    );
    let back = 1_000_000.0 - 86_400.0;
    assert!(meter.take(back, ONE).wait <= Duration::from_secs(30));
    assert!(meter.take(back + 31.0, ONE).wait.is_zero());
    assert!(meter.take(back + 10_000_000.0, ONE).wait.is_zero());
    // A file that somebody wrote nonsense into.
    let mut meter: Meter = serde_json::from_str(r#"{"at": 5.0, "shut_until": 9e300}"#).unwrap();
    assert!(meter.take(6.0, ONE).wait <= Duration::from_secs(3600));
}

#[test]
fn a_debt_is_paid_off_before_more_is_taken() {
    let mut meter = Meter::new(Limits {
        units: Some(10.0),
        writes: None,
    });
    let batch = Cost {
        units: 20.0,
        writes: 0.0,
    };
    assert!(meter.take(50.0, batch).wait.is_zero());
    // Two and a half were there, so that 17.5 are owed.
    assert_eq!(meter.take(50.0, ONE).wait.as_millis(), 1750);
    let kept: Meter = serde_json::from_str(&serde_json::to_string(&meter).unwrap()).unwrap();
    assert_eq!(kept, meter);
}

#[test]
fn what_was_learned_is_forgotten_after_a_minute_of_silence() {
    let mut meter = Meter::default();
    meter.learned(100.0, Told::Used { used: 0.0, cost: ONE });
    assert!(meter.take(101.0, ONE).units.is_some());
    assert!(meter.take(130.0, ONE).units.is_some());
    assert_eq!(meter.take(191.0, ONE).units, None);
}

/// A refusal of one call, with a second to wait.
const REFUSED: Told = Told::Refused {
    wait: Some(Duration::from_secs(1)),
    kind: None,
    cost: ONE,
};

/// So many units a second are taken for so long, a tenth of a second at a time, as far as the meter lets them; gives when
/// that ends, and what was taken.
fn taking(meter: &mut Meter, from: f64, seconds: f64, rate: f64) -> (f64, f64) {
    let (mut at, mut taken) = (from, 0.0);
    while at < from + seconds {
        let mut due = rate / 10.0;
        while due >= 1.0 && meter.take(at, ONE).wait.is_zero() {
            due -= 1.0;
            taken += 1.0;
        }
        at += 0.1;
    }
    (at, taken)
}

#[test]
fn a_refusal_by_itself_costs_its_wait_and_one_step_that_is_soon_made_good() {
    for tells in [true, false] {
        let mut meter = Meter::new(Limits {
            units: Some(200.0),
            writes: None,
        });
        if tells {
            meter.learned(100.0, Told::Used { used: 0.1, cost: ONE });
        }
        let mut at = 100.0;
        for _ in 0..5 {
            // A quarter of what is allowed: it cannot be that.
            (at, _) = taking(&mut meter, at, 10.0, 50.0);
            meter.learned(at, REFUSED);
            let grant = meter.take(at + 0.5, ONE);
            assert!(
                grant.refused && grant.wait <= Duration::from_millis(500),
                "{grant:?}"
            );
            let after = meter.take(at + 1.01, ONE).units.unwrap();
            assert!(after >= 179.0, "tells {tells}: {after} left of 200");
            // Somebody who would go faster has it back in a moment.
            (at, _) = taking(&mut meter, at + 1.1, 3.0, 400.0);
            let after = meter.take(at, ONE).units.unwrap();
            assert!(after >= 190.0, "tells {tells}: {after} left of 200");
        }
    }
}

#[test]
fn many_refusals_at_once_halve_a_rate_that_was_not_in_use() {
    let mut meter = Meter::new(Limits {
        units: Some(600.0),
        writes: None,
    });
    let (at, _) = taking(&mut meter, 100.0, 10.0, 150.0);
    for n in 0..40 {
        meter.learned(at + f64::from(n) * 1e-3, REFUSED);
    }
    let after = meter.take(at + 1.1, ONE).units.unwrap();
    assert!(after < 310.0, "{after}");
}

#[test]
fn a_bucket_of_many_machines_remembers_longer_than_a_lease_lasts() {
    let mut meter = Meter::default().remembering(600.0);
    meter.learned(100.0, Told::Used { used: 0.0, cost: ONE });
    assert!(meter.take(300.0, ONE).units.is_some());
    assert_eq!(meter.take(901.0, ONE).units, None);
}

//! One story for each behaviour of the mission, named by its id: the state before, the verb, the state after, told by a
//! sign-in, a recovery or an independent reader, never by the program's own word alone.

mod across;
mod change;
mod enrol;
mod look;
mod phone;
mod reset;
mod trust;

/// Every behaviour of the mission.
const IDS: std::ops::RangeInclusive<u8> = 1..=22;

#[test]
fn every_behaviour_has_a_story_of_its_own() {
    let sources = [
        include_str!("across.rs"),
        include_str!("change.rs"),
        include_str!("enrol.rs"),
        include_str!("look.rs"),
        include_str!("phone.rs"),
        include_str!("reset.rs"),
        include_str!("trust.rs"),
    ];
    let told: Vec<&str> = sources
        .iter()
        .flat_map(|source| source.split("#[test]\n").skip(1))
        .filter_map(|test| test.strip_prefix("fn ")?.split('(').next())
        .collect();
    let untold: Vec<String> = IDS
        .map(|id| format!("s{id:02}_"))
        .filter(|id| !told.iter().any(|name| name.contains(id.as_str())))
        .collect();
    assert!(untold.is_empty(), "no story for {untold:?} among {told:?}");
}

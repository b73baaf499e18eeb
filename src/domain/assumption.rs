//! What a service's client assumes, because no source confirms it, and how that stands in one organization.

/// Something that the client rests on and that no documentation confirms.
#[derive(Debug, PartialEq, Eq)]
pub struct Assumption {
    /// Its name, by which comments in the source refer to it.
    pub id: &'static str,
    /// What is assumed, in a sentence without its full stop.
    pub says: &'static str,
    /// What the program does because of it.
    pub changes: &'static str,
    /// How to find out whether it holds.
    pub how: &'static str,
    /// Whether reads alone show it.
    pub read_only: bool,
}

/// How an assumption stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Held {
    /// The service is so.
    Confirmed,
    /// The service is not so.
    Contradicted,
    /// Nothing showed it.
    CannotTell,
}

/// An assumption that was looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verified {
    /// Which.
    pub assumption: &'static Assumption,
    /// How it stands.
    pub held: Held,
    /// What was seen, or why nothing was.
    pub seen: String,
}

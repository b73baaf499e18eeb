//! What a token must hold for a verb, as a service tells it without a request: what `doctor` prints, and the same words
//! as those of a refusal.

/// How much a profile hangs on a verb.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Weight {
    /// Nothing works without it.
    Always,
    /// No change works without it; a profile that only reads does without.
    Changes,
    /// One thing more: many do without.
    More,
}

/// What is missing for a verb.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lack {
    /// The permission or role, as the service calls it.
    pub missing: String,
    /// Why it is refused, as a clause.
    pub why: String,
    /// What to do, as a clause.
    pub mend: String,
}

/// Whether the token lets a verb through, as far as it says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Standing {
    /// It does.
    Held,
    /// The service will refuse.
    Lacking(Vec<Lack>),
    /// The token does not say all.
    Unknown {
        /// What it does not say, as a clause.
        why: String,
        /// What to see to, as a clause.
        mend: String,
    },
}

/// A verb, and how the token stands to it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Right {
    /// The verb, as it is typed; without USER.
    pub verb: &'static str,
    /// How much hangs on it.
    pub weight: Weight,
    /// What is wanted: permissions, and the least role beside them.
    pub wants: String,
    /// The licence that the organization needs besides.
    pub licence: Option<&'static str>,
    /// Whether the token has it.
    pub standing: Standing,
}

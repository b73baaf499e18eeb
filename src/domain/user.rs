//! People: who they are, how they are found, and how privileged they are.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::kind::MethodKind;
use super::method::UserId;

/// A person in the directory.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct User {
    /// The service's id.
    pub id: UserId,
    /// What the person types to sign in.
    pub sign_in_name: String,
    /// The name that people read, untrusted text.
    pub display_name: Option<String>,
    /// Primary mail address.
    pub mail: Option<String>,
    /// Whether the account may sign in.
    pub enabled: bool,
    /// Whether it is a guest.
    pub guest: bool,
    /// Whether it comes from another directory; `None`: the service does not say.
    pub synced: Option<bool>,
    /// Last sign-in, where the service tells it.
    pub last_sign_in_at: Option<Timestamp>,
}

impl User {
    /// Whether the account is in another organization, where the person signs in and keeps the password: a guest whose
    /// sign-in name here is made of the one there (Microsoft Entra, `#EXT#`).
    pub fn is_external(&self) -> bool {
        self.guest && self.sign_in_name.to_ascii_uppercase().contains("#EXT#")
    }

    /// `Adele Vance <adele@contoso.example>`, or the sign-in name alone. Untrusted text.
    pub fn title(&self) -> String {
        match &self.display_name {
            Some(name) => format!("{name} <{}>", self.sign_in_name),
            None => self.sign_in_name.clone(),
        }
    }
}

/// Which people.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum UserQuery {
    /// Exactly these: object id, else sign-in name, else primary mail. Several may match one text.
    Ids(Vec<String>),
    /// Whose name, sign-in name or mail begins with the text.
    Search(String),
    /// Members of a group, transitively: by its name or id.
    Group(String),
    /// The service's own filter language.
    Filter(String),
    /// Every enabled person.
    Everyone,
}

/// How privileged a person is, as far as the token may tell.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Privileges {
    /// Names of directory roles held, directly or through groups; `None`: cannot tell.
    pub roles: Option<Vec<String>>,
    /// Names and ids of groups, transitively; `None`: cannot tell.
    pub groups: Option<Vec<String>>,
    /// Whether any of the roles gives power over others; `None`: cannot tell.
    pub privileged: Option<bool>,
    /// The restricted administrative unit that the person is in: only a role that is held over it acts on its members. `None`: in none
    /// that can be seen.
    pub restricted: Option<String>,
    /// Where something cannot be told: the right that the token lacks, as the service calls it.
    pub missing: Option<String>,
}

/// Who runs this, as the token says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Operator {
    /// The account's id, where a person signed in; `None` for an application.
    pub user_id: Option<UserId>,
    /// Sign-in name or application id.
    pub account: String,
    /// Scopes and roles in the token.
    pub permissions: Vec<String>,
}

/// Which rows of the registration report.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ReportQuery {
    /// People without any sign-in method (`mfa`), or without this kind.
    pub without: Option<Without>,
    /// People with any of these kinds; `None`: with any or none.
    pub method: Option<&'static [MethodKind]>,
    /// Administrators only.
    pub admins: bool,
    /// Disabled accounts too.
    pub include_disabled: bool,
    /// Guests too.
    pub include_guests: bool,
}

/// What people of a report lack.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Without {
    /// Any method for sign-in.
    Mfa,
    /// A method of any of these kinds.
    Kinds(&'static [MethodKind]),
}

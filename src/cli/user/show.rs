//! `user show USER…`

use crate::cli::context::{Context, Intent};
use crate::cli::people;
use crate::domain::shape::UserShow;
use crate::domain::{Guard, Parts, Privileges, Result, User};
use crate::render;

/// Whom.
#[derive(Debug, clap::Args)]
#[command(
    after_help = "Examples:\n  mfactl user show adele\n  mfactl user show adele -o json --jq .registration.state"
)]
pub struct Args {
    /// Sign-in names, object ids or primary mail addresses
    #[arg(required = true, value_name = "USER")]
    user: Vec<String>,
}

/// The entries of the guard that protect a person.
fn protected_by(guard: &Guard, user: &User, privileges: &Privileges) -> Vec<String> {
    let same = |one: &str, other: &str| one.to_lowercase() == other.to_lowercase();
    let among =
        |wanted: &str, held: &Option<Vec<String>>| held.iter().flatten().any(|name| same(name, wanted));
    guard
        .protected
        .iter()
        .filter(|entry| match entry.split_once(':') {
            Some(("group", name)) => among(name, &privileges.groups),
            Some(("role", name)) => among(name, &privileges.roles),
            _ => same(entry, &user.sign_in_name) || same(entry, &user.id.0),
        })
        .cloned()
        .collect()
}

impl Args {
    pub(crate) async fn run(self, cx: &Context) -> Result<u8> {
        let Self { user } = self;
        let session = cx.connect(Intent::Read).await?;
        let read = people::info(cx, &session, &user, &["user", "show"], Parts::ALL).await?;
        let ids: Vec<_> = read.found.iter().map(|(user, _)| user.id.clone()).collect();
        let privileges = session.service.privileges(&ids).await;
        let pages: Vec<UserShow> = read
            .found
            .iter()
            .zip(privileges)
            .map(|((user, info), privileges)| {
                // What the token may not tell stays unknown: the page is worth having without it.
                let privileges = privileges.unwrap_or_default();
                let protected_by = protected_by(&session.guard, user, &privileges);
                UserShow::new(session.who(user), user, info, &privileges, protected_by)
            })
            .collect();
        let mut out = cx.ui.stdout();
        let summary = people::summary(&session, &read, pages.len());
        render::user_show(&cx.page(), &mut out, &pages, people::shape(&user), &summary)?;
        out.done()?;
        Ok(read.end(cx))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_groups_and_roles_of_the_guard_protect() {
        let guard = Guard {
            protected: [
                "BreakGlass@contoso.com",
                "group:Executives",
                "role:Global Administrator",
            ]
            .map(str::to_owned)
            .to_vec(),
            ..Guard::default()
        };
        let user = |name: &str| User {
            id: "u".into(),
            sign_in_name: name.to_owned(),
            display_name: None,
            mail: None,
            enabled: true,
            guest: false,
            synced: None,
            last_sign_in_at: None,
        };
        let held = Privileges {
            roles: Some(vec!["Global Administrator".into()]),
            groups: Some(vec!["executives".into()]),
            privileged: Some(true),
        };
        assert_eq!(
            protected_by(&guard, &user("breakglass@contoso.com"), &held),
            guard.protected
        );
        assert!(protected_by(&guard, &user("x@contoso.com"), &Privileges::default()).is_empty());
    }
}

//! The first line of a bare list: a heading, or somebody who would be passed over.

use super::pick::Finder;
use super::{Typed, each};
use crate::domain::{Error, ErrorCode, Result};
use crate::jobs::input::{Checked, Input};

/// Whether the first line of a list, which was taken for its heading, names a person: whoever stands there would be
/// passed over.
///
/// # Errors
/// `invalid_input` where it does; what the service answers.
pub(super) async fn no_heading(finder: &Finder<'_>, input: &Input, checked: &Checked) -> Result<()> {
    let Some(heading) = &checked.taken_as_user else {
        return Ok(());
    };
    let typed = [Typed::argument(heading)];
    let found = each(
        finder.service,
        &typed,
        finder.domain,
        finder.prefix,
        finder.command,
    )
    .await?;
    match found.first() {
        Some(Err(error)) if error.code() == ErrorCode::UserNotFound => Ok(()),
        _ => Err(Error::new(
            ErrorCode::InvalidInput,
            format!("the first line is taken for the heading, and \"{heading}\" is a person"),
        )
        .hint("put a line before it that says: user")
        .at(input.name(), None, None)),
    }
}

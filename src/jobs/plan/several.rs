//! Several people's plans.

use crate::domain::Error;

/// The one error of several people's plans, where none of them could be made and all for the same reason.
pub fn only_error(errors: &[(String, Error)]) -> Option<Error> {
    let (_, first) = errors.first()?;
    match errors {
        [_] => Some(first.clone()),
        _ if errors.iter().all(|(_, error)| error.code() == first.code()) => {
            let others = match errors.len() - 1 {
                1 => "1 other".to_owned(),
                others => format!("{others} others"),
            };
            let mut error = Error::new(
                first.code(),
                format!("{}; the same holds for {others}", first.message()),
            );
            if let Some(hint) = first.hint_text() {
                error = error.hint(hint);
            }
            Some(error)
        }
        _ => None,
    }
}

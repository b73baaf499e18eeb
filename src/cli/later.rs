//! Commands whose arguments are described only once they are named. The tree has a hundred verbs and a line names one of
//! them: describing the others would be most of what a start costs. Nothing of any command lives here.

use clap::{ArgMatches, Args, Command, Error, FromArgMatches, Id, Subcommand};

/// The arguments or the verbs of a command, described when it is named.
#[derive(Debug)]
pub struct Later<T>(pub(crate) T);

/// What the command is for is said where it is listed: the type behind it has words of its own, for whoever reads the code.
/// And what it takes itself stands before what holds everywhere, which clap has put into it by then.
fn grown(command: Command, grow: impl FnOnce(Command) -> Command) -> Command {
    let (about, long_about) = (command.get_about().cloned(), command.get_long_about().cloned());
    let everywhere: Vec<Id> = command.get_arguments().map(|arg| arg.get_id().clone()).collect();
    let mut command = grow(command);
    for id in everywhere {
        // An argument that is changed goes to the end.
        command = command.mut_arg(id, |arg| arg);
    }
    if let Some(about) = about {
        command = command.about(about);
    }
    match long_about {
        Some(long_about) => command.long_about(long_about),
        None => command.long_about(None),
    }
}

impl<T: FromArgMatches> FromArgMatches for Later<T> {
    fn from_arg_matches(matches: &ArgMatches) -> Result<Self, Error> {
        T::from_arg_matches(matches).map(Self)
    }

    fn from_arg_matches_mut(matches: &mut ArgMatches) -> Result<Self, Error> {
        T::from_arg_matches_mut(matches).map(Self)
    }

    fn update_from_arg_matches(&mut self, matches: &ArgMatches) -> Result<(), Error> {
        self.0.update_from_arg_matches(matches)
    }

    fn update_from_arg_matches_mut(&mut self, matches: &mut ArgMatches) -> Result<(), Error> {
        self.0.update_from_arg_matches_mut(matches)
    }
}

impl<T: Args> Args for Later<T> {
    fn augment_args(command: Command) -> Command {
        command.defer(|command| grown(command, T::augment_args))
    }

    fn augment_args_for_update(command: Command) -> Command {
        command.defer(|command| grown(command, T::augment_args_for_update))
    }
}

impl<T: Subcommand> Subcommand for Later<T> {
    fn augment_subcommands(command: Command) -> Command {
        command.defer(|command| grown(command, T::augment_subcommands))
    }

    fn augment_subcommands_for_update(command: Command) -> Command {
        command.defer(|command| grown(command, T::augment_subcommands_for_update))
    }

    fn has_subcommand(name: &str) -> bool {
        T::has_subcommand(name)
    }
}

#[cfg(test)]
mod tests {
    use crate::cli::parse;

    #[test]
    fn only_what_the_line_names_is_described() {
        let line = ["mfactl", "methods", "list", "adele"].map(Into::into);
        let (_, _, tree) = parse(&line).unwrap();
        let named = |path: &[&str]| {
            path.iter()
                .try_fold(&tree, |command, name| command.find_subcommand(name))
                .map(|command| command.get_positionals().count())
        };
        assert_eq!(named(&["methods", "list"]), Some(1), "USER…");
        assert_eq!(
            named(&["methods", "remove"]),
            Some(0),
            "named by the noun, and no more"
        );
        assert_eq!(named(&["user"]), Some(0));
        assert_eq!(named(&["user", "reset"]), None, "its noun is not named");
    }
}

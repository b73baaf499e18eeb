//! The program: parse, make the context, run the verb, say what went wrong, exit. The only place that exits.

use std::ffi::OsString;
use std::io::Write as _;
use std::process::ExitCode;
use std::sync::Arc;

use crate::cli::context::Context;
use crate::cli::interrupt::Interrupt;
use crate::cli::{self, Noun, Parsed};
use crate::config::Env;
use crate::domain::{Error, ErrorCode, Result, SystemClock};
use crate::ui::{Asking, Ui, Wishes};

/// The status of a program that was stopped.
const STOPPED: u8 = 130;

/// Runs the program with the arguments of the process.
pub fn main() -> ExitCode {
    let args: Vec<OsString> = std::env::args_os().collect();
    // Answers of the shell's completion come before anything else; it asks by a variable of its own.
    match clap_complete::CompleteEnv::with_factory(cli::command).try_complete(args.iter(), None) {
        Ok(false) => {}
        Ok(true) => return ExitCode::SUCCESS,
        Err(error) => {
            // There is no other way to tell a shell.
            let _ = error.print();
            return ExitCode::from(2);
        }
    }
    keep_to_itself();
    ExitCode::from(run(&args, &Env::of_process()))
}

/// Secrets of this process shall not lie in a file after a crash, nor be read out of it by another one of this user.
fn keep_to_itself() {
    #[cfg(unix)]
    {
        use rustix::process::{Resource, Rlimit, setrlimit};
        let none = Rlimit {
            current: Some(0),
            maximum: Some(0),
        };
        // Where the system refuses, the program is no worse off than any other.
        let _ = setrlimit(Resource::Core, none);
        #[cfg(target_os = "linux")]
        {
            use rustix::process::{DumpableBehavior, set_dumpable_behavior};
            let _ = set_dumpable_behavior(DumpableBehavior::NotDumpable);
        }
    }
}

fn run(args: &[OsString], env: &Env) -> u8 {
    let asking = Arc::<Asking>::default();
    let early = |format| {
        let wishes = Wishes {
            format,
            ..cli::globals::Globals::default().wishes(env)
        };
        Ui::new(wishes, Arc::clone(&asking))
    };
    let (globals, noun) = match cli::parse(args) {
        Ok((globals, Some(noun), tree)) => match cli::near(tree, args) {
            None => (globals, noun),
            Some(error) => return failed(&early(cli::wanted_format(args, env)), &error),
        },
        Ok((_, None, _)) => return print(&early(cli::wanted_format(args, env)), &cli::overview()),
        Err(error) => {
            let ui = early(cli::wanted_format(args, env));
            return match cli::explain(&error, args) {
                Parsed::Answer(text) => print(&ui, &text),
                Parsed::Wrong(error) => failed(&ui, &error),
            };
        }
    };
    let globals = match globals.resolve(env) {
        Ok(globals) => globals,
        Err(error) => return failed(&early(cli::wanted_format(args, env)), &error),
    };
    let ui = Ui::new(globals.wishes(env), Arc::clone(&asking));
    trace(globals.verbose, &ui);
    let typed = args.iter().skip(1).map(|arg| arg.to_string_lossy().into_owned());
    let argv = cli::words::without_secrets(typed);
    let interrupt = Interrupt::new(asking, leave);
    let context = Context::new(
        ui.clone(),
        globals,
        env.clone(),
        Arc::new(SystemClock),
        interrupt,
        argv,
    );
    match context.and_then(|cx| drive(&cx, noun, args)) {
        Ok(code) => code,
        Err(error) => failed(&ui, &error),
    }
}

/// Runs the verb on its runtime.
fn drive(cx: &Context, noun: Noun, args: &[OsString]) -> Result<u8> {
    let mut builder = if noun.serves() {
        tokio::runtime::Builder::new_multi_thread()
    } else {
        tokio::runtime::Builder::new_current_thread()
    };
    let runtime = builder.enable_all().build().map_err(|error| {
        Error::new(
            ErrorCode::Internal,
            format!("the runtime does not start: {error}"),
        )
    })?;
    runtime.block_on(async {
        let outcome = match cli::several::of(cx, &noun) {
            Ok(Some(names)) => cli::several::run(cx, names, args).await,
            Ok(None) => tokio::select! {
                biased;
                outcome = noun.run(cx) => outcome,
                () = cx.interrupt.cut_off() => Err(Interrupt::error()),
            },
            Err(error) => Err(error),
        };
        if let Err(error) = &outcome
            && cli::record::is_refusal(cx, error)
        {
            cli::record::refused(cx, &cli::verb(args), error).await;
        }
        cx.close().await;
        outcome
    })
}

fn failed(ui: &Ui, error: &Error) -> u8 {
    ui.error(error);
    cli::exit_code(error.code())
}

/// Writes what was asked for instead of running: help, version, overview.
fn print(ui: &Ui, text: &str) -> u8 {
    let mut out = ui.stdout();
    let written = crate::render::write(&mut out, text.as_bytes()).and_then(|()| out.done());
    match written {
        Ok(()) => 0,
        Err(error) => failed(ui, &error),
    }
}

/// What the layers below tell of their work, with `-v`, on stderr. Requests are told by allow-list.
fn trace(verbose: u8, ui: &Ui) {
    use tracing_subscriber::filter::{LevelFilter, Targets};
    use tracing_subscriber::layer::SubscriberExt as _;
    if verbose == 0 {
        return;
    }
    let level = if verbose > 1 {
        LevelFilter::TRACE
    } else {
        LevelFilter::DEBUG
    };
    let layer = tracing_subscriber::fmt::layer()
        .with_writer(std::io::stderr)
        .with_ansi(ui.colour())
        .without_time();
    let subscriber = tracing_subscriber::registry()
        .with(layer)
        .with(Targets::new().with_target("mfactl", level));
    // Another subscriber in the same process keeps its place.
    let _ = tracing::subscriber::set_global_default(subscriber);
}

/// Ends the program at once.
#[expect(
    clippy::exit,
    clippy::disallowed_methods,
    reason = "the second signal, or one while a question is open, ends the program here"
)]
fn leave(why: &str) {
    // Where stderr is gone there is nobody left to tell.
    let _ = writeln!(std::io::stderr().lock(), "\nerror: {why}");
    std::process::exit(i32::from(STOPPED));
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stopped_program_has_the_status_of_an_interrupt() {
        assert_eq!(cli::exit_code(ErrorCode::Interrupted), STOPPED);
    }
}

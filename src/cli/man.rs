//! `man [DIR]`: the man pages, made from the tree of commands.

use std::path::{Path, PathBuf};

use super::context::Context;
use crate::domain::{Error, ErrorCode, Result};
use crate::render::{cannot_write, text::counted, write};

/// Where to.
#[derive(Debug, clap::Args)]
#[command(after_help = "Examples:\n  mfactl man\n  mfactl man ~/.local/share/man/man1")]
pub struct Args {
    /// Write a page a verb into this folder; without it all pages go to standard output
    #[arg(value_name = "DIR")]
    dir: Option<PathBuf>,
}

/// Every page with the name of its file, in a stable order.
///
/// # Errors
/// `internal`, where a page cannot be made.
pub fn pages() -> Result<Vec<(String, Vec<u8>)>> {
    let mut root = super::command().disable_help_subcommand(true);
    root.build();
    let mut out = Vec::new();
    collect(&root, &mut out)?;
    Ok(out)
}

fn collect(command: &clap::Command, out: &mut Vec<(String, Vec<u8>)>) -> Result<()> {
    let made = |error: std::io::Error| Error::new(ErrorCode::Internal, error.to_string());
    let page = clap_mangen::Man::new(command.clone())
        .manual("mfactl")
        .date("")
        .source(concat!("mfactl ", env!("CARGO_PKG_VERSION")));
    let mut bytes = Vec::new();
    page.render(&mut bytes).map_err(made)?;
    out.push((page.get_filename(), bytes));
    for child in command.get_subcommands().filter(|child| !child.is_hide_set()) {
        collect(child, out)?;
    }
    Ok(())
}

impl Args {
    pub(crate) fn run(self, cx: &Context) -> Result<u8> {
        let Self { dir } = self;
        let pages = pages()?;
        match dir {
            None => {
                let mut out = cx.ui.stdout();
                for (_, page) in &pages {
                    write(&mut out, page)?;
                }
                out.done()?;
            }
            Some(dir) => {
                store(&dir, &pages)?;
                let count = counted(pages.len() as u64, "page", "pages");
                cx.ui.note(&format!("{count} in {}", dir.display()));
            }
        }
        Ok(0)
    }
}

fn store(dir: &Path, pages: &[(String, Vec<u8>)]) -> Result<()> {
    let failed = |path: &Path, error: &std::io::Error| cannot_write(error, &path.display().to_string());
    std::fs::create_dir_all(dir).map_err(|error| failed(dir, &error))?;
    for (name, page) in pages {
        let path = dir.join(name);
        std::fs::write(&path, page).map_err(|error| failed(&path, &error))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_verb_has_a_page_and_the_first_lists_the_exit_statuses() {
        let pages = pages().unwrap();
        let names: Vec<&str> = pages.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names.first(), Some(&"mfactl.1"));
        assert!(names.contains(&"mfactl-methods-list.1"), "{names:?}");
        let root = String::from_utf8(pages[0].1.clone()).unwrap();
        assert!(root.contains("Exit status") && root.contains("130"), "{root}");
    }
}

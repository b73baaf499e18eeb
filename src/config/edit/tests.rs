use super::*;
use crate::config::Env;

const FILE: &str = "# Our tenants. Ask Rita before you change anything.\n\n\
default_profile = \"msp\" # reads only\n\n\
# The parent of all.\n[profiles.msp]\nservice = \"entra\" # Graph\nclient_id = \"app\"\ntenant = \"msp.example\"\n\n\
[profiles.msp.guard]\nmax_users = 3 # three\n\n\
# Fabrikam pays late.\n[profiles.fabrikam]\nextends = \"msp\"\ntenant = \"f.example\"\n";

struct Place {
    folder: tempfile::TempDir,
}

impl Place {
    fn new(text: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("config.toml"), text).unwrap();
        Self { folder }
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join("config.toml")
    }

    fn config(&self) -> Config {
        Config {
            file: file::read(&self.path()).unwrap(),
            path: Some(self.path()),
            env: Env::default(),
            ..Config::default()
        }
    }

    fn text(&self) -> String {
        std::fs::read_to_string(self.path()).unwrap()
    }
}

fn keys(of: &[(&'static str, &str)]) -> Vec<(&'static str, Text)> {
    of.iter()
        .map(|(key, text)| (*key, Text::One((*text).to_owned())))
        .collect()
}

fn entra() -> Vec<(&'static str, Text)> {
    keys(&[
        ("service", "entra"),
        ("tenant", "c.example"),
        ("client_id", "app"),
        ("auth", "browser"),
    ])
}

#[test]
fn a_profile_that_is_added_stands_at_the_end_and_all_else_stays() {
    let place = Place::new(FILE);
    place.config().add("contoso", &entra(), false).unwrap();
    assert_eq!(
        place.text(),
        format!(
            "{FILE}\n[profiles.contoso]\nservice = \"entra\"\ntenant = \"c.example\"\nclient_id = \"app\"\nauth = \"browser\"\n"
        )
    );
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt as _;
        let mode = std::fs::metadata(place.path()).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
    }
}

#[test]
fn one_that_is_there_is_replaced_only_when_that_is_said_and_keeps_comments_and_guard() {
    let place = Place::new(FILE);
    let error = place.config().add("msp", &entra(), false).unwrap_err();
    assert_eq!(error.code(), ErrorCode::AlreadySet);
    assert_eq!(place.text(), FILE);
    place.config().add("msp", &entra(), true).unwrap();
    let text = place.text();
    assert!(
        text.contains("# The parent of all.\n[profiles.msp]\nservice = \"entra\" # Graph\n"),
        "{text}"
    );
    assert!(text.contains("max_users = 3 # three"), "{text}");
    assert!(text.contains("tenant = \"c.example\""), "{text}");
    assert!(!text.contains("msp.example"), "{text}");
}

#[test]
fn comments_at_the_end_stay_before_what_is_added() {
    for text in [
        "# Mine.\n",
        "[profiles.a]\nservice = \"entra\"\n\n# [profiles.old]\n# tenant = \"o\"\n",
    ] {
        let place = Place::new(text);
        place.config().add("contoso", &entra(), false).unwrap();
        assert!(
            place.text().starts_with(&format!("{text}\n[profiles.contoso]\n")),
            "{}",
            place.text()
        );
    }
}

#[test]
fn what_makes_no_profile_is_not_written() {
    let place = Place::new(FILE);
    for (wrong, why) in [
        (keys(&[("service", "entra")]), "tenant is missing"),
        (
            keys(&[
                ("service", "entra"),
                ("tenant", "t"),
                ("client_id", "a"),
                ("auth", "brouser"),
            ]),
            "no auth",
        ),
        (
            keys(&[
                ("service", "entra"),
                ("tenant", "t"),
                ("client_id", "a"),
                ("cloud", "moon"),
            ]),
            "no cloud",
        ),
        (keys(&[("extends", "nobody")]), "not there"),
        (keys(&[("extends", "x")]), "in a circle"),
    ] {
        let error = place.config().add("x", &wrong, false).unwrap_err();
        assert_eq!(error.code(), ErrorCode::ConfigInvalid, "{error}");
        assert!(error.message().contains(why), "{error}");
        assert_eq!(place.text(), FILE);
    }
    for name in ["local", "env", "", "a b", "a,b", "msp-*", "-x"] {
        assert_eq!(
            place.config().add(name, &entra(), false).unwrap_err().code(),
            ErrorCode::Usage,
            "{name}"
        );
    }
}

#[test]
fn a_file_that_became_wrong_meanwhile_is_left_as_it_is() {
    let place = Place::new(FILE);
    let config = place.config();
    for wrong in ["[profiles.x\n", "[profiles.x]\ntenent = \"t\"\n"] {
        std::fs::write(place.path(), wrong).unwrap();
        let error = config.add("contoso", &entra(), false).unwrap_err();
        assert_eq!(error.code(), ErrorCode::ConfigInvalid);
        assert!(error.to_body().line.is_some() && error.to_body().column.is_some());
        assert_eq!(place.text(), wrong);
    }
}

#[test]
fn two_writers_at_once_lose_nothing() {
    let place = Place::new(FILE);
    // Each has read the file before any of them writes.
    let configs: Vec<Config> = (0..8).map(|_| place.config()).collect();
    std::thread::scope(|scope| {
        for (at, config) in configs.iter().enumerate() {
            scope.spawn(move || config.add(&format!("p{at}"), &entra(), false).unwrap());
        }
    });
    let all = place.config();
    assert_eq!(all.file.profiles.len(), 10);
    assert!(place.text().starts_with(FILE));
}

#[test]
fn the_default_is_set_where_it_stands_or_at_the_top() {
    let place = Place::new(FILE);
    place.config().use_as_default("fabrikam").unwrap();
    assert!(
        place
            .text()
            .contains("default_profile = \"fabrikam\" # reads only\n")
    );
    let place = Place::new("# Top.\n[profiles.a]\nservice = \"entra\"\n");
    place.config().use_as_default("a").unwrap();
    assert_eq!(place.config().file.default_profile.as_deref(), Some("a"));
    assert!(place.text().contains("# Top."));
    assert_eq!(
        place.config().use_as_default("b").unwrap_err().code(),
        ErrorCode::NoProfile
    );
}

#[test]
fn one_that_is_removed_takes_its_guard_and_its_comments_and_no_others() {
    let place = Place::new(FILE);
    let error = place.config().remove("msp").unwrap_err();
    assert!(error.message().contains("extended by: fabrikam"), "{error}");
    assert!(!place.config().remove("fabrikam").unwrap());
    assert!(place.config().remove("msp").unwrap(), "it was the default one");
    let text = place.text();
    assert!(text.contains("# Our tenants. Ask Rita"), "{text}");
    for gone in ["Fabrikam", "parent of all", "msp", "max_users"] {
        assert!(!text.contains(gone), "{gone} in {text}");
    }
}

#[test]
fn the_head_of_the_file_stays_when_the_first_section_goes() {
    let place = Place::new(
        "# Head.\n\n# A's own.\n[profiles.a]\nservice = \"entra\"\n\n# B's own.\n[profiles.b]\nservice = \"entra\"\n",
    );
    place.config().remove("a").unwrap();
    assert_eq!(
        place.text(),
        "# Head.\n\n# B's own.\n[profiles.b]\nservice = \"entra\"\n"
    );
}

#[cfg(unix)]
#[test]
fn a_link_stays_a_link() {
    let place = Place::new("");
    let real = place.folder.path().join("dotfiles.toml");
    std::fs::rename(place.path(), &real).unwrap();
    std::os::unix::fs::symlink("dotfiles.toml", place.path()).unwrap();
    place.config().add("contoso", &entra(), false).unwrap();
    assert!(place.path().symlink_metadata().unwrap().is_symlink());
    assert!(
        std::fs::read_to_string(&real)
            .unwrap()
            .contains("[profiles.contoso]")
    );
}

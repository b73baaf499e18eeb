//! Files of profiles that are wrong, half-written, somebody else's, or written by two at once.

use std::os::unix::fs::PermissionsExt as _;

use insta::assert_snapshot;

use crate::environment::Environment;
use crate::refusal::{refused, screen};

fn configured(text: &str) -> Environment {
    let env = Environment::empty();
    env.configure(text);
    env.without_profile()
}

fn text(env: &Environment) -> String {
    std::fs::read_to_string(env.path("config/mfactl/config.toml")).unwrap()
}

fn add(name: &str) -> Vec<&str> {
    vec![
        "profile",
        "add",
        name,
        "--service",
        "entra",
        "--tenant",
        "t.example",
        "--client-id",
        "app",
        "--auth",
        "browser",
    ]
}

fn mode(env: &Environment, mode: u32) {
    let path = env.path("config/mfactl/config.toml");
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
}

#[test]
fn a_file_that_is_wrong_is_never_written_and_its_place_is_named() {
    for (wrong, said) in [
        ("[profiles.x]\nservice = \"ent", "3:1"),
        (
            "[profiles.x]\ntenent = \"t\"\n",
            "2:1: there is no key \"tenent\" here",
        ),
        (
            "[profiles.x]\nassertion_command = \"one\"\n",
            "2:21: here belongs a list in square brackets, and not \"one\"",
        ),
        ("profiles = 3\n", "1:12: here belongs a section, and not 3"),
        ("[profiles.x]\nca_bundel = \"f\"\n", "did you mean \"ca_bundle\"?"),
        (
            "[profiles.x]\nclient_secret = \"hunter2\"\n",
            "MFACTL_CLIENT_SECRET",
        ),
    ] {
        let env = configured(wrong);
        for line in [
            add("new"),
            vec!["profile", "use", "x"],
            vec!["profile", "remove", "x", "--yes"],
        ] {
            let shown = refused(&env, 2, &line);
            assert!(!shown.contains("hunter2"), "{shown}");
            if !wrong.contains("\"ent") {
                assert!(shown.contains(said), "{shown}");
            }
            assert!(shown.contains("config.toml:"), "{shown}");
            assert_eq!(text(&env), wrong, "{line:?}");
        }
    }
}

#[test]
fn a_circle_and_a_parent_that_is_not_there_are_named() {
    let env = configured(
        "[profiles.a]\nextends = \"b\"\n[profiles.b]\nextends = \"a\"\n[profiles.c]\nextends = \"bb\"\n",
    );
    assert_snapshot!(refused(&env, 2, &["-p", "a", "methods", "list", "x"]), @"
    · error: profiles extend one another in a circle: a > b > a
    exit 2
    ");
    assert_snapshot!(refused(&env, 2, &["profile", "show", "c"]), @r#"
    · error: profile "c" extends "bb", which is not there
    · hint: did you mean "b"?
    exit 2
    "#);
    // The list tells the others all the same.
    let list = env.run(&["profile", "list"]).exits(0);
    assert!(list.stdout.contains("in a circle"), "{}", list.stdout);
}

#[test]
fn a_file_that_everybody_may_write_is_refused_and_one_that_everybody_reads_is_a_warning() {
    let env = configured("[profiles.x]\nservice = \"entra\"\n");
    mode(&env, 0o666);
    assert_snapshot!(refused(&env, 2, &["profile", "list"]), @"
    · error: [DIR]/config/mfactl/config.toml: everybody may write the file, and send your secrets elsewhere
    · hint: chmod 600 [DIR]/config/mfactl/config.toml
    exit 2
    ");
    mode(&env, 0o644);
    let list = env.run(&["profile", "list"]).exits(0);
    assert!(
        screen(&env, &list)
            .contains("· warning: [DIR]/config/mfactl/config.toml may be read by everybody; chmod 600"),
        "{}",
        list.stderr
    );
    // Writing mends it.
    let added = env.run(&add("new")).exits(0);
    assert!(!added.stderr.contains("warning"), "{}", added.stderr);
}

#[test]
fn a_file_of_another_user_is_refused() {
    let env = configured("[profiles.x]\nservice = \"entra\"\n");
    let path = env.path("config/mfactl/config.toml");
    // Only root can give a file away.
    if std::os::unix::fs::chown(&path, Some(65534), None).is_ok() {
        let shown = refused(&env, 2, &["-p", "x", "methods", "list", "adele"]);
        assert!(shown.contains("belongs to another user (uid 65534)"), "{shown}");
        assert!(shown.contains("hint: sudo chown 0 "), "{shown}");
    }
}

#[test]
fn many_writers_at_once_lose_nothing() {
    let env = configured("# Mine.\n");
    let names: Vec<String> = (0..6).map(|at| format!("p{at}")).collect();
    let running: Vec<_> = names.iter().map(|name| env.start(&add(name), "")).collect();
    for one in running {
        one.finish().exits(0);
    }
    let all = text(&env);
    assert!(all.starts_with("# Mine.\n"), "{all}");
    for name in names {
        assert!(
            all.contains(&format!("[profiles.{name}]")),
            "{name} is lost: {all}"
        );
    }
    let left: Vec<String> = std::fs::read_dir(env.path("config/mfactl"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name.ends_with(".toml") && name != "config.toml")
        .collect();
    assert!(left.is_empty(), "{left:?}");
}

#[test]
fn a_folder_that_cannot_be_written_is_said() {
    let env = configured("");
    let folder = env.path("config/mfactl");
    std::fs::set_permissions(&folder, std::fs::Permissions::from_mode(0o500)).unwrap();
    // Root may write everywhere.
    if rustix::process::geteuid().is_root() {
        std::fs::set_permissions(&folder, std::fs::Permissions::from_mode(0o700)).unwrap();
        std::fs::create_dir(env.path("config/mfactl/config.toml.lock")).unwrap();
    }
    let shown = refused(&env, 1, &add("x"));
    assert!(shown.contains("cannot be written"), "{shown}");
    assert!(shown.contains("nothing was changed"), "{shown}");
    assert_eq!(text(&env), "");
    std::fs::set_permissions(&folder, std::fs::Permissions::from_mode(0o700)).unwrap();
}

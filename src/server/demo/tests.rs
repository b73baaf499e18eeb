//! The demo directory holds what examples and tests rely on.

use rusqlite::Connection;

use super::{seed, seed_users};
use crate::domain::PhoneNumber;

fn directory() -> Connection {
    let connection = crate::server::file::in_memory();
    connection
        .execute("INSERT INTO meta (key, value) VALUES ('seeded_users', 0)", [])
        .unwrap();
    seed(&connection, 1_780_000_000_000, true).unwrap();
    connection
}

fn dump(connection: &Connection, sql: &str) -> Vec<String> {
    let mut statement = connection.prepare(sql).unwrap();
    let rows = statement.query_map([], |row| row.get(0)).unwrap();
    rows.map(Result::unwrap).collect()
}

#[test]
fn adele_has_what_the_examples_show() {
    let connection = directory();
    let methods = dump(
        &connection,
        "SELECT kind || ' ' || coalesce(name, value) FROM methods JOIN users u ON u.id = user_id
         WHERE upn = 'adele@contoso.example' ORDER BY kind",
    );
    assert_eq!(
        methods,
        [
            "authenticator iPhone 14",
            "email adele@home.example",
            "phone:alternate +1 4255550199",
            "phone:mobile +1 4255550100"
        ]
    );
    let devices = dump(
        &connection,
        "SELECT substr(id, 1, 4) FROM remembered_devices WHERE name = 'LAPTOP-ADELE'",
    );
    assert_eq!(devices, ["91ac"]);
    let emre = dump(
        &connection,
        "SELECT substr(id, 1, 4) FROM methods WHERE name LIKE 'Pixel _' AND id > '3' ORDER BY created_at",
    );
    assert!(
        emre.contains(&"3d10".to_owned()) && emre.contains(&"b2f7".to_owned()),
        "{emre:?}"
    );
}

#[test]
fn every_number_of_the_directory_is_a_number() {
    let connection = directory();
    seed_users(&connection, 0, 500).unwrap();
    for number in dump(&connection, "SELECT value FROM methods WHERE kind LIKE 'phone:%'") {
        assert_eq!(PhoneNumber::parse(&number, None).unwrap().spaced(), number);
    }
}

#[test]
fn every_member_of_a_group_is_somebody() {
    let connection = directory();
    let lost = dump(
        &connection,
        "SELECT member_id FROM group_members WHERE member_id NOT IN (SELECT id FROM users UNION SELECT id FROM groups)",
    );
    assert_eq!(lost, Vec::<String>::new());
}

#[test]
fn the_same_number_of_people_are_the_same_people_however_they_came() {
    let all = "SELECT id || upn || display_name || coalesce(preferred, '') FROM users WHERE upn LIKE 'user0%' ORDER BY upn";
    let methods = "SELECT user_id || id || kind || coalesce(value, name, '') FROM methods ORDER BY 1";
    let (once, twice) = (directory(), directory());
    assert_eq!(seed_users(&once, 5, 300).unwrap(), 300);
    assert_eq!(seed_users(&twice, 5, 100).unwrap(), 100);
    assert_eq!(seed_users(&twice, 5, 300).unwrap(), 200);
    assert_eq!(seed_users(&twice, 5, 300).unwrap(), 0);
    assert_eq!(dump(&once, all), dump(&twice, all));
    assert_eq!(dump(&once, methods), dump(&twice, methods));
    assert_eq!(dump(&once, all).len(), 300);
}

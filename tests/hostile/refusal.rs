//! What every refusal has in common: nothing on stdout, the status that was said, and not one row that differs.

use std::path::Path;

use rusqlite::{Connection, types::Value};

use crate::environment::{Environment, Output};

/// Runs a command that has to be refused with this status and change nothing; what stood on the screen.
#[track_caller]
pub(crate) fn refused(environment: &Environment, code: i32, arguments: &[&str]) -> String {
    refused_after(environment, code, arguments, "")
}

/// The same, with this on stdin.
#[track_caller]
pub(crate) fn refused_after(environment: &Environment, code: i32, arguments: &[&str], stdin: &str) -> String {
    let file = environment.data_file();
    let before = file.exists().then(|| rows(&file));
    let output = environment.feed(arguments, stdin).exits(code);
    assert_eq!(
        output.stdout, "",
        "{arguments:?} printed an answer and was refused"
    );
    let after = file.exists().then(|| rows(&file));
    assert!(
        before.is_none() || before == after,
        "{arguments:?} was refused and changed the file"
    );
    screen(environment, &output)
}

/// The screen, without the name of the folder, which changes from run to run.
pub(crate) fn screen(environment: &Environment, output: &Output) -> String {
    let home = environment.path("home");
    output
        .screen()
        .replace(home.parent().unwrap().to_str().unwrap(), "[DIR]")
}

/// Every row of every table of a data file.
pub(crate) fn rows(file: &Path) -> Vec<String> {
    let connection = Connection::open(file).unwrap();
    let mut tables = connection
        .prepare("SELECT name FROM sqlite_schema WHERE type = 'table' ORDER BY name")
        .unwrap();
    let tables: Vec<String> = tables
        .query_map([], |row| row.get(0))
        .unwrap()
        .collect::<Result<_, _>>()
        .unwrap();
    let mut rows = Vec::new();
    for table in tables {
        let mut all = connection.prepare(&format!("SELECT * FROM \"{table}\"")).unwrap();
        let columns = all.column_count();
        let mut found = all.query([]).unwrap();
        while let Some(row) = found.next().unwrap() {
            let values: Vec<Value> = (0..columns).map(|column| row.get(column).unwrap()).collect();
            rows.push(format!("{table} {values:?}"));
        }
    }
    assert!(
        rows.len() > 100,
        "{} holds {} rows: that is no demo directory",
        file.display(),
        rows.len()
    );
    rows
}

/// Changes the data file behind the program's back, to make what the demo directory does not have.
pub(crate) fn arrange(environment: &Environment, sql: &str) {
    let connection = Connection::open(environment.data_file()).unwrap();
    connection.execute_batch(sql).unwrap();
}

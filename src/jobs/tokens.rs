//! Hardware tokens out of a file in Microsoft's form: `upn, serial number, secret key, time interval, manufacturer,
//! model`, and a hash function where there is one (api/entra 1.8). Everything is checked before anything is sent; what is
//! wrong is said with its line and column, and a seed is never repeated.

use std::collections::BTreeMap;

use crate::domain::{Error, ErrorCode, NewToken, Result, Secret, TokenHash};
use crate::jobs::input::{Problem, Problems};

/// The longest seed, in Base32.
const LONGEST_SEED: usize = 128;
/// The columns: what each is called, without spaces, and whether it must be there.
const COLUMNS: [(&str, &[&str], bool); 7] = [
    ("upn", &["upn", "user", "userprincipalname"], false),
    ("serial number", &["serialnumber", "serial"], true),
    ("secret key", &["secretkey", "secret"], true),
    ("time interval", &["timeinterval", "timeintervalinseconds"], true),
    ("manufacturer", &["manufacturer"], true),
    ("model", &["model"], true),
    ("hash function", &["hashfunction", "hash"], false),
];

/// A token of a file.
#[derive(Clone, Debug)]
pub struct TokenOfFile {
    /// Its line, from 1.
    pub line: u64,
    /// For whom, as it is written there.
    pub user: Option<String>,
    /// The token; whose it is, is found out later.
    pub token: NewToken,
    /// Its seed.
    pub seed: Secret,
}

/// Reads a file.
///
/// # Errors
/// `invalid_input`: no text, no header, columns that lack, and every row that is wrong.
pub fn read(name: &str, bytes: &[u8]) -> Result<Vec<TokenOfFile>> {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let text = std::str::from_utf8(bytes).map_err(|error| {
        let line = bytes[..error.valid_up_to()]
            .iter()
            .filter(|byte| **byte == b'\n')
            .count() as u64
            + 1;
        Error::new(ErrorCode::InvalidInput, "it is not text in UTF-8")
            .hint("in the spreadsheet program, save it as \"CSV UTF-8\"")
            .at(name, Some(line), None)
    })?;
    // The reader counts a line twice or not at all where one ends in two characters.
    let text = text.replace("\r\n", "\n");
    let first = text.lines().next().unwrap_or_default();
    let separator = if first.matches(';').count() > first.matches(',').count() {
        b';'
    } else {
        b','
    };
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .delimiter(separator)
        .trim(csv::Trim::All)
        .from_reader(text.as_bytes());
    let mut rows = reader.records();
    let header = match rows.next() {
        Some(Ok(header)) => header,
        _ => return Err(no_header(name)),
    };
    let places = places(name, &header)?;
    let (mut tokens, mut problems) = (Vec::new(), Problems::default());
    let mut serials: BTreeMap<String, u64> = BTreeMap::new();
    for row in rows {
        let row = match row {
            Ok(row) => row,
            Err(error) => {
                let line = error.position().map_or(1, csv::Position::line);
                // The reader's own words may hold a part of the row.
                problems.add(Problem::new(
                    line,
                    None,
                    Error::new(ErrorCode::InvalidInput, "the row cannot be read"),
                ));
                break;
            }
        };
        if row.iter().all(str::is_empty) {
            continue;
        }
        let line = row.position().map_or(1, csv::Position::line);
        match token(&row, &places, line) {
            Err((column, error)) => problems.add(Problem::new(line, Some(column), error)),
            Ok(token) => {
                let before = serials.insert(token.token.serial.to_lowercase(), line);
                if let Some(before) = before {
                    let column = places.get("serial number").map_or(1, |at| *at as u64 + 1);
                    let message = format!("serial number {} is in line {before} already", token.token.serial);
                    problems.add(Problem::new(
                        line,
                        Some(column),
                        Error::new(ErrorCode::InvalidInput, message),
                    ));
                }
                tokens.push(token);
            }
        }
    }
    problems.finish(name, |count| format!("{count} rows are wrong; nothing was sent"))?;
    if tokens.is_empty() {
        return Err(Error::new(ErrorCode::InvalidInput, format!("{name} has no rows")));
    }
    Ok(tokens)
}

fn no_header(name: &str) -> Error {
    Error::new(ErrorCode::InvalidInput, "there is no header")
        .hint("the first line is: upn,serial number,secret key,time interval,manufacturer,model")
        .at(name, Some(1), None)
}

/// Where each column is.
fn places(name: &str, header: &csv::StringRecord) -> Result<BTreeMap<&'static str, usize>> {
    let plain = |text: &str| -> String {
        text.chars()
            .filter(|c| c.is_alphanumeric())
            .flat_map(char::to_lowercase)
            .collect()
    };
    let mut places = BTreeMap::new();
    let mut lacking = Vec::new();
    for (column, spellings, must) in COLUMNS {
        match header
            .iter()
            .position(|cell| spellings.contains(&plain(cell).as_str()))
        {
            Some(at) => {
                places.insert(column, at);
            }
            None if must => lacking.push(column),
            None => {}
        }
    }
    if lacking.len() == COLUMNS.iter().filter(|(.., must)| *must).count() {
        return Err(no_header(name));
    }
    if lacking.is_empty() {
        return Ok(places);
    }
    Err(Error::new(
        ErrorCode::InvalidInput,
        format!("there is no column {}", lacking.join(", ")),
    )
    .hint("the first line is: upn,serial number,secret key,time interval,manufacturer,model")
    .at(name, Some(1), None))
}

/// One row; what is wrong comes with its column.
fn token(
    row: &csv::StringRecord,
    places: &BTreeMap<&'static str, usize>,
    line: u64,
) -> std::result::Result<TokenOfFile, (u64, Error)> {
    let cell = |column: &str| {
        let at = places.get(column).copied();
        (
            at.and_then(|at| row.get(at)).unwrap_or_default(),
            at.unwrap_or_default() as u64 + 1,
        )
    };
    let wrong = |column: u64, message: String| (column, Error::new(ErrorCode::InvalidInput, message));
    let needed = |column: &'static str| match cell(column) {
        ("", at) => Err(wrong(at, format!("{column} is empty"))),
        (text, _) => Ok(text.to_owned()),
    };
    let (seed, at) = cell("secret key");
    let seed: String = seed
        .chars()
        .filter(|c| !c.is_whitespace() && *c != '-')
        .flat_map(char::to_uppercase)
        .collect();
    let plain = seed.trim_end_matches('=');
    let is_base32 = plain
        .bytes()
        .all(|byte| byte.is_ascii_uppercase() || (b'2'..=b'7').contains(&byte));
    if plain.is_empty() {
        return Err(wrong(at, "secret key is empty".to_owned()));
    }
    if !is_base32 || plain.len() > LONGEST_SEED {
        return Err(wrong(
            at,
            format!("secret key is not Base32 of {LONGEST_SEED} characters at most (it is not shown)"),
        ));
    }
    let (interval, at) = cell("time interval");
    let interval_s = match interval {
        "30" => 30,
        "60" => 60,
        other => {
            return Err(wrong(
                at,
                format!("time interval is \"{other}\", and can be 30 or 60"),
            ));
        }
    };
    let (hash, at) = cell("hash function");
    let hash = match hash.to_lowercase().replace(['-', '_'], "").as_str() {
        "" | "hmacsha1" | "sha1" => TokenHash::Sha1,
        "hmacsha256" | "sha256" => TokenHash::Sha256,
        _ => {
            return Err(wrong(
                at,
                format!("hash function is \"{hash}\", and can be hmacsha1 or hmacsha256"),
            ));
        }
    };
    Ok(TokenOfFile {
        line,
        user: Some(cell("upn").0.to_owned()).filter(|user| !user.is_empty()),
        token: NewToken {
            serial: needed("serial number")?,
            manufacturer: needed("manufacturer")?,
            model: needed("model")?,
            interval_s,
            hash,
            assign_to: None,
        },
        seed: Secret::new(plain),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEADER: &str = "upn,serial number,secret key,time interval,manufacturer,model";

    #[test]
    fn microsofts_file_is_read_with_and_without_people() {
        let text = format!(
            "\u{feff}{HEADER}\r\nadele@contoso.example, 2309 ,geza dgnb-vgy3,30,Contoso,C-200\r\n,2310,GEZADGNB====,60,Contoso,C-200\r\n\r\n"
        );
        let tokens = read("tokens.csv", text.as_bytes()).unwrap();
        let told: Vec<String> = tokens
            .iter()
            .map(|one| {
                let NewToken {
                    serial, interval_s, ..
                } = &one.token;
                format!(
                    "{} {:?} {serial} {interval_s} {}",
                    one.line,
                    one.user,
                    one.seed.expose()
                )
            })
            .collect();
        assert_eq!(
            told,
            [
                "2 Some(\"adele@contoso.example\") 2309 30 GEZADGNBVGY3",
                "3 None 2310 60 GEZADGNB",
            ]
        );
        let german = "Serial Number;Secret Key;Time Interval;Manufacturer;Model;Hash Function\n1;GEZA;30;A;B;HMAC-SHA256\n";
        assert_eq!(
            read("x", german.as_bytes()).unwrap()[0].token.hash,
            TokenHash::Sha256
        );
    }

    #[test]
    fn every_row_that_is_wrong_is_told_with_its_place_and_no_seed_is() {
        let text = format!(
            "{HEADER}\n,1,HUNTER2!,30,A,B\n,2,GEZADGNB,45,A,B\n,,GEZADGNB,30,A,B\n,4,GEZADGNB,30,A,B\n,4,SECRETSEED,30,A,B\n,5,,30,A,B\n"
        );
        let error = read("tokens.csv", text.as_bytes()).unwrap_err();
        assert_eq!(error.code(), ErrorCode::InvalidInput);
        let told: Vec<String> = error
            .matching()
            .iter()
            .map(|one| format!("{}: {}", one.reference, one.detail))
            .collect();
        assert_eq!(
            told,
            [
                "tokens.csv:2:3: secret key is not Base32 of 128 characters at most (it is not shown)",
                "tokens.csv:3:4: time interval is \"45\", and can be 30 or 60",
                "tokens.csv:4:2: serial number is empty",
                "tokens.csv:6:2: serial number 4 is in line 5 already",
                "tokens.csv:7:3: secret key is empty",
            ]
        );
        let all = format!("{error:?}");
        assert!(!all.contains("HUNTER2") && !all.contains("SECRETSEED"), "{all}");
        for (text, why) in [
            ("", "there is no header"),
            ("1,GEZADGNB,30,A,B\n", "there is no header"),
            (
                "serial number,secret key,model\n",
                "there is no column time interval, manufacturer",
            ),
            (HEADER, "tokens.csv has no rows"),
        ] {
            assert_eq!(read("tokens.csv", text.as_bytes()).unwrap_err().message(), why);
        }
        let binary = read("tokens.csv", b"a\nb\xff").unwrap_err();
        assert_eq!(binary.message(), "it is not text in UTF-8");
    }
}

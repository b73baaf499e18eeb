use super::*;

const OPTIONS: &[&str] = &["number", "type"];

fn parse(bytes: &[u8]) -> Result<Input> {
    read(
        "in.csv",
        bytes,
        Columns {
            options: OPTIONS,
            mapped: &[],
        },
    )
}

fn flat(input: &Input) -> Vec<String> {
    let cell = |row: &InputRow, name: &str| {
        row.values
            .get(name)
            .map_or("-".to_owned(), |cell| cell.text.clone())
    };
    input
        .rows
        .iter()
        .map(|row| {
            format!(
                "{}:{} {} {}",
                row.line,
                row.user.text,
                cell(row, "number"),
                cell(row, "type")
            )
        })
        .collect()
}

#[test]
fn csv_is_read_however_a_spreadsheet_wrote_it() {
    let wanted = ["2:adele +31 612345678 mobile", "3:bas +31 612345679 -"];
    let commas = "user,Number,type,Team\nadele,+31 612345678,mobile,x\nbas,+31 612345679,,\n";
    let semicolons = "\u{feff}User;number;TYPE;Team\r\nadele;\"=\"\"+31 612345678\"\"\";mobile;x\r\nbas;=\"+31 612345679\";;\r\n";
    let mut wide = vec![0xff, 0xfe];
    wide.extend(
        commas
            .replace(',', "\t")
            .encode_utf16()
            .flat_map(u16::to_le_bytes),
    );
    for bytes in [commas.as_bytes(), semicolons.as_bytes(), &wide] {
        let input = parse(bytes).unwrap();
        assert_eq!(flat(&input), wanted);
        assert_eq!(input.unused, ["Team"]);
    }
    let json = "{\"user\":\"adele\",\"number\":\"+31 612345678\",\"type\":\"mobile\",\"team\":1}\n\n{\"user\":\"bas\",\"number\":\"+31 612345679\"}\n";
    let input = parse(json.as_bytes()).unwrap();
    assert_eq!(
        flat(&input),
        ["1:adele +31 612345678 mobile", "3:bas +31 612345679 -"]
    );
    assert_eq!(input.unused, ["team"]);
}

#[test]
fn the_only_column_is_the_user_with_or_without_a_header() {
    assert_eq!(flat(&parse(b"upn\nadele\n").unwrap()), ["2:adele - -"]);
    assert_eq!(
        flat(&parse(b"adele@x.example\nbas@x.example\n").unwrap()).len(),
        2
    );
    let taken = parse(b"adele\nbas\n").unwrap();
    assert_eq!(
        taken.taken_as_user.as_deref(),
        Some("adele"),
        "said, so that nobody is left out unseen"
    );
}

#[test]
fn columns_can_be_mapped_and_only_to_what_the_verb_has() {
    let mapped = |option: &str, column: &str| {
        let mapped = [(option.to_owned(), column.to_owned())];
        read(
            "in.csv",
            b"Login,Mobile\nadele,+31 612345678\n",
            Columns {
                options: OPTIONS,
                mapped: &mapped,
            },
        )
        .map_err(|error| error.code())
    };
    assert_eq!(
        mapped("number", "mobile"),
        Err(ErrorCode::InvalidInput),
        "no column user"
    );
    assert_eq!(mapped("yes", "mobile"), Err(ErrorCode::Usage));
    let both = [
        ("user".to_owned(), "Login".to_owned()),
        ("number".to_owned(), "Mobile".to_owned()),
    ];
    let input = read(
        "in.csv",
        b"Login,Mobile\nadele,+31 612345678\n",
        Columns {
            options: OPTIONS,
            mapped: &both,
        },
    );
    assert_eq!(flat(&input.unwrap()), ["2:adele +31 612345678 -"]);
}

#[test]
fn each_bad_row_is_named_with_line_and_column() {
    let error = parse(b"user,number\nadele,1\n,2\nbas,3,4\n").unwrap_err();
    assert_eq!(error.code(), ErrorCode::InvalidInput);
    let places: Vec<_> = error
        .matching()
        .iter()
        .map(|one| format!("{} {}", one.reference, one.detail))
        .collect();
    assert_eq!(
        places,
        [
            "in.csv:3:1 the row names no user",
            "in.csv:4:3 the row has 3 cells and the header 2"
        ]
    );
    let body = error.to_body();
    assert_eq!(
        (body.file.as_deref(), body.line, body.column),
        (Some("in.csv"), Some(3), Some(1))
    );
    let body = parse(b"{\"user\":\"a\"}\n{\"user\":\n").unwrap_err().to_body();
    assert_eq!((body.line, body.column), (Some(2), Some(8)));
    let body = parse(b"user\nad\xffele\n").unwrap_err().to_body();
    assert_eq!(body.line, Some(2));
}

#[test]
fn a_spreadsheet_and_an_empty_file_are_refused() {
    let error = parse(b"PK\x03\x04xxxx").unwrap_err();
    assert!(error.hint_text().unwrap().contains("CSV UTF-8"));
    assert_eq!(
        parse(b"user,number\n").unwrap_err().message(),
        "in.csv has no rows"
    );
    assert_eq!(parse(b"").unwrap_err().message(), "in.csv has no rows");
}

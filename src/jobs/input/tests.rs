use super::*;

const OPTIONS: &[&str] = &["number", "type", "method"];

fn input(bytes: &[u8], mapped: &[(&str, &str)]) -> Result<Input> {
    let mapped = mapped
        .iter()
        .map(|(option, column)| ((*option).to_owned(), (*column).to_owned()))
        .collect();
    let columns = Columns {
        options: OPTIONS,
        mapped,
    };
    Input::new(Source::copied("in.csv", bytes).unwrap(), columns)
}

/// Rows are fine whatever is in them; all wish the same but for the number.
fn judge(row: &InputRow) -> Result<Option<u64>> {
    let number = row.value(0).map_or("", |cell| cell.text.as_str());
    Ok(Some(number.bytes().map(u64::from).sum()))
}

fn checked(input: &Input) -> Result<Checked> {
    check(input, str::to_owned, judge)
}

/// All that is wrong, as one error.
fn wrong(bytes: &[u8]) -> Error {
    let finished = input(bytes, &[]).and_then(|input| {
        let checked = checked(&input)?;
        checked
            .problems
            .finish("in.csv", |count| format!("{count} wrong"))
    });
    finished.unwrap_err()
}

fn flat(input: &Input) -> Vec<String> {
    let cell = |row: &InputRow, at| row.value(at).map_or("-".to_owned(), |cell| cell.text.clone());
    input
        .rows()
        .unwrap()
        .map(|row| {
            let row = row.unwrap();
            format!(
                "{}:{} {} {}",
                row.line,
                row.user.text,
                cell(&row, 0),
                cell(&row, 1)
            )
        })
        .collect()
}

fn read(bytes: &[u8]) -> Vec<String> {
    flat(&input(bytes, &[]).unwrap())
}

fn wide(text: &str, mark: bool, unit: fn(u16) -> [u8; 2]) -> Vec<u8> {
    let mark = mark.then_some(0xfeff);
    mark.into_iter()
        .chain(text.encode_utf16())
        .flat_map(unit)
        .collect()
}

#[test]
fn csv_is_read_however_a_spreadsheet_wrote_it() {
    let wanted = ["2:adele +31 612345678 mobile", "3:bas +31 612345679 -"];
    let commas = "user,Number,type,Team\nadele,+31 612345678,mobile,x\nbas,+31 612345679,,\n";
    let semicolons = "\u{feff}User;number;TYPE;Team\r\nadele;\"=\"\"+31 612345678\"\"\";mobile;x\r\nbas;=\"+31 612345679\";;\r\n";
    let tabs = commas.replace(',', "\t");
    for bytes in [
        commas.as_bytes().to_vec(),
        semicolons.as_bytes().to_vec(),
        commas.replace('\n', "\r").into_bytes(),
        commas.trim_end().as_bytes().to_vec(),
        wide(&tabs, true, u16::to_le_bytes),
        wide(&tabs, true, u16::to_be_bytes),
        wide(&tabs, false, u16::to_le_bytes),
        wide(&tabs.replace('\n', "\r\n"), true, u16::to_le_bytes),
    ] {
        let input = input(&bytes, &[]).unwrap();
        assert_eq!(flat(&input), wanted);
        assert_eq!(flat(&input), wanted, "a second time");
        assert_eq!(input.rows().unwrap().unused(), ["Team"]);
    }
    assert_eq!(read(b"sep=|\r\nuser|number\r\n\r\nadele|1\r\n"), ["4:adele 1 -"]);
}

#[test]
fn lines_are_counted_through_blank_ones_and_through_quotes() {
    let text = "\nuser,number\n\n\"ade\r\nle\",1\r\n,,\n\r\nbas,2\n\"c\nd\ne\",3\nfen,4";
    let rows = read(text.replace(",,\n", ",\n").as_bytes());
    assert_eq!(
        rows,
        ["4:ade\nle 1 -", "8:bas 2 -", "9:c\nd\ne 3 -", "12:fen 4 -"]
    );
}

#[test]
fn ndjson_is_read_and_so_is_what_this_program_writes() {
    let json = "{\"user\":\"adele\",\"number\":\"+31 612345678\",\"type\":\"mobile\",\"team\":1}\n\n{\"user\":\"bas\",\"number\":\"+31 612345679\"}\n";
    assert_eq!(
        read(json.as_bytes()),
        ["1:adele +31 612345678 mobile", "3:bas +31 612345679 -"]
    );
    let own = "{\"type\":\"method\",\"user\":\"adele@x\",\"user_id\":\"1\",\"ref\":\"totp\",\"number\":null}\n\
        {\"error\":{\"code\":\"user_not_found\"}}\n\
        {\"type\":\"summary\",\"rows\":1}\n";
    let input = input(own.as_bytes(), &[]).unwrap();
    let rows: Vec<InputRow> = input.rows().unwrap().map(Result::unwrap).collect();
    assert_eq!(rows.len(), 1);
    assert_eq!(
        (rows[0].value(1), rows[0].value(2).unwrap().text.as_str()),
        (None, "totp")
    );
}

#[test]
fn our_own_csv_is_read_back() {
    let text = "profile,user,user_id,ref,number\nlocal,'-dash@x,1,'=odd,'+31612345678x12\n";
    let rows: Vec<InputRow> = input(text.as_bytes(), &[])
        .unwrap()
        .rows()
        .unwrap()
        .map(Result::unwrap)
        .collect();
    assert_eq!(rows[0].user.text, "-dash@x");
    assert_eq!(rows[0].value(0).unwrap().text, "+31612345678x12");
    assert_eq!(rows[0].value(2).unwrap().text, "=odd");
    // An apostrophe that belongs to the text stays.
    assert_eq!(cell_text("'s-hertogenbosch"), "'s-hertogenbosch");
}

#[test]
fn the_only_column_is_the_user_with_or_without_a_header() {
    assert_eq!(read(b"upn\nadele\n"), ["2:adele - -"]);
    assert_eq!(read(b"adele@x.example\nbas@x.example\n").len(), 2);
    assert_eq!(read(b"3179e48a-750b-4051-897c-87b9720928f7\n").len(), 1);
    let taken = input(b"adele\nbas\n", &[]).unwrap();
    assert_eq!(
        taken.rows().unwrap().taken_as_user(),
        Some("adele"),
        "said, so that nobody is left out unseen"
    );
}

#[test]
fn columns_can_be_mapped_and_only_to_what_the_verb_has() {
    let text = b"Login,Mobile\nadele,+31 612345678\n";
    let mapped = |mapped: &[(&str, &str)]| {
        let input = input(text, mapped)?;
        checked(&input)?;
        Ok(flat(&input))
    };
    let code = |one: (&str, &str)| mapped(&[one]).map_err(|error: Error| error.code());
    assert_eq!(
        code(("number", "mobile")),
        Err(ErrorCode::InvalidInput),
        "no user"
    );
    assert_eq!(code(("yes", "mobile")), Err(ErrorCode::Usage));
    let error = mapped(&[("number", "Phone")]).unwrap_err();
    assert_eq!(error.message(), "in.csv has no column \"Phone\"");
    assert_eq!(
        error.hint_text(),
        Some("--column number=… takes one of: Login, Mobile")
    );
    assert_eq!(
        mapped(&[("user", "Login"), ("number", "Mobile")]).unwrap(),
        ["2:adele +31 612345678 -"]
    );
}

#[test]
fn each_bad_row_is_named_with_line_and_column() {
    let error = wrong(b"user,number\nadele,1\n,2\nbas,3,4\nfen\n");
    assert_eq!(error.code(), ErrorCode::InvalidInput);
    let places: Vec<_> = error
        .matching()
        .iter()
        .map(|one| format!("{} {}", one.reference, one.detail))
        .collect();
    assert_eq!(
        places,
        [
            "in.csv:3:1 the row names no user: write a sign-in name, an object id or a mail address there, or take \
             the row out",
            "in.csv:4:3 the row has 3 cells, and the header 2: a text with the separator in it stands in quotation \
             marks",
            "in.csv:5:2 the row has 1 cell, and the header 2: a text with the separator in it stands in quotation \
             marks",
        ]
    );
    let body = error.to_body();
    assert_eq!(
        (body.file.as_deref(), body.line, body.column),
        (Some("in.csv"), Some(3), Some(1))
    );
    let body = wrong(b"{\"user\":\"a\"}\n{\"user\":\n").to_body();
    assert_eq!((body.line, body.column), (Some(2), Some(8)));
    let body = wrong(b"user,number\nad\xffele,1\n").to_body();
    assert_eq!((body.line, body.column), (Some(2), Some(1)));
    // Half of a pair of UTF-16.
    let mut bytes = wide("user\tnumber\nad", true, u16::to_le_bytes);
    bytes.extend([0x00, 0xd8]);
    bytes.extend(wide("ele\t1\n", false, u16::to_le_bytes));
    assert_eq!(wrong(&bytes).to_body().line, Some(2));
}

#[test]
fn a_long_list_of_what_is_wrong_is_cut_and_counted() {
    let rows: String = (0..1_000).map(|_| ",1\n").collect();
    let error = wrong(format!("user,number\nadele,1\n{rows}").as_bytes());
    assert_eq!(error.message(), "1000 wrong");
    assert_eq!(error.matching().len(), 51);
    assert_eq!(error.matching()[0].reference, "in.csv:3:1");
    assert_eq!(error.matching()[50].detail, "and 950 more");
}

#[test]
fn whoever_is_there_twice_is_found_with_both_lines() {
    let text = b"user,number\nadele,1\nbas,2\nADELE,1\nfen,3\nfen,4\nadele,1\n";
    let input = input(text, &[]).unwrap();
    let found = checked(&input).unwrap();
    assert_eq!(found.repeats, [4, 7]);
    let conflicts: Vec<_> = found
        .conflicts
        .iter()
        .map(|conflict| (conflict.line, conflict.other))
        .collect();
    assert_eq!(conflicts, [(5, 6), (6, 5)]);
    assert_eq!((found.good, found.rows(), found.problems.count()), (2, 6, 2));
    let error = wrong(text);
    assert_eq!(
        error.matching()[1].detail,
        "line 5 names the same person, with other values"
    );
}

#[test]
fn what_is_no_list_of_rows_is_refused_by_what_it_is() {
    for (bytes, said) in [
        (&b"PK\x03\x04xxxx"[..], "in.csv is a spreadsheet, not a text file"),
        (b"\xd0\xcf\x11\xe0", "in.csv is a spreadsheet, not a text file"),
        (b"\x1f\x8b\x08", "in.csv is compressed"),
        (b"\x7fELF\x02\x01\x00\x00", "in.csv is not a text file"),
        (b"user\nad\x00ele\n", "in.csv is not a text file"),
        (b"", "it is empty: what should have written it may have failed"),
        (
            b"\xef\xbb\xbf\r\n\r\n",
            "it is empty: what should have written it may have failed",
        ),
        (b"bas\n", "there is a heading, and no row"),
        (
            b"{\"type\":\"summary\",\"failed\":2}\n",
            "it has no rows, and says itself that it is not whole",
        ),
        (
            b"[{\"user\":\"adele\"}]",
            "in.csv is one JSON value, and rows are an object a line",
        ),
        (
            b"{\n  \"user\": \"adele\"\n}",
            "in.csv is one JSON value, and rows are an object a line",
        ),
        (b"user,user\na,b\n", "in.csv has two columns for \"user\""),
    ] {
        let error = wrong(bytes);
        assert_eq!(error.code(), ErrorCode::InvalidInput, "{said}");
        assert_eq!(error.message(), said);
        assert!(error.hint_text().is_some(), "{said}");
    }
}

#[test]
fn a_quote_that_is_not_closed_does_not_swallow_the_file() {
    let mut text = "user,number\nadele,1\nbas,\"2\n".to_owned();
    for row in 0..200_000 {
        text.push_str(&format!("p{row},1234567\n"));
    }
    let error = wrong(text.as_bytes());
    assert_eq!(error.message(), "the row is longer than 1 MiB");
    assert_eq!(error.to_body().line, Some(3));
}

#[test]
fn a_list_of_nobody_is_a_list() {
    for bytes in [
        &b"user,number\n"[..],
        b"\xef\xbb\xbfUPN\r\n\r\n",
        b"profile,tenant,user,user_id,ref\n",
        b"{\"type\":\"summary\",\"rows\":0,\"failed\":0}\n",
    ] {
        let checked = checked(&input(bytes, &[]).unwrap()).unwrap();
        assert_eq!((checked.rows(), checked.left_out), (0, 0));
    }
}

//! Numbers as people and services write them, and why one is refused.

use super::*;

#[test]
fn reads_the_spellings_that_services_and_people_use() {
    for text in [
        "+1 4255550100",
        "+14255550100",
        "+1 (425) 555-0100",
        "+1 425 555 0100",
    ] {
        let number = PhoneNumber::parse(text, None).unwrap();
        assert_eq!(number.e164(), "+14255550100");
        assert_eq!(number.spaced(), "+1 4255550100");
        assert_eq!(number.to_string(), "+1 425 555 0100");
    }
    assert_eq!(
        PhoneNumber::parse("06 12345678", Some("nl")).unwrap().spaced(),
        "+31 612345678"
    );
    let office = PhoneNumber::parse("+1 4255550100x12", None).unwrap();
    assert_eq!(
        (office.spaced().as_str(), office.extension()),
        ("+1 4255550100x12", Some("12"))
    );
    assert_eq!(office.to_string(), "+1 425 555 0100 x12");
}

#[test]
fn a_number_that_a_service_keeps_is_a_number_also_where_no_plan_has_it() {
    for (text, spaced) in [
        ("+1 5555551234", "+1 5555551234"),
        ("+1 5555551234x123", "+1 5555551234x123"),
        ("+15555551234", "+1 5555551234"),
        ("+44 07700900123", "+44 7700900123"),
        ("+1 (425) 555-0100", "+1 4255550100"),
    ] {
        let number = PhoneNumber::kept(text).unwrap();
        assert_eq!(number.spaced(), spaced);
        let json = serde_json::to_string(&number).unwrap();
        assert_eq!(serde_json::from_str::<PhoneNumber>(&json).unwrap(), number);
    }
    for text in [
        "",
        "0612345678",
        "+31 6",
        "+1 abc",
        "+999 12345678",
        "+1 XXXXXXXX00",
        "+1 xxxxxxxx00",
        "+1 ******1234",
        "+1 ...5551234",
        "+1 55555512345678901",
    ] {
        assert_eq!(PhoneNumber::kept(text), None, "{text}");
    }
}

#[test]
fn a_region_is_a_country_that_has_phone_numbers() {
    for (code, is) in [
        ("NL", true),
        ("US", true),
        ("XX", false),
        ("Netherlands", false),
        ("", false),
    ] {
        assert_eq!(is_region(code), is, "{code}");
    }
}

#[test]
fn a_national_number_of_another_country_is_told_the_region() {
    let bad = PhoneNumber::parse("0612345678", Some("us")).unwrap_err();
    assert_eq!(
        bad.hint.as_deref(),
        Some("without a + it is read as a number of US; write it as +COUNTRY NUMBER")
    );
}

#[test]
fn a_number_as_it_is_dialled_from_abroad_is_read_at_home_and_explained_elsewhere() {
    let home = PhoneNumber::parse("0031 6 12345678", Some("NL")).unwrap();
    assert_eq!(home.e164(), "+31612345678");
    for region in [Some("US"), None] {
        let bad = PhoneNumber::parse("0031 6-12345678", region).unwrap_err();
        assert!(bad.to_string().ends_with("00 is no country code"), "{bad}");
        assert_eq!(
            bad.hint.as_deref(),
            Some("if +31 6 12345678 is meant, write it so")
        );
    }
    assert!(
        PhoneNumber::parse("0612345678", None)
            .unwrap_err()
            .to_string()
            .contains("country code")
    );
}

#[test]
fn what_a_spreadsheet_did_to_a_number_is_told_and_not_guessed() {
    let said = |text: &str, region| {
        let bad = PhoneNumber::parse(text, region).unwrap_err();
        format!("{bad}\n  {}", bad.hint.clone().unwrap_or_default())
    };
    let told = [
        said("31612345678", None),
        said("31612345678", Some("NL")),
        said("3.16E+10", Some("NL")),
        said("3,16123E+10", None),
        said("31612345678.0", Some("NL")),
    ];
    insta::assert_snapshot!(told.join("\n"), @r#"
    "31612345678" is not a phone number: it seems to have lost its plus
      if +31 6 12345678 is meant, write it so; a spreadsheet drops the plus unless the column is text
    "31612345678" is not a phone number: it seems to have lost its plus
      if +31 6 12345678 is meant, write it so; a spreadsheet drops the plus unless the column is text
    "3.16E+10" is not a phone number: a spreadsheet has rounded it, and its last digits are lost
      make the column text in the spreadsheet, enter the number again, and save the file anew
    "3,16123E+10" is not a phone number: a spreadsheet has rounded it, and its last digits are lost
      make the column text in the spreadsheet, enter the number again, and save the file anew
    "31612345678.0" is not a phone number: a program has made a decimal fraction of it
      export the column as text, without ".0" at the end
    "#);
}

#[test]
fn national_numbers_are_not_taken_for_ones_without_a_plus() {
    for (text, region, meant) in [
        // The zero is lost, and the region says what is meant.
        ("612345678", "NL", "+31612345678"),
        ("0612345678", "NL", "+31612345678"),
        // No zero in front is usual there, and with a plus they would be numbers of Egypt or Spain.
        ("2025550123", "US", "+12025550123"),
        ("1 202 555 0123", "US", "+12025550123"),
        ("612345678", "ES", "+34612345678"),
        ("2079460123", "GB", "+442079460123"),
    ] {
        let number = PhoneNumber::parse(text, Some(region));
        assert_eq!(
            number.map(|number| number.e164()),
            Ok(meant.to_owned()),
            "{text} in {region}"
        );
    }
}

#[test]
fn says_what_is_wrong_with_a_number() {
    let why = |text: &str| PhoneNumber::parse(text, None).unwrap_err().to_string();
    insta::assert_snapshot!(
        ["0612345678", "+31 61234abcd", "+31 6", "+31 612345678901234567", "+999 12345678", ""].map(why).join("\n"),
        @r#"
    "0612345678" is not a phone number: it has no country code
    "+31 61234abcd" is not a phone number: it has letters in it
    "+31 6" is not a phone number: it is too short
    "+31 612345678901234567" is not a phone number: it is too long
    "+999 12345678" is not a phone number: no country has that code
    "" is not a phone number: it is empty
    "#
    );
}

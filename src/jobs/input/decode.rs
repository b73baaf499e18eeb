//! Bytes become text: UTF-8 with or without its mark, UTF-16 as spreadsheets write it.

use crate::domain::{Error, ErrorCode, Result};

/// Beginnings of spreadsheets that are no text: the zip of `.xlsx` and `.ods`, and the old `.xls`.
const SPREADSHEETS: [&[u8]; 2] = [b"PK\x03\x04", b"\xd0\xcf\x11\xe0"];

/// The text of a file.
///
/// # Errors
/// `invalid_input`: a spreadsheet, or bytes that are no text, with the line.
pub(super) fn text(file: &str, bytes: &[u8]) -> Result<String> {
    if SPREADSHEETS.iter().any(|start| bytes.starts_with(start)) {
        return Err(Error::new(
            ErrorCode::InvalidInput,
            format!("{file} is a spreadsheet, not a text file"),
        )
        .hint("in the spreadsheet program, save it as \"CSV UTF-8\", and give that file"));
    }
    if let Some(rest) = bytes.strip_prefix(b"\xef\xbb\xbf") {
        return utf8(file, rest);
    }
    if let Some(rest) = bytes.strip_prefix(b"\xff\xfe") {
        return utf16(file, rest, u16::from_le_bytes);
    }
    if let Some(rest) = bytes.strip_prefix(b"\xfe\xff") {
        return utf16(file, rest, u16::from_be_bytes);
    }
    match bytes {
        [first, 0, ..] if *first != 0 => utf16(file, bytes, u16::from_le_bytes),
        [0, second, ..] if *second != 0 => utf16(file, bytes, u16::from_be_bytes),
        _ => utf8(file, bytes),
    }
}

fn utf8(file: &str, bytes: &[u8]) -> Result<String> {
    std::str::from_utf8(bytes).map(str::to_owned).map_err(|error| {
        let before = bytes.get(..error.valid_up_to()).unwrap_or_default();
        not_text(
            file,
            1 + before.iter().filter(|byte| **byte == b'\n').count() as u64,
        )
    })
}

fn utf16(file: &str, bytes: &[u8], unit: fn([u8; 2]) -> u16) -> Result<String> {
    let units = bytes
        .chunks_exact(2)
        .filter_map(|pair| pair.try_into().ok())
        .map(unit);
    let mut text = String::with_capacity(bytes.len() / 2);
    for c in char::decode_utf16(units) {
        let lines = || 1 + text.matches('\n').count() as u64;
        text.push(c.map_err(|_| not_text(file, lines()))?);
    }
    if !bytes.len().is_multiple_of(2) {
        return Err(not_text(file, 1 + text.matches('\n').count() as u64));
    }
    Ok(text)
}

fn not_text(file: &str, line: u64) -> Error {
    Error::new(ErrorCode::InvalidInput, "the line is not UTF-8")
        .hint("save it as \"CSV UTF-8\"")
        .at(file, Some(line), None)
}

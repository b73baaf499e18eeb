//! Bytes become text, a piece at a time: UTF-8 with or without its mark, UTF-16 as spreadsheets write it, every line
//! ending in LF. What is no text at all is refused by what it is.

use std::io::{self, BufRead, Read};

use super::source::unreadable;
use crate::domain::{Error, ErrorCode, Result};

/// The longest row. A quote that is never closed would otherwise swallow the file.
const LONGEST_ROW: usize = 1024 * 1024;

/// Beginnings of files that are no text, with what they are and what to do.
const OTHERS: [(&[u8], &str, &str); 6] = [
    (b"PK\x03\x04", "a spreadsheet, not a text file", SAVE),
    (b"\xd0\xcf\x11\xe0", "a spreadsheet, not a text file", SAVE),
    (
        b"\x1f\x8b",
        "compressed",
        "unpack it first: gunzip -c FILE | mfactl … --from -",
    ),
    (b"%PDF", "a PDF", SAVE),
    (b"\x89PNG", "a picture", SAVE),
    (b"SQLite format 3", "a database", SAVE),
];
const SAVE: &str = "in the spreadsheet program, save it as \"CSV UTF-8\", and give that file";

#[derive(Clone, Copy)]
enum Code {
    Utf8,
    Utf16(fn([u8; 2]) -> u16),
}

/// The text of a file. A byte sequence that is no text stays in it as a byte that UTF-8 does not have, so that whoever
/// reads rows finds it in its row.
pub(super) struct Text<R> {
    name: String,
    inner: R,
    code: Code,
    out: Vec<u8>,
    at: usize,
    /// Half a unit of UTF-16, and half a pair of them.
    odd: Option<u8>,
    high: Option<u16>,
    after_cr: bool,
    ended: bool,
    /// Bytes handed out since the last row was complete.
    since: usize,
}

impl<R: BufRead> Text<R> {
    /// # Errors
    /// `invalid_input` for what is no text; `file_unreadable`.
    pub(super) fn new(name: &str, mut inner: R) -> Result<Self> {
        let start = inner.fill_buf().map_err(|error| unreadable(name, &error))?;
        if let Some((_, what, hint)) = OTHERS.iter().find(|(magic, ..)| start.starts_with(magic)) {
            return Err(Error::new(ErrorCode::InvalidInput, format!("{name} is {what}")).hint(*hint));
        }
        let (code, mark) = match start {
            [0xef, 0xbb, 0xbf, ..] => (Code::Utf8, 3),
            [0xff, 0xfe, ..] => (Code::Utf16(u16::from_le_bytes), 2),
            [0xfe, 0xff, ..] => (Code::Utf16(u16::from_be_bytes), 2),
            [first, 0, ..] if *first != 0 => (Code::Utf16(u16::from_le_bytes), 0),
            [0, second, ..] if *second != 0 => (Code::Utf16(u16::from_be_bytes), 0),
            _ => (Code::Utf8, 0),
        };
        inner.consume(mark);
        Ok(Self {
            name: name.to_owned(),
            inner,
            code,
            out: Vec::new(),
            at: 0,
            odd: None,
            high: None,
            after_cr: false,
            ended: false,
            since: 0,
        })
    }

    /// A row was complete: what comes is the next one.
    pub(super) const fn row_ended(&mut self) {
        self.since = 0;
    }

    fn fill(&mut self) -> io::Result<()> {
        self.out.clear();
        self.at = 0;
        while self.out.is_empty() && !self.ended {
            let chunk = self.inner.fill_buf()?;
            let length = chunk.len();
            if length == 0 {
                self.ended = true;
                // Half of something, at the end of the file.
                if self.odd.take().is_some() | self.high.take().is_some() {
                    self.out.push(0xff);
                }
                // So that every row ends in a line end, also the last one.
                self.out.push(b'\n');
                break;
            }
            match self.code {
                Code::Utf8 if !self.after_cr && !chunk.contains(&b'\r') => self.out.extend_from_slice(chunk),
                Code::Utf8 => {
                    for byte in chunk {
                        line_end(&mut self.out, &mut self.after_cr, *byte);
                    }
                }
                Code::Utf16(unit) => {
                    let mut wide = Wide {
                        out: &mut self.out,
                        high: &mut self.high,
                        after_cr: &mut self.after_cr,
                    };
                    for byte in chunk {
                        match self.odd.take() {
                            None => self.odd = Some(*byte),
                            Some(first) => wide.push(unit([first, *byte])),
                        }
                    }
                }
            }
            self.inner.consume(length);
        }
        if self.out.contains(&0) {
            return Err(io::Error::other(
                Error::new(
                    ErrorCode::InvalidInput,
                    format!("{} is not a text file", self.name),
                )
                .hint(SAVE),
            ));
        }
        self.since += self.out.len();
        if self.since > LONGEST_ROW {
            return Err(io::Error::other(
                Error::new(ErrorCode::InvalidInput, "the row is longer than 1 MiB")
                    .hint("look for a quotation mark in it that is not closed"),
            ));
        }
        Ok(())
    }
}

/// CRLF, CR and LF all become LF.
fn line_end(out: &mut Vec<u8>, after_cr: &mut bool, byte: u8) {
    match byte {
        b'\n' if *after_cr => {}
        b'\r' => out.push(b'\n'),
        _ => out.push(byte),
    }
    *after_cr = byte == b'\r';
}

struct Wide<'a> {
    out: &'a mut Vec<u8>,
    high: &'a mut Option<u16>,
    after_cr: &'a mut bool,
}

impl Wide<'_> {
    fn push(&mut self, unit: u16) {
        let whole = match self.high.take() {
            None if (0xd800..0xdc00).contains(&unit) => {
                *self.high = Some(unit);
                return;
            }
            None => char::decode_utf16([unit]).next(),
            Some(high) => char::decode_utf16([high, unit]).next(),
        };
        match whole {
            Some(Ok(c)) if c.is_ascii() => line_end(self.out, self.after_cr, c as u8),
            Some(Ok(c)) => {
                *self.after_cr = false;
                let mut bytes = [0; 4];
                self.out.extend_from_slice(c.encode_utf8(&mut bytes).as_bytes());
            }
            _ => self.out.push(0xff),
        }
    }
}

impl<R: BufRead> BufRead for Text<R> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.at >= self.out.len() && !self.ended {
            self.fill()?;
        }
        Ok(self.out.get(self.at..).unwrap_or_default())
    }

    fn consume(&mut self, amount: usize) {
        self.at += amount;
    }
}

impl<R: BufRead> Read for Text<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let from = self.fill_buf()?;
        let length = from.len().min(into.len());
        if let (Some(into), Some(from)) = (into.get_mut(..length), from.get(..length)) {
            into.copy_from_slice(from);
        }
        self.consume(length);
        Ok(length)
    }
}

/// The error that a reader of [`Text`] got: one of ours, or the system's.
pub(super) fn broken(name: &str, error: io::Error) -> Error {
    match error.downcast::<Error>() {
        Ok(ours) => ours,
        Err(theirs) => unreadable(name, &theirs),
    }
}

/// A row that is no text.
pub(super) fn not_text() -> Error {
    Error::new(ErrorCode::InvalidInput, "the row is not UTF-8")
        .hint("in the spreadsheet program, save the file as \"CSV UTF-8\"")
}

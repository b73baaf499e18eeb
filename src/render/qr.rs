//! QR codes: on a terminal in half blocks, dark on light whatever its colours are, with the margin that scanners want;
//! and as PNG or SVG.

use std::fmt::Write as _;

use fast_qr::qr::{QRBuilder, QRCode};

use crate::domain::{Error, ErrorCode, Result, Secret};

/// The light modules around the code that the standard asks for.
const MARGIN: usize = 4;
/// Pixels of a module in an image.
const SCALE: usize = 8;

/// A QR code.
pub(crate) struct Qr(QRCode);

impl Qr {
    /// The code of a secret text.
    ///
    /// # Errors
    /// `internal`, where the text is too long for a code.
    pub(crate) fn new(text: &Secret) -> Result<Self> {
        QRBuilder::new(text.expose())
            .build()
            .map(Self)
            .map_err(|_| Error::new(ErrorCode::Internal, "the text is too long for a QR code"))
    }

    /// Modules of a side, with the margin.
    fn side(&self) -> usize {
        self.0.size + 2 * MARGIN
    }

    /// Whether the module at this place, margin counted, is dark.
    fn dark(&self, row: usize, column: usize) -> bool {
        let inside = |at: usize| at.checked_sub(MARGIN).filter(|at| *at < self.0.size);
        match (inside(row), inside(column)) {
            (Some(row), Some(column)) => self.0[row][column].value(),
            _ => false,
        }
    }

    /// Lines for a terminal: two modules a character, black on white by colours of their own.
    pub(crate) fn lines(&self) -> String {
        const BLACK_ON_WHITE: &str = "\u{1b}[38;2;0;0;0;48;2;255;255;255m";
        const BACK: &str = "\u{1b}[0m";
        let mut out = String::new();
        for row in (0..self.side()).step_by(2) {
            out.push_str(BLACK_ON_WHITE);
            for column in 0..self.side() {
                out.push(match (self.dark(row, column), self.dark(row + 1, column)) {
                    (true, true) => '█',
                    (true, false) => '▀',
                    (false, true) => '▄',
                    (false, false) => ' ',
                });
            }
            out.push_str(BACK);
            out.push('\n');
        }
        out
    }

    /// The code as SVG.
    pub(crate) fn svg(&self) -> String {
        let side = self.side();
        let mut path = String::new();
        for row in 0..side {
            for column in 0..side {
                if self.dark(row, column) {
                    // Writing to a String does not fail.
                    let _ = write!(path, "M{column} {row}h1v1h-1z");
                }
            }
        }
        format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {side} {side}\" width=\"{0}\" height=\"{0}\" \
             shape-rendering=\"crispEdges\"><rect width=\"{side}\" height=\"{side}\" fill=\"#fff\"/><path \
             d=\"{path}\" fill=\"#000\"/></svg>\n",
            side * SCALE
        )
    }

    /// The code as PNG.
    ///
    /// # Errors
    /// `internal`, where it cannot be written.
    pub(crate) fn png(&self) -> Result<Vec<u8>> {
        let pixels = self.side() * SCALE;
        let mut bytes = Vec::with_capacity(pixels * pixels);
        for y in 0..pixels {
            for x in 0..pixels {
                bytes.push(if self.dark(y / SCALE, x / SCALE) { 0 } else { 255 });
            }
        }
        let failed = |_| Error::new(ErrorCode::Internal, "the QR code cannot be written as PNG");
        let size = u32::try_from(pixels).unwrap_or(u32::MAX);
        let mut out = Vec::new();
        let mut encoder = png::Encoder::new(&mut out, size, size);
        encoder.set_color(png::ColorType::Grayscale);
        encoder.set_depth(png::BitDepth::Eight);
        let mut writer = encoder.write_header().map_err(failed)?;
        writer.write_image_data(&bytes).map_err(failed)?;
        writer.finish().map_err(failed)?;
        Ok(out)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn qr() -> Qr {
        Qr::new(&Secret::new(
            "otpauth://totp/Contoso:adele?secret=JBSWY3DPEHPK3PXP&issuer=Contoso",
        ))
        .unwrap()
    }

    #[test]
    fn a_terminal_shows_it_dark_on_light_with_four_modules_around() {
        let code = qr();
        let lines: Vec<String> = code
            .lines()
            .lines()
            .map(|line| {
                line.trim_start_matches("\u{1b}[38;2;0;0;0;48;2;255;255;255m")
                    .trim_end_matches("\u{1b}[0m")
                    .to_owned()
            })
            .collect();
        assert_eq!(lines.len(), code.side().div_ceil(2));
        assert!(lines.iter().all(|line| line.chars().count() == code.side()));
        assert!(lines[0].chars().chain(lines[1].chars()).all(|c| c == ' '));
        assert!(
            lines
                .iter()
                .all(|line| line.starts_with("    ") && line.ends_with("    "))
        );
        // The finder pattern stands in the corner.
        assert!(lines[2].starts_with("    █▀▀▀▀▀█ "), "{}", lines[2]);
    }

    #[test]
    fn images_hold_the_same_modules() {
        let code = qr();
        let png = code.png().unwrap();
        let mut reader = png::Decoder::new(std::io::Cursor::new(&png)).read_info().unwrap();
        let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
        let info = reader.next_frame(&mut pixels).unwrap();
        assert_eq!(info.width as usize, code.side() * SCALE);
        let at =
            |row: usize, column: usize| pixels[(row * SCALE) * info.width as usize + column * SCALE] == 0;
        let mut dark = 0;
        for row in 0..code.side() {
            for column in 0..code.side() {
                assert_eq!(at(row, column), code.dark(row, column));
                dark += usize::from(code.dark(row, column));
            }
        }
        assert_eq!(code.svg().matches("h1v1").count(), dark);
    }
}

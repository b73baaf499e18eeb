//! Draws a run as an SVG picture of a terminal: what was typed, what it printed, and dimmed what it said on stderr.
//! Plain text lines, so that a difference can be read, and nothing that changes from run to run.

use std::fmt::Write as _;

/// One line of the picture.
pub enum Line {
    /// What was typed.
    Typed(String),
    /// A line of stdout.
    Printed(String),
    /// A line of stderr.
    Said(String),
}

impl Line {
    fn parts(&self) -> (&str, &str) {
        match self {
            Self::Typed(text) => ("typed", text),
            Self::Printed(text) => ("printed", text),
            Self::Said(text) => ("said", text),
        }
    }
}

const CHARACTER: f64 = 8.43;
const LINE: usize = 20;
const SIDE: usize = 20;
const TOP: usize = 62;

/// The picture.
pub fn draw(title: &str, description: &str, lines: &[Line]) -> String {
    let columns = lines
        .iter()
        .map(|line| line.parts().1.chars().count())
        .max()
        .unwrap_or(0)
        + 2;
    let width = 2 * SIDE + (columns as f64 * CHARACTER).ceil() as usize;
    let height = TOP + lines.len() * LINE + 4;
    let mut svg = String::new();
    let mut put = |line: std::fmt::Arguments<'_>| writeln!(svg, "{line}").unwrap();
    put(format_args!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" role=\"img\" viewBox=\"0 0 {width} {height}\" width=\"{width}\" height=\"{height}\">"
    ));
    put(format_args!("<title>{}</title>", escaped(title)));
    put(format_args!("<desc>{}</desc>", escaped(description)));
    put(format_args!(
        "<style>
text {{ font: 14px ui-monospace, SFMono-Regular, Menlo, Consolas, \"DejaVu Sans Mono\", monospace; white-space: pre; }}
.name {{ fill: #9aa4b2; text-anchor: middle; }}
.typed {{ fill: #ffffff; font-weight: bold; }}
.printed {{ fill: #d6deeb; }}
.said {{ fill: #7f8ea3; }}
</style>"
    ));
    put(format_args!(
        "<rect width=\"{width}\" height=\"{height}\" rx=\"10\" fill=\"#10151f\"/>"
    ));
    put(format_args!(
        "<path d=\"M0 34h{width}V10a10 10 0 0 0-10-10H10A10 10 0 0 0 0 10z\" fill=\"#1c2432\"/>"
    ));
    for (x, colour) in [(20, "#ff5f57"), (40, "#febc2e"), (60, "#28c840")] {
        put(format_args!(
            "<circle cx=\"{x}\" cy=\"17\" r=\"6\" fill=\"{colour}\"/>"
        ));
    }
    put(format_args!(
        "<text class=\"name\" x=\"{}\" y=\"22\">{}</text>",
        width / 2,
        escaped(title)
    ));
    for (number, line) in lines.iter().enumerate() {
        let (class, text) = line.parts();
        let y = TOP + number * LINE;
        put(format_args!(
            "<text class=\"{class}\" x=\"{SIDE}\" y=\"{y}\" xml:space=\"preserve\">{}</text>",
            escaped(text)
        ));
    }
    put(format_args!("</svg>"));
    svg
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}

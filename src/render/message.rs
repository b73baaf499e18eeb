//! A message about one person's change, for the ticket or the person, from a template. No secret is ever among what a
//! template is given.

use minijinja::value::Serde;
use minijinja::{Environment, ErrorKind, UndefinedBehavior};
use serde_json::{Value, json};

use super::text;
use crate::domain::{Error, ErrorCode, Result};

/// The template that comes with the program.
const USUAL: &str = include_str!("message.txt");
/// Its name; a file that ends in `.html` has what is put in escaped.
const NAME: &str = "message.txt";
/// Steps that a template may take for one message: far more than a message needs.
const FUEL: u64 = 500_000;

/// A template that was read and tried.
#[derive(Debug)]
pub(crate) struct Template {
    environment: Environment<'static>,
    name: String,
}

impl Template {
    /// The one that comes with the program.
    ///
    /// # Errors
    /// `internal`: it is wrong.
    pub(crate) fn usual() -> Result<Self> {
        Self::read(NAME, USUAL)
    }

    /// Reads a template of this name, and tries it on a person who does not exist: what it asks for and is not there is found
    /// before anything is sent.
    ///
    /// # Errors
    /// `invalid_input`, with the line.
    pub(crate) fn read(name: &str, source: &str) -> Result<Self> {
        let mut environment = Environment::new();
        environment.set_undefined_behavior(UndefinedBehavior::Strict);
        environment.set_fuel(Some(FUEL));
        environment
            .add_template_owned(name.to_owned(), source.to_owned())
            .map_err(|error| wrong(name, &error))?;
        let template = Self {
            environment,
            name: name.to_owned(),
        };
        let sample = sample();
        match template.write(&sample) {
            Ok(_) => Ok(template),
            Err(error) if error.kind() == ErrorKind::UndefinedError => Err(template.absent(&error, &sample)),
            Err(error) => Err(wrong(name, &error)),
        }
    }

    /// What a template asks for and is not there, by name where it is not a field of a row.
    fn absent(&self, error: &minijinja::Error, sample: &Value) -> Error {
        let asked = self
            .environment
            .get_template(&self.name)
            .map(|template| template.undeclared_variables(false))
            .unwrap_or_default();
        let mut names: Vec<String> = asked
            .into_iter()
            .filter(|name| sample.get(name).is_none())
            .map(|name| format!("\"{}\"", text::clean(&name)))
            .collect();
        names.sort();
        let what = if names.is_empty() {
            "a field that is not there".to_owned()
        } else {
            format!("{}, which is not there", names.join(", "))
        };
        let line = error.line().and_then(|line| u64::try_from(line).ok());
        Error::new(ErrorCode::InvalidInput, format!("the template asks for {what}"))
            .at(&self.name, line, None)
            .hint("the names are in docs/messages.md")
    }

    /// The message. Texts from the directory are made harmless first.
    ///
    /// # Errors
    /// `invalid_input`, with the line of the template.
    pub(crate) fn render(&self, about: &Value) -> Result<String> {
        let message = self.write(about).map_err(|error| wrong(&self.name, &error))?;
        Ok(format!("{}\n", message.trim_end()))
    }

    fn write(&self, about: &Value) -> std::result::Result<String, minijinja::Error> {
        self.environment
            .get_template(&self.name)?
            .render(Serde(harmless(about)))
    }
}

fn wrong(name: &str, error: &minijinja::Error) -> Error {
    let line = error.line().and_then(|line| u64::try_from(line).ok());
    let what = error
        .detail()
        .map_or_else(|| error.kind().to_string(), str::to_owned);
    Error::new(ErrorCode::InvalidInput, format!("the template: {what}")).at(name, line, None)
}

fn harmless(value: &Value) -> Value {
    match value {
        Value::String(text) => Value::from(text::clean(text)),
        Value::Array(items) => items.iter().map(harmless).collect(),
        Value::Object(fields) => fields
            .iter()
            .map(|(key, value)| (key.clone(), harmless(value)))
            .collect(),
        other => other.clone(),
    }
}

/// Everything that a template is given, once each.
fn sample() -> Value {
    let row = json!({"step": "remove", "target": "phone:mobile", "detail": "+1 425 555 0100"});
    json!({
        "name": "Adele Vance", "first_name": "Adele", "user": "adele@contoso.example", "display_name": "Adele Vance",
        "profile": "contoso", "tenant": "contoso.onmicrosoft.com", "verb": "user reset", "playbook": "lost-phone",
        "ticket": "INC0042", "reason": "lost", "job": "j-4f7a", "at": "2026-12-08T08:55:00Z", "complete": true,
        "done": [row], "failed": [row], "by_hand": [{"what": "app passwords", "where": "the per-user MFA page"}],
        "stays": "email", "next": [{"text": "registers again", "url": "https://contoso.example"}],
        "sentence": "Adele registers again.", "access_ends_within_min": 60,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_usual_message_says_what_was_done_what_stays_and_what_comes_next() {
        let template = Template::usual().unwrap();
        insta::assert_snapshot!(template.render(&sample()).unwrap(), @r"
        Adele Vance <adele@contoso.example>, contoso
        user reset, playbook lost-phone, ticket INC0042, 2026-12-08T08:55:00Z
        Reason: lost

        Done:
        - remove phone:mobile: +1 425 555 0100

        Not done:
        - remove phone:mobile: +1 425 555 0100

        By hand:
        - app passwords: the per-user MFA page

        Stays: email

        What Adele does next:
        - registers again (https://contoso.example)

        Pages that are open may work for up to 60 minutes more.
        ");
        let mut bare = sample();
        for (key, value) in bare.as_object_mut().unwrap() {
            if !["name", "user", "profile", "verb", "at", "first_name"].contains(&key.as_str()) {
                *value = if value.is_array() { json!([]) } else { Value::Null };
            }
        }
        assert_eq!(
            template.render(&bare).unwrap(),
            "Adele Vance <adele@contoso.example>, contoso\nuser reset, 2026-12-08T08:55:00Z\n"
        );
    }

    #[test]
    fn a_template_that_asks_for_what_is_not_there_is_found_before_it_is_needed() {
        let error = Template::read("ticket.txt", "Dear {{ name }},\nyour pass is {{ secret }}").unwrap_err();
        assert_eq!(error.code(), ErrorCode::InvalidInput);
        assert_eq!(
            (error.to_body().file.as_deref(), error.to_body().line),
            (Some("ticket.txt"), Some(2))
        );
        let said = |text: &str| Template::read("x.txt", text).unwrap_err().message().to_owned();
        assert_eq!(
            said("{{ first }} {{ name }} {{ ticket_id }}"),
            "the template asks for \"first\", \"ticket_id\", which is not there"
        );
        assert_eq!(
            said("{% for row in done %}{{ row.nope }}{% endfor %}"),
            "the template asks for a field that is not there"
        );
        assert!(Template::read("x.txt", "{% if nope is defined %}{{ nope }}{% endif %}").is_ok());
        assert!(Template::read("x.txt", "{% for %}").is_err());
        let endless = "{% for a in range(9999) %}{% for b in range(9999) %}x{% endfor %}{% endfor %}";
        assert!(Template::read("x.txt", endless).is_err(), "it ends");
    }

    #[test]
    fn what_the_directory_says_steers_neither_a_terminal_nor_a_page() {
        let mut about = sample();
        about["name"] = json!("<b>\u{1b}[2J");
        let plain = Template::read("x.txt", "{{ name }}").unwrap();
        assert_eq!(plain.render(&about).unwrap(), "<b>\\u{1b}[2J\n");
        let page = Template::read("x.html", "{{ name }}").unwrap();
        assert_eq!(page.render(&about).unwrap(), "&lt;b&gt;\\u{1b}[2J\n");
    }
}

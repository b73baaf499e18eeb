//! Reading the text of `$filter`.

use super::{Filter, Literal, Op, invalid};
use crate::server::error::ApiError;

#[derive(Clone, Debug, PartialEq)]
enum Token {
    Word(String),
    Text(String),
    Open,
    Close,
    Comma,
    Colon,
}

fn tokens(text: &str) -> Result<Vec<Token>, ApiError> {
    let mut found = Vec::new();
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            ' ' | '\t' => {}
            '(' => found.push(Token::Open),
            ')' => found.push(Token::Close),
            ',' => found.push(Token::Comma),
            '\'' => {
                let mut literal = String::new();
                loop {
                    match chars.next() {
                        Some('\'') if chars.peek() == Some(&'\'') => {
                            chars.next();
                            literal.push('\'');
                        }
                        Some('\'') => break,
                        Some(other) => literal.push(other),
                        None => return Err(invalid("a quoted text does not end")),
                    }
                }
                found.push(Token::Text(literal));
            }
            _ => {
                let mut word = c.to_string();
                while let Some(next) = chars.next_if(|next| !" \t(),'".contains(*next)) {
                    word.push(next);
                }
                // `t:t eq 'x'` may be written without a space behind the colon; a time has colons of its own.
                let is_time = word.starts_with(|c: char| c.is_ascii_digit());
                match word.split_once(':').filter(|_| !is_time) {
                    Some((before, after)) => {
                        found.extend([Token::Word(before.to_owned()), Token::Colon]);
                        if !after.is_empty() {
                            found.push(Token::Word(after.to_owned()));
                        }
                    }
                    None => found.push(Token::Word(word)),
                }
            }
        }
    }
    Ok(found)
}

struct Parser {
    tokens: std::iter::Peekable<std::vec::IntoIter<Token>>,
    depth: u32,
}

/// Reads a condition.
///
/// # Errors
/// 400 `Request_BadRequest`, with what is wrong.
pub(crate) fn parse(text: &str) -> Result<Filter, ApiError> {
    let mut parser = Parser {
        tokens: tokens(text)?.into_iter().peekable(),
        depth: 0,
    };
    let filter = parser.or()?;
    match parser.tokens.next() {
        None => Ok(filter),
        Some(_) => Err(invalid("there is more behind its end")),
    }
}

impl Parser {
    fn or(&mut self) -> Result<Filter, ApiError> {
        let mut parts = vec![self.and()?];
        while self.word("or") {
            parts.push(self.and()?);
        }
        Ok(if parts.len() == 1 {
            parts.remove(0)
        } else {
            Filter::Or(parts)
        })
    }

    fn and(&mut self) -> Result<Filter, ApiError> {
        let mut parts = vec![self.unary()?];
        while self.word("and") {
            parts.push(self.unary()?);
        }
        Ok(if parts.len() == 1 {
            parts.remove(0)
        } else {
            Filter::And(parts)
        })
    }

    fn unary(&mut self) -> Result<Filter, ApiError> {
        self.depth += 1;
        if self.depth > 50 {
            return Err(invalid("it is nested too deeply"));
        }
        let filter = if self.word("not") {
            Filter::Not(Box::new(self.unary()?))
        } else if self.tokens.next_if_eq(&Token::Open).is_some() {
            let inner = self.or()?;
            self.expect(&Token::Close)?;
            inner
        } else {
            self.comparison()?
        };
        self.depth -= 1;
        Ok(filter)
    }

    fn comparison(&mut self) -> Result<Filter, ApiError> {
        let Some(Token::Word(name)) = self.tokens.next() else {
            return Err(invalid("a property is missing"));
        };
        let function = name.to_ascii_lowercase();
        if self.tokens.peek() == Some(&Token::Open) {
            self.tokens.next();
            if let Some((property, "any")) = name.rsplit_once('/') {
                return self.any(property.to_owned());
            }
            let property = self.property()?;
            self.expect(&Token::Comma)?;
            let Literal::Text(text) = self.literal()? else {
                return Err(invalid("a quoted text is missing"));
            };
            self.expect(&Token::Close)?;
            return match function.as_str() {
                "startswith" => Ok(Filter::Starts(property, text)),
                "endswith" => Ok(Filter::Ends(property, text)),
                _ => Err(invalid(&format!("the function '{name}' is not supported"))),
            };
        }
        let Some(Token::Word(op)) = self.tokens.next() else {
            return Err(invalid("an operator is missing"));
        };
        let op = match op.to_ascii_lowercase().as_str() {
            "eq" => Op::Eq,
            "ne" => Op::Ne,
            "ge" => Op::Ge,
            "le" => Op::Le,
            "gt" => Op::Gt,
            "lt" => Op::Lt,
            "in" => return self.list(name),
            other => return Err(invalid(&format!("the operator '{other}' is not supported"))),
        };
        Ok(Filter::Compare(name, op, self.literal()?))
    }

    fn list(&mut self, name: String) -> Result<Filter, ApiError> {
        self.expect(&Token::Open)?;
        let mut parts = Vec::new();
        loop {
            parts.push(Filter::Compare(name.clone(), Op::Eq, self.literal()?));
            match self.tokens.next() {
                Some(Token::Comma) => {}
                Some(Token::Close) => return Ok(Filter::Or(parts)),
                _ => return Err(invalid("a list does not end")),
            }
        }
    }

    /// `methodsRegistered/any(t: t eq 'x')`, the only lambda that is used.
    fn any(&mut self, property: String) -> Result<Filter, ApiError> {
        let variable = self.property()?;
        self.expect(&Token::Colon)?;
        let Filter::Compare(name, Op::Eq, literal) = self.comparison()? else {
            return Err(invalid("only eq is supported inside any"));
        };
        self.expect(&Token::Close)?;
        if name == variable {
            Ok(Filter::Any(property, literal))
        } else {
            Err(invalid("the variable is another"))
        }
    }

    fn property(&mut self) -> Result<String, ApiError> {
        match self.tokens.next() {
            Some(Token::Word(name)) => Ok(name),
            _ => Err(invalid("a property is missing")),
        }
    }

    fn literal(&mut self) -> Result<Literal, ApiError> {
        match self.tokens.next() {
            Some(Token::Text(text)) => Ok(Literal::Text(text)),
            Some(Token::Word(word)) => match word.as_str() {
                "true" => Ok(Literal::Bool(true)),
                "false" => Ok(Literal::Bool(false)),
                "null" => Ok(Literal::Null),
                other => match (other.parse(), other.parse::<jiff::Timestamp>()) {
                    (Ok(number), _) => Ok(Literal::Number(number)),
                    (_, Ok(time)) => Ok(Literal::Time(time.as_millisecond())),
                    // A guid need not be quoted.
                    _ if uuid::Uuid::try_parse(other).is_ok() => Ok(Literal::Text(other.to_owned())),
                    _ => Err(invalid(&format!("'{other}' is no value; quote texts"))),
                },
            },
            _ => Err(invalid("a value is missing")),
        }
    }

    fn word(&mut self, word: &str) -> bool {
        let is = |token: &Token| matches!(token, Token::Word(found) if found.eq_ignore_ascii_case(word));
        self.tokens.next_if(is).is_some()
    }

    fn expect(&mut self, token: &Token) -> Result<(), ApiError> {
        match self.tokens.next_if_eq(token) {
            Some(_) => Ok(()),
            None => Err(invalid("a bracket or comma is missing")),
        }
    }
}

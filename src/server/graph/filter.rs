//! `$filter`: read into a tree, then either evaluated on JSON or written as SQL. The operators that Graph documents
//! for directory objects and that clients of this service use.

mod parse;

pub(crate) use parse::parse;

use rusqlite::types::Value as Sql;
use serde_json::Value;

use crate::server::error::ApiError;

/// A condition.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Filter {
    /// All of them.
    And(Vec<Filter>),
    /// Any of them.
    Or(Vec<Filter>),
    /// Not this one.
    Not(Box<Filter>),
    /// A property compared with a literal.
    Compare(String, Op, Literal),
    /// A text property that begins with something.
    Starts(String, String),
    /// A text property that ends with something.
    Ends(String, String),
    /// A collection with an element that equals something.
    Any(String, Literal),
}

/// How two values are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Op {
    Eq,
    Ne,
    Ge,
    Le,
    Gt,
    Lt,
}

/// A value in a condition.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Literal {
    Text(String),
    Bool(bool),
    Number(i64),
    Time(i64),
    Null,
}

fn invalid(why: &str) -> ApiError {
    ApiError::bad_request(format!("Invalid filter clause: {why}."))
}

/// What a column holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Column {
    /// An object id, kept in lower case: compared exactly, so that the primary key serves it.
    Key(&'static str),
    /// A text; compared without regard to case.
    Text(&'static str),
    /// 0, 1 or null.
    Flag(&'static str),
    /// Milliseconds since 1970.
    Time(&'static str),
}

impl Filter {
    /// Whether it needs the header `ConsistencyLevel: eventual` and `$count=true` in the directory.
    pub(crate) fn is_advanced(&self) -> bool {
        match self {
            Self::And(parts) | Self::Or(parts) => parts.iter().any(Self::is_advanced),
            Self::Not(_) | Self::Ends(..) | Self::Compare(_, Op::Ne, _) => true,
            Self::Compare(..) | Self::Starts(..) | Self::Any(..) => false,
        }
    }

    /// The properties that it is about.
    pub(crate) fn names(&self) -> Vec<&str> {
        match self {
            Self::And(parts) | Self::Or(parts) => parts.iter().flat_map(Self::names).collect(),
            Self::Not(inner) => inner.names(),
            Self::Compare(name, ..) | Self::Starts(name, _) | Self::Ends(name, _) | Self::Any(name, _) => {
                vec![name]
            }
        }
    }

    /// The condition as SQL on the table `users`, its values appended to `values`.
    ///
    /// # Errors
    /// 400 for a property that has no column, or a value of another type.
    pub(crate) fn sql(
        &self,
        columns: &dyn Fn(&str) -> Option<Column>,
        values: &mut Vec<Sql>,
    ) -> Result<String, ApiError> {
        let column = |name: &str| {
            columns(name).ok_or_else(|| {
                ApiError::new(
                    axum::http::StatusCode::BAD_REQUEST,
                    "Request_UnsupportedQuery",
                    format!("Unsupported or invalid query filter clause specified for property '{name}'."),
                )
            })
        };
        let mut bind = |value: Sql| {
            values.push(value);
            format!("?{}", values.len())
        };
        if let Some((name, texts)) = self.one_of() {
            let (operand, fold): (_, fn(&str) -> String) = match column(name)? {
                Column::Key(column) => (column.to_owned(), str::to_ascii_lowercase),
                Column::Text(column) => (format!("{column} COLLATE NOCASE"), str::to_owned),
                Column::Flag(_) | Column::Time(_) => {
                    return Err(invalid(&format!("the value does not fit the property '{name}'")));
                }
            };
            let places: Vec<_> = texts.iter().map(|text| bind(Sql::Text(fold(text)))).collect();
            return Ok(format!("({operand} IN ({}))", places.join(", ")));
        }
        match self {
            Self::And(parts) | Self::Or(parts) => {
                let word = if matches!(self, Self::And(_)) {
                    " AND "
                } else {
                    " OR "
                };
                let parts: Result<Vec<_>, _> = parts.iter().map(|part| part.sql(columns, values)).collect();
                let parts = parts?;
                if matches!(self, Self::Or(_)) && self.looks_up() {
                    // Each by its own index: as alternatives they are one reading of the whole table.
                    let each: Vec<_> = parts
                        .iter()
                        .map(|part| format!("SELECT id FROM users WHERE {part}"))
                        .collect();
                    return Ok(format!("(id IN ({}))", each.join(" UNION ")));
                }
                Ok(format!("({})", parts.join(word)))
            }
            Self::Not(inner) => Ok(format!("(NOT ifnull({}, 0))", inner.sql(columns, values)?)),
            Self::Starts(name, text) => {
                let Column::Text(column) = column(name)? else {
                    return Err(invalid("startswith needs a text"));
                };
                // A range and not LIKE, so that an index serves it.
                let (low, high) = (
                    bind(Sql::Text(text.clone())),
                    bind(Sql::Text(format!("{text}\u{10ffff}"))),
                );
                Ok(format!(
                    "({column} >= {low} COLLATE NOCASE AND {column} < {high} COLLATE NOCASE)"
                ))
            }
            Self::Ends(name, text) => {
                let Column::Text(column) = column(name)? else {
                    return Err(invalid("endswith needs a text"));
                };
                let value = bind(Sql::Text(format!("%{}", like(text))));
                Ok(format!("({column} LIKE {value} ESCAPE '\\')"))
            }
            Self::Any(name, _) => Err(invalid(&format!("'{name}' is no collection"))),
            Self::Compare(name, op, Literal::Null) => {
                let (Column::Key(column)
                | Column::Text(column)
                | Column::Flag(column)
                | Column::Time(column)) = column(name)?;
                Ok(format!(
                    "({column} IS {}NULL)",
                    if *op == Op::Eq { "" } else { "NOT " }
                ))
            }
            Self::Compare(name, op, literal) => {
                let sign = op.sign();
                match (column(name)?, literal) {
                    (Column::Key(column), Literal::Text(text)) => {
                        let value = bind(Sql::Text(text.to_ascii_lowercase()));
                        Ok(format!("({column} {sign} {value})"))
                    }
                    (Column::Text(column), Literal::Text(text)) => {
                        let value = bind(Sql::Text(text.clone()));
                        let missing = if *op == Op::Ne {
                            format!(" OR {column} IS NULL")
                        } else {
                            String::new()
                        };
                        Ok(format!("({column} {sign} {value} COLLATE NOCASE{missing})"))
                    }
                    (Column::Flag(column), Literal::Bool(flag)) => {
                        let value = bind(Sql::Integer(i64::from(*flag)));
                        Ok(format!("(ifnull({column}, 0) {sign} {value})"))
                    }
                    (Column::Time(column), Literal::Time(at)) => {
                        let value = bind(Sql::Integer(*at));
                        Ok(format!("({column} {sign} {value})"))
                    }
                    _ => Err(invalid(&format!("the value does not fit the property '{name}'"))),
                }
            }
        }
    }

    /// Whether it names those it finds by a text they hold.
    fn looks_up(&self) -> bool {
        match self {
            Self::And(parts) => parts.iter().any(Self::looks_up),
            Self::Or(parts) => parts.iter().all(Self::looks_up),
            Self::Compare(_, Op::Eq, Literal::Text(_)) => true,
            _ => false,
        }
    }

    /// The property and the texts, where this is one property that equals one of several texts. As alternatives SQLite
    /// reads the whole table for them, in the order of the listing; as a list it looks each up in the index.
    fn one_of(&self) -> Option<(&str, Vec<&str>)> {
        let Self::Or(parts) = self else {
            return None;
        };
        let parts: Option<Vec<_>> = parts
            .iter()
            .map(|part| match part {
                Self::Compare(name, Op::Eq, Literal::Text(text)) => Some((name.as_str(), text.as_str())),
                _ => None,
            })
            .collect();
        let parts = parts?;
        let (name, _) = *parts.first()?;
        parts
            .iter()
            .all(|(other, _)| *other == name)
            .then(|| (name, parts.into_iter().map(|(_, text)| text).collect()))
    }

    /// Whether a JSON object meets the condition. A property that is not there is null.
    pub(crate) fn matches(&self, item: &Value) -> bool {
        let text = |name: &str| item[name].as_str().unwrap_or_default().to_lowercase();
        match self {
            Self::And(parts) => parts.iter().all(|part| part.matches(item)),
            Self::Or(parts) => parts.iter().any(|part| part.matches(item)),
            Self::Not(inner) => !inner.matches(item),
            Self::Starts(name, start) => {
                item[name].is_string() && text(name).starts_with(&start.to_lowercase())
            }
            Self::Ends(name, end) => item[name].is_string() && text(name).ends_with(&end.to_lowercase()),
            Self::Any(name, literal) => item[name].as_array().is_some_and(|items| {
                items
                    .iter()
                    .any(|item| literal.compare(item) == Some(std::cmp::Ordering::Equal))
            }),
            Self::Compare(name, op, literal) => op.accepts(literal.compare(&item[name])),
        }
    }
}

impl Op {
    fn sign(self) -> &'static str {
        match self {
            Self::Eq => "=",
            Self::Ne => "<>",
            Self::Ge => ">=",
            Self::Le => "<=",
            Self::Gt => ">",
            Self::Lt => "<",
        }
    }

    fn accepts(self, order: Option<std::cmp::Ordering>) -> bool {
        match self {
            Self::Eq => order.is_some_and(std::cmp::Ordering::is_eq),
            Self::Ne => !order.is_some_and(std::cmp::Ordering::is_eq),
            Self::Ge => order.is_some_and(std::cmp::Ordering::is_ge),
            Self::Le => order.is_some_and(std::cmp::Ordering::is_le),
            Self::Gt => order.is_some_and(std::cmp::Ordering::is_gt),
            Self::Lt => order.is_some_and(std::cmp::Ordering::is_lt),
        }
    }
}

impl Literal {
    /// How a value stands to this literal; none where they are of different types.
    fn compare(&self, value: &Value) -> Option<std::cmp::Ordering> {
        match self {
            Self::Null => value.is_null().then_some(std::cmp::Ordering::Equal),
            Self::Bool(flag) => value.as_bool().map(|value| value.cmp(flag)),
            Self::Number(number) => value.as_i64().map(|value| value.cmp(number)),
            Self::Text(text) => value
                .as_str()
                .map(|value| value.to_lowercase().cmp(&text.to_lowercase())),
            Self::Time(at) => {
                let value: jiff::Timestamp = value.as_str()?.parse().ok()?;
                Some(value.as_millisecond().cmp(at))
            }
        }
    }
}

/// Text as LIKE takes it literally, with `\` as the escape.
pub(crate) fn like(text: &str) -> String {
    text.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_")
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn holds(filter: &str, item: &Value) -> bool {
        parse(filter).unwrap().matches(item)
    }

    #[test]
    fn evaluates_the_operators_of_the_directory() {
        let item = json!({"displayName": "O'Neil", "enabled": true, "n": 5, "list": ["a", "b"], "none": null,
            "at": "2026-01-02T00:00:00Z"});
        for filter in [
            "displayName eq 'o''neil'",
            "startswith(displayName,'O''N') and enabled eq true",
            "not (n gt 5) and n ge 5",
            "displayName in ('x', 'O''Neil')",
            "list/any(t:t eq 'B')",
            "list/any(t: t eq 'a')",
            "none eq null and displayName ne null",
            "at gt 2026-01-01T00:00:00Z",
            "enabled eq false or endswith(displayName, 'eil')",
        ] {
            assert!(holds(filter, &item), "{filter}");
        }
        assert!(!holds(
            "enabled eq false or n lt 5 and displayName eq 'O''Neil'",
            &item
        ));
    }

    #[test]
    fn refuses_what_it_cannot_read() {
        for filter in [
            "",
            "displayName",
            "displayName eq",
            "displayName eq 'x",
            "a eq 1 b",
            "foo(a,'b')",
            "(a eq 1",
        ] {
            assert_eq!(
                parse(filter).unwrap_err().code(),
                "Request_BadRequest",
                "{filter}"
            );
        }
        assert!(parse(&"(".repeat(10_000)).is_err());
    }

    #[test]
    fn writes_sql_with_bound_values_only() {
        let columns = |name: &str| match name {
            "displayName" => Some(Column::Text("display_name")),
            "accountEnabled" => Some(Column::Flag("enabled")),
            _ => None,
        };
        let mut values = Vec::new();
        let filter = parse("startswith(displayName,'a;--') and accountEnabled eq true").unwrap();
        assert_eq!(
            filter.sql(&columns, &mut values).unwrap(),
            "((display_name >= ?1 COLLATE NOCASE AND display_name < ?2 COLLATE NOCASE) AND (ifnull(enabled, 0) = ?3))"
        );
        assert_eq!(values.len(), 3);
        let unknown = parse("password eq 'x'")
            .unwrap()
            .sql(&columns, &mut values)
            .unwrap_err();
        assert_eq!(unknown.code(), "Request_UnsupportedQuery");
    }
}

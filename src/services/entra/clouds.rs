//! What a national cloud lacks, found by asking: no list of it is kept, because documentation and metadata of these clouds
//! disagree (api/entra 1.10). Where the list of all methods is missing, they are read segment by segment.

use serde_json::Value;

use super::EntraService;
use super::error::{Family, means_no_person, service_message};
use super::graph::{V1, parse, read_of};
use super::wire::WireMethod;
use crate::domain::{Error, ErrorCode, Method, Result, UnknownPart, UserId};
use crate::http::{Request, Response, Verb};
use crate::services::listed::sort_methods;

/// A segment below a person's `authentication`, the template of its path, and the type of what stands there.
type Segment = (&'static str, &'static str, &'static str);

macro_rules! segment {
    ($name:literal, $kind:literal) => {
        (
            concat!("/authentication/", $name),
            concat!("/users/{id}/authentication/", $name),
            concat!("#microsoft.graph.", $kind, "AuthenticationMethod"),
        )
    };
}

/// Every segment of v1.0 but the password's, which everybody has.
const SEGMENTS: [Segment; 9] = [
    segment!("phoneMethods", "phone"),
    segment!("emailMethods", "email"),
    segment!("fido2Methods", "fido2"),
    segment!("microsoftAuthenticatorMethods", "microsoftAuthenticator"),
    segment!("softwareOathMethods", "softwareOath"),
    segment!("temporaryAccessPassMethods", "temporaryAccessPass"),
    segment!("windowsHelloForBusinessMethods", "windowsHelloForBusiness"),
    segment!("platformCredentialMethods", "platformCredential"),
    segment!("externalAuthenticationMethods", "external"),
];

/// What Graph says of a path that it does not know. Only the words differ from other refusals of the same code.
const NO_SEGMENT: &str = "resource not found for the segment";

/// Whether an answer says that this cloud does not have what was asked for.
pub(super) fn lacks(response: &Response) -> bool {
    matches!(response.status, 400 | 404)
        && !means_no_person(response)
        && service_message(response)
            .to_ascii_lowercase()
            .contains(NO_SEGMENT)
}

/// The refusal of what this cloud does not have.
pub(super) fn lacking(response: &Response) -> Error {
    let said = service_message(response);
    let segment = said.split('\'').nth(1).filter(|name| {
        !name.is_empty()
            && name
                .chars()
                .all(|letter| letter.is_ascii_alphanumeric() || letter == '$')
    });
    let what = segment.map_or_else(|| "that".to_owned(), |segment| format!("\"{segment}\""));
    Error::new(
        ErrorCode::Unsupported,
        format!("this cloud does not offer {what} in Microsoft Graph"),
    )
    .hint("do it in the admin centre of that cloud; what else there is: mfactl capabilities")
}

impl EntraService {
    /// The methods of a person from the segments that this cloud has, and what it does not list.
    ///
    /// # Errors
    /// `unsupported`, where it has none of them; what the others say.
    pub(super) async fn methods_by_segment(
        &self,
        user: &UserId,
    ) -> Result<(Vec<Method>, Option<UnknownPart>)> {
        let requests: Vec<Request> = SEGMENTS
            .iter()
            .map(|(tail, template, _)| read_of(user, V1, tail, template))
            .collect();
        let answers = self.graph.pipeline().batch_whole(&requests).await;
        let (mut methods, mut missing, mut last) = (Vec::new(), Vec::new(), None);
        for ((tail, _, kind), answer) in SEGMENTS.iter().zip(answers) {
            let response = answer?;
            if lacks(&response) {
                missing.push(tail.rsplit('/').next().unwrap_or_default());
                last = Some(response);
                continue;
            }
            let mut page = self.graph.check(response, Family::Methods, Verb::Get)?.json()?;
            let Some(Value::Array(items)) = page.get_mut("value").map(Value::take) else {
                continue;
            };
            for mut item in items {
                // Where all are of one type, none has to say it.
                if let Some(item) = item.as_object_mut() {
                    item.entry("@odata.type").or_insert_with(|| Value::from(*kind));
                }
                methods.extend(parse::<WireMethod>(item)?.into_method());
            }
        }
        if missing.len() == SEGMENTS.len()
            && let Some(response) = last
        {
            return Err(lacking(&response));
        }
        sort_methods(&mut methods);
        let unknown = (!missing.is_empty()).then(|| UnknownPart {
            part: "methods".to_owned(),
            why: format!("this cloud does not list {}", missing.join(", ")),
            instead: "look in the admin centre of that cloud".to_owned(),
        });
        Ok((methods, unknown))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(status: u16, message: &str) -> Response {
        let body = serde_json::json!({"error": {"code": "BadRequest", "message": message}});
        Response {
            status,
            headers: Vec::new(),
            body: body.to_string().into_bytes(),
            request_id: None,
            tries: 1,
        }
    }

    #[test]
    fn a_segment_that_a_cloud_lacks_is_told_from_a_method_that_a_person_lacks() {
        for status in [400, 404] {
            let gone = answer(status, "Resource not found for the segment 'fido2Methods'.");
            assert!(lacks(&gone));
            let error = lacking(&gone);
            assert_eq!(error.code(), ErrorCode::Unsupported);
            assert_eq!(
                error.message(),
                "this cloud does not offer \"fido2Methods\" in Microsoft Graph"
            );
        }
        assert!(!lacks(&answer(404, "Resource not found.")));
        assert!(!lacks(&answer(500, "Resource not found for the segment 'x'.")));
        let odd = lacking(&answer(400, "Resource not found for the segment '\u{1b}[2J'."));
        assert_eq!(odd.message(), "this cloud does not offer that in Microsoft Graph");
    }
}

//! The request's bytes: the same history always gives the same, and servers differ only where the
//! dialect says so.

use crate::answers::said;
use tacet_core::provider::RefusedField;
use tacet_core::{Endpoint, ModelRequest, Parameters, Remote, Role, WireApi};

/// A service that knows no more than the API.
const SERVICE: &str = "https://api.groq.com/openai/v1";
/// A server of somebody's own.
const OWN: &str = "http://127.0.0.1:1/v1";

fn at(address: &str) -> Remote {
    Remote::new(WireApi::OpenaiChat, &Endpoint::new(address, None)).unwrap()
}

fn request(provider: &Remote, parameters: Parameters) -> String {
    let history = [
        said(Role::System, "Be brief."),
        said(Role::User, "Hi \"you\""),
    ];
    let request = ModelRequest {
        parameters,
        ..ModelRequest::new("some/model", history)
    };
    String::from_utf8(provider.body(&request)).unwrap()
}

#[test]
fn c19_the_request_is_these_bytes() {
    let parameters = Parameters {
        temperature: Some(0.2),
        max_output_tokens: Some(64),
        seed: Some(7),
        effort: None,
        result_bytes: None,
    };
    assert_eq!(
        request(&at(SERVICE), parameters),
        concat!(
            r#"{"model":"some/model","messages":[{"role":"system","content":"Be brief."},"#,
            r#"{"role":"user","content":"Hi \"you\""}],"stream":true,"#,
            r#""stream_options":{"include_usage":true},"temperature":0.2,"max_tokens":64,"seed":7}"#
        )
    );
}

#[test]
fn what_a_server_refused_is_not_sent() {
    let refused = RefusedField {
        field: "stream_options".to_owned(),
        model: None,
    };
    let provider = at(SERVICE).with_refused_fields(vec![refused], |_| {});
    let request = request(&provider, Parameters::default());
    assert!(request.ends_with(r#""stream":true}"#), "{request}");
}

#[test]
fn the_limit_of_tokens_has_the_name_that_the_server_wants() {
    let parameters = Parameters {
        max_output_tokens: Some(64),
        ..Parameters::default()
    };
    let request = request(&at("https://api.openai.com/v1"), parameters);
    assert!(request.contains(r#""max_completion_tokens":64"#));
    assert!(!request.contains(r#""max_tokens""#));
}

#[test]
fn figures_on_the_way_are_asked_for_in_the_words_of_each_server() {
    let request = request(&at(OWN), Parameters::default());
    let asked = concat!(
        r#""stream_options":{"include_usage":true,"continuous_usage_stats":true},"#,
        r#""timings_per_token":true,"return_progress":true}"#
    );
    assert!(request.ends_with(asked), "{request}");
}

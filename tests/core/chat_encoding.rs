//! The request's bytes: the same history always gives the same, and servers differ only where the
//! dialect says so.

use crate::answers::said;
use tacet_core::provider::ToolList;
use tacet_core::provider::openai_chat::encode::{Dialect, encode};
use tacet_core::{Parameters, Role};

const PLAIN: Dialect = Dialect {
    include_usage: true,
    running_usage: false,
    timings: false,
    progress: false,
    completion_limit: false,
    reasoning_content: false,
    searches: false,
    images: false,
};

fn request(parameters: &Parameters, dialect: Dialect) -> String {
    let history = [
        said(Role::System, "Be brief."),
        said(Role::User, "Hi \"you\""),
    ];
    String::from_utf8(encode(
        "some/model",
        &history,
        &ToolList::default(),
        parameters,
        dialect,
        None,
    ))
    .unwrap()
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
        request(&parameters, PLAIN),
        concat!(
            r#"{"model":"some/model","messages":[{"role":"system","content":"Be brief."},"#,
            r#"{"role":"user","content":"Hi \"you\""}],"stream":true,"#,
            r#""stream_options":{"include_usage":true},"temperature":0.2,"max_tokens":64,"seed":7}"#
        )
    );
}

#[test]
fn what_is_not_asked_for_is_not_sent() {
    let dialect = Dialect {
        include_usage: false,
        ..PLAIN
    };
    let request = request(&Parameters::default(), dialect);
    assert!(request.ends_with(r#""stream":true}"#), "{request}");
}

#[test]
fn the_limit_of_tokens_has_the_name_that_the_server_wants() {
    let parameters = Parameters {
        max_output_tokens: Some(64),
        ..Parameters::default()
    };
    let dialect = Dialect {
        completion_limit: true,
        ..PLAIN
    };
    let request = request(&parameters, dialect);
    assert!(request.contains(r#""max_completion_tokens":64"#));
    assert!(!request.contains(r#""max_tokens""#));
}

#[test]
fn figures_on_the_way_are_asked_for_in_the_words_of_each_server() {
    let dialect = Dialect {
        running_usage: true,
        timings: true,
        progress: true,
        ..PLAIN
    };
    let request = request(&Parameters::default(), dialect);
    let asked = concat!(
        r#""stream_options":{"include_usage":true,"continuous_usage_stats":true},"#,
        r#""timings_per_token":true,"return_progress":true}"#
    );
    assert!(request.ends_with(asked), "{request}");
}

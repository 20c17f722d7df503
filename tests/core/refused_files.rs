//! Files that a provider does not take: named, left out, and never in the way of later requests.

use crate::answers::{file, message, said, text, text_file};
use crate::hanging_up::drain;
use crate::wire_phases::api;
use serde_json::json;
use tacet_core::history::{RepairChange, preview};
use tacet_core::{
    Endpoint, ErrorCategory, Message, MessageState, ModelRequest, Part, Provider, ProviderError,
    RefusedFile, Remote, Role, WireApi,
};
use tacet_test_support::server::{Dialect, GatedServer};

/// The beginning of a PNG, and one of a PDF.
const PNG: &str = "iVBORw0KGgoAAAANSUhEUg==";
const PDF: &str = "JVBERi0xLjcKJeLjz9M=";

fn chat(server: &GatedServer) -> Remote {
    let endpoint = Endpoint::new(server.base_url(), None);
    Remote::new(WireApi::OpenaiChat, &endpoint).unwrap()
}

/// The error of a request with this history that is refused so.
async fn refused(history: &[Message], status: u16, words: &str) -> ProviderError {
    let server = GatedServer::start().await;
    let provider = chat(&server);
    let request = ModelRequest::new("gated-model", history);
    let (answer, ()) = tokio::join!(drain(provider.stream(request)), async {
        let exchange = server.next_request().await;
        let body = json!({"error": {"message": words, "type": "invalid_request_error"}});
        exchange.respond_json(status, &body).await;
    });
    answer.1.expect("an error")
}

fn names(error: &ProviderError) -> Vec<&str> {
    error.files.iter().map(|file| file.name.as_str()).collect()
}

fn conversation() -> Vec<Message> {
    vec![
        message(
            Role::User,
            vec![file("old.png", "image/png", PNG), text("And this?")],
        ),
        said(Role::Assistant, "Rubble."),
        message(
            Role::User,
            vec![
                text_file("notes.txt", "Ice."),
                file("new.png", "image/png", PNG),
                file("map.pdf", "application/pdf", PDF),
                text("What is it?"),
            ],
        ),
    ]
}

#[tokio::test]
async fn a_refusal_of_a_file_names_the_files_that_it_may_be_about() {
    let history = conversation();
    let image = refused(&history, 400, "You uploaded an unsupported image.").await;
    assert_eq!(image.category, ErrorCategory::File);
    assert!(!image.retryable);
    let expected = RefusedFile {
        message_id: history[2].id,
        part: 1,
        name: "new.png".to_owned(),
    };
    assert_eq!(image.files, [expected]);
    let document = refused(&history, 400, "The PDF specified was not valid.").await;
    assert_eq!(names(&document), ["map.pdf"]);
    // Nothing in these words says which; what went before was taken.
    let either = refused(&history, 422, "Invalid base64 data").await;
    assert_eq!(names(&either), ["new.png", "map.pdf"]);
    let server_error = refused(&history, 500, "image input is not supported").await;
    assert_eq!(server_error.category, ErrorCategory::File);
    assert!(!server_error.retryable);
}

#[tokio::test]
async fn a_request_that_is_too_large_names_its_largest_file() {
    let history = conversation();
    let error = refused(&history, 413, "Too large").await;
    assert_eq!(error.category, ErrorCategory::RequestTooLarge);
    assert_eq!(error.files.len(), 1);
    let without = refused(&[said(Role::User, "hello")], 413, "Too large").await;
    assert_eq!(without.files, []);
}

#[tokio::test]
async fn where_no_file_was_sent_a_refusal_is_not_about_one() {
    let error = refused(
        &[said(Role::User, "Draw me an image.")],
        400,
        "No image here",
    )
    .await;
    assert_eq!(error.category, ErrorCategory::BadRequest);
    assert_eq!(error.files, []);
}

fn body_of(history: &[Message]) -> String {
    let endpoint = Endpoint::new("http://127.0.0.1:9/v1", None);
    let provider = Remote::new(WireApi::OpenaiChat, &endpoint).unwrap();
    let request = ModelRequest::new("gated-model", history);
    String::from_utf8(provider.body(&request)).unwrap()
}

#[test]
fn a_file_that_was_left_out_is_not_sent_and_the_preview_says_so() {
    let mut history = conversation();
    if let Part::Attachment(picture) = &mut history[2].parts[1] {
        picture.left_out = true;
    }
    let body = body_of(&history);
    assert_eq!(body.matches("data:image/png").count(), 1, "{body}");
    assert!(body.contains("the file new.png, which could not be sent"));
    let seeing = chat_rules();
    let left_out = RepairChange::FileLeftOut {
        name: "new.png".to_owned(),
    };
    let told = preview(&history, &seeing);
    let told: Vec<_> = told.into_iter().map(|repair| repair.change).collect();
    assert!(told.contains(&left_out), "{told:?}");
}

fn chat_rules() -> tacet_core::history::Rules {
    let endpoint = Endpoint::new("http://127.0.0.1:9/v1", None);
    let provider = Remote::new(WireApi::OpenaiChat, &endpoint).unwrap();
    provider.rules("gated-model")
}

#[tokio::test]
async fn a_file_that_was_refused_does_not_spoil_the_requests_after_it() {
    let mut history = conversation();
    let mut failed = message(Role::Assistant, Vec::new());
    failed.state = MessageState::Incomplete;
    failed.error = Some(refused(&history, 400, "You uploaded an unsupported image.").await);
    history.push(failed);
    history.push(said(Role::User, "Then tell me about ice."));
    let body = body_of(&history);
    assert!(body.contains("the file new.png, which could not be sent"));
    assert_eq!(body.matches("data:image/png").count(), 1, "{body}");
    // Repaired twice it is the same: what was replaced is not looked for again.
    let once = tacet_core::history::repair(&history, &chat_rules());
    let twice = tacet_core::history::repair(&once, &chat_rules());
    assert_eq!(once, twice);
    // The preview comes by the file before it comes by the refusal, and tells it all the same.
    let told = preview(&history, &chat_rules());
    let of_it = told
        .iter()
        .filter(|told| told.message_id == history[2].id)
        .map(|told| &told.change);
    let [new, map] = ["new.png", "map.pdf"].map(str::to_owned);
    assert_eq!(
        of_it.collect::<Vec<_>>(),
        [
            &RepairChange::FileLeftOut { name: new },
            &RepairChange::FileReplaced { name: map }
        ]
    );
}

#[tokio::test]
async fn the_bytes_of_a_file_say_what_it_is_at_each_api_and_in_old_conversations() {
    let history = [message(
        Role::User,
        vec![file("holiday.jpg", "image/jpeg", PNG), text("What is it?")],
    )];
    for dialect in Dialect::ALL {
        let endpoint = Endpoint::new("http://127.0.0.1:9/v1", None);
        let provider = Remote::new(api(dialect), &endpoint).unwrap();
        let request = ModelRequest::new("gated-model", &history[..]);
        let body = String::from_utf8(provider.body(&request)).unwrap();
        assert!(!body.contains("image/jpeg"), "{dialect}: {body}");
        assert!(body.contains(PNG), "{dialect}: {body}");
        // Ollama takes images without a type.
        let typed = dialect != Dialect::Ollama;
        assert_eq!(body.contains("image/png"), typed, "{dialect}: {body}");
    }
}

#[test]
fn a_file_whose_bytes_no_api_takes_travels_as_its_name_whatever_it_was_called() {
    // "BM" begins a bitmap, and "PK" an archive.
    for bytes in ["Qk06AAAAAAAAADYAAAAoAAAA", "UEsDBBQAAAAIAAAA"] {
        let history = [message(
            Role::User,
            vec![file("moraine.png", "image/png", bytes), text("Look.")],
        )];
        let body = body_of(&history);
        assert!(!body.contains(bytes), "{body}");
        assert!(body.contains("moraine.png, which this model cannot read"));
    }
}

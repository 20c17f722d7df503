//! Pages, from a server of the test's own.

use serde_json::json;
use tacet_test_support::patience::within;
use tacet_tool::builtin::FetchPage;
use tacet_tool::tool::{ResultContent, ToolConfirmation, ToolOutcome, call};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

/// Answers each connection with what `answer` makes of the path; returns the port, and the paths
/// that were asked for.
async fn server(
    answer: impl Fn(&str) -> Option<String> + Send + 'static,
) -> (u16, mpsc::UnboundedReceiver<(String, TcpStream)>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let (asked, asked_for) = mpsc::unbounded_channel();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let mut head = Vec::new();
            while !head.ends_with(b"\r\n\r\n") {
                head.push(stream.read_u8().await.unwrap());
            }
            let head = String::from_utf8(head).unwrap();
            let path = head.split(' ').nth(1).unwrap().to_owned();
            if let Some(answer) = answer(&path) {
                stream.write_all(answer.as_bytes()).await.unwrap();
                stream.shutdown().await.unwrap();
            }
            if asked.send((path, stream)).is_err() {
                return;
            }
        }
    });
    (port, asked_for)
}

fn page(kind: &str, body: &str) -> String {
    format!("HTTP/1.1 200 OK\r\ncontent-type: {kind}\r\nconnection: close\r\n\r\n{body}")
}

fn redirect(to: &str) -> String {
    format!(
        "HTTP/1.1 302 Found\r\nlocation: {to}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"
    )
}

async fn fetch(private_too: bool, url: &str) -> Result<String, String> {
    let tool = FetchPage::new("tacet/test", private_too);
    let calling = call(
        &tool,
        json!({ "url": url }),
        CancellationToken::new(),
        &|_| {},
    );
    let text = |contents: Vec<ResultContent>| match &contents[..] {
        [ResultContent::Text { text }] => text.clone(),
        other => panic!("{other:?}"),
    };
    match within("the page", calling).await {
        ToolOutcome::Succeeded(contents) => Ok(text(contents)),
        ToolOutcome::Failed(contents) => Err(text(contents)),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_page_comes_as_text_without_its_scripts() {
    let body = "<html><head><title>T</title><script>alert(1)</script></head>\
                <body><h1>Tide</h1><p>in &amp; out</p></body></html>";
    let (port, _asked) = server(move |path| {
        Some(match path {
            "/moved" => redirect("/page"),
            "/plain" => page("text/plain; charset=utf-8", "für"),
            "/picture" => page("image/png", "x"),
            "/long" => page("text/plain", &"x".repeat(8_000_000)),
            _ => page("text/html", body),
        })
    })
    .await;
    let at = |path: &str| format!("http://127.0.0.1:{port}{path}");
    let text = fetch(true, &at("/moved")).await.unwrap();
    assert!(text.contains("Tide") && text.contains("in & out"), "{text}");
    assert!(!text.contains("alert") && !text.contains('<'), "{text}");
    assert_eq!(fetch(true, &at("/plain")).await.unwrap(), "für");
    let words = fetch(true, &at("/picture")).await.unwrap_err();
    assert!(words.contains("image/png"), "{words}");
    let long = fetch(true, &at("/long")).await.unwrap();
    assert!(
        long.len() < 65 * 1024 && long.ends_with("left out.]"),
        "{}",
        long.len()
    );
}

#[tokio::test]
async fn nothing_is_asked_of_a_private_address_by_number_or_by_name() {
    let (port, mut asked) = server(|_| Some(page("text/plain", "secret"))).await;
    for host in [
        "127.0.0.1",
        "localhost",
        "[::ffff:127.0.0.1]",
        "2130706433",
        "0x7f.1",
        "0.0.0.0",
    ] {
        let words = fetch(false, &format!("http://{host}:{port}/"))
            .await
            .unwrap_err();
        assert!(words.contains("private network"), "{host}: {words}");
    }
    for url in [
        "file:///etc/passwd",
        "ftp://127.0.0.1/",
        "data:text/plain,x",
        "nothing",
    ] {
        fetch(true, url).await.unwrap_err();
    }
    assert!(asked.try_recv().is_err());
}

#[tokio::test]
async fn a_redirect_to_another_host_is_told_and_not_followed() {
    let (other, mut asked) = server(|_| Some(page("text/plain", "secret"))).await;
    let target = format!("http://localhost:{other}/");
    let (port, _asked) = server(move |path| {
        Some(if path == "/loop" {
            redirect("/loop")
        } else {
            redirect(&target)
        })
    })
    .await;
    let words = fetch(true, &format!("http://127.0.0.1:{port}/"))
        .await
        .unwrap_err();
    assert!(
        words.contains("another host") && words.contains("localhost"),
        "{words}"
    );
    assert!(asked.try_recv().is_err());
    let words = fetch(true, &format!("http://127.0.0.1:{port}/loop"))
        .await
        .unwrap_err();
    assert!(words.contains("more than 5 times"), "{words}");
}

#[tokio::test]
async fn c16_a_stop_closes_the_connection_to_a_server_that_never_answers() {
    let (port, mut asked) = server(|_| None).await;
    let tool = FetchPage::new("tacet/test", true);
    let stop = CancellationToken::new();
    let arguments = json!({ "url": format!("http://127.0.0.1:{port}/") });
    let calling = call(&tool, arguments, stop.clone(), &|_| {});
    let stopping = async {
        let (_, mut stream) = asked.recv().await.unwrap();
        stop.cancel();
        let mut rest = Vec::new();
        stream.read_to_end(&mut rest).await
    };
    let (outcome, closed) = within("the stop", async { tokio::join!(calling, stopping) }).await;
    closed.unwrap();
    let interrupted = ToolOutcome::Interrupted {
        partial: Vec::new(),
        confirmation: ToolConfirmation::NotNeeded,
    };
    assert_eq!(outcome, interrupted);
}

#[tokio::test]
async fn a_page_that_is_nested_as_deep_as_it_is_long_ends_in_text_or_in_words() {
    for tag in [
        "<div>",
        "<ul><li>",
        "<table><tr><td>",
        "<blockquote>",
        "<b>",
    ] {
        let body = tag.repeat(300_000 / tag.len());
        let (port, _asked) = server(move |_| Some(page("text/html", &body))).await;
        let fetched = fetch(true, &format!("http://127.0.0.1:{port}/")).await;
        let words = fetched.unwrap_or_else(|words| words);
        assert!(words.len() < 65 * 1024, "{tag}: {}", words.len());
    }
}

//! Questions of servers in the middle of a call.

use super::script::{ERAS, server};
use super::{Crooked, failed};
use std::time::{Duration, Instant};
use tacet_test_support::patience::{until, within};
use tacet_tool::elicitation::{
    Elicitation, ElicitationAnswer, ElicitationReply, FieldValue, Wanted,
};
use tacet_tool::mcp::Era;
use tacet_tool::tool::ToolOutcome;
use tokio_util::sync::CancellationToken;

const SCHEMA: &str =
    r#"{"type":"object","properties":{"name":{"type":"string"}},"required":["name"]}"#;

/// What the server wants: a mode's parameters.
fn form(schema: &str) -> String {
    format!(r#""mode":"form","message":"Who?","requestedSchema":{schema}"#)
}

/// A server that asks and gives back what came.
fn asking(era: Era, params: &str) -> String {
    let own = match era {
        Era::Handshake => format!(
            r#"
            call() {{ called=$id; say '{{"jsonrpc":"2.0","id":77,"method":"elicitation/create","params":{{{params}}}}}'; }}
            answered() {{ id=$called; case $line in *'"action":"accept"'*Ann*) text accepted ;; *'"action":"accept"'*) text visited ;; *decline*) text declined ;; *) text other ;; esac; }}
            "#
        ),
        Era::Stateless => format!(
            r#"
            call() {{
              case $line in
                *'"inputResponses"'*accept*Ann*'"requestState":"s1"'*|*'"requestState":"s1"'*accept*Ann*) text accepted ;;
                *'"inputResponses"'*accept*) text visited ;;
                *'"inputResponses"'*decline*) text declined ;;
                *'"inputResponses"'*) text other ;;
                *) result '{{"resultType":"input_required","inputRequests":{{"who":{{"method":"elicitation/create","params":{{{params}}}}}}},"requestState":"s1"}}' ;;
              esac
            }}
            "#
        ),
    };
    server(era, &own)
}

async fn question(crooked: &mut Crooked) -> Elicitation {
    within("the question", crooked.questions.recv())
        .await
        .unwrap()
}

/// What a server wants with these parameters is refused, and nobody sees it.
async fn refuses(params: &str) {
    let mut crooked = Crooked::new(&asking(ERAS[0], params));
    let tool = crooked.tool().await;
    let calling = crooked.calling(tool, CancellationToken::new());
    let refused = || {
        let wire = crooked.wire();
        wire.contains(r#""code":-32602"#).then_some(())
    };
    until("the refusal", refused).await;
    assert!(crooked.questions.try_recv().is_err());
    calling.abort();
}

#[tokio::test]
async fn a_question_is_put_to_the_person_and_the_answer_goes_to_the_server() {
    for era in ERAS {
        let mut crooked = Crooked::new(&asking(era, &form(SCHEMA)));
        let ann = [("name".to_owned(), FieldValue::Text("Ann".to_owned()))];
        let accept = ElicitationReply::Accept { values: ann.into() };
        for (reply, expected) in [
            (accept, "accepted"),
            (ElicitationReply::Decline, "declined"),
            (ElicitationReply::Cancel, "other"),
        ] {
            let tool = crooked.tool().await;
            let calling = crooked.calling(tool, CancellationToken::new());
            let question = question(&mut crooked).await;
            assert_eq!(
                (question.server.as_str(), question.message.as_str()),
                ("crooked", "Who?")
            );
            let Wanted::Form { fields } = &question.wanted else {
                panic!("{question:?}");
            };
            assert_eq!(fields.fields()[0].name, "name");
            let empty = ElicitationReply::Accept { values: [].into() };
            assert_eq!(question.check(empty).unwrap_err()[0].name, "name");
            let answer = question.check(reply).unwrap();
            assert!(question.answer(answer));
            let outcome = within("the result", calling).await.unwrap();
            assert_eq!(outcome, ToolOutcome::text(expected), "{era:?}");
        }
        let can = r#""elicitation":{"form":{},"url":{}}"#;
        assert!(crooked.wire().contains(can), "{}", crooked.wire());
    }
}

#[tokio::test]
async fn a_page_to_visit_is_put_to_the_person_with_its_address_and_accepted_without_content() {
    let page = |address: &str| {
        format!(r#""mode":"url","message":"Sign in.","url":"{address}","elicitationId":"e1""#)
    };
    for era in ERAS {
        let mut crooked = Crooked::new(&asking(era, &page("https://example.org/sign-in?a=b")));
        let tool = crooked.tool().await;
        let calling = crooked.calling(tool, CancellationToken::new());
        let asked = question(&mut crooked).await;
        let url = "https://example.org/sign-in?a=b".to_owned();
        assert_eq!(asked.wanted, Wanted::Page { url });
        let accept = ElicitationReply::Accept { values: [].into() };
        let answer = asked.check(accept).unwrap();
        assert!(asked.answer(answer));
        let outcome = within("the result", calling).await.unwrap();
        assert_eq!(outcome, ToolOutcome::text("visited"), "{era:?}");
        assert!(!crooked.wire().contains(r#""content""#), "{era:?}");
    }
    // What could run something.
    refuses(&page("file:///etc/passwd")).await;
}

#[tokio::test]
async fn a_form_that_the_protocol_does_not_have_is_refused_and_nobody_sees_it() {
    let nested = r#"{"type":"object","properties":{"it":{"type":"object","properties":{}}}}"#;
    refuses(&form(nested)).await;
}

#[tokio::test]
async fn c18_a_stop_withdraws_the_question() {
    for era in ERAS {
        let mut crooked = Crooked::new(&asking(era, &form(SCHEMA)));
        let tool = crooked.tool().await;
        let stop = CancellationToken::new();
        let calling = crooked.calling(tool, stop.clone());
        let question = question(&mut crooked).await;
        assert!(!question.withdrawn.is_cancelled());
        stop.cancel();
        within("the withdrawal", question.withdrawn.cancelled()).await;
        let outcome = within("the call's end", calling).await.unwrap();
        assert!(
            matches!(outcome, ToolOutcome::Interrupted { .. }),
            "{era:?}: {outcome:?}"
        );
        assert!(!question.answer(ElicitationAnswer::Decline));
        match era {
            Era::Handshake => {
                let told = || {
                    crooked
                        .wire()
                        .contains(r#""action":"cancel""#)
                        .then_some(())
                };
                until("the server to hear that nobody answers", told).await;
            }
            // To stop is not to ask again, where the question was a result.
            Era::Stateless => assert!(!crooked.wire().contains("inputResponses")),
        }
    }
}

#[tokio::test]
async fn a_person_may_take_longer_than_a_server_may_be_silent() {
    // Long enough for a shell on a busy machine to answer.
    let idle = Duration::from_secs(2);
    let script = asking(ERAS[0], &form(SCHEMA));
    let mut crooked = Crooked::with(&script, |config| config.idle_limit = idle);
    let tool = crooked.tool().await;
    let calling = crooked.calling(tool, CancellationToken::new());
    let question = question(&mut crooked).await;
    // Nothing can be waited for here but the time itself, in which nothing happens.
    let asked = Instant::now();
    let void = tokio::time::timeout(idle * 3 / 2, question.withdrawn.cancelled()).await;
    assert!(void.is_err(), "withdrawn after {:?}", asked.elapsed());
    assert!(question.answer(ElicitationAnswer::Decline));
    let outcome = within("the result", calling).await.unwrap();
    assert_eq!(outcome, ToolOutcome::text("declined"));
}

#[tokio::test]
async fn c18_a_server_that_takes_its_question_back_or_dies_closes_it() {
    let asking = asking(ERAS[0], &form(SCHEMA));
    let taken_back = asking.replace(
        "called=$id; say",
        r#"called=$id; (sleep 0.2; printf '%s\n' '{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":77}}') & say"#,
    );
    let dies = asking.replace("called=$id; say", "called=$id; (sleep 0.2; kill $$) & say");
    for script in [taken_back, dies] {
        let mut crooked = Crooked::new(&script);
        let tool = crooked.tool().await;
        let calling = crooked.calling(tool, CancellationToken::new());
        let question = question(&mut crooked).await;
        within("the withdrawal", question.withdrawn.cancelled()).await;
        calling.abort();
    }
}

#[tokio::test]
async fn a_question_belongs_to_the_call_that_was_begun_last_and_closes_with_it() {
    let own = format!(
        r#"
        call() {{
          case $line in *'"name":"second"'*) say '{{"jsonrpc":"2.0","id":77,"method":"elicitation/create","params":{{{}}}}}' ;; esac
        }}
        answered() {{ :; }}
        "#,
        form(SCHEMA)
    );
    let mut crooked = Crooked::new(&server(ERAS[0], &own));
    let mut tools = crooked.tools().await;
    let first = crooked.calling(tools.remove(0), CancellationToken::new());
    let begun = || crooked.wire().contains(r#""name":"first""#).then_some(());
    until("the first call", begun).await;
    let stop = CancellationToken::new();
    let second = crooked.calling(tools.remove(0), stop.clone());
    let question = question(&mut crooked).await;
    stop.cancel();
    within("the withdrawal", question.withdrawn.cancelled()).await;
    within("the second call's end", second).await.unwrap();
    assert!(!first.is_finished());
    first.abort();
}

#[tokio::test]
async fn a_server_cannot_bury_the_person_in_questions_or_ask_without_a_call() {
    let ask = r#"say '{"jsonrpc":"2.0","id":'$1',"method":"elicitation/create","params":{"message":"Who?","requestedSchema":{"type":"object","properties":{}}}}'"#;
    let own = format!(
        r#"
        ask() {{ {ask}; }}
        tools() {{ ask 1; result "{{\"tools\":[$(tool first)]}}"; }}
        call() {{ number=100; while [ $number -lt 200 ]; do ask $number; number=$((number + 1)); done; }}
        answered() {{ :; }}
        "#
    );
    let mut crooked = Crooked::new(&server(ERAS[0], &own));
    let tool = crooked.tool().await;
    let stop = CancellationToken::new();
    let calling = crooked.calling(tool, stop.clone());
    let refused = || {
        let wire = crooked.wire();
        let refused = wire.matches(r#""action":"cancel""#).count();
        (refused == 97).then_some(())
    };
    until("the refusals", refused).await;
    assert!(
        crooked
            .wire()
            .contains(r#""id":1,"result":{"action":"cancel"}"#),
        "{}",
        crooked.wire()
    );
    let mut open = Vec::new();
    for _ in 0..4 {
        open.push(question(&mut crooked).await);
    }
    assert!(crooked.questions.try_recv().is_err());
    stop.cancel();
    within("the call's end", calling).await.unwrap();
    assert!(
        open.iter()
            .all(|question| question.withdrawn.is_cancelled())
    );
}

/// A server of versions until 2025-11-25 that runs its tool once a page was visited. `says_so`: it
/// says by itself that it was.
fn wanting_a_visit(says_so: bool, url: &str) -> String {
    let done = r#"say '{"jsonrpc":"2.0","method":"notifications/elicitation/complete","params":{"elicitationId":"e1"}}'"#;
    let soon = if says_so {
        format!("(until [ -e visited ]; do sleep 0.01; done; {done}) &")
    } else {
        String::new()
    };
    let own = format!(
        r#"
        called=0
        call() {{
          called=$((called + 1))
          if [ $called -gt 1 ]; then text "call $called"; return; fi
          {soon}
          say "{{\"jsonrpc\":\"2.0\",\"id\":$id,\"error\":{{\"code\":-32042,\"message\":\"This needs a visit.\",\"data\":{{\"elicitations\":[{{\"mode\":\"url\",\"elicitationId\":\"e1\",\"url\":\"{url}\",\"message\":\"Connect your account.\"}}]}}}}}}"
        }}
        "#
    );
    server(Era::Handshake, &own)
}

const PAGE: &str = "https://example.org/connect";

#[tokio::test]
async fn a_page_that_a_tool_needs_visited_is_put_to_the_person_and_the_tool_runs_after_that() {
    for says_so in [false, true] {
        let mut crooked = Crooked::new(&wanting_a_visit(says_so, PAGE));
        let tool = crooked.tool().await;
        let calling = crooked.calling(tool, CancellationToken::new());
        let asked = question(&mut crooked).await;
        assert_eq!(asked.message, "Connect your account.");
        assert_eq!(
            asked.wanted,
            Wanted::Page {
                url: PAGE.to_owned()
            }
        );
        assert!(asked.answer(ElicitationAnswer::Accept(None)));
        let visited = question(&mut crooked).await;
        assert_eq!(
            visited.wanted,
            Wanted::Visited {
                url: PAGE.to_owned()
            }
        );
        if says_so {
            std::fs::write(crooked.folder.path().join("visited"), "").unwrap();
            within("the withdrawal", visited.withdrawn.cancelled()).await;
        } else {
            let accept = ElicitationReply::Accept { values: [].into() };
            let answer = visited.check(accept).unwrap();
            assert!(visited.answer(answer));
        }
        let outcome = within("the result", calling).await.unwrap();
        assert_eq!(outcome, ToolOutcome::text("call 2"));
    }
}

#[tokio::test]
async fn c18_a_tool_whose_page_is_not_visited_does_not_run_and_a_stop_withdraws_the_page() {
    for (first, second) in [
        (ElicitationAnswer::Decline, None),
        (ElicitationAnswer::Cancel, None),
        (
            ElicitationAnswer::Accept(None),
            Some(ElicitationAnswer::Cancel),
        ),
    ] {
        let mut crooked = Crooked::new(&wanting_a_visit(false, PAGE));
        let tool = crooked.tool().await;
        let calling = crooked.calling(tool, CancellationToken::new());
        assert!(question(&mut crooked).await.answer(first));
        if let Some(second) = second {
            assert!(question(&mut crooked).await.answer(second));
        }
        let words = failed(within("the end", calling).await.unwrap());
        assert!(
            words.starts_with("The tool was not run: the person"),
            "{words}"
        );
        assert_eq!(crooked.wire().matches("tools/call").count(), 1);
    }
    let mut crooked = Crooked::new(&wanting_a_visit(false, PAGE));
    let tool = crooked.tool().await;
    let stop = CancellationToken::new();
    let calling = crooked.calling(tool, stop.clone());
    let asked = question(&mut crooked).await;
    stop.cancel();
    within("the withdrawal", asked.withdrawn.cancelled()).await;
    let outcome = within("the call's end", calling).await.unwrap();
    assert!(
        matches!(outcome, ToolOutcome::Interrupted { .. }),
        "{outcome:?}"
    );
}

#[tokio::test]
async fn a_page_that_could_run_something_is_not_shown_and_the_call_fails_with_the_servers_words() {
    let mut crooked = Crooked::new(&wanting_a_visit(false, "file:///etc/passwd"));
    let tool = crooked.tool().await;
    let calling = crooked.calling(tool, CancellationToken::new());
    let words = failed(within("the end", calling).await.unwrap());
    assert!(words.contains("This needs a visit"), "{words}");
    assert!(crooked.questions.try_recv().is_err());
}

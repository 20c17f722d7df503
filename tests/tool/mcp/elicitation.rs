//! Questions of servers in the middle of a call.

use super::Crooked;
use super::script::{ERAS, server};
use serde_json::json;
use tacet_test_support::patience::{until, within};
use tacet_tool::mcp::{Elicitation, ElicitationAnswer, Era};
use tacet_tool::tool::{ToolOutcome, call};
use tokio_util::sync::CancellationToken;

const SCHEMA: &str =
    r#"{"type":"object","properties":{"name":{"type":"string"}},"required":["name"]}"#;

/// A server that asks for a name and gives back what came.
fn asking(era: Era) -> String {
    let own = match era {
        Era::Handshake => format!(
            r#"
            call() {{ called=$id; say '{{"jsonrpc":"2.0","id":77,"method":"elicitation/create","params":{{"message":"Who?","requestedSchema":{SCHEMA}}}}}'; }}
            answered() {{ id=$called; case $line in *'"action":"accept"'*Ann*) text accepted ;; *decline*) text declined ;; *) text other ;; esac; }}
            "#
        ),
        Era::Stateless => format!(
            r#"
            call() {{
              case $line in
                *'"inputResponses"'*accept*Ann*'"requestState":"s1"'*|*'"requestState":"s1"'*accept*Ann*) text accepted ;;
                *'"inputResponses"'*decline*) text declined ;;
                *) result '{{"resultType":"input_required","inputRequests":{{"who":{{"method":"elicitation/create","params":{{"mode":"form","message":"Who?","requestedSchema":{SCHEMA}}}}}}},"requestState":"s1"}}' ;;
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

#[tokio::test]
async fn a_question_is_put_to_the_person_and_the_answer_goes_to_the_server() {
    for era in ERAS {
        let mut crooked = Crooked::new(&asking(era));
        for (answer, expected) in [
            (
                ElicitationAnswer::Accept(json!({ "name": "Ann" })),
                "accepted",
            ),
            (ElicitationAnswer::Decline, "declined"),
        ] {
            let tool = crooked.tool().await;
            let calling = tokio::spawn(async move {
                call(&*tool, json!({}), CancellationToken::new(), &|_| {}).await
            });
            let question = question(&mut crooked).await;
            assert_eq!(
                (question.server.as_str(), question.message.as_str()),
                ("crooked", "Who?")
            );
            assert_eq!(question.schema["properties"]["name"]["type"], "string");
            assert!(question.answer(answer));
            let outcome = within("the result", calling).await.unwrap();
            assert_eq!(outcome, ToolOutcome::text(expected), "{era:?}");
        }
    }
}

#[tokio::test]
async fn c18_a_stop_withdraws_the_question() {
    for era in ERAS {
        let mut crooked = Crooked::new(&asking(era));
        let tool = crooked.tool().await;
        let stop = CancellationToken::new();
        let calling = tokio::spawn({
            let stop = stop.clone();
            async move { call(&*tool, json!({}), stop, &|_| {}).await }
        });
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
    }
}

#[tokio::test]
async fn c18_a_server_that_takes_its_question_back_or_dies_closes_it() {
    let taken_back = asking(ERAS[0]).replace(
        "called=$id; say",
        r#"called=$id; (sleep 0.2; printf '%s\n' '{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":77}}') & say"#,
    );
    let dies = asking(ERAS[0]).replace("called=$id; say", "called=$id; (sleep 0.2; kill $$) & say");
    for script in [taken_back, dies] {
        let mut crooked = Crooked::new(&script);
        let tool = crooked.tool().await;
        let calling = tokio::spawn(async move {
            call(&*tool, json!({}), CancellationToken::new(), &|_| {}).await
        });
        let question = question(&mut crooked).await;
        within("the withdrawal", question.withdrawn.cancelled()).await;
        calling.abort();
    }
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
    let calling = tokio::spawn({
        let stop = stop.clone();
        async move { call(&*tool, json!({}), stop, &|_| {}).await }
    });
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

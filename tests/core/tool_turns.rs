//! A turn of steps: the model asks for tools, they run, it is asked again with what they said.

use crate::held_tool::{Toolbox, asked, results, states, words};
use crate::turn_desk::{Desk, question};
use serde_json::{Value, json};
use tacet_core::tool::tool::{Progress, ToolOutcome};
use tacet_core::{
    ApprovalAnswer, FinishReason, MessageState, Part, Phase, ResultContent, ToolCallState,
    TurnEventKind, UsageSource,
};
use tacet_test_support::server::{Dialect, Say};

#[tokio::test]
async fn five_steps_with_two_tools_through_each_api_make_one_answer() {
    for dialect in Dialect::ALL {
        let desk = Desk::open().await;
        let tools = Toolbox::new();
        let asking = tools.ask_at(
            &desk,
            desk.provider_of(dialect),
            question("What is a moraine?"),
        );
        let (watch, exchange) = tokio::join!(asking, desk.server.next_request());
        let first = exchange.request.json();
        let mut next = Some(exchange);
        for step in 0..4 {
            let mut exchange = next.take().unwrap();
            exchange.say(&Say::text(format!("Step {step}. "))).await;
            let (one, two) = (format!("call_{step}_1"), format!("call_{step}_2"));
            let calls = [
                (one.as_str(), "look", "{\"q\":\"ice\"}"),
                (two.as_str(), "look", "{\"q\":\"rubble\"}"),
            ];
            exchange.call_tools(&calls).await;
            for _ in 0..2 {
                let reached = tools.reached().await;
                let asked = reached.arguments["q"].as_str().unwrap().to_owned();
                reached.say(&format!("{step}: all about {asked}"));
            }
            let exchange = desk.server.next_request().await;
            let body = exchange.request.json();
            for about in ["ice", "rubble"] {
                let said = format!("{step}: all about {about}");
                assert!(body.to_string().contains(&said), "{dialect}: {body}");
            }
            assert_eq!(body["tools"], first["tools"], "{dialect}: rule C27");
            next = Some(exchange);
        }
        let mut exchange = next.take().unwrap();
        exchange.say(&Say::text("It is rubble.")).await;
        exchange.complete(50, 5).await;
        let end = watch.end().await;
        assert_eq!(end.state, MessageState::Complete, "{dialect}: {end:?}");
        let answer = desk.answer(watch.turn).await;
        assert_eq!(states(&answer.parts), [ToolCallState::Succeeded; 8]);
        assert_eq!(results(&answer.parts).len(), 8);
        let text = "Step 0. Step 1. Step 2. Step 3. It is rubble.";
        assert_eq!(answer.text(), text, "{dialect}");

        // One row a request, and their sum (rule C23).
        let steps: Vec<u32> = answer.requests.iter().map(|it| it.step).collect();
        assert_eq!(steps, [0, 1, 2, 3, 4], "{dialect}");
        let finishes: Vec<_> = answer.requests.iter().map(|it| it.finish_reason).collect();
        assert_eq!(finishes[4], Some(FinishReason::Stop), "{dialect}");
        assert!(finishes.iter().all(Option::is_some), "{dialect}");
        let usage = answer.usage.clone().unwrap();
        assert_eq!(usage.source, UsageSource::Reported, "{dialect}");
        assert_eq!(
            (usage.input_tokens, usage.output_tokens),
            (Some(4 * 20 + 50), Some(4 * 10 + 5)),
            "{dialect}"
        );
        assert_eq!(end.usage, answer.usage);
        assert_eq!(desk.server.violations(), Vec::<String>::new(), "{dialect}");
    }
}

#[tokio::test]
async fn c18_a_call_is_on_disk_as_running_before_its_tool_starts_and_its_result_before_the_next_request()
 {
    let desk = Desk::open().await;
    let tools = Toolbox::new();
    let watch = tools
        .called(&desk, &[("call_1", "ask", "{\"q\":\"ice\"}")])
        .await;
    let request = asked(&watch, "ask").await;
    assert_eq!(request.arguments, "{\"q\":\"ice\"}");
    assert_eq!(
        (request.server.as_str(), request.call_id.as_str()),
        ("held", "call_1")
    );
    watch.reach(Phase::WaitingForApproval).await;
    assert!(tools.is_untouched().await);
    let once = ApprovalAnswer::Once;
    assert!(
        desk.turns
            .answer_approval(watch.turn, request.part, once)
            .await
    );

    let reached = tools.reached().await;
    assert_eq!(reached.arguments, json!({"q": "ice"}));
    let running = desk.answer(watch.turn).await;
    assert_eq!(states(&running.parts), [ToolCallState::Running]);
    assert!(
        !desk
            .turns
            .answer_approval(watch.turn, request.part, once)
            .await,
        "once only"
    );
    reached.say("Frozen water.");
    let mut exchange = desk.server.next_request().await;
    let saved = desk.answer(watch.turn).await;
    assert_eq!(saved.state, MessageState::Streaming);
    assert_eq!(states(&saved.parts), [ToolCallState::Succeeded]);
    assert_eq!(results(&saved.parts), ["Frozen water."]);
    assert_eq!(
        saved.usage.unwrap().output_tokens,
        Some(10),
        "the first step's row"
    );
    exchange.say(&Say::text("Ice.")).await;
    exchange.complete(30, 2).await;
    assert_eq!(watch.end().await.state, MessageState::Complete);
    assert_eq!(desk.server.violations(), Vec::<String>::new());
}

#[tokio::test]
async fn what_a_tool_writes_and_how_far_it_is_is_seen_while_it_runs() {
    let desk = Desk::open().await;
    let tools = Toolbox::new();
    let watch = tools.called(&desk, &[("call_1", "look", "{}")]).await;
    let reached = tools.reached().await;
    reached.write("line one\n");
    reached.progress(Progress::Step {
        done: 1.0,
        total: Some(2.0),
        message: Some("half".to_owned()),
    });
    watch
        .until("the progress", |watch| {
            let told = |event: &tacet_core::TurnEvent| {
                matches!(&event.event, TurnEventKind::ToolProgress(it)
                    if it.total == Some(2.0) && it.message.as_deref() == Some("half"))
            };
            results(&watch.parts()) == ["line one\n"] && watch.events().iter().any(told)
        })
        .await;
    reached.write("line two\n");
    reached.end(ToolOutcome::Succeeded(words("line one\nline two\nexit 0")));
    let exchange = desk.server.next_request().await;
    assert!(exchange.request.json().to_string().contains("exit 0"));
    exchange.complete(30, 2).await;
    watch.end().await;
    let answer = desk.answer(watch.turn).await;
    assert_eq!(results(&answer.parts), ["line one\nline two\nexit 0"]);
}

#[tokio::test]
async fn a_result_that_is_otherwise_than_what_was_shown_takes_its_place_everywhere() {
    let desk = Desk::open().await;
    let tools = Toolbox::new();
    let watch = tools.called(&desk, &[("call_1", "look", "{}")]).await;
    let reached = tools.reached().await;
    reached.write("ünfinished");
    watch.receive("{}".len() + "ünfinished".len()).await;
    let picture = ResultContent::Image {
        media_type: "image/png".to_owned(),
        data: "QUJD".into(),
    };
    let contents = vec![ResultContent::text("Done."), picture.clone()];
    reached.end(ToolOutcome::Succeeded(contents));
    let exchange = desk.server.next_request().await;
    let kept = desk.answer(watch.turn).await;
    let Some(Part::ToolResult(result)) = kept.parts.last() else {
        panic!("{:?}", kept.parts);
    };
    assert_eq!(
        (result.text.as_str(), &result.contents),
        ("Done.", &vec![picture])
    );
    watch.rearranged().await;
    exchange.complete(30, 2).await;
    watch.end().await;
    assert_eq!(desk.server.violations(), Vec::<String>::new());
}

#[tokio::test]
async fn what_cannot_run_goes_back_to_the_model_as_failed_and_nobody_is_asked() {
    let desk = Desk::open().await;
    let tools = Toolbox::new();
    let calls = [
        ("call_1", "absent", "{}"),
        ("call_2", "ask", "[1]"),
        ("call_3", "ask", "{\"q\":7}"),
    ];
    let watch = tools.called(&desk, &calls).await;
    let exchange = desk.server.next_request().await;
    let body = exchange.request.json().to_string();
    for words in [
        "There is no tool named absent",
        "no JSON object",
        "do not fit its schema",
    ] {
        assert!(body.contains(words), "{words}: {body}");
    }
    exchange.complete(30, 2).await;
    watch.end().await;
    let answer = desk.answer(watch.turn).await;
    assert_eq!(states(&answer.parts), [ToolCallState::Failed; 3]);
    assert!(tools.is_untouched().await);
    let is_question = |kind: &TurnEventKind| matches!(kind, TurnEventKind::ApprovalAsked(_));
    assert!(!watch.events().iter().any(|event| is_question(&event.event)));
    assert_eq!(desk.server.violations(), Vec::<String>::new());
}

#[tokio::test]
async fn c15_a_call_that_a_limit_of_tokens_cut_does_not_run() {
    let desk = Desk::open().await;
    let tools = Toolbox::new();
    let watch = tools.ask(&desk, "Look.").await;
    let mut exchange = desk.server.next_request().await;
    exchange.say(&Say::tool("call_1", "look")).await;
    exchange
        .finish(
            tacet_test_support::server::Finish::Length,
            tacet_test_support::server::Tokens::new(20, 10),
        )
        .await;
    let end = watch.end().await;
    assert_eq!(end.state, MessageState::Complete);
    let answer = desk.answer(watch.turn).await;
    assert_eq!(states(&answer.parts), [ToolCallState::InterruptedBeforeRun]);
    assert!(tools.is_untouched().await);
}

#[tokio::test]
async fn at_the_limit_of_steps_a_person_is_asked_and_the_turn_goes_on_or_ends() {
    for goes_on in [true, false] {
        let desk = Desk::open().await;
        let mut tools = Toolbox::new();
        tools.step_limit = 2;
        let watch = tools.ask(&desk, "Look.").await;
        for _ in 0..2 {
            desk.server
                .next_request()
                .await
                .call_tools(&[("call", "look", "{}")])
                .await;
            tools.reached().await.say("Seen.");
        }
        watch
            .until("the question", |watch| {
                let asks =
                    |kind: &TurnEventKind| matches!(kind, TurnEventKind::AtStepLimit { steps: 2 });
                watch.events().iter().any(|event| asks(&event.event))
            })
            .await;
        assert_eq!(desk.watch(watch.turn).await.snapshot.at_step_limit, Some(2));
        if goes_on {
            assert!(desk.turns.go_on(watch.turn).await);
            assert!(!desk.turns.go_on(watch.turn).await, "once");
            desk.server.next_request().await.complete(9, 3).await;
            assert_eq!(watch.end().await.state, MessageState::Complete);
        } else {
            desk.stop(watch.turn).await;
            let end = watch.end().await;
            assert_eq!(end.state, MessageState::Interrupted);
            assert_eq!(end.receipt.unwrap().phase, Phase::BetweenRequests);
        }
        let answer = desk.answer(watch.turn).await;
        assert_eq!(states(&answer.parts), [ToolCallState::Succeeded; 2]);
        desk.converse_after(&answer).await;
    }
}

#[tokio::test]
async fn a_tool_that_panics_fails_and_the_turn_goes_on() {
    let desk = Desk::open().await;
    let tools = Toolbox::new();
    let watch = tools.called(&desk, &[("call_1", "look", "{}")]).await;
    // Nobody listens to its next call any more, which it asserts.
    let reached = tools.reached().await;
    reached.say("Seen.");
    let exchange = desk.server.next_request().await;
    tools.forget().await;
    exchange.call_tools(&[("call_2", "look", "{}")]).await;
    let exchange = desk.server.next_request().await;
    let body: Value = exchange.request.json();
    assert!(body.to_string().contains("broke off"), "{body}");
    exchange.complete(9, 3).await;
    assert_eq!(watch.end().await.state, MessageState::Complete);
}

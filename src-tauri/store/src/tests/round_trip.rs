use super::{conversation, open, turn};
use crate::Store;
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::sample::select;
use tacet_conversation::{
    Attachment, Cause, ConnectionEnd, Cost, CostBasis, ErrorCategory, FinishReason, Message,
    MessageId, MessageState, ModelRef, Part, Phase, Price, PriceOrigin, PriceTag, ProviderError,
    RECEIPT_VERSION, Reasoning, Receipt, RefusedFile, Seal, ServerCancel, StopEffect, ToolCall,
    ToolCallState, ToolReceipt, ToolResult, TurnId, Usage, UsageSource,
};

/// Whole numbers that the page can hold exactly.
const EXACT: u64 = 1 << 53;

fn words() -> BoxedStrategy<String> {
    prop_oneof![
        Just(String::new()),
        any::<String>(),
        "[a-z🏔é\u{0}\n\"\\\\]{0,40}"
    ]
    .boxed()
}

fn call_state() -> impl Strategy<Value = ToolCallState> {
    select(vec![
        ToolCallState::ReceivingArguments,
        ToolCallState::WaitingForApproval,
        ToolCallState::Running,
        ToolCallState::Succeeded,
        ToolCallState::Failed,
        ToolCallState::Denied,
        ToolCallState::InterruptedBeforeRun,
        ToolCallState::InterruptedWhileRunning,
    ])
}

fn cause() -> impl Strategy<Value = Cause> {
    select(vec![
        Cause::User,
        Cause::WindowClosed,
        Cause::ViewerGone,
        Cause::AppQuit,
        Cause::Replaced,
        Cause::Deadline,
        Cause::Crash,
        Cause::ProviderError,
        Cause::AnswerLimit,
    ])
}

fn seal() -> impl Strategy<Value = Seal> {
    (words(), words()).prop_map(|(issuer, data)| Seal { issuer, data })
}

fn part() -> BoxedStrategy<Part> {
    prop_oneof![
        words().prop_map(|text| Part::Text { text }),
        (
            words(),
            option::of(any::<u32>()),
            option::of(seal()),
            option::of(words())
        )
            .prop_map(
                |(text, duration_ms, seal, field)| Part::Reasoning(Reasoning {
                    text,
                    duration_ms,
                    seal,
                    field
                })
            ),
        (words(), words(), words(), call_state(), option::of(seal())).prop_map(
            |(call_id, name, arguments, state, seal)| {
                Part::ToolCall(ToolCall {
                    call_id,
                    name,
                    arguments,
                    state,
                    seal,
                })
            }
        ),
        (words(), words(), call_state()).prop_map(|(call_id, text, state)| {
            Part::ToolResult(ToolResult {
                call_id,
                text,
                contents: Vec::new(),
                state,
                left_out: false,
            })
        }),
        (words(), words(), words(), any::<[bool; 2]>()).prop_map(
            |(name, media_type, text, [base64, left_out])| {
                Part::Attachment(Attachment {
                    name,
                    media_type,
                    text: text.into(),
                    base64,
                    left_out,
                    cut_off: left_out,
                    seal: None,
                })
            }
        ),
    ]
    .boxed()
}

fn price() -> BoxedStrategy<PriceTag> {
    let dollars = || 0.0..1e3;
    let origin = select(vec![
        PriceOrigin::OwnTable,
        PriceOrigin::ProviderList,
        PriceOrigin::PublicList,
        PriceOrigin::Table,
    ]);
    let price = (dollars(), option::of(dollars()), dollars());
    (price, origin, option::of(words()), option::of(0..EXACT))
        .prop_map(
            |((input, cached_input, output), origin, date, up_to_input_tokens)| PriceTag {
                price: Price {
                    input,
                    cached_input,
                    output,
                },
                origin,
                date,
                up_to_input_tokens,
            },
        )
        .boxed()
}

fn cost() -> BoxedStrategy<Cost> {
    let basis = select(vec![
        CostBasis::OnThisComputer,
        CostBasis::Billed,
        CostBasis::Computed,
        CostBasis::Estimated,
    ]);
    (0.0..1e3, option::of(0.0..1e3), basis, option::of(price()))
        .prop_map(|(low, high, basis, price)| Cost {
            low,
            high,
            basis,
            price,
        })
        .boxed()
}

fn usage() -> BoxedStrategy<Usage> {
    (
        figures(),
        option::of(words()),
        option::of(cost()),
        option::of(figures()),
    )
        .prop_map(|(usage, generation_id, cost, replaced)| Usage {
            generation_id,
            cost,
            replaced: replaced.map(Box::new),
            ..usage
        })
        .boxed()
}

fn figures() -> BoxedStrategy<Usage> {
    let source = select(vec![
        UsageSource::Reported,
        UsageSource::Running,
        UsageSource::Counted,
        UsageSource::Estimated,
        UsageSource::Unknown,
    ]);
    let figure = || option::of(0..EXACT);
    let figures = (figure(), figure(), figure(), figure());
    let source = || source.clone();
    let known = (source(), option::of(source()), any::<bool>());
    (known, option::of(words()), figures)
        .prop_map(
            |((source, output_source, at_least), method, figures)| Usage {
                source,
                output_source,
                at_least,
                method,
                input_tokens: figures.0,
                cached_input_tokens: figures.1,
                output_tokens: figures.2,
                reasoning_tokens: figures.3,
                ..Usage::unknown()
            },
        )
        .boxed()
}

fn phase() -> impl Strategy<Value = Phase> {
    select(vec![
        Phase::Queued,
        Phase::BuildingContext,
        Phase::LoadingModel,
        Phase::ReadingPrompt,
        Phase::Connecting,
        Phase::WaitingForHeaders,
        Phase::WaitingForFirstToken,
        Phase::Reasoning,
        Phase::Text,
        Phase::ToolArguments,
    ])
}

fn receipt(turn_id: TurnId) -> impl Strategy<Value = Receipt> {
    let connection = select(vec![
        ConnectionEnd::NeverOpened,
        ConnectionEnd::Closed,
        ConnectionEnd::WorkerStopped,
        ConnectionEnd::WorkerKilled,
        ConnectionEnd::Unconfirmed,
    ]);
    let effect = select(vec![
        StopEffect::Stops,
        StopEffect::GoesOn,
        StopEffect::Cancels,
        StopEffect::Unknown,
        StopEffect::Local,
    ]);
    let tool = (words(), words(), call_state(), any::<bool>()).prop_map(
        |(call_id, name, state, confirmed)| ToolReceipt {
            call_id,
            name,
            server: None,
            state,
            confirmed,
            confirmation: None,
        },
    );
    let time = || 0.0..100_000.0;
    let times = (option::of(time()), time(), time(), any::<i32>());
    let counts = (any::<u32>(), 0..EXACT, 0..EXACT);
    let server_cancel = option::of(select(vec![
        ServerCancel::Confirmed,
        ServerCancel::Refused,
        ServerCancel::Unanswered,
    ]));
    let ends = (phase(), cause(), connection, effect, server_cancel);
    (
        ends,
        times,
        counts,
        vec(tool, 0..3),
        usage(),
        vec(words(), 0..3),
    )
        .prop_map(
            move |(ends, times, counts, tools, usage, unconfirmed)| Receipt {
                without_seals: false,
                version: RECEIPT_VERSION,
                requests: Vec::new(),
                turn_id,
                phase: ends.0,
                cause: ends.1,
                stopped_at: times.3.into(),
                click_to_token_ms: times.0,
                token_to_closed_ms: times.1,
                token_to_commit_ms: Some(times.2),
                connection: ends.2,
                server_cancel: ends.4,
                stop_effect: ends.3,
                tools,
                processes_ended: counts.0,
                bytes_received: counts.1,
                characters_kept: counts.2,
                usage,
                unconfirmed,
            },
        )
}

fn error() -> impl Strategy<Value = ProviderError> {
    let category = select(vec![
        ErrorCategory::Authentication,
        ErrorCategory::RateLimit,
        ErrorCategory::Overloaded,
        ErrorCategory::PromptTooLong,
        ErrorCategory::BadRequest,
        ErrorCategory::ContentFilter,
        ErrorCategory::Network,
        ErrorCategory::Protocol,
        ErrorCategory::AnswerTooLong,
        ErrorCategory::Engine,
        ErrorCategory::Storage,
        ErrorCategory::RequestTooLarge,
        ErrorCategory::UnknownModel,
        ErrorCategory::WrongAddress,
        ErrorCategory::File,
        ErrorCategory::Unknown,
    ]);
    (
        category,
        words(),
        option::of(words()),
        option::of(any::<u16>()),
    )
        .prop_map(|(category, message, provider_text, status)| ProviderError {
            retry_after_ms: status.map(u64::from),
            retryable: status.is_some(),
            files: provider_text
                .iter()
                .map(|name| RefusedFile {
                    message_id: MessageId::new(),
                    part: 3,
                    name: name.clone(),
                })
                .collect(),
            category,
            message,
            provider_text,
            status,
        })
}

/// Any end of `begun`, or any message in its place in the tree.
fn like(begun: Message) -> impl Strategy<Value = Message> {
    let state = select(vec![
        MessageState::Streaming,
        MessageState::Complete,
        MessageState::Incomplete,
        MessageState::Interrupted,
    ]);
    let reason = select(vec![
        FinishReason::Stop,
        FinishReason::Length,
        FinishReason::ToolCalls,
        FinishReason::ContentFilter,
        FinishReason::Other,
    ]);
    let model = ("[a-z0-9-]{1,8}", "[a-z0-9/:. -]{1,16}")
        .prop_map(|(provider, model)| ModelRef { provider, model });
    let turn_id = begun.turn_id.unwrap();
    (
        (state, option::of(cause()), option::of(reason)),
        option::of(model),
        vec(part(), 0..6),
        option::of(usage()),
        option::of(receipt(turn_id)),
        option::of(error()),
        option::of(any::<i64>()),
    )
        .prop_map(
            move |(ends, model, parts, usage, receipt, error, ended_at)| Message {
                state: ends.0,
                cause: ends.1,
                finish_reason: ends.2,
                model,
                parts,
                usage,
                receipt,
                error,
                ended_at,
                ..begun.clone()
            },
        )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(96))]

    #[test]
    fn every_message_comes_back_as_it_was_written(
        (new, question, end) in Just(()).prop_flat_map(|()| {
            let new = turn(&conversation(), None);
            let (question, answer) = (new.user_message.clone().unwrap(), new.answer.clone());
            (Just(new), like(question), like(answer))
        })
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(async {
            let (folder, store) = open();
            let mut new = new;
            new.user_message = Some(question.clone());
            let id = new.conversation.id;
            store.begin_turn(new).await.unwrap();
            assert!(store.finish(end.clone()).await.unwrap());
            assert_eq!(store.messages(id).await.unwrap(), [question, end.clone()]);
            drop(store);
            let store = Store::open(folder.path()).unwrap();
            assert_eq!(store.branch(end.id).await.unwrap()[1], end);
        });
    }
}

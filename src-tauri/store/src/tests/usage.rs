use super::{conversation, text, turn};
use crate::schema::{self, Migration};
use crate::{AwaitedRecord, FILE, Grouping, Store, Tally};
use std::time::Duration;
use tacet_conversation::{
    Cause, Conversation, Cost, CostBasis, Message, MessageState, Phase, RECEIPT_VERSION, Receipt,
    StopEffect, TextTally, Usage, UsageSource,
};
use tempfile::TempDir;

fn reported() -> Usage {
    Usage {
        source: UsageSource::Reported,
        input_tokens: Some(9),
        output_tokens: Some(21),
        cost: Some(Cost::billed(0.0015)),
        ..Usage::unknown()
    }
}

fn receipt(answer: &Message) -> Receipt {
    Receipt {
        version: RECEIPT_VERSION,
        requests: Vec::new(),
        turn_id: answer.turn_id.unwrap(),
        phase: Phase::Text,
        cause: Cause::User,
        stopped_at: 1_002,
        click_to_token_ms: None,
        token_to_closed_ms: 0.3,
        token_to_commit_ms: Some(1.5),
        connection: tacet_conversation::ConnectionEnd::Closed,
        server_cancel: None,
        stop_effect: StopEffect::Unknown,
        tools: Vec::new(),
        processes_ended: 0,
        bytes_received: 90,
        characters_kept: 20,
        usage: answer.usage.clone().unwrap(),
        without_seals: false,
        unconfirmed: Vec::new(),
    }
}

/// A stopped answer with an estimate.
async fn stopped(store: &Store, conversation: &Conversation) -> Message {
    let new = turn(conversation, None);
    store.begin_turn(new.clone()).await.unwrap();
    let mut answer = Message {
        state: MessageState::Interrupted,
        cause: Some(Cause::User),
        parts: vec![text("A moraine is a heap.")],
        usage: Some(Usage {
            generation_id: Some("gen-1".to_owned()),
            ..Usage::estimated(&TextTally::of("A moraine is a heap."), "smol")
        }),
        ended_at: Some(1_002),
        ..new.answer
    };
    answer.receipt = Some(receipt(&answer));
    assert!(store.finish(answer.clone()).await.unwrap());
    answer
}

async fn store() -> (TempDir, Store, Conversation) {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path()).unwrap();
    (folder, store, conversation())
}

#[tokio::test]
async fn c23_true_figures_take_the_place_of_the_estimate_and_both_are_kept_and_exported() {
    let (_folder, store, conversation) = store().await;
    let answer = stopped(&store, &conversation).await;
    let settled = store.settle_usage(answer.id, reported()).await.unwrap();
    let settled = settled.expect("the answer is there");
    let expected = Usage {
        generation_id: Some("gen-1".to_owned()),
        replaced: answer.usage.clone().map(Box::new),
        ..reported()
    };
    assert_eq!(settled, expected);
    let read = store.message(answer.id).await.unwrap().unwrap();
    assert_eq!(read.usage.as_ref(), Some(&expected));
    assert_eq!(read.receipt.unwrap().usage, expected);
    assert_eq!(read.parts, answer.parts);

    let mut export = Vec::new();
    store.export(&mut export).unwrap();
    let export: serde_json::Value = serde_json::from_slice(&export).unwrap();
    let usage = &export["conversations"][0]["messages"][1]["usage"];
    assert_eq!(usage["source"], "reported");
    assert_eq!(usage["generationId"], "gen-1");
    assert_eq!(usage["cost"]["low"], 0.0015);
    assert_eq!(usage["cost"]["basis"], "billed");
    assert_eq!(usage["replaced"]["source"], "estimated");
    assert_eq!(usage["replaced"]["outputTokens"], 6);
}

#[tokio::test]
async fn c23_final_figures_are_not_replaced() {
    let (_folder, store, conversation) = store().await;
    let answer = stopped(&store, &conversation).await;
    assert!(
        store
            .settle_usage(answer.id, reported())
            .await
            .unwrap()
            .is_some()
    );
    let other = Usage {
        output_tokens: Some(1),
        ..reported()
    };
    assert_eq!(store.settle_usage(answer.id, other).await.unwrap(), None);
    let usage = store.message(answer.id).await.unwrap().unwrap().usage;
    assert_eq!(usage.unwrap().output_tokens, Some(21));
}

#[tokio::test]
async fn c23_a_record_is_awaited_until_it_comes_or_the_answer_goes() {
    let (_folder, store, conversation) = store().await;
    let answer = stopped(&store, &conversation).await;
    let awaited = async |since, limit| store.awaited_records(since, limit).await.unwrap();
    assert_eq!(awaited(0, 9).await, []);
    let host = "openrouter.ai".to_owned();
    store.await_record(answer.id, host.clone()).await.unwrap();
    let expected = [AwaitedRecord {
        message_id: answer.id,
        conversation_id: answer.conversation_id,
        model: answer.model.clone().unwrap(),
        answer_id: "gen-1".to_owned(),
        host,
    }];
    assert_eq!(awaited(answer.created_at, 9).await, expected);
    assert_eq!(awaited(answer.created_at + 1, 9).await, []);
    assert_eq!(awaited(0, 0).await, []);
    store.delete(conversation.id, 1_003).await.unwrap();
    assert_eq!(awaited(0, 9).await, []);
    store.restore(conversation.id).await.unwrap();

    // Another estimate leaves it open, final figures do not.
    let estimate = Usage::estimated(&TextTally::of("A moraine is a heap. And"), "smol");
    store.settle_usage(answer.id, estimate).await.unwrap();
    assert_eq!(awaited(0, 9).await, expected);
    store.settle_usage(answer.id, reported()).await.unwrap();
    assert_eq!(awaited(0, 9).await, []);
}

#[tokio::test]
async fn c05_figures_of_a_deleted_answer_are_not_written() {
    let (_folder, store, conversation) = store().await;
    let answer = stopped(&store, &conversation).await;
    assert!(store.delete(conversation.id, 1_003).await.unwrap());
    assert_eq!(
        store.settle_usage(answer.id, reported()).await.unwrap(),
        None
    );
    assert!(store.restore(conversation.id).await.unwrap());
    let usage = store.message(answer.id).await.unwrap().unwrap().usage;
    assert_eq!(usage, answer.usage);
}

#[tokio::test]
async fn usage_of_the_first_format_is_kept_when_the_database_is_brought_up_to_date() {
    let folder = tempfile::tempdir().unwrap();
    let steps = schema::migrations();
    let first: Vec<&Migration> = steps.into_iter().filter(|step| step.version == 1).collect();
    let old = schema::open(folder.path(), Duration::from_millis(50), &first).unwrap();
    let (conversation, message) = (conversation().id, tacet_conversation::MessageId::new());
    old.execute_batch(&format!(
        "INSERT INTO conversation (id, title, created_at, updated_at)
         VALUES ('{conversation}', 'Old', 1, 1);
         INSERT INTO message (id, conversation_id, role, state, created_at)
         VALUES ('{message}', '{conversation}', 'assistant', 'complete', 1);
         INSERT INTO usage (request_id, message_id, source, output, created_at)
         VALUES ('old/0', '{message}', 'reported', 7, 1);"
    ))
    .unwrap();
    drop(old);
    let store = Store::open(folder.path()).unwrap();
    let usage = store
        .message(message)
        .await
        .unwrap()
        .unwrap()
        .usage
        .unwrap();
    assert_eq!(usage.output_tokens, Some(7));
    assert_eq!((usage.cost, usage.replaced), (None, None));
    assert!(folder.path().join(format!("{FILE}.format-1")).exists());
}

/// One answer with its question, made `at` that time, with that model, state and usage.
async fn answered(
    store: &Store,
    conversation: &Conversation,
    at: i64,
    model: &str,
    state: MessageState,
    usage: Usage,
) {
    let mut new = turn(conversation, None);
    new.answer.created_at = at;
    new.answer.model = Some(model.parse().unwrap());
    store.begin_turn(new.clone()).await.unwrap();
    let answer = Message {
        state,
        usage: Some(usage),
        ..new.answer
    };
    assert!(store.finish(answer).await.unwrap());
}

fn usage(source: UsageSource, input: Option<u64>, output: Option<u64>) -> Usage {
    Usage {
        source,
        input_tokens: input,
        output_tokens: output,
        ..Usage::unknown()
    }
}

fn costing(usage: Usage, low: f64, high: impl Into<Option<f64>>, basis: CostBasis) -> Usage {
    let (high, price) = (high.into(), None);
    Usage {
        cost: Some(Cost {
            low,
            high,
            basis,
            price,
        }),
        ..usage
    }
}

const DAY: i64 = 86_400_000;
/// Noon in Greenwich on 10 January 2026, and so that day almost everywhere.
const NOON: i64 = 1_768_046_400_000;

/// Two conversations, three models of two providers, two days; a third conversation is deleted.
async fn ledger(store: &Store) -> (Conversation, Conversation) {
    let (first, second, gone) = (conversation(), conversation(), conversation());
    let whole = usage(UsageSource::Reported, Some(100), Some(10));
    let whole = costing(whole, 0.25, 0.25, CostBasis::Computed);
    let cut = usage(UsageSource::Estimated, None, Some(5));
    let cut = costing(cut, 0.5, 2.0, CostBasis::Estimated);
    let running = usage(UsageSource::Running, Some(0), Some(1));
    let local = usage(UsageSource::Reported, Some(7), Some(3));
    let local = costing(local, 0.0, 0.0, CostBasis::OnThisComputer);
    let (complete, interrupted) = (MessageState::Complete, MessageState::Interrupted);
    answered(store, &first, NOON, "hub/a/large", complete, whole.clone()).await;
    answered(store, &first, NOON + 1, "hub/a/large", interrupted, cut).await;
    answered(store, &first, NOON + DAY, "hub/small", interrupted, running).await;
    let unknown = Usage::unknown();
    let broken = MessageState::Incomplete;
    answered(store, &second, NOON + 2, "here/llama", complete, local).await;
    answered(store, &second, NOON + DAY + 1, "hub/small", broken, unknown).await;
    answered(store, &gone, NOON, "hub/small", complete, whole).await;
    assert!(store.delete(gone.id, NOON).await.unwrap());
    (first, second)
}

fn keys(store: &Store, grouping: Grouping) -> Vec<String> {
    let groups = store.usage_totals(grouping).unwrap();
    groups.into_iter().map(|group| group.key).collect()
}

#[tokio::test]
async fn usage_is_summed_up_by_conversation_day_model_and_provider_the_newest_first() {
    let (_folder, store, _) = store().await;
    assert_eq!(store.usage_totals(Grouping::Day).unwrap(), []);
    let (first, second) = ledger(&store).await;
    let conversations = [second.id.to_string(), first.id.to_string()];
    assert_eq!(keys(&store, Grouping::Conversation), conversations);
    assert_eq!(keys(&store, Grouping::Day), ["2026-01-11", "2026-01-10"]);
    assert_eq!(
        keys(&store, Grouping::Model),
        ["hub/small", "here/llama", "hub/a/large"]
    );
    assert_eq!(keys(&store, Grouping::Provider), ["hub", "here"]);
}

#[tokio::test]
async fn c23_sums_keep_stopped_answers_apart_and_say_how_they_are_known() {
    let (_folder, store, _) = store().await;
    ledger(&store).await;
    let groups = store.usage_totals(Grouping::Provider).unwrap();
    let (hub, here) = (&groups[0], &groups[1]);
    assert_eq!(hub.title, None);
    assert_eq!(
        hub.stopped,
        Tally {
            answers: 2,
            running: 1,
            estimated: 1,
            input_tokens: Some(0),
            output_tokens: Some(6),
            priced: 1,
            cost_low: Some(0.5),
            cost_high: Some(2.0),
            ..Tally::default()
        }
    );
    assert_eq!(
        hub.others,
        Tally {
            answers: 2,
            reported: 1,
            unknown: 1,
            input_tokens: Some(100),
            output_tokens: Some(10),
            priced: 1,
            cost_low: Some(0.25),
            cost_high: Some(0.25),
            ..Tally::default()
        }
    );
    assert_eq!(here.stopped, Tally::default());
    assert_eq!((here.others.priced, here.others.on_this_computer), (1, 1));
    assert_eq!(here.others.cost_high, Some(0.0));
    let mut all = hub.stopped.clone();
    all.add(&hub.others);
    assert_eq!((all.answers, all.output_tokens), (4, Some(16)));
    assert_eq!(all.cached_input_tokens, None, "absent is not zero");
}

#[tokio::test]
async fn c23_a_sum_with_an_answer_that_may_have_taken_more_is_at_least_and_has_no_upper_end() {
    let (_folder, store, conversation) = store().await;
    let whole = usage(UsageSource::Reported, Some(100), Some(10));
    let whole = costing(whole, 0.25, 0.25, CostBasis::Computed);
    let open = Usage {
        output_source: Some(UsageSource::Estimated),
        at_least: true,
        ..usage(UsageSource::Running, Some(9), Some(5))
    };
    let open = costing(open, 0.5, None, CostBasis::Estimated);
    let closed = usage(UsageSource::Estimated, None, Some(1));
    let closed = costing(closed, 1.0, 2.0, CostBasis::Estimated);
    let stopped = MessageState::Interrupted;
    answered(&store, &conversation, NOON, "hub/a", stopped, open.clone()).await;
    answered(&store, &conversation, NOON + 1, "hub/a", stopped, closed).await;
    let complete = MessageState::Complete;
    answered(&store, &conversation, NOON + 2, "hub/a", complete, whole).await;
    let messages = store.messages(conversation.id).await.unwrap();
    assert_eq!(messages[1].usage.as_ref(), Some(&open));
    for grouping in [
        Grouping::Conversation,
        Grouping::Day,
        Grouping::Model,
        Grouping::Provider,
    ] {
        let groups = store.usage_totals(grouping).unwrap();
        let expected = Tally {
            answers: 2,
            estimated: 2,
            input_tokens: Some(9),
            output_tokens: Some(6),
            at_least: true,
            priced: 2,
            cost_low: Some(1.5),
            ..Tally::default()
        };
        assert_eq!(groups[0].stopped, expected, "{grouping:?}");
        assert_eq!(groups[0].others.cost_high, Some(0.25));
        for (mut sum, other) in [
            (groups[0].others.clone(), &groups[0].stopped),
            (groups[0].stopped.clone(), &groups[0].others),
        ] {
            sum.add(other);
            assert_eq!((sum.cost_low, sum.cost_high), (Some(1.75), None));
            assert!(sum.at_least);
        }
    }
    let mut nothing = Tally::default();
    nothing.add(&store.usage_totals(Grouping::Day).unwrap()[0].others);
    assert_eq!(
        nothing.cost_high,
        Some(0.25),
        "what has no cost opens no sum"
    );
}

#[tokio::test]
async fn c23_a_recount_of_an_answer_keeps_what_the_provider_counted_of_its_request() {
    let (_folder, store, conversation) = store().await;
    let received = TextTally::of("A moraine is a heap.");
    let said = usage(UsageSource::Running, Some(9), None);
    let mixed = Usage::of_answer(Some(&said), &received, "smol", false);
    assert_eq!(mixed.output_known_as(), UsageSource::Estimated);
    let state = MessageState::Interrupted;
    answered(&store, &conversation, NOON, "hub/a", state, mixed.clone()).await;
    let answer = store.messages(conversation.id).await.unwrap().remove(1);
    let recounted = Usage {
        output_tokens: Some(7),
        ..mixed
    };
    let settled = store
        .settle_usage(answer.id, recounted.clone())
        .await
        .unwrap();
    assert_eq!(settled, Some(recounted.clone()));
    // A count of the provider's own is not replaced by one that was made here.
    let running = usage(UsageSource::Running, Some(9), Some(6));
    let settled = store.settle_usage(answer.id, running).await.unwrap();
    assert!(settled.is_some());
    let settled = store.settle_usage(answer.id, recounted).await.unwrap();
    assert_eq!(settled, None);
}

#[tokio::test]
async fn usage_of_the_fifth_format_has_the_ends_that_it_had() {
    let folder = tempfile::tempdir().unwrap();
    let steps = schema::migrations();
    let older: Vec<&Migration> = steps.into_iter().filter(|step| step.version <= 5).collect();
    let old = schema::open(folder.path(), Duration::from_millis(50), &older).unwrap();
    let (conversation, message) = (conversation().id, tacet_conversation::MessageId::new());
    old.execute_batch(&format!(
        "INSERT INTO conversation (id, title, created_at, updated_at)
         VALUES ('{conversation}', 'Old', 1, 1);
         INSERT INTO message (id, conversation_id, role, state, created_at)
         VALUES ('{message}', '{conversation}', 'assistant', 'interrupted', 1);
         INSERT INTO usage (message_id, attempt, made_again, source, output, created_at, cost_low,
                            cost_high, cost_basis)
         VALUES ('{message}', 0, 0, 'estimated', 7, 1, 0.5, 2.0, 'estimated');"
    ))
    .unwrap();
    drop(old);
    let store = Store::open(folder.path()).unwrap();
    let read = store
        .message(message)
        .await
        .unwrap()
        .unwrap()
        .usage
        .unwrap();
    let expected = usage(UsageSource::Estimated, None, Some(7));
    assert_eq!(read, costing(expected, 0.5, 2.0, CostBasis::Estimated));
    assert_eq!(
        store.usage_totals(Grouping::Day).unwrap()[0]
            .stopped
            .cost_high,
        Some(2.0)
    );
    assert!(folder.path().join(format!("{FILE}.format-5")).exists());
}

#[tokio::test]
async fn sums_by_conversation_have_its_title() {
    let (_folder, store, _) = store().await;
    let (_, second) = ledger(&store).await;
    let title = "Moraines".to_owned();
    assert!(store.rename(second.id, title.clone()).await.unwrap());
    let groups = store.usage_totals(Grouping::Conversation).unwrap();
    assert_eq!(groups[0].title, Some(title));
}

//! A disk that cannot take the answer, in the real app: it is told, nothing is lost, and it is saved
//! as soon as it can be (rules C04, C09).

use crate::answer::{Means, ask, ask_pasted, when, when_within};
use crate::desk::Desk;
use crate::pictures::fits_everywhere;
use crate::small_disk::SmallDisk;
use rusqlite::Connection;
use std::os::unix::fs::PermissionsExt;
use std::time::{Duration, Instant};
use tacet_core::store::FILE;
use tacet_core::{Cause, Message, MessageState};
use tacet_test_support::webdriver::{App, testid};

/// Longer than the app waits for a lock by itself, and than the longest wait between two attempts.
const LONG: Duration = Duration::from_secs(40);

async fn told(app: &App, why: &str) {
    when_within(LONG, app, &format!("a.unsaved?.includes('{why}')")).await;
}

async fn told_again(app: &App) {
    when_within(LONG, app, "a.unsaved === null").await;
}

/// A desk whose data folder is a small disk, and the app on it; nothing where none can be mounted.
/// They are given in the order in which they have to outlive each other.
async fn on_small_disk() -> Option<(Desk, SmallDisk, App)> {
    let desk = Desk::bare().await;
    let disk = SmallDisk::under(desk.folder())?;
    desk.write_settings("gated/test-model", &[]);
    let app = desk.open().await;
    Some((desk, disk, app))
}

/// The only answer, as it is on disk.
fn on_disk(desk: &Desk) -> Message {
    desk.answers().remove(0)
}

#[tokio::test]
async fn c04_a_disk_that_fills_up_in_mid_stream_is_told_and_nothing_is_lost_once_it_has_room() {
    let Some((desk, disk, app)) = on_small_disk().await else {
        return;
    };
    let mut exchange = desk.writing(&app, "What is a moraine?", "The ice ").await;
    disk.fill();
    let mut whole = "The ice ".to_owned();
    for number in 0..2_000 {
        let words = format!("w{number} pushed stones before it, grain by grain. ");
        exchange.send_text_delta(&words).await;
        whole += &words;
    }
    told(&app, "The disk is full").await;
    // While it is written, too, it can be copied.
    when(&app, "a.state === 'streaming' && a.canCopyUnsaved").await;
    fits_everywhere(&app, "unsaved-streaming").await;
    assert!(on_disk(&desk).text().len() < whole.len());

    Means::Esc.stop(&app).await;
    exchange.hung_up().await;
    when(&app, "a.state === 'interrupted' && a.unsaved !== null").await;
    fits_everywhere(&app, "unsaved-stopped").await;
    app.reload().await;
    // A text of this length takes WebKit some seconds where much else runs.
    let whole_again = "a.words.includes('w1999') && a.unsaved !== null";
    let shown = when_within(LONG, &app, whole_again).await;
    assert_eq!(shown.cause.as_deref(), Some("user"));

    disk.make_room();
    told_again(&app).await;
    let answer = on_disk(&desk);
    assert!(
        answer.text() == whole,
        "{} of {}",
        answer.text().len(),
        whole.len()
    );
    assert_eq!(answer.cause, Some(Cause::User));
    assert!(answer.receipt.is_some());
    desk.converse(&app).await;
}

#[tokio::test]
async fn c04_an_answer_that_ends_on_a_full_disk_is_whole_once_it_has_room() {
    let Some((desk, disk, app)) = on_small_disk().await else {
        return;
    };
    let mut exchange = desk.writing(&app, "What is a moraine?", "The ice ").await;
    disk.fill();
    let words = "pushed stones. ".repeat(20_000);
    exchange.send_text_delta(&words).await;
    exchange.complete(9, 30_000).await;
    when_within(LONG, &app, "a.state === 'complete' && a.unsaved !== null").await;
    assert_eq!(on_disk(&desk).state, MessageState::Streaming);
    disk.make_room();
    told_again(&app).await;
    let answer = on_disk(&desk);
    assert_eq!(answer.state, MessageState::Complete);
    assert!(
        answer.text() == format!("The ice {words}"),
        "the text is another"
    );
}

#[tokio::test]
async fn c04_a_disk_that_is_full_at_send_says_so_and_keeps_the_message() {
    let Some((desk, disk, app)) = on_small_disk().await else {
        return;
    };
    // What the log has stays in it while somebody reads: written anew from its beginning, it would have
    // room on a full disk too.
    let mut reader = Connection::open(desk.folder().join(FILE)).unwrap();
    let reading = reader.transaction().unwrap();
    reading
        .query_row("SELECT count(*) FROM message", [], |row| {
            row.get::<_, i64>(0)
        })
        .unwrap();
    desk.converse(&app).await;
    disk.fill();
    // Longer than what may be left of the last block.
    let question = "Which stones does a glacier carry? ".repeat(400);
    ask_pasted(&app, &question).await;
    app.wait_for_text(&testid("notice"), "The disk is full")
        .await;
    is_back(&app, &question).await;
    assert_eq!(desk.server.chat_requests(), 1);

    drop(reading);
    disk.make_room();
    app.click(&testid("send")).await;
    let mut exchange = desk.server.next_request().await;
    let asked = exchange.request.json()["messages"].to_string();
    assert_eq!(asked.matches(question.trim()).count(), 1, "{asked}");
    exchange.send_text_delta("All sizes.").await;
    exchange.complete(9, 3).await;
    when(
        &app,
        "a.state === 'complete' && a.words.includes('All sizes.')",
    )
    .await;
    assert_eq!(desk.answers().len(), 2);
}

/// Waits until what was to be sent is in the composer again.
async fn is_back(app: &App, question: &str) {
    let composer = "document.querySelector('[data-testid=composer]').value";
    app.wait_until(
        "the message to be back",
        &format!("return {composer} === arguments[0]"),
        &[question.into()],
    )
    .await;
}

/// How long another program holds the database.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Lock {
    /// Less than the app waits for it.
    Seconds3,
    /// More.
    Seconds8,
    /// A minute and more: until all that there is to see of it was seen.
    UntilSeen,
}

impl Lock {
    const ALL: [Self; 3] = [Self::Seconds3, Self::Seconds8, Self::UntilSeen];

    /// Holds the database of a desk until the lock is over, for the first two by themselves.
    fn hold(self, desk: &Desk) -> Held {
        let connection = Connection::open(desk.folder().join(FILE)).unwrap();
        connection.busy_timeout(Duration::from_secs(5)).unwrap();
        connection.execute_batch("BEGIN IMMEDIATE").unwrap();
        let until = match self {
            Self::Seconds3 => Some(Duration::from_secs(3)),
            Self::Seconds8 => Some(Duration::from_secs(8)),
            Self::UntilSeen => None,
        };
        Held {
            connection,
            until: until.map(|time| Instant::now() + time),
        }
    }
}

struct Held {
    connection: Connection,
    until: Option<Instant>,
}

impl Held {
    async fn over(self) {
        if let Some(until) = self.until {
            tokio::time::sleep_until(until.into()).await;
        }
        self.connection.execute_batch("COMMIT").unwrap();
    }
}

#[tokio::test]
async fn c04_a_lock_at_send_sends_later_or_says_so_and_keeps_the_message() {
    let desk = Desk::new().await;
    let app = desk.open().await;
    for (round, lock) in Lock::ALL.into_iter().enumerate() {
        let question = format!("question {round}");
        let held = lock.hold(&desk);
        ask(&app, &question).await;
        if lock != Lock::Seconds3 {
            let notice = testid("notice");
            app.wait_for_text(&notice, "Another program is using the database")
                .await;
            is_back(&app, &question).await;
            assert_eq!(
                desk.server.chat_requests(),
                round.saturating_sub(1) + usize::from(round > 0)
            );
            held.over().await;
            app.click(&testid("send")).await;
        } else {
            held.over().await;
        }
        let mut exchange = desk.server.next_request().await;
        let asked = exchange.request.json()["messages"].to_string();
        assert_eq!(asked.matches(&question).count(), 1, "{asked}");
        exchange.send_text_delta("All is well.").await;
        exchange.complete(9, 3).await;
        when(&app, "a.state === 'complete'").await;
    }
    assert_eq!(desk.answers().len(), 3);
    assert_eq!(desk.server.violations(), Vec::<String>::new());
}

/// Has the page remember whether it said that something is not saved.
const WATCH: &str = "window.hasToldUnsaved = false;
    new MutationObserver(() => {
        if (document.querySelector('[data-testid=unsaved]')) window.hasToldUnsaved = true;
    }).observe(document.body, {childList: true, subtree: true});";

#[tokio::test]
async fn c04_a_lock_in_mid_stream_is_told_and_the_answer_goes_on() {
    let desk = Desk::new().await;
    let app = desk.open().await;
    for lock in Lock::ALL {
        let mut exchange = desk.writing(&app, "What is a moraine?", "The ice ").await;
        let held = lock.hold(&desk);
        app.run(WATCH, &[]).await;
        exchange.send_text_delta("pushed stones").await;
        if lock != Lock::Seconds3 {
            told(&app, "has not answered").await;
            told(&app, "Another program is using the database").await;
        }
        held.over().await;
        told_again(&app).await;
        let noticed = app.run("return window.hasToldUnsaved", &[]).await;
        assert_eq!(noticed, lock != Lock::Seconds3, "{lock:?}");
        exchange.complete(9, 3).await;
        when(&app, "a.state === 'complete' && a.unsaved === null").await;
        let answers = desk.answers();
        let answer = answers.last().unwrap();
        assert_eq!(answer.state, MessageState::Complete, "{lock:?}");
        assert_eq!(answer.text(), "The ice pushed stones");
    }
}

/// Waits until the app has tried once more and failed, which it says to a page that asks anew.
async fn failed_again(app: &App) {
    loop {
        app.reload().await;
        let answer = when(app, "a.state === 'interrupted' && a.unsaved !== null").await;
        let reason = answer.unsaved.unwrap_or_default();
        if reason.contains("Another program is using the database") {
            return;
        }
    }
}

#[tokio::test]
async fn c09_a_lock_at_stop_holds_nothing_up_and_the_end_is_saved_later() {
    let desk = Desk::new().await;
    let app = desk.open().await;
    for lock in Lock::ALL {
        let exchange = desk.writing(&app, "What is a moraine?", "The ice ").await;
        let held = lock.hold(&desk);
        let pressed = Instant::now();
        Means::Button.stop(&app).await;
        exchange.hung_up().await;
        when(&app, "a.state === 'interrupted' && a.unsaved !== null").await;
        let took = pressed.elapsed();
        assert!(took < Duration::from_secs(3), "{lock:?}: {took:?}");
        if lock == Lock::UntilSeen {
            failed_again(&app).await;
        }
        held.over().await;
        told_again(&app).await;
        let answers = desk.answers();
        let answer = answers.last().unwrap();
        assert_eq!(answer.state, MessageState::Interrupted, "{lock:?}");
        assert_eq!(answer.text(), "The ice ");
        assert_eq!(answer.cause, Some(Cause::User));
    }
    desk.converse(&app).await;
}

#[tokio::test]
async fn c04_a_data_folder_that_is_taken_away_in_mid_stream_is_told_and_written_to_when_it_is_back()
{
    let desk = Desk::new().await;
    let app = desk.open().await;
    let mut exchange = desk.writing(&app, "What is a moraine?", "The ice ").await;
    let elsewhere = desk.folder().with_extension("elsewhere");
    std::fs::rename(desk.folder(), &elsewhere).unwrap();
    exchange.send_text_delta("pushed stones").await;
    told(&app, "is gone").await;
    Means::Esc.stop(&app).await;
    exchange.hung_up().await;
    when(&app, "a.state === 'interrupted' && a.unsaved !== null").await;
    std::fs::rename(&elsewhere, desk.folder()).unwrap();
    told_again(&app).await;
    assert_eq!(on_disk(&desk).text(), "The ice pushed stones");
    desk.converse(&app).await;
}

#[tokio::test]
async fn c04_a_data_folder_that_is_made_read_only_in_mid_stream_loses_nothing() {
    let desk = Desk::new().await;
    let app = desk.launch().without_root_powers().start().await;
    app.find(&testid("composer")).await;
    let mut exchange = desk.writing(&app, "What is a moraine?", "The ice ").await;
    let allow = |folder: u32, file: u32| {
        for entry in std::fs::read_dir(desk.folder()).unwrap() {
            let path = entry.unwrap().path();
            if path.is_file() {
                std::fs::set_permissions(path, PermissionsExt::from_mode(file)).unwrap();
            }
        }
        std::fs::set_permissions(desk.folder(), PermissionsExt::from_mode(folder)).unwrap();
    };
    allow(0o500, 0o400);
    exchange.send_text_delta("pushed stones").await;
    when(&app, "a.words.includes('pushed stones')").await;
    Means::Esc.stop(&app).await;
    exchange.hung_up().await;
    when(&app, "a.state === 'interrupted'").await;
    allow(0o700, 0o600);
    told_again(&app).await;
    assert_eq!(on_disk(&desk).text(), "The ice pushed stones");
}

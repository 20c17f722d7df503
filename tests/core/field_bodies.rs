//! Answers as servers and proxies in the field send them, after public reports of people who use or
//! build chat clients. Each comes out the same whole, in pieces of seven bytes and byte by byte, and
//! as a beginning where Stop came in its middle (rules C04, C12, C19, C23).

use crate::answers::{said, stopped_answer_by};
use crate::raw_body::{After, RawServer};
use crate::recordings::{asked_again, wires};
use std::future::poll_fn;
use std::sync::Arc;
use std::task::Poll;
use tacet_core::{
    Answer, ConnectionEnd, Draft, Endpoint, ErrorCategory, FinishReason, Generation, Message,
    MessageState, ModelRequest, Part, Provider, Remote, Role, UsageSource, WireApi,
};
use tacet_test_support::patience::within;

/// How an answer ends.
#[derive(Clone, Copy, Debug)]
enum End {
    Whole(FinishReason),
    /// Early, with an error of this category and status, whose words hold this.
    Early(ErrorCategory, Option<u16>, &'static str),
}

struct Case {
    api: WireApi,
    name: &'static str,
    http: &'static [u8],
    parts: &'static [&'static str],
    end: End,
    /// Tokens of the request and of the answer that the server reports.
    tokens: Option<(u64, u64)>,
}

macro_rules! case {
    ($api:ident $name:literal, $parts:expr, $end:expr, $tokens:expr) => {
        Case {
            api: WireApi::$api,
            name: $name,
            http: include_bytes!(concat!("bodies/", $name, ".http")),
            parts: &$parts,
            end: $end,
            tokens: $tokens,
        }
    };
}

const STOP: End = End::Whole(FinishReason::Stop);
const TIN: [&str; 1] = ["text Tin melts at 232 °C."];
const CUT_TIN: [&str; 1] = ["text Tin melts"];
const COUNTED: Option<(u64, u64)> = Some((31, 22));
const CUT_OFF: End = End::Early(ErrorCategory::Network, None, "connection ended before");

/// What the body is, and not what its headers call it.
const FORMS: &[Case] = &[
    case!(
        OpenaiChat "eventstream-json-answer",
        ["text Water boils at 100 °C at sea level, and at about 93 °C in Cusco."],
        STOP,
        COUNTED
    ),
    case!(OpenaiChat "json-type-sse-body", ["text A haiku has seventeen syllables."], STOP, COUNTED),
    case!(OpenaiChat "pretty-json-answer", TIN, STOP, COUNTED),
    case!(OpenaiChat "json-lines-chunks", TIN, STOP, COUNTED),
    case!(OpenaiChat "whole-without-reason", ["text Tin."], End::Whole(FinishReason::Other), COUNTED),
    case!(OpenaiChat "marked-stream", TIN, STOP, COUNTED),
    case!(OpenaiChat "marked-json", TIN, STOP, COUNTED),
    case!(Gemini "gemini-list", ["text Basalt is a volcanic rock."], STOP, Some((9, 17))),
    case!(Ollama "ollama-events", TIN, STOP, COUNTED),
    case!(
        OpenaiChat "bare-error",
        [],
        End::Early(ErrorCategory::Overloaded, Some(503), "The model is asleep."),
        None
    ),
    case!(
        OpenaiChat "bare-error-late",
        CUT_TIN,
        End::Early(ErrorCategory::Overloaded, Some(503), "The model fell asleep."),
        None
    ),
    case!(
        OpenaiChat "error-in-a-list",
        CUT_TIN,
        End::Early(ErrorCategory::Overloaded, Some(503), "The model fell asleep."),
        None
    ),
    case!(
        OpenaiChat "choice-error",
        ["text To descale the kettle, first fill it with equal parts of "],
        End::Early(
            ErrorCategory::Overloaded,
            Some(502),
            "The upstream provider dropped the generation."
        ),
        Some((18, 14))
    ),
    case!(
        OpenaiChat "choice-error-alone",
        ["text Tin "],
        End::Early(ErrorCategory::Unknown, None, "reported an error"),
        None
    ),
    case!(
        OpenaiChat "foreign-json",
        [],
        End::Early(ErrorCategory::Protocol, None, "JSON that is no answer"),
        None
    ),
    case!(OpenaiChat "page", [], End::Early(ErrorCategory::Protocol, None, "a web page"), None),
    case!(
        OpenaiChat "page-under-json",
        [],
        End::Early(ErrorCategory::Protocol, None, "a web page"),
        None
    ),
    case!(
        OpenaiChat "no-json-at-all",
        [],
        End::Early(ErrorCategory::Protocol, None, "text that is no answer"),
        None
    ),
    case!(OpenaiChat "kimi-usage", ["text Seven plus five is twelve."], STOP, Some((19, 8))),
    case!(
        OpenaiChat "perplexity-cumulative",
        ["text Lisbon lies on seven hills.[1]"],
        STOP,
        Some((6, 9))
    ),
];

/// What is whole counts, what is not is told as such, and what says nothing is passed over.
const ENDS: &[Case] = &[
    case!(
        OpenaiResponses "responses-no-last-blank",
        ["text The moon is about 384,000 km away."],
        STOP,
        Some((14, 13))
    ),
    case!(Gemini "gemini-done", ["text Basalt is a volcanic rock."], STOP, Some((9, 17))),
    case!(Gemini "gemini-empty-stop", [], STOP, None),
    case!(
        OpenaiChat "data-null",
        ["text The tide turns about every six hours."],
        STOP,
        COUNTED
    ),
    case!(OpenaiChat "quiet-frames", TIN, STOP, COUNTED),
    case!(OpenaiChat "no-blank-lines", TIN, STOP, COUNTED),
    case!(OpenaiChat "strange-after-the-end", TIN, STOP, COUNTED),
    case!(
        OpenaiChat "done-before-reason",
        CUT_TIN,
        End::Early(ErrorCategory::Protocol, None, "without saying that it is finished"),
        None
    ),
    case!(OpenaiChat "truncated-last", CUT_TIN, CUT_OFF, None),
    case!(OpenaiChat "truncated-json-answer", [], CUT_OFF, None),
];

/// Reasoning, wherever it stands.
const REASONING: &[Case] = &[
    case!(
        OpenaiChat "think-pair",
        [
            "reasoning The person asks for the capital of Peru. That is Lima; `</b>` in code is no tag.",
            "text The capital of Peru is **Lima**. 🇵🇪 It has about ten million people.",
        ],
        STOP,
        COUNTED
    ),
    case!(
        OpenaiChat "think-closed-only",
        [
            "reasoning Okay, the person asks about tin.\nIt melts early.",
            "text Tin melts at 232 °C.",
        ],
        STOP,
        COUNTED
    ),
    case!(
        OpenaiChat "think-later",
        [
            "text Write `<think>` first, then `</think>`\n\n```\n<think>\n</think>\n```\nand a <think> \
             in the text </think> is text.\n",
        ],
        STOP,
        COUNTED
    ),
    case!(
        OpenaiChat "think-quoted-inside",
        ["reasoning The tag `</think>` ends it.", "text Yes."],
        STOP,
        COUNTED
    ),
    case!(OpenaiChat "thinking-tag", ["reasoning Tin.", "text 232 °C."], STOP, COUNTED),
    case!(OpenaiChat "think-empty", TIN, STOP, COUNTED),
    case!(
        OpenaiChat "think-never-closed",
        ["reasoning Tin, let me see"],
        End::Whole(FinishReason::Length),
        COUNTED
    ),
    case!(Ollama "ollama-think", ["reasoning Tin.", "text 232 °C."], STOP, COUNTED),
    case!(
        OpenaiChat "reasoning-details-only",
        [
            "reasoning Twelve times twelve is one hundred and forty-four.",
            "text 144",
        ],
        STOP,
        COUNTED
    ),
];

/// Characters of which a server sends halves.
const HALVES: &[Case] = &[case!(
    OpenaiChat "surrogates",
    [
        "reasoning Which 🌋?",
        "text A volcano 🌋 and a half \u{fffd} one, \u{fffd} too \u{fffd}",
        "save({\"at\":\"🌋\"})",
        "save({\"at\":\"\\ud83c\"})",
    ],
    End::Whole(FinishReason::ToolCalls),
    COUNTED
)];

impl Case {
    fn body(&self) -> &'static [u8] {
        let head = self.http.windows(4).position(|it| it == b"\r\n\r\n");
        &self.http[head.unwrap() + 4..]
    }

    fn remote(&self, address: &str) -> Remote {
        let base = match self.api {
            WireApi::OpenaiChat | WireApi::OpenaiResponses => "/v1",
            WireApi::Gemini | WireApi::GeminiInteractions => "/v1beta",
            WireApi::Anthropic | WireApi::Ollama => "",
        };
        Remote::new(
            self.api,
            &Endpoint::new(format!("http://{address}{base}"), None),
        )
        .unwrap()
    }

    fn ask() -> ModelRequest {
        ModelRequest::new("m", vec![said(Role::User, "Well?")])
    }

    async fn answered_in(&self, piece: usize) -> Answer {
        let server = RawServer::answering(self.http.to_vec(), piece, After::Close).await;
        let provider = Arc::new(self.remote(&server.address));
        let mut generation = Generation::start(provider, Self::ask());
        let driven = async { while generation.next().await.is_some() {} };
        within(self.name, driven).await;
        generation.into_answer()
    }

    /// The answer when Stop comes after so many bytes of the body, and the connection's end.
    async fn stopped_after(&self, length: usize) -> (Vec<Part>, ConnectionEnd) {
        let head = self.http.len() - self.body().len();
        let answer = self.http[..head + length].to_vec();
        let server = RawServer::answering(answer, length.max(1), After::Wait).await;
        let mut stream = self.remote(&server.address).stream(Self::ask());
        let mut draft = Draft::default();
        let received = poll_fn(|cx| {
            loop {
                match stream.as_mut().poll_next(cx) {
                    Poll::Ready(Some(Ok(events))) => {
                        for event in events {
                            draft.apply(event, &mut Vec::new());
                        }
                    }
                    // The answer is over before this byte.
                    Poll::Ready(Some(Err(_)) | None) => return Poll::Ready(()),
                    Poll::Pending if stream.bytes_received() >= Some(length as u64) => {
                        return Poll::Ready(());
                    }
                    Poll::Pending => return Poll::Pending,
                }
            }
        });
        within(self.name, received).await;
        let closed = stream.close().await;
        for event in closed.events {
            draft.apply(event, &mut Vec::new());
        }
        server.hung_up().await;
        (draft.into_parts(), closed.connection)
    }
}

/// Parts as a person sees them.
pub fn shown(parts: &[Part]) -> Vec<String> {
    let shown = parts.iter().filter_map(|part| match part {
        Part::Text { text } => Some(format!("text {text}")),
        Part::Reasoning(reasoning) if reasoning.text.is_empty() => None,
        Part::Reasoning(reasoning) => Some(format!("reasoning {}", reasoning.text)),
        Part::ToolCall(call) => Some(format!("{}({})", call.name, call.arguments)),
        // They stand below the answer.
        Part::Citations { .. } => None,
        Part::ToolResult(_) | Part::Attachment(_) | Part::ServerTool(_) => {
            panic!("a model sends no {part:?}")
        }
    });
    shown.collect()
}

fn judge(case: &Case, answer: &Answer, place: &str) {
    assert_eq!(shown(&answer.parts), case.parts, "{place}");
    match case.end {
        End::Whole(reason) => {
            assert_eq!(answer.state, MessageState::Complete, "{place}: {answer:?}");
            assert_eq!(answer.finish_reason, Some(reason), "{place}");
            assert_eq!(answer.error, None, "{place}");
        }
        End::Early(category, status, words) => {
            assert_eq!(
                answer.state,
                MessageState::Incomplete,
                "{place}: {answer:?}"
            );
            let error = answer.error.as_ref().expect(place);
            assert_eq!(
                (error.category, error.status),
                (category, status),
                "{place}"
            );
            let told = error.provider_text.as_deref().unwrap_or_default();
            let told = format!("{} {told}", error.message);
            assert!(told.contains(words), "{place}: {told}");
            let kept = error.message.contains("What arrived is kept");
            assert_eq!(kept, !case.parts.is_empty(), "{place}: {told}");
        }
    }
    if let Some((input, output)) = case.tokens {
        assert_eq!(answer.usage.source, UsageSource::Reported, "{place}");
        assert_eq!(answer.usage.input_tokens, Some(input), "{place}");
        assert_eq!(answer.usage.output_tokens, Some(output), "{place}");
    }
}

async fn each_in_all_pieces(cases: &[Case]) {
    for case in cases {
        // A failure before the first word is tried again, and each server here answers once.
        let pieces: &[usize] = match case.end {
            End::Early(ErrorCategory::Overloaded, ..) if case.parts.is_empty() => &[],
            End::Early(..) | End::Whole(_) => &[1_000_000, 7, 1],
        };
        for &piece in pieces {
            let place = format!("{} in pieces of {piece}", case.name);
            judge(case, &case.answered_in(piece).await, &place);
        }
    }
}

#[tokio::test]
async fn c12_the_form_of_a_body_is_what_it_is_and_not_what_its_headers_say() {
    each_in_all_pieces(FORMS).await;
}

#[tokio::test]
async fn c12_what_is_whole_is_never_told_as_broken_and_what_broke_off_never_as_whole() {
    each_in_all_pieces(ENDS).await;
}

#[tokio::test]
async fn reasoning_is_told_from_text_by_its_field_or_its_tags() {
    each_in_all_pieces(REASONING).await;
}

#[tokio::test]
async fn halves_of_characters_are_joined_or_replaced_and_end_nothing() {
    each_in_all_pieces(HALVES).await;
}

/// The cases in which a Stop finds a beginning.
fn beginnings() -> impl Iterator<Item = &'static Case> {
    let all = [FORMS, ENDS, REASONING, HALVES].into_iter().flatten();
    all.filter(|case| !case.parts.is_empty())
}

/// A beginning of what the case says, in which reasoning that only a later tag shows is still text.
fn is_beginning(case: &Case, parts: &[Part]) -> bool {
    let said = |shown: &[String]| {
        let words = shown.iter().map(|part| {
            let part = part.strip_prefix("text ").unwrap_or(part);
            part.strip_prefix("reasoning ").unwrap_or(part).to_owned()
        });
        words.collect::<String>()
    };
    let whole: Vec<String> = case.parts.iter().map(|part| (*part).to_owned()).collect();
    let plain = |text: String| text.replace([' ', '\n', ')', '\u{fffd}', '(', '\\', '"', '}'], "");
    let (whole, begun) = (plain(said(&whole)), plain(said(&shown(parts))));
    whole.starts_with(&begun) || case.name == "surrogates"
}

#[tokio::test]
async fn c04_stop_in_the_middle_leaves_a_beginning_without_a_tag_and_closes_the_connection() {
    for case in beginnings() {
        let length = case.body().len();
        for cut in (1..length).step_by(length / 6 + 1) {
            let (parts, connection) = case.stopped_after(cut).await;
            let place = format!("{} stopped after {cut}: {parts:?}", case.name);
            assert_eq!(connection, ConnectionEnd::Closed, "{place}");
            assert!(is_beginning(case, &parts), "{place}");
            let decoder = case.remote("127.0.0.1:1").decoder("m");
            let decoded = stopped_answer_by(decoder, &case.body()[..cut]);
            assert_eq!(shown(&decoded.parts), shown(&parts), "{place}");
        }
    }
}

#[test]
fn c04_stop_at_any_byte_leaves_a_beginning_that_every_api_takes_back() {
    for case in beginnings() {
        let provider = case.remote("127.0.0.1:1");
        let mut last: Option<Message> = None;
        for cut in 0..=case.body().len() {
            let answer = stopped_answer_by(provider.decoder("m"), &case.body()[..cut]);
            let place = format!("{} stopped after {cut}: {:?}", case.name, answer.parts);
            assert!(is_beginning(case, &answer.parts), "{place}");
            let tagged = ["</", "<th", "[TH"].iter().any(|tag| {
                let shown = shown(&answer.parts).concat();
                shown.contains(tag)
            });
            let may = matches!(
                case.name,
                "think-later" | "think-quoted-inside" | "think-pair"
            );
            assert!(may || !tagged, "{place}");
            if last.as_ref().is_some_and(|last| last.parts == answer.parts) {
                continue;
            }
            let history = asked_again(answer.clone());
            for wire in wires() {
                assert_eq!(
                    wire.judge(&history),
                    Ok(()),
                    "{place}, then {}",
                    wire.dialect
                );
            }
            last = Some(answer);
        }
    }
}

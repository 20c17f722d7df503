//! A conversation of another app, in the little that all of them have: a tree of nodes.

use super::report::Report;
use std::collections::{HashMap, HashSet};
use tacet_conversation::{
    Conversation, ConversationId, Filing, Message, MessageId, MessageState, Millis, ModelRef, Part,
    Role,
};
use uuid::Uuid;

/// Under it, each of the others' ids has one of ours, the same at each import.
const NAMESPACE: Uuid = Uuid::from_u128(0x4b1d_2f0e_7a34_5c89_9d1e_0c5a_b7e4_6f21);

/// A conversation as it was read.
#[derive(Debug)]
pub(super) struct Source {
    /// The app, as the provider of its models is called.
    pub app: &'static str,
    /// The app's own id.
    pub id: String,
    pub title: String,
    pub created_at: Millis,
    pub updated_at: Millis,
    /// The node that was shown last.
    pub head: Option<String>,
    /// Whether it is one message of a file that has one a line.
    pub is_line: bool,
    pub nodes: Vec<Node>,
}

/// A message, or something that stands between messages and is none.
#[derive(Debug)]
pub(super) struct Node {
    pub id: String,
    pub parent: Option<String>,
    pub role: Role,
    /// None where it is no message: what follows it follows what is before it.
    pub parts: Vec<Part>,
    pub model: Option<String>,
    pub created_at: Option<Millis>,
}

impl Source {
    /// Takes the messages of the next line, of the same conversation, after those that it has.
    pub fn join(&mut self, next: Self) {
        for mut node in next.nodes {
            node.parent = self.nodes.last().map(|last| last.id.clone());
            self.nodes.push(node);
        }
    }

    fn id_of(&self, kind: &str, id: &str) -> Uuid {
        let name = format!("{}\n{}\n{kind}\n{id}", self.app, self.id);
        Uuid::new_v5(&NAMESPACE, name.as_bytes())
    }

    /// Our conversation, and its messages, each after its parent.
    pub fn into_messages(mut self, report: &mut Report) -> (Conversation, Vec<Message>) {
        let order = self.order(report);
        let conversation = ConversationId::from(self.id_of("conversation", ""));
        let mut nodes: HashMap<String, Node> = HashMap::new();
        let mut parents: HashMap<String, Option<String>> = HashMap::new();
        for node in std::mem::take(&mut self.nodes) {
            nodes.insert(node.id.clone(), node);
        }
        let mut messages = Vec::with_capacity(order.len());
        let mut at = self.created_at;
        for id in order {
            let Some(node) = nodes.remove(&id) else {
                continue;
            };
            // Those before it are placed already.
            let parent = node
                .parent
                .as_ref()
                .and_then(|parent| parents.get(parent).cloned().unwrap_or_default());
            if node.parts.is_empty() {
                parents.insert(id, parent);
                continue;
            }
            at = node.created_at.unwrap_or(at);
            messages.push(self.message(conversation, &node, parent.as_deref(), at));
            parents.insert(id.clone(), Some(id));
        }
        let head = self.head.as_ref();
        let head = head.and_then(|head| parents.get(head).cloned().flatten());
        let head = head.map(|head| MessageId::from(self.id_of("message", &head)));
        let first = messages.first().map_or(0, |first| first.created_at);
        let last = messages.iter().map(|message| message.created_at).max();
        let or = |time: Millis, other| if time == 0 { other } else { time };
        let conversation = Conversation {
            id: conversation,
            title: title(&self.title, &messages),
            created_at: or(self.created_at, first),
            updated_at: or(self.updated_at, last.unwrap_or(first)),
            head: head.or_else(|| messages.last().map(|last| last.id)),
            filing: Filing::default(),
        };
        (conversation, messages)
    }

    fn message(
        &self,
        conversation_id: ConversationId,
        node: &Node,
        parent: Option<&str>,
        created_at: Millis,
    ) -> Message {
        let model = node.model.as_deref().filter(|model| !model.is_empty());
        Message {
            id: self.id_of("message", &node.id).into(),
            conversation_id,
            parent_id: parent.map(|parent| self.id_of("message", parent).into()),
            turn_id: None,
            role: node.role,
            state: MessageState::Complete,
            cause: None,
            model: model.map(|model| ModelRef {
                provider: self.app.to_owned(),
                model: model.to_owned(),
            }),
            parts: node.parts.clone(),
            finish_reason: None,
            usage: None,
            failed_attempts: Vec::new(),
            requests: Vec::new(),
            receipt: None,
            error: None,
            created_at,
            ended_at: Some(created_at),
        }
    }

    /// The ids of all nodes, each after its parent, siblings in the order of the file.
    fn order(&mut self, report: &mut Report) -> Vec<String> {
        let known: HashSet<&str> = self.nodes.iter().map(|node| node.id.as_str()).collect();
        let mut children: HashMap<Option<&str>, Vec<&str>> = HashMap::new();
        for node in &self.nodes {
            let parent = node.parent.as_deref();
            let parent = parent.filter(|&parent| known.contains(parent) && parent != node.id);
            children.entry(parent).or_default().push(&node.id);
        }
        let mut order = Vec::with_capacity(self.nodes.len());
        let mut placed = HashSet::new();
        let mut next: Vec<&str> = children.remove(&None).unwrap_or_default();
        next.reverse();
        while let Some(id) = next.pop() {
            if !placed.insert(id) {
                continue;
            }
            order.push(id.to_owned());
            let below = children.remove(&Some(id)).unwrap_or_default();
            next.extend(below.into_iter().rev());
        }
        let lost = known.len() - placed.len();
        report.problem("messages that follow themselves", lost as u64);
        order
    }
}

/// The title, or else the first words.
fn title(given: &str, messages: &[Message]) -> String {
    const LONGEST: usize = 80;
    let given = given.split_whitespace().collect::<Vec<_>>().join(" ");
    if !given.is_empty() {
        return given;
    }
    let said = messages.iter().map(Message::text);
    let first = said.into_iter().find(|text| !text.trim().is_empty());
    let first = first.unwrap_or_default();
    let words = first.split_whitespace().collect::<Vec<_>>().join(" ");
    match words.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", &words[..end]),
        None if words.is_empty() => "Untitled".to_owned(),
        None => words,
    }
}

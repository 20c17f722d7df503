//! Reads a file as a stream of conversations: JSON of any of the known kinds, one value or many, by
//! itself or in a ZIP archive.

use super::foreign::Files;
use super::importer::{Control, Ended, Importer};
use serde::Deserialize;
use serde::de::{DeserializeSeed, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::{Deserializer, Map, Value};
use std::collections::BTreeMap;
use std::fmt;
use std::fs::File;
use std::io::{self, BufReader, Read, Seek};
use std::path::{Path, PathBuf};
use tacet_conversation::{Conversation, ConversationSettings, Message};
use zip::ZipArchive;

/// A larger file of a conversation is left out, in bytes.
const LARGEST_FILE: u64 = 32 << 20;
/// No more files are looked at beside a file of conversations.
const MOST_FILES: usize = 100_000;
/// What Jan keeps beside the messages of a thread.
const THREAD: &str = "thread.json";
const ZIP: [u8; 4] = *b"PK\x03\x04";
const BYTE_ORDER_MARK: [u8; 3] = [0xef, 0xbb, 0xbf];

/// Why reading ended early.
#[derive(Debug)]
pub(super) enum ReadError {
    File(io::Error),
    NotUnderstood(String),
}

impl From<io::Error> for ReadError {
    fn from(error: io::Error) -> Self {
        Self::File(error)
    }
}

impl From<zip::result::ZipError> for ReadError {
    fn from(error: zip::result::ZipError) -> Self {
        match error {
            zip::result::ZipError::Io(error) => Self::File(error),
            other => Self::NotUnderstood(other.to_string()),
        }
    }
}

/// Reads all conversations of a file into `importer`.
pub(super) fn read(path: &Path, importer: &mut Importer<'_>) -> Result<(), ReadError> {
    let mut file = File::open(path)?;
    let mut magic = [0; 4];
    let known = file.read(&mut magic)?;
    file.rewind()?;
    if known == magic.len() && magic == ZIP {
        return archive(path, importer);
    }
    let folder = path.parent().unwrap_or(Path::new("."));
    let mut files = Found::beside(folder);
    let thread = File::open(folder.join(THREAD)).ok();
    files.thread = thread.and_then(|mut thread| read_thread(&mut thread));
    json(BufReader::new(file), importer, &mut files)
}

fn archive(path: &Path, importer: &mut Importer<'_>) -> Result<(), ReadError> {
    let mut archive = ZipArchive::new(BufReader::new(File::open(path)?))?;
    let mut files = Found::within(ZipArchive::new(BufReader::new(File::open(path)?))?);
    let names: Vec<String> = archive.file_names().map(str::to_owned).collect();
    let mut wanted: Vec<&String> = names.iter().filter(|name| is_conversations(name)).collect();
    if wanted.is_empty() {
        let is_json = |name: &&String| name.ends_with(".json") || name.ends_with(".jsonl");
        wanted = names.iter().filter(is_json).collect();
    }
    if wanted.is_empty() {
        return Err(ReadError::NotUnderstood(
            "there is no file of conversations in the archive".to_owned(),
        ));
    }
    wanted.sort();
    let mut total = 0;
    for name in &wanted {
        total += archive.by_name(name)?.size();
    }
    importer.expect(total);
    for name in wanted {
        let (folder, _) = split(name);
        let thread = archive.by_name(&format!("{folder}{THREAD}")).ok();
        files.thread = thread.and_then(|mut thread| read_thread(&mut thread));
        let entry = archive.by_name(name)?;
        json(BufReader::new(entry), importer, &mut files)?;
    }
    Ok(())
}

/// The folder of a file in an archive, up to its last slash, and its own name.
fn split(name: &str) -> (&str, &str) {
    name.split_at(name.rfind('/').map_or(0, |slash| slash + 1))
}

/// `conversations.json`, its shards, and the messages of a thread.
fn is_conversations(name: &str) -> bool {
    let (_, base) = split(name);
    let shard = base
        .strip_prefix("conversations")
        .and_then(|rest| rest.strip_suffix(".json"));
    shard.is_some_and(|rest| rest.is_empty() || rest.starts_with(['-', '_']))
        || base == "messages.jsonl"
}

fn read_thread(file: &mut impl Read) -> Option<Value> {
    serde_json::from_slice(&read_bounded(file)?).ok()
}

/// All of it, unless it is too large.
fn read_bounded(file: &mut impl Read) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    file.take(LARGEST_FILE + 1).read_to_end(&mut bytes).ok()?;
    (bytes.len() as u64 <= LARGEST_FILE).then_some(bytes)
}

/// Files beside, or in the same archive as, a file of conversations, by their names.
struct Found {
    folder: Option<PathBuf>,
    paths: BTreeMap<String, PathBuf>,
    archive: Option<ZipArchive<BufReader<File>>>,
    entries: BTreeMap<String, usize>,
    /// What stands of a thread beside its messages.
    thread: Option<Value>,
}

impl Found {
    fn beside(folder: &Path) -> Self {
        Self {
            folder: Some(folder.to_owned()),
            paths: BTreeMap::new(),
            archive: None,
            entries: BTreeMap::new(),
            thread: None,
        }
    }

    fn within(archive: ZipArchive<BufReader<File>>) -> Self {
        let entries = archive.file_names().enumerate();
        let base = |name: &str| split(name).1.to_owned();
        Self {
            folder: None,
            paths: BTreeMap::new(),
            entries: entries.map(|(index, name)| (base(name), index)).collect(),
            archive: Some(archive),
            thread: None,
        }
    }

    /// Looks at what is beside the file when the first of it is asked for.
    fn look(&mut self) {
        let Some(folder) = self.folder.take() else {
            return;
        };
        let mut folders = vec![(folder, 0)];
        while let Some((folder, depth)) = folders.pop() {
            for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
                let path = entry.path();
                let Ok(kind) = entry.file_type() else {
                    continue;
                };
                if kind.is_dir() && depth < 2 {
                    folders.push((path, depth + 1));
                } else if kind.is_file() && self.paths.len() < MOST_FILES {
                    let name = entry.file_name().to_string_lossy().into_owned();
                    self.paths.insert(name, path);
                }
            }
        }
    }
}

/// The first name that is the id, or goes on after it with a sign that is none of an id.
fn named<'a, T>(names: &'a BTreeMap<String, T>, id: &str) -> Option<(&'a String, &'a T)> {
    let mut from = names.range(id.to_owned()..);
    from.by_ref()
        .take_while(|(name, _)| name.starts_with(id))
        .find(|(name, _)| {
            let next = name[id.len()..].chars().next();
            next.is_none_or(|c| !c.is_alphanumeric())
        })
}

impl Files for Found {
    fn find(&mut self, id: &str) -> Option<(String, Vec<u8>)> {
        if id.len() < 4 {
            return None;
        }
        self.look();
        if let Some((name, path)) = named(&self.paths, id) {
            let bytes = read_bounded(&mut File::open(path).ok()?)?;
            return Some((name.clone(), bytes));
        }
        let (name, &index) = named(&self.entries, id)?;
        let bytes = read_bounded(&mut self.archive.as_mut()?.by_index(index).ok()?)?;
        Some((name.clone(), bytes))
    }

    fn thread(&self) -> Option<&Value> {
        self.thread.as_ref()
    }
}

/// Counts what is read, and ends where the import was stopped.
struct Counted<'a, R> {
    from: R,
    control: &'a Control,
}

impl<R: Read> Read for Counted<'_, R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        if self.control.is_stopped() {
            return Err(io::Error::other("stopped"));
        }
        let count = self.from.read(into)?;
        self.control.read(count);
        Ok(count)
    }
}

fn json(
    mut from: impl io::BufRead,
    importer: &mut Importer<'_>,
    files: &mut dyn Files,
) -> Result<(), ReadError> {
    if from.fill_buf()?.starts_with(&BYTE_ORDER_MARK) {
        from.consume(BYTE_ORDER_MARK.len());
    }
    let counted = Counted {
        from,
        control: importer.control,
    };
    let mut values = Deserializer::from_reader(BufReader::with_capacity(1 << 16, counted));
    let mut is_empty = true;
    // One value, or as many as there are: a line each, or however they are set.
    while values.end().is_err() {
        is_empty = false;
        let top = Top {
            importer: &mut *importer,
            files: &mut *files,
        };
        top.deserialize(&mut values).map_err(|error| {
            if error.is_io() {
                ReadError::File(error.into())
            } else {
                ReadError::NotUnderstood(error.to_string())
            }
        })?;
    }
    if is_empty {
        return Err(ReadError::NotUnderstood("it is empty".to_owned()));
    }
    importer
        .end_of_file()
        .map_err(|Ended| ReadError::NotUnderstood("stopped".to_owned()))
}

/// What leads out of the parser; the importer knows why.
fn halted<E: Error>(_: Ended) -> E {
    E::custom("stopped")
}

/// A value that stands by itself.
struct Top<'a, 'b> {
    importer: &'a mut Importer<'b>,
    files: &'a mut dyn Files,
}

impl<'de> DeserializeSeed<'de> for Top<'_, '_> {
    type Value = ();

    fn deserialize<D: serde::Deserializer<'de>>(self, from: D) -> Result<(), D::Error> {
        from.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Top<'_, '_> {
    type Value = ();

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("conversations")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut all: A) -> Result<(), A::Error> {
        while let Some(value) = all.next_element::<Value>()? {
            self.importer.value(&value, self.files).map_err(halted)?;
        }
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut fields: A) -> Result<(), A::Error> {
        let mut others = Map::new();
        let mut known = false;
        while let Some(name) = fields.next_key::<String>()? {
            match name.as_str() {
                "conversations" => {
                    known = true;
                    fields.next_value_seed(Conversations {
                        importer: &mut *self.importer,
                        files: &mut *self.files,
                    })?;
                }
                _ => {
                    others.insert(name, fields.next_value()?);
                }
            }
        }
        known |= line(self.importer, &others).map_err(halted)?;
        // The first line of our own says its version alone.
        if known || others.keys().all(|name| name == "version") {
            return Ok(());
        }
        self.importer
            .value(&Value::Object(others), self.files)
            .map_err(halted)
    }
}

/// A line of our own export; `false` where it is none.
fn line(importer: &mut Importer<'_>, fields: &Map<String, Value>) -> Result<bool, Ended> {
    if let Some(value) = fields.get("conversation")
        && let Ok(conversation) = Conversation::deserialize(value)
    {
        let settings = settings(importer, fields);
        return importer.begin(conversation, settings).map(|()| true);
    }
    if let Some(value) = fields.get("message")
        && let Ok(message) = Message::deserialize(value)
    {
        return importer.message(message).map(|()| true);
    }
    Ok(false)
}

/// The settings beside a conversation of ours, where there are some.
fn settings(
    importer: &mut Importer<'_>,
    fields: &Map<String, Value>,
) -> Option<ConversationSettings> {
    match ConversationSettings::deserialize(fields.get("settings")?) {
        Ok(settings) => Some(settings),
        Err(_) => {
            importer
                .report
                .problem("settings of a conversation that are not understood", 1);
            None
        }
    }
}

/// The conversations of an export, one after the other.
struct Conversations<'a, 'b> {
    importer: &'a mut Importer<'b>,
    files: &'a mut dyn Files,
}

impl<'de> DeserializeSeed<'de> for Conversations<'_, '_> {
    type Value = ();

    fn deserialize<D: serde::Deserializer<'de>>(self, from: D) -> Result<(), D::Error> {
        from.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for Conversations<'_, '_> {
    type Value = ();

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("a list of conversations")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut all: A) -> Result<(), A::Error> {
        loop {
            let next = One {
                importer: &mut *self.importer,
                files: &mut *self.files,
            };
            if all.next_element_seed(next)?.is_none() {
                return Ok(());
            }
        }
    }
}

/// One of them: its messages are read one by one, where what it is stands before them.
struct One<'a, 'b> {
    importer: &'a mut Importer<'b>,
    files: &'a mut dyn Files,
}

impl<'de> DeserializeSeed<'de> for One<'_, '_> {
    type Value = ();

    fn deserialize<D: serde::Deserializer<'de>>(self, from: D) -> Result<(), D::Error> {
        from.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for One<'_, '_> {
    type Value = ();

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("a conversation")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut fields: A) -> Result<(), A::Error> {
        let mut others = Map::new();
        let mut is_ours = false;
        while let Some(name) = fields.next_key::<String>()? {
            if is_ours {
                fields.next_value::<IgnoredAny>()?;
                continue;
            }
            if name == "messages"
                && let Ok(conversation) = Conversation::deserialize(&others)
            {
                is_ours = true;
                let settings = settings(self.importer, &others);
                self.importer
                    .begin(conversation, settings)
                    .map_err(halted)?;
                fields.next_value_seed(Messages(&mut *self.importer))?;
                self.importer.end().map_err(halted)?;
                continue;
            }
            others.insert(name, fields.next_value()?);
        }
        if is_ours {
            return Ok(());
        }
        // With its fields in another order, or of another app.
        match whole(&others) {
            Some((conversation, messages)) => {
                let settings = settings(self.importer, &others);
                self.importer
                    .begin(conversation, settings)
                    .map_err(halted)?;
                for message in messages {
                    one_message(self.importer, message).map_err(halted)?;
                }
                self.importer.end().map_err(halted)
            }
            None => self
                .importer
                .value(&Value::Object(others), self.files)
                .map_err(halted),
        }
    }
}

fn whole(fields: &Map<String, Value>) -> Option<(Conversation, &[Value])> {
    let conversation = Conversation::deserialize(fields).ok()?;
    let messages = fields.get("messages")?.as_array()?;
    Some((conversation, messages))
}

/// The messages of a conversation of ours.
struct Messages<'a, 'b>(&'a mut Importer<'b>);

impl<'de> DeserializeSeed<'de> for Messages<'_, '_> {
    type Value = ();

    fn deserialize<D: serde::Deserializer<'de>>(self, from: D) -> Result<(), D::Error> {
        from.deserialize_seq(self)
    }
}

impl<'de> Visitor<'de> for Messages<'_, '_> {
    type Value = ();

    fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("a list of messages")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut all: A) -> Result<(), A::Error> {
        while let Some(value) = all.next_element::<Value>()? {
            one_message(self.0, &value).map_err(halted)?;
        }
        Ok(())
    }
}

fn one_message(importer: &mut Importer<'_>, value: &Value) -> Result<(), Ended> {
    match Message::deserialize(value) {
        Ok(message) => importer.message(message),
        Err(error) => {
            let what = format!("messages that are not understood ({error})");
            importer.report.problem(&what, 1);
            Ok(())
        }
    }
}

//! Servers as scripts of `sh`.

use tacet_tool::mcp::Era;

pub const ERAS: [Era; 2] = [Era::Handshake, Era::Stateless];

const START: &str = r#"
say() { printf '%s\n' "$1"; }
result() { say "{\"jsonrpc\":\"2.0\",\"id\":$id,\"result\":$1}"; }
error() { say "{\"jsonrpc\":\"2.0\",\"id\":$id,\"error\":{\"code\":$1,\"message\":\"$2\"}}"; }
text() { result "{\"content\":[{\"type\":\"text\",\"text\":\"$1\"}]}"; }
progress() { say "{\"jsonrpc\":\"2.0\",\"method\":\"notifications/progress\",\"params\":{\"progressToken\":$token,\"progress\":$1,\"total\":4,\"message\":\"step $1\"}}"; }
tool() { printf '{"name":"%s","inputSchema":{"type":"object"},"annotations":{"readOnlyHint":true,"openWorldHint":false}}' "$1"; }
tools() { result "{\"ttlMs\":0,\"cacheScope\":\"private\",\"tools\":[$(tool first),$(tool second)]}"; }
cancelled() { :; }
no_task() { error -32601 'no such method'; }
ask_task() { no_task; }
update_task() { no_task; }
cancel_task() { no_task; }
"#;

const LOOP: &str = r#"
while IFS= read -r line; do
  printf '%s\n' "$line" >> wire
  id=${line#*'"id":'}; id=${id%%[,\}]*}
  token=${line#*'"progressToken":'}; token=${token%%[,\}]*}
  case $line in
    *'"server/discover"'*) discover ;;
    *'"initialize"'*) initialize ;;
    *'"tools/list"'*) tools ;;
    *'"tools/call"'*) call ;;
    *'"tasks/get"'*) ask_task ;;
    *'"tasks/update"'*) update_task ;;
    *'"tasks/cancel"'*) cancel_task ;;
    *'"notifications/cancelled"'*) cancelled ;;
    *'"ping"'*) result '{}' ;;
    *'"notifications/'*) ;;
    *'"subscriptions/listen"'*) ;;
    *'"result":'*) answered ;;
    *) error -32601 'no such method' ;;
  esac
done
"#;

const HANDSHAKE: &str = r#"
discover() { error -32601 'Method not found'; }
initialize() { result '{"protocolVersion":"2025-11-25","capabilities":{"tools":{"listChanged":true}},"serverInfo":{"name":"crooked-sh","version":"1.2"}}'; }
"#;

const STATELESS: &str = r#"
discover() { result '{"resultType":"complete","supportedVersions":["2026-07-28"],"capabilities":{"tools":{}},"ttlMs":0,"cacheScope":"private","_meta":{"io.modelcontextprotocol/serverInfo":{"name":"crooked-sh","version":"1.2"}}}'; }
initialize() { error -32601 'Method not found'; }
"#;

/// A server of an era; `own` is what it does, most of all `call`.
pub fn server(era: Era, own: &str) -> String {
    let greeting = match era {
        Era::Handshake => HANDSHAKE,
        Era::Stateless => STATELESS,
    };
    format!("{START}{greeting}{own}\n{LOOP}")
}

/// What each task has: `task STATUS MORE` answers with one.
const TASK: &str = r#"
base() { printf '"taskId":"t1","status":"%s","createdAt":"2026-01-01T00:00:00Z","lastUpdatedAt":"2026-01-01T00:00:00Z","ttlMs":null,"pollIntervalMs":50' "$1"; }
task() { result "{\"resultType\":\"complete\",$(base $1)$2}"; }
call() { asked=0; result "{\"resultType\":\"task\",$(base working)}"; }
ask_task() { task working; }
"#;

/// Ends a task with the words `done`.
pub const DONE: &str = r#"task completed ',"result":{"content":[{"type":"text","text":"done"}]}'"#;

/// A server that makes a task of each call; `own` is what it does with that, most of all `ask_task`.
pub fn task_server(own: &str) -> String {
    server(Era::Stateless, &format!("{TASK}{own}"))
}

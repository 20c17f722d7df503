//! The MCP server, which wants a token.

use super::wire::{Request, Response};
use super::{READ, Shared, WRITE, lock};
use serde_json::{Value, json};

const METADATA: &str = "/.well-known/oauth-protected-resource/mcp";

pub fn answer(shared: &Shared, request: &Request) -> Response {
    let rpc = request.json();
    let method = rpc["method"].as_str().unwrap_or_default();
    shared.note(request, &format!(" {method}"));
    match (request.method.as_str(), request.path.as_str()) {
        ("GET", METADATA) => Response::json(
            "200 OK",
            &json!({"resource": shared.address(), "authorization_servers": [shared.issuer],
                "scopes_supported": [READ]}),
        ),
        (_, "/mcp") => {
            let token = request.headers.get("authorization");
            let token = token.and_then(|it| it.strip_prefix("Bearer "));
            let scopes = token.and_then(|it| lock(&shared.accounts).access.get(it).cloned());
            match scopes {
                None => refused(shared, token),
                Some(scopes) if request.method == "POST" => served(shared, &rpc, &scopes),
                Some(_) => Response::of("405 Method Not Allowed"),
            }
        }
        _ => Response::of("404 Not Found"),
    }
}

fn refused(shared: &Shared, token: Option<&str>) -> Response {
    let refused = Response::of("401 Unauthorized");
    if !shared.conduct().points {
        return refused;
    }
    let error = token.map_or("", |_| "error=\"invalid_token\", ");
    let metadata = format!("{}{METADATA}", shared.resource);
    refused.with(
        "www-authenticate",
        format!("Bearer {error}resource_metadata=\"{metadata}\", scope=\"{READ}\""),
    )
}

fn served(shared: &Shared, rpc: &Value, scopes: &str) -> Response {
    let id = &rpc["id"];
    let result =
        |it: Value| Response::json("200 OK", &json!({"jsonrpc": "2.0", "id": id, "result": it}));
    let unknown = || {
        let error = json!({"code": -32601, "message": "Method not found"});
        Response::json(
            "200 OK",
            &json!({"jsonrpc": "2.0", "id": id, "error": error}),
        )
    };
    let method = rpc["method"].as_str().unwrap_or_default();
    let stateless = shared.conduct().stateless;
    match method {
        "server/discover" if stateless => result(json!({
            "resultType": "complete", "supportedVersions": ["2026-07-28"],
            "capabilities": {"tools": {}}, "ttlMs": 0, "cacheScope": "private",
        })),
        "initialize" if !stateless => result(json!({
            "protocolVersion": "2025-11-25", "capabilities": {"tools": {}},
            "serverInfo": {"name": "protected", "version": "1"},
        })),
        "tools/list" => {
            let tool = |name: &str| json!({"name": name, "inputSchema": {"type": "object"}});
            result(json!({"tools": [tool("read"), tool("write")], "ttlMs": 0,
                "cacheScope": "private"}))
        }
        "tools/call" => {
            let wanted = match rpc["params"]["name"].as_str() {
                Some("write") => WRITE,
                _ => READ,
            };
            if !scopes.split(' ').any(|scope| scope == wanted) {
                let metadata = format!("{}{METADATA}", shared.resource);
                let challenge = format!(
                    "Bearer error=\"insufficient_scope\", scope=\"{wanted}\", resource_metadata=\"{metadata}\""
                );
                return Response::of("403 Forbidden").with("www-authenticate", challenge);
            }
            result(json!({"content": [{"type": "text", "text": format!("allowed: {scopes}")}]}))
        }
        _ if id.is_null() => Response::of("202 Accepted"),
        _ => unknown(),
    }
}

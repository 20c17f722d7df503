//! An MCP server that people sign in to, and the sign-in server that it names: OAuth as MCP's
//! specification of 2025-11-25 and 2026-07-28 has it, on real sockets. It takes nothing that the
//! specification forbids, and says what it was asked.

mod authorization;
mod resource;
mod wire;

use authorization::Accounts;
use std::collections::HashSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::net::TcpListener;
use wire::Request;

/// The permission that the tool `read` needs.
pub const READ: &str = "tools:read";
/// The permission that the tool `write` needs as well.
pub const WRITE: &str = "tools:write";

/// How the two behave.
#[derive(Clone, Debug)]
pub struct Conduct {
    /// The MCP server is of the era without a handshake.
    pub stateless: bool,
    /// The MCP server's refusal says where to sign in; otherwise only the well-known addresses do.
    pub points: bool,
    /// The sign-in server says so that it does PKCE.
    pub pkce: bool,
    /// The sign-in server registers clients by itself.
    pub registers: bool,
    /// Whether it takes tokens back, and says so: `Some(false)` for one that says so and fails.
    pub revokes: Option<bool>,
    /// What it calls itself in what it says of itself; by default what it is.
    pub claims: Option<String>,
    /// What it calls itself when the browser comes back; by default what it is.
    pub issuer: Option<String>,
    /// The person allows it.
    pub allows: bool,
    /// How long a token is good, in seconds.
    pub lifetime: u64,
}

impl Default for Conduct {
    fn default() -> Self {
        Self {
            stateless: true,
            points: true,
            pkce: true,
            registers: true,
            revokes: None,
            claims: None,
            issuer: None,
            allows: true,
            lifetime: 3600,
        }
    }
}

/// Both servers, as long as this lives.
#[derive(Debug)]
pub struct Protected {
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    /// The origin of the MCP server.
    resource: String,
    /// The origin of the sign-in server, which is its issuer.
    issuer: String,
    conduct: Mutex<Conduct>,
    accounts: Mutex<Accounts>,
    /// What was asked, as `METHOD PATH`, for tokens what for, and of those given back by whom.
    asked: Mutex<Vec<String>>,
}

impl Protected {
    /// Starts both.
    ///
    /// # Panics
    /// When there is no free port.
    pub async fn start(conduct: Conduct) -> Self {
        let bind = || TcpListener::bind("127.0.0.1:0");
        let (Ok(resource), Ok(issuer)) = (bind().await, bind().await) else {
            panic!("there is no free port");
        };
        let origin = |listener: &TcpListener| {
            let address = listener.local_addr();
            address.map_or_else(|_| String::new(), |it| format!("http://{it}"))
        };
        let shared = Arc::new(Shared {
            resource: origin(&resource),
            issuer: origin(&issuer),
            conduct: Mutex::new(conduct),
            accounts: Mutex::default(),
            asked: Mutex::default(),
        });
        wire::serve(resource, &shared, resource::answer);
        wire::serve(issuer, &shared, authorization::answer);
        Self { shared }
    }

    /// The address of the MCP server.
    #[must_use]
    pub fn url(&self) -> String {
        self.shared.address()
    }

    /// The origin of the sign-in server.
    #[must_use]
    pub fn issuer(&self) -> &str {
        &self.shared.issuer
    }

    /// Has it behave otherwise from now on.
    pub fn change(&self, change: impl FnOnce(&mut Conduct)) {
        change(&mut self.shared.conduct());
    }

    /// What was asked so far, as `METHOD PATH`; for tokens with what was given for them.
    #[must_use]
    pub fn asked(&self) -> Vec<String> {
        lock(&self.shared.asked).clone()
    }

    /// Registers a client by hand, and gives its id.
    #[must_use]
    pub fn register(&self, secret: &str) -> String {
        lock(&self.shared.accounts).add_client(None, Some(secret.to_owned()))
    }

    /// No token that was given out is good any more; those that renew them are.
    pub fn revoke_access(&self) {
        lock(&self.shared.accounts).access.clear();
    }

    /// Whether anything that was given out is good still.
    #[must_use]
    pub fn has_tokens(&self) -> bool {
        let accounts = lock(&self.shared.accounts);
        !accounts.access.is_empty() || !accounts.refresh.is_empty()
    }

    /// Nothing that was given out is good any more.
    pub fn revoke_all(&self) {
        let mut accounts = lock(&self.shared.accounts);
        accounts.access.clear();
        accounts.refresh.clear();
    }

    /// All that was ever given out and nobody but the client may know.
    #[must_use]
    pub fn secrets(&self) -> HashSet<String> {
        lock(&self.shared.accounts).secrets.clone()
    }
}

impl Shared {
    fn conduct(&self) -> MutexGuard<'_, Conduct> {
        lock(&self.conduct)
    }

    fn address(&self) -> String {
        format!("{}/mcp", self.resource)
    }

    fn note(&self, request: &Request, more: &str) {
        let asked = format!("{} {}{more}", request.method, request.path);
        lock(&self.asked).push(asked);
    }
}

fn lock<T>(of: &Mutex<T>) -> MutexGuard<'_, T> {
    of.lock().unwrap_or_else(PoisonError::into_inner)
}

//! The TypeScript types of everything that crosses the border, generated from the Rust types
//! and compared with the file that is committed.

use std::any::TypeId;
use std::collections::BTreeMap;
use std::path::Path;
use tacet::drafts::DraftChanges;
use tacet::failure::{Failure, RecoveredView};
use tacet::replies::Ticket;
use tacet::view::{
    AddressView, Bootstrap, BranchEnd, BranchView, CommandError, ConversationView, FoundServer,
    ProviderDraft, ProviderTest, TakenUpTask, ToolGroup, ToolServerDraft, ToolsView, TrayView,
    UsageTotals,
};
use tacet_core::history::Repair;
use tacet_core::store::relocation::MoveProgress;
use tacet_core::store::{DeletedBranch, Found, FoundAbove, RestoredBranch, Search, Stretch};
use tacet_core::tool::elicitation::ElicitationReply;
use tacet_core::tool::mcp::{PromptText, ServerOffers, ServerView};
use tacet_core::{
    ApprovalAnswer, ElicitationOutcome, Filing, News, StartTurn, StopOutcome, TurnEvent,
    TurnSnapshot, TurnStarted,
};
use tacet_transfer::{Progress, Report};
use ts_rs::{Config, TS, TypeVisitor};

const FILE: &str = "ui/src/backend/generated.ts";

/// Declarations by name, and what was visited.
struct Declarations {
    config: Config,
    visited: Vec<TypeId>,
    found: BTreeMap<String, String>,
}

impl TypeVisitor for Declarations {
    fn visit<T: TS + 'static + ?Sized>(&mut self) {
        let id = TypeId::of::<T>();
        if self.visited.contains(&id) {
            return;
        }
        self.visited.push(id);
        // Only our own types have a file of their own; the others are written in place.
        if T::output_path().is_some() {
            self.found.insert(
                T::ident(&self.config),
                format!("export {}\n", T::decl(&self.config)),
            );
        }
        T::visit_dependencies(self);
        T::visit_generics(self);
    }
}

fn generate() -> String {
    let mut declarations = Declarations {
        config: Config::new().with_large_int("number"),
        visited: Vec::new(),
        found: BTreeMap::new(),
    };
    declarations.visit::<AddressView>();
    declarations.visit::<ApprovalAnswer>();
    declarations.visit::<Bootstrap>();
    declarations.visit::<BranchEnd>();
    declarations.visit::<BranchView>();
    declarations.visit::<CommandError>();
    declarations.visit::<ConversationView>();
    declarations.visit::<DeletedBranch>();
    declarations.visit::<DraftChanges>();
    declarations.visit::<ElicitationOutcome>();
    declarations.visit::<ElicitationReply>();
    declarations.visit::<Failure>();
    declarations.visit::<Filing>();
    declarations.visit::<Found>();
    declarations.visit::<FoundAbove>();
    declarations.visit::<FoundServer>();
    declarations.visit::<News>();
    declarations.visit::<Progress>();
    declarations.visit::<MoveProgress>();
    declarations.visit::<ProviderDraft>();
    declarations.visit::<ProviderTest>();
    declarations.visit::<RecoveredView>();
    declarations.visit::<Repair>();
    declarations.visit::<RestoredBranch>();
    declarations.visit::<PromptText>();
    declarations.visit::<ServerOffers>();
    declarations.visit::<Report>();
    declarations.visit::<Search>();
    declarations.visit::<ServerView>();
    declarations.visit::<StartTurn>();
    declarations.visit::<StopOutcome>();
    declarations.visit::<Stretch>();
    declarations.visit::<TakenUpTask>();
    declarations.visit::<Ticket>();
    declarations.visit::<ToolGroup>();
    declarations.visit::<ToolServerDraft>();
    declarations.visit::<ToolsView>();
    declarations.visit::<TrayView>();
    declarations.visit::<TurnEvent>();
    declarations.visit::<TurnSnapshot>();
    declarations.visit::<TurnStarted>();
    declarations.visit::<UsageTotals>();
    let mut file = "// Generated from the Rust types. To write it anew:\n\
         // TACET_WRITE_BINDINGS=1 cargo test -p tacet --features custom-protocol --test ipc\n\n"
        .to_owned();
    for declaration in declarations.found.values() {
        file.push_str(declaration);
    }
    file
}

#[test]
fn the_committed_typescript_types_are_those_of_the_rust_code() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join(FILE);
    let expected = generate();
    if std::env::var_os("TACET_WRITE_BINDINGS").is_some() {
        std::fs::write(&path, &expected).unwrap();
    }
    let committed = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        committed == expected,
        "{FILE} is stale. Write it anew with: TACET_WRITE_BINDINGS=1 cargo test -p tacet \
         --features custom-protocol --test ipc"
    );
}

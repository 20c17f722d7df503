//! Conversations from and for elsewhere: our own export, Markdown, and the archives of other apps.
//! Files are read as streams, a conversation at a time at most, whatever their size.

mod foreign;
mod importer;
mod markdown;
mod report;
mod source;
mod stream;

pub use importer::{Control, import};
pub use markdown::{MarkdownError, write_markdown};
pub use report::{ImportError, Problem, Progress, Report};

#[cfg(test)]
mod tests;

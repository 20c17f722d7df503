//! Pages that a server wants visited before it runs a tool: error -32042 of versions until
//! 2025-11-25, whose call is repeated once the person has been there. From 2026-07-28 on they are
//! questions like all others.

use super::call::Call;
use crate::elicitation::{ElicitationAnswer, Wanted, ask, question};
use crate::tool::Progress;
use rmcp::model::{ElicitRequestParams, ErrorCode};
use rmcp::service::ServiceError;

/// `URLElicitationRequiredError`.
const REQUIRED: ErrorCode = ErrorCode(-32042);
/// How many pages one call may want visited.
const MOST: usize = 8;

/// A page, with the words of the server.
pub struct Visit {
    id: String,
    message: String,
    page: Wanted,
}

/// What has to be visited; nothing where an error is another one, or wants what is not offered.
pub fn wanted_by(error: &ServiceError) -> Option<Vec<Visit>> {
    let ServiceError::McpError(error) = error else {
        return None;
    };
    if error.code != REQUIRED {
        return None;
    }
    let listed = error.data.as_ref()?.get("elicitations")?.as_array()?;
    let visits =
        listed
            .iter()
            .take(MOST)
            .map(|one| match serde_json::from_value(one.clone()).ok()? {
                ElicitRequestParams::UrlElicitationParams {
                    message,
                    url,
                    elicitation_id,
                    ..
                } => Some(Visit {
                    id: elicitation_id,
                    message,
                    page: Wanted::page(&url)?,
                }),
                _ => None,
            });
    let visits: Vec<Visit> = visits.collect::<Option<_>>()?;
    (!visits.is_empty()).then_some(visits)
}

impl Call<'_> {
    /// Has the person visit these pages, and waits until they or the server say that they are done.
    ///
    /// # Errors
    /// What the model is told where they are not.
    pub async fn visit(&self, visits: Vec<Visit>) -> Result<(), String> {
        let shared = &self.connection.shared;
        let server = shared.server.as_str();
        let not_run = |why: &str| format!("The tool was not run: {why}.");
        // Before anything is shown: the server may be quick.
        let completions: Vec<_> = visits.iter().map(|it| shared.completion(&it.id)).collect();
        let mut last = None;
        for visit in visits {
            if let Wanted::Page { url } = &visit.page {
                last = Some(url.clone());
            }
            match ask(self.progress, server, visit.message, visit.page).await {
                ElicitationAnswer::Accept(_) => {}
                ElicitationAnswer::Decline => {
                    return Err(not_run(
                        "the person would not open the page that its server asked for",
                    ));
                }
                ElicitationAnswer::Cancel => {
                    return Err(not_run(
                        "the person did not open the page that its server asked for",
                    ));
                }
            }
        }
        let Some(url) = last else {
            return Ok(());
        };
        let (done, asked) = question(server, String::new(), Wanted::Visited { url });
        (self.progress)(Progress::Question(done));
        let all_done = async {
            for completion in &completions {
                completion.come().await;
            }
        };
        tokio::select! {
            () = all_done => Ok(()),
            answer = asked.answer() => match answer {
                ElicitationAnswer::Accept(_) => Ok(()),
                ElicitationAnswer::Decline | ElicitationAnswer::Cancel => Err(not_run(
                    "the person did not finish on the page that its server asked for",
                )),
            },
        }
    }
}

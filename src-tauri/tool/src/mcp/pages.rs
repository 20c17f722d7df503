//! The pages of a list that a server gives piece by piece.

use rmcp::model::PaginatedRequestParams;

/// What is left to ask for of such a list.
pub struct Pages {
    next: Option<PaginatedRequestParams>,
    left: usize,
}

impl Pages {
    /// A list that may have so many pages.
    pub fn new(most: usize) -> Self {
        Self {
            next: Some(PaginatedRequestParams::default()),
            left: most,
        }
    }

    /// What asks for the next page; nothing where there is none, or there were too many.
    pub fn next(&mut self) -> Option<PaginatedRequestParams> {
        self.left = self.left.checked_sub(1)?;
        self.next.take()
    }

    /// The page said where the next one begins; nothing for the last that is wanted.
    pub fn go_on(&mut self, cursor: Option<String>) {
        let cursor = cursor.filter(|cursor| !cursor.is_empty());
        let params = |cursor| PaginatedRequestParams::default().with_cursor(Some(cursor));
        self.next = cursor.map(params);
    }
}

//! Searches, page by page.

use super::{
    answers::Page,
    client::{Call, RestClient, parsed},
    error::RestError,
};
use http::Method;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

/// Which pages a search can be asked for. Source: the OpenAPI files of 8.9.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Pages {
    /// Any, of any size.
    Any,
    /// The first as the server cuts it, and further ones by their cursor.
    ByCursor,
}

/// All items of a search: until a page is empty or names no end. Source: the rule of the Java runtime.
pub(super) async fn all_pages<T: DeserializeOwned>(
    client: &RestClient,
    path: &str,
    filter: &Value,
    pages: Pages,
) -> Result<Vec<T>, RestError> {
    let (mut items, mut cursor) = (Vec::new(), None::<String>);
    loop {
        let call = search(client, path, filter, pages, cursor.as_deref());
        let answer = client.answer(&call).await?;
        let page: Page<T> = parsed(&call, &answer)?;
        let end = page.page.and_then(|end| end.end_cursor).filter(|end| !end.trim().is_empty());
        if page.items.is_empty() {
            return Ok(items);
        }
        items.extend(page.items);
        match end {
            None => return Ok(items),
            // A server that does not look at the cursor would go on for ever.
            Some(end) if cursor.as_ref() == Some(&end) || items.len() > client.options.max_items => {
                return Err(RestError::Endless { url: call.url, limit: client.options.max_items });
            }
            Some(end) => cursor = Some(end),
        }
    }
}

fn search(client: &RestClient, path: &str, filter: &Value, pages: Pages, cursor: Option<&str>) -> Call {
    let limit = client.options.page_size.max(1);
    let body = match (cursor, pages) {
        (Some(cursor), _) => json!({ "filter": filter, "page": { "limit": limit, "after": cursor } }),
        (None, Pages::Any) => json!({ "filter": filter, "page": { "limit": limit } }),
        (None, Pages::ByCursor) => json!({ "filter": filter }),
    };
    Call { method: Method::POST, url: client.url(path), accept: "application/json", body: body.to_string() }
}

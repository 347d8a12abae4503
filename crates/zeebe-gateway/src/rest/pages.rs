//! Searches, page by page.

use super::{
    answers::Page,
    client::{Call, RestClient, parsed},
    error::RestError,
};
use http::Method;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

/// All items of a search: until a page is empty or names no end. Source: the rule of the Java runtime.
pub(super) async fn all_pages<T: DeserializeOwned>(
    client: &RestClient,
    path: &str,
    filter: &Value,
) -> Result<Vec<T>, RestError> {
    let (mut items, mut cursor) = (Vec::new(), None::<String>);
    loop {
        let call = search(client, path, filter, cursor.as_deref());
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

fn search(client: &RestClient, path: &str, filter: &Value, cursor: Option<&str>) -> Call {
    let mut page = json!({ "limit": client.options.page_size.max(1) });
    if let (Some(cursor), Some(page)) = (cursor, page.as_object_mut()) {
        page.insert("after".to_owned(), cursor.into());
    }
    let body = json!({ "filter": filter, "page": page }).to_string();
    Call { method: Method::POST, url: client.url(path), accept: "application/json", body }
}

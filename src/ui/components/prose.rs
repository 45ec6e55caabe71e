//! Text that stands still: HTML of this project's own files, apart from all logic. index.html carries it in templates, so
//! that the page's WASM holds none of it.

use leptos::prelude::*;

/// A fragment of the article.
#[component]
pub fn Prose(
    /// Id of its template in index.html.
    #[prop(into)]
    id: String,
) -> impl IntoView {
    let html = document().get_element_by_id(&id).map(|template| template.inner_html());
    view! { <div class="prose" inner_html=html.unwrap_or_default()></div> }
}

#[cfg(test)]
mod tests {
    use std::fs;

    /// Every id that the sources name: of this component, and of the figures of the laboratory.
    fn named() -> Vec<String> {
        let mut found = Vec::new();
        let mut folders = vec![std::path::PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/src/ui"))];
        let marker = ["<Prose ", "id=\""].concat();
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    folders.push(path);
                } else if path.extension().is_some_and(|e| e == "rs") {
                    let text = fs::read_to_string(path).unwrap();
                    found.extend(text.split(&marker).skip(1).map(|rest| rest.split('"').next().unwrap().to_string()));
                }
            }
        }
        let labs = crate::ui::registry::LABS.iter();
        found.extend(labs.flat_map(|lab| ["before", "after"].map(|place| format!("{}-{place}", lab.id))));
        found
    }

    #[test]
    fn every_fragment_has_its_template() {
        let index = include_str!("../../../index.html");
        let named = named();
        assert!(named.len() > 10);
        for id in &named {
            assert_eq!(index.matches(&format!("<template id=\"{id}\">")).count(), 1, "{id}");
        }
        assert_eq!(index.matches("<template id=").count(), named.len(), "a template that nothing shows");
    }
}

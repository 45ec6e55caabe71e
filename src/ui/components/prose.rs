//! Text that stands still: HTML of this project's own files, apart from all logic. index.html carries it in templates, so
//! that the page's WASM holds none of it.

use leptos::prelude::*;

/// A fragment of the article.
#[component]
pub fn Prose(
    /// Id of its template in index.html, without `prose-`: headings inside have ids of their own.
    #[prop(into)]
    id: String,
) -> impl IntoView {
    let html = document().get_element_by_id(&format!("prose-{id}")).map(|template| template.inner_html());
    view! { <div class="prose" inner_html=html.unwrap_or_default()></div> }
}

#[cfg(test)]
mod tests {
    use std::fs;

    /// Every id that the sources name, and the two of each figure.
    fn named() -> Vec<String> {
        let mut found = Vec::new();
        let mut folders = vec![std::path::PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/src/ui"))];
        let markers = [["<Prose ", "id=\""].concat(), ["<Text ", "id=\""].concat()];
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    folders.push(path);
                } else if path.extension().is_some_and(|e| e == "rs") {
                    let text = fs::read_to_string(path).unwrap();
                    for marker in &markers {
                        found
                            .extend(text.split(marker).skip(1).map(|rest| rest.split('"').next().unwrap().to_string()));
                    }
                }
            }
        }
        let figures = crate::ui::registry::FIGURES.iter();
        found.extend(figures.flat_map(|f| ["before", "after"].map(|place| format!("{}-{place}", f.id))));
        found
    }

    /// A link to a state of a figure names settings that exist, values that they can have, and a place that exists.
    #[test]
    fn links_to_states_of_figures_hold() {
        use crate::ui::url::{parse, write};
        let index = include_str!("../../../index.html");
        let mut found = 0;
        for file in ["questions", "limits"] {
            let text = fs::read_to_string(format!("{}/src/ui/texts/{file}.html", env!("CARGO_MANIFEST_DIR"))).unwrap();
            for link in text.split("href=\"").skip(1).map(|rest| rest.split('"').next().unwrap().replace("&amp;", "&"))
            {
                let Some((query, anchor)) = link.split_once('#') else { continue };
                let place = anchor.trim_start_matches("section-");
                let figure = crate::ui::registry::by_id(place).is_some();
                assert!(figure || index.contains(&format!("texts/{place}")), "{link}");
                if query.is_empty() {
                    continue;
                }
                found += 1;
                let parsed = parse(query);
                assert!(figure && parsed.notices.is_empty(), "{link}: {:?}", parsed.notices);
                let keys = crate::ui::registry::keys(place);
                for (key, value) in query.trim_start_matches('?').split('&').filter_map(|p| p.split_once('=')) {
                    assert!(keys.contains(&key), "{link}: {key} means nothing to {place}");
                    // A value that is no default is written again as it was read.
                    let written = write(&parsed.state, None);
                    let default = !written.contains(&format!("{key}="));
                    assert!(
                        default || written.contains(&format!("{key}={value}")),
                        "{link}: {key}={value} became {written}"
                    );
                }
            }
        }
        assert!(found >= 9, "{found}");
    }

    #[test]
    fn every_fragment_has_its_template() {
        let index = include_str!("../../../index.html");
        let named = named();
        assert!(named.len() > 30);
        for id in &named {
            assert_eq!(index.matches(&format!("<template id=\"prose-{id}\">")).count(), 1, "{id}");
        }
        assert_eq!(index.matches("<template id=").count(), named.len(), "a template that nothing shows");
    }
}

//! One figure alone, for another page's frame.

use leptos::html;
use leptos::prelude::*;

use crate::ui::figure::frame::Alone;
use crate::ui::figure::spec::FigureSpec;
use crate::ui::page::article::draw;
use crate::ui::page::location::report_height;
use crate::ui::page::words;
use crate::ui::runs::assets::base;
use crate::ui::settings::query::write;
use crate::ui::settings::state::{ASK, HIDE, LESSON, use_settings};

/// The figure, and a link to the whole article with the same settings.
#[component]
pub fn Embed(
    /// The figure.
    figure: &'static FigureSpec,
) -> impl IntoView {
    let settings = use_settings();
    Effect::new(move || report_height(figure.id));
    provide_context(Alone);
    // What a teacher asks and has hidden is for this frame only.
    let article = move || {
        let mut values = settings.values();
        let own = [&HIDE.control, &ASK.control, &LESSON.control].map(|control| control.key);
        values.retain(|(key, _)| !own.contains(&key.as_str()));
        format!("{}{}#{}", base(), write(&settings.controls(), &values, None), figure.id)
    };
    let place = NodeRef::<html::Div>::new();
    Effect::new(move || place.get().iter().for_each(|place| leave_article(figure.id, place.as_ref())));
    view! {
        <main class="embed">
            // The outline that the article gives a figure, for those who listen.
            <h1 class="visually-hidden">{words::TITLE}</h1>
            <h2 class="visually-hidden">{words::ALONE}</h2>
            <h3 class="visually-hidden">{figure.question}</h3>
            <div class="place" node_ref=place>{draw(figure.id, Signal::stored(true))}</div>
            <p class="embed-link">
                {words::FROM}
                <a href=article target="_blank" rel="noopener" data-testid="full-page">{words::TITLE}</a>
            </p>
        </main>
    }
}

/// Takes the figure's picture out of the document and drops the article around it. The picture stays until the figure
/// stands in its place.
fn leave_article(id: &str, place: &web_sys::Element) {
    if place.query_selector("figure").is_ok_and(|f| f.is_none())
        && let Ok(Some(still)) = document().query_selector(&format!("#article figure.still#{id}"))
    {
        let _ = place.append_child(&still);
    }
    if let Some(article) = document().get_element_by_id("article") {
        article.remove();
    }
}

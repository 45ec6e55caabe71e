//! The numbers behind a figure, as an HTML table that opens on demand.

use std::time::Duration;

use leptos::html;
use leptos::leptos_dom::helpers::TimeoutHandle;
use leptos::prelude::*;

use crate::ui::format::table::Table;

/// Time without a change after which a table that is closed follows: a slider changes it many times a second.
const PAUSE: Duration = Duration::from_millis(100);
/// Time after which it follows in any case.
const AT_MOST: Duration = Duration::from_millis(500);

/// The table, folded under its caption.
#[component]
pub fn DataTable(
    /// Value of `data-series`.
    series: &'static str,
    /// What to show.
    table: Signal<Table>,
) -> impl IntoView {
    // Computed once for caption, headings and rows.
    let table = Memo::new(move |_| table.get());
    let caption = move || table.with(|table| table.caption.clone());
    let (open, details) = (RwSignal::new(false), NodeRef::<html::Details>::new());
    let drawn = RwSignal::new(table.get_untracked());
    let stale = Memo::new(move |_| table.with(|table| drawn.with(|drawn| table != drawn)));
    // When it stands still, and when it has waited for long enough.
    let timers = StoredValue::new_local([None::<TimeoutHandle>, None]);
    let stop = move |which: usize| {
        if let Some(timer) = timers.try_update_value(|timers| timers[which].take()).flatten() {
            timer.clear();
        }
    };
    let follow = move || {
        stop(0);
        stop(1);
        if let Some(now) = table.try_get_untracked() {
            let _ = drawn.try_set(now);
        }
    };
    Effect::new(move || {
        stop(0);
        if open.get() {
            table.track();
            follow();
        } else if stale.get() {
            table.track();
            timers.update_value(|timers| {
                timers[0] = set_timeout_with_handle(follow, PAUSE).ok();
                if timers[1].is_none() {
                    timers[1] = set_timeout_with_handle(follow, AT_MOST).ok();
                }
            });
        }
    });
    view! {
        // Without a caption there is nothing in it yet.
        <details
            class="data"
            node_ref=details
            hidden=move || caption().is_empty()
            on:toggle=move |_| open.set(details.get_untracked().is_some_and(|d| d.open()))
        >
            <summary>{caption}</summary>
            <div class="data-scroll" tabindex="0" role="region" aria-label=caption>
                <table data-series=series aria-busy=move || stale.get().to_string()>
                    <caption class="visually-hidden">{caption}</caption>
                    <thead inner_html=move || drawn.with(Table::head_html)></thead>
                    <tbody inner_html=move || drawn.with(Table::body_html)></tbody>
                </table>
            </div>
        </details>
    }
}

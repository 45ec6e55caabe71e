//! The numbers behind a figure, as an HTML table that opens on demand.

use leptos::prelude::*;

/// Content of a table: one row per point.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Table {
    /// What the table holds.
    pub caption: String,
    /// Headings.
    pub columns: Vec<String>,
    /// Cells, each row as long as `columns`.
    pub rows: Vec<Vec<String>>,
}

/// The table, folded under its caption.
#[component]
pub fn DataTable(
    /// Value of `data-series`.
    series: &'static str,
    /// What to show.
    table: Signal<Table>,
) -> impl IntoView {
    view! {
        <details class="data">
            <summary>{move || table.read().caption.clone()}</summary>
            <div class="data-scroll" tabindex="0" role="region" aria-label=move || table.read().caption.clone()>
                <table data-series=series>
                    <caption class="visually-hidden">{move || table.read().caption.clone()}</caption>
                    <thead>
                        <tr>
                            {move || {
                                table.read().columns.iter().map(|c| view! { <th scope="col">{c.clone()}</th> }).collect_view()
                            }}
                        </tr>
                    </thead>
                    <tbody>
                        {move || {
                            table
                                .read()
                                .rows
                                .iter()
                                .map(|row| {
                                    view! { <tr>{row.iter().map(|cell| view! { <td>{cell.clone()}</td> }).collect_view()}</tr> }
                                })
                                .collect_view()
                        }}
                    </tbody>
                </table>
            </div>
        </details>
    }
}

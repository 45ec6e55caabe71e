//! The numbers behind a figure, as an HTML table that opens on demand.

use std::time::Duration;

use leptos::html;
use leptos::leptos_dom::helpers::TimeoutHandle;
use leptos::prelude::*;

use crate::ui::widgets::export::csv_line;

/// Time without a change after which a table that is closed follows: a slider changes it many times a second.
const PAUSE: Duration = Duration::from_millis(100);
/// Time after which it follows in any case.
const AT_MOST: Duration = Duration::from_millis(500);

/// Content of a table: one row per point.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Table {
    /// What the table holds.
    pub caption: String,
    /// Headings.
    pub columns: Vec<String>,
    /// Cells, each row as long as `columns`; the first names the row.
    pub rows: Vec<Vec<String>>,
}

impl Table {
    /// The rows as HTML: the browser's parser makes hundreds of rows many times faster than calls from WASM do, and
    /// a slider redraws them at every step.
    pub fn body_html(&self) -> String {
        let mut html = String::new();
        for row in &self.rows {
            html.push_str("<tr>");
            for (i, cell) in row.iter().enumerate() {
                html.push_str(if i == 0 { "<th scope=\"row\">" } else { "<td>" });
                escape(&mut html, cell);
                html.push_str(if i == 0 { "</th>" } else { "</td>" });
            }
            html.push_str("</tr>");
        }
        html
    }

    /// As CSV, after a comment line with the caption; numbers are written plainly, without commas and typographic minus.
    pub fn csv(&self) -> String {
        let plain = |cell: &String| {
            let bare = cell.replace(',', "").replace('−', "-");
            if bare.parse::<f64>().is_ok_and(f64::is_finite) { bare } else { cell.clone() }
        };
        let lines = |row: &Vec<String>| csv_line(row.iter().map(plain));
        let caption = if self.caption.is_empty() { String::new() } else { format!("# {}\n", self.caption) };
        caption + &std::iter::once(&self.columns).chain(&self.rows).map(lines).collect::<String>()
    }

    /// The headings as HTML.
    pub fn head_html(&self) -> String {
        let mut html = String::from("<tr>");
        for column in &self.columns {
            html.push_str("<th scope=\"col\">");
            escape(&mut html, column);
            html.push_str("</th>");
        }
        html + "</tr>"
    }
}

/// Appends `text` with what HTML would take for markup written as references.
pub fn escape(html: &mut String, text: &str) {
    for c in text.chars() {
        match c {
            '&' => html.push_str("&amp;"),
            '<' => html.push_str("&lt;"),
            '>' => html.push_str("&gt;"),
            '"' => html.push_str("&quot;"),
            c => html.push(c),
        }
    }
}

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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_written_for_machines() {
        let row = |cells: [&str; 2]| cells.map(String::from).to_vec();
        let table = Table {
            caption: "Speed, here".into(),
            columns: row(["length", "nats"]),
            rows: vec![row(["1,024", "−0.5"]), row(["“a, b”", "diverged"])],
        };
        assert_eq!(table.csv(), "# Speed, here\nlength,nats\n1024,-0.5\n\"“a, b”\",diverged\n");
    }

    #[test]
    fn cells_are_text_whatever_they_hold() {
        let table = Table {
            caption: String::new(),
            columns: vec!["a & b".into()],
            rows: vec![vec!["<img src=x onerror=\"alert(1)\">".into(), "−2.5".into()]],
        };
        assert_eq!(table.head_html(), "<tr><th scope=\"col\">a &amp; b</th></tr>");
        assert_eq!(
            table.body_html(),
            "<tr><th scope=\"row\">&lt;img src=x onerror=&quot;alert(1)&quot;&gt;</th><td>−2.5</td></tr>"
        );
    }
}

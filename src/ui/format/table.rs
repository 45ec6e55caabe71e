//! Tables as text: rows and headings as HTML, lines of CSV.

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

/// One line of a CSV file (RFC 4180, but with a plain line feed).
pub fn csv_line<S: AsRef<str>>(cells: impl IntoIterator<Item = S>) -> String {
    let mut line = String::new();
    for (i, cell) in cells.into_iter().enumerate() {
        if i > 0 {
            line.push(',');
        }
        let cell = cell.as_ref();
        if cell.contains(['"', ',', '\n', '\r']) {
            line.push('"');
            line.push_str(&cell.replace('"', "\"\""));
            line.push('"');
        } else {
            line.push_str(cell);
        }
    }
    line.push('\n');
    line
}

/// Text with what HTML would take for markup written as references.
pub fn escaped(text: &str) -> String {
    let mut out = String::new();
    escape(&mut out, text);
    out
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

    #[test]
    fn cells_with_commas_and_quotes_are_quoted() {
        assert_eq!(csv_line(["a", "b,c", "say \"x\""]), "a,\"b,c\",\"say \"\"x\"\"\"\n");
    }
}

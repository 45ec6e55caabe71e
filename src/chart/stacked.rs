//! Several drawings as one.

/// Documents of this module as one, each below the last; one alone stays as it is.
pub fn stacked(documents: Vec<String>) -> Option<String> {
    if documents.len() < 2 {
        return documents.into_iter().next();
    }
    // The size of a document as its first tag says it.
    let size = |svg: &str, key: &str| -> u32 {
        let digits = svg.split(key).nth(1).unwrap_or_default().split('"').next().unwrap_or_default();
        digits.bytes().fold(0, |n, c| 10 * n + u32::from(c.saturating_sub(b'0')))
    };
    let (mut inner, mut width, mut height) = (String::new(), 0, 0);
    for svg in &documents {
        inner += &svg.replacen("<svg ", &format!("<svg y=\"{height}\" "), 1);
        width = width.max(size(svg, "width=\""));
        height += size(svg, "height=\"");
    }
    Some(format!(
        "<svg width=\"{width}\" height=\"{height}\" viewBox=\"0 0 {width} {height}\" xmlns=\"http://www.w3.org/2000/svg\">\n{inner}</svg>\n"
    ))
}

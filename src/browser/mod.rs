//! What the workers have of the browser: a port to the page, turns of the event loop, files of the site.

pub mod files;
pub mod port;
pub mod turns;

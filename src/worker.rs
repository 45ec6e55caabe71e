//! Request → engine → response.

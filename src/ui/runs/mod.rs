//! Questions to the engine and their answers: what to ask, who computes it, what came back, and the files of the site.

pub mod words;
pub mod results;
pub mod shared_results;
pub mod plan;
pub mod scheduler;
pub mod run_state;
pub mod assets;
pub mod yours;
pub mod worker_pool;
pub mod trainers;
pub mod kept_answers;
pub mod kept_training;

//! Everything that a reader of the figure `extrapolation` and of its guess can read, but for the prose around it and what
//! every figure of curves says.

/// Title.
pub const TITLE: &str = "Perplexity against input length";
/// Question.
pub const QUESTION: &str = "What happens past the training length?";
/// Button that computes.
pub const RUN: &str = "Measure it here";

/// Setting: the training length.
pub const LENGTH: &str = "Training length, tokens";
/// Setting: what is left out.
pub const WITHOUT: &str = "Models not shown";
/// Setting: whether the reader guesses.
pub const PREDICT_FIRST: &str = "Predict first";
/// Setting: what the reader guessed.
pub const GUESS: &str = "Your guess";

/// Name of the methods as a group of ticks.
pub const METHODS: &str = "Position methods to show";
/// Caption of the table.
pub const CAPTION: &str = "Perplexity by method and input length";
/// What the bands are where every model was trained once.
pub const BANDS: &str = "Bands: one standard error. ";

/// What a reader who guesses has to do.
pub const INVITATION: &str = "The results past the training length are hidden. What will a model do there? Choose one, then draw its line in the \
     chart or type the perplexities you expect.";
/// Which model is guessed at.
pub const MODEL: &str = "Model";
/// Button that ends the guess.
pub const SHOW: &str = "Show the results";
/// Button that begins it.
pub const HIDE: &str = "Guess first: hide the results";
/// Button that forgets it.
pub const CLEAR: &str = "Clear guess";

/// Finding while the reader guesses: lengths in tokens.
pub fn question(trained: usize, longest: &str) -> String {
    format!("What do you expect past {trained} tokens, up to {longest}?")
}

/// The chart for those who do not see it.
pub fn chart(finding: &str) -> String {
    format!("Perplexity against input length, both on logarithmic scales. {finding}")
}

/// Why there are no results.
pub fn not_loaded(reason: &str) -> String {
    format!("The recorded results could not be loaded. {reason}")
}

/// What the lines are.
pub fn lines(targets: &str) -> String {
    format!("Lines: recorded with the same weights that this page loads, {targets} tokens scored at every length. ")
}

/// What the bands are where methods were trained several times, that is the fewest and the most times.
pub fn bands(few: usize, many: usize) -> String {
    let n = if few == many { many.to_string() } else { format!("{few} to {many}") };
    format!(
        "Bands around recorded lines: lowest to highest of {n} trainings, each with its own random start and order of the text. Other bands: one standard error. "
    )
}

/// What lies over the lines.
pub fn live(targets: &str) -> String {
    format!("On top: computed in this page, {targets} tokens scored at every length.")
}

/// Name of the reader's line.
pub fn guess(model: &str) -> String {
    format!("your guess, {model}")
}

/// Label of a number that is guessed.
pub fn at(length: &str) -> String {
    format!("at {length}")
}

/// A guess beside what was measured.
pub fn verdict(length: &str, guess: u32, model: &str, measured: &str) -> String {
    format!("You guessed {guess} for {model} at {length} tokens; it scores {measured}.")
}

//! What is said of answers to the exercises.

use crate::ui::page::exercises::data::Unit;

/// What is said of the answers to one exercise.
pub struct Said {
    /// Of the right one: why.
    pub right: &'static str,
    /// Of wrong ones that say what was done; of choices, each in its place.
    pub misses: &'static [&'static str],
    /// Of any other.
    pub hint: &'static str,
}

/// Of every exercise, in their order.
pub static SAID: &[Said] = &[
    Said {
        right: "Perplexity is e to the mean loss, and e to the power of 2.65 is 14.15.",
        misses: &["That is 2 to the power of 2.65. This page’s losses are in nats: take e instead of 2."],
        hint: "The loss is a natural logarithm. What undoes it?",
    },
    Said {
        right: "With the bias the scores are 2.25, 0.5, −0.25 and 1. The first key keeps e^2.25 of all four, which is 65 %.",
        misses: &[
            "That is its weight without the bias. Subtract a quarter for every token of distance first.",
            "You added the penalty. It is subtracted: the first key is three tokens back, so it loses 0.75.",
        ],
        hint: "Subtract slope × distance from each score, raise e to each result, and divide by the sum of the four.",
    },
    Said {
        right: "Four heads have 1/4, 1/16, 1/64 and 1/256. Two more take the first and the third of the eight-head series: 1/2 and 1/8.",
        misses: &[
            "1/64 is the sixth of eight heads. Six is not a power of two: begin with the slopes of four heads.",
            "That is what 2^(−8h/n) gives, which holds for powers of two only. Begin with the slopes of four heads.",
            "That is the fifth. The sixth skips one slope of the eight-head series.",
        ],
        hint: "Write down four heads’ slopes first. Which ones of the eight-head series would you add, taking every second?",
    },
    Said {
        right: "A count that is not a power of two starts again near the steep end after the last slope of the smaller series.",
        misses: &[
            "The figure sorts the slopes, so they always fall. Set its order to the authors’.",
            "Those slopes jump, yes, but find a count below 16.",
        ],
        hint: "Here every slope is below the one before. Which counts are not covered by the simple series?",
    },
    Said {
        right: "For 8 heads it gives 1/2, 1/4, down to 1/256. For 6 or 12 heads this line, too, would be wrong.",
        misses: &[
            "Put in n = 8 and h = 0: you get 1/4. The first slope, 1/2, is skipped, and every head is one step too flat.",
            "Its first slope, for h = 0, is 1: it starts one step too early.",
            "Put in h = 0 and h = 1: it starts at 1/2, but the next is 0.459 and not 1/4.",
            "",
            "It squares where it should raise 2 to a power: the first three slopes come out as 1, 4 and 9.",
        ],
        hint: "Put in n = 8 and the first two heads. The paper has 1/2 and 1/4.",
    },
    Said {
        right: "The two differ by m·i, the same for every key of one query, and softmax ignores what is added to a whole row.",
        misses: &[
            "Nothing is learned here: the weights are the same before any training.",
            "",
            "The mask removes the future only. The keys that stay have positive numbers, and still no harm is done.",
            "The bias is not divided at all. Write both rows down for one query and subtract them.",
        ],
        hint: "Write both rows down for one query and subtract them.",
    },
    Said {
        right: "e^(−d/16) is 1 % at d = 16 · ln 100 = 73.7, so from 74 tokens on it is less.",
        misses: &[
            "Very near: at 73 tokens it is still a little more than 1 %.",
            "That is where 10 % are left. One per cent is further back.",
            "That is right for halvings. Softmax raises e, not 2.",
        ],
        hint: "A key d tokens back keeps e^(−m·d) of the weight. For which d is that one hundredth?",
    },
    Said {
        right: "Rotary turns queries and keys, the other two add to the scores. What a head hands on carries no position.",
        misses: &[
            "Rotary turns queries and keys. Are the values turned, too?",
            "Both add a number to a score, before the softmax. Do the values change by that?",
            "Look where each of them enters: before the scores, or at them.",
            "",
        ],
        hint: "Look in the figure of methods where each of them enters.",
    },
    Said {
        right: "100 of every 512 predictions, which is 19.5 %. At 1,024 tokens it is half of that, which is where longer inputs gain.",
        misses: &[
            "Near enough to see the point. Divide once more, to one decimal.",
            "That is the share with more than 100 tokens. The question is about the others.",
        ],
        hint: "In each segment of 512, which predictions have 1, 2, … up to 100 tokens before them?",
    },
    Said {
        right: "It is 15.04. With slope 1/16 a key 74 tokens back keeps less than 1 % of its weight, so hardly any attention goes to distances that are new to the model.",
        misses: &[
            "",
            "Better than that. How far back does a query still look under that penalty?",
            "It changes a lot. How far back does a query still look under that penalty?",
            "It gets better. How far back does a query still look under that penalty?",
        ],
        hint: "How far back does a query still look under that penalty? Exercise 7 has the number.",
    },
];

/// Checks an answer.
pub const CHECK: &str = "Check";
/// Forgets what was solved.
pub const START_OVER: &str = "Start over";
/// Beside an exercise that is solved.
pub const SOLVED: &str = "Solved";
/// What the field for an answer is called.
pub const ANSWER: &str = "Your answer";
/// Before the reason, where the answer is right.
const RIGHT: &str = "Right.";
/// Before the hint, where it is not.
const NOT_YET: &str = "Not yet.";
/// Said where nothing was given.
pub const NOTHING: &str = "There is no answer yet: give one, then check it.";
/// Said where a number is asked for and something else was given.
pub const NO_NUMBER: &str = "That cannot be read as a number. Write it like 0.5, 0,5, 50 % or 1/2.";

/// Which exercise a field belongs to, for those who hear it.
pub fn to_exercise(number: usize) -> String {
    format!(" to exercise {number}")
}

/// Checks an answer, for those who hear it.
pub fn check(number: usize) -> String {
    format!("{CHECK} exercise {number}")
}

/// How many exercises are solved.
pub fn solved(count: usize, of: usize) -> String {
    format!("{count} of {of} solved")
}

/// Where the figure stands that an exercise asks to be set.
pub fn heads_now(heads: usize) -> String {
    format!("The figure shows {heads} {}.", if heads == 1 { "head" } else { "heads" })
}

/// What stands behind a number.
pub fn unit(unit: Unit) -> &'static str {
    match unit {
        Unit::Plain => "",
        Unit::Percent => "%",
        Unit::Tokens => "tokens",
    }
}

/// Of the right answer.
pub fn right(said: &Said) -> String {
    format!("{RIGHT} {}", said.right)
}

/// Of a wrong one, which may be known for what led to it.
pub fn not_yet(said: &Said, miss: Option<usize>) -> String {
    let hint = miss.and_then(|i| said.misses.get(i)).unwrap_or(&said.hint);
    format!("{NOT_YET} {hint}")
}

//! The changes that can be tried: one row each. What a change does to a method's hooks is said by its [`Change`]
//! (`position/change.rs`).

use crate::config::Change;
use crate::position::{BiasForm, Places};

/// Which methods a change fits.
type Fits = fn(Places) -> bool;

/// Every method.
const ANY: Fits = |_| true;
/// Those that bring in position anywhere.
const PLACED: Fits = |places| places.any();
/// Those with a bias.
const BIASED: Fits = |places| places.bias != BiasForm::None;

/// One change.
pub struct NamedChange {
    /// Name in addresses.
    pub name: &'static str,
    /// Its words in the list.
    pub label: &'static str,
    /// What it does to the hooks.
    pub change: Change,
    /// Whether it sets the slopes of any method, in place of a bias of its own.
    pub sets_slopes: bool,
    /// Methods that have what it changes.
    pub fits: Fits,
    /// What is claimed about it, with its source.
    pub claim: &'static str,
}

/// Every change, in the list's order.
pub const CHANGES: &[NamedChange] = &[
    NamedChange {
        name: "interpolate",
        label: "Interpolated to training length",
        change: Change::Interpolate,
        sets_slopes: false,
        fits: PLACED,
        claim: "Al-Khateeb et al. (arXiv 2310.13017) report that over-trained ALiBi models go only about 12 % past their training length, and that scaling the slopes down reaches twice the training length without fine-tuning. For rotary, Chen et al. (arXiv 2306.15595) interpolate positions, with some fine-tuning.",
    },
    NamedChange {
        name: "ntk",
        label: "NTK-ALiBi: flat heads flattened",
        change: Change::Ntk,
        sets_slopes: true,
        fits: ANY,
        claim: "The authors of NTK-ALiBi (github.com/keezen/ntk_alibi) keep the steepest slope and flatten the others, the flattest most. With BLOOM-1b7, trained at 2,048, they report how often it retrieves a topic from about 3,000 tokens: 2 % as it is, 74 % interpolated, 96 % this way.",
    },
    NamedChange {
        name: "half",
        label: "Biases halved",
        change: Change::BiasTimes(0.5),
        sets_slopes: false,
        fits: BIASED,
        claim: "The paper found that training works with many choices of slopes. Here a trained model gets slopes half as steep.",
    },
    NamedChange {
        name: "double",
        label: "Biases doubled",
        change: Change::BiasTimes(2.0),
        sets_slopes: false,
        fits: BIASED,
        claim: "The paper found that training works with many choices of slopes. Here a trained model gets slopes twice as steep.",
    },
    NamedChange {
        name: "one-slope",
        label: "Every head with slope 1/16",
        change: Change::OneSlope(1.0 / 16.0),
        sets_slopes: true,
        fits: ANY,
        claim: "The authors tried about ten sets of slopes by hand and found the best ones between 0 and 1, denser towards 0, each head with its own. Here every head gets 1/16, whatever it was trained with.",
    },
    NamedChange {
        name: "slopes-16",
        label: "The steep half of 16 heads’ slopes",
        change: Change::SlopesOf(16),
        sets_slopes: true,
        fits: ANY,
        claim: "The paper found that training works with many choices of slopes. Here a trained model gets the first eight of the set for 16 heads: all of them steep, none below 1/16.",
    },
    NamedChange {
        name: "exponential",
        label: "Bias grows exponentially",
        change: Change::Exponential,
        sets_slopes: true,
        fits: ANY,
        claim: "The authors’ FAQ: a bias that grows exponentially was worse than one that grows linearly. They trained with it, and do not say in which form; here −m·64·(e^(d/64) − 1) is put into a model trained with −m·d. The two part ways at about 64 tokens, and another constant would give another result.",
    },
    NamedChange {
        name: "logarithmic",
        label: "Bias grows logarithmically",
        change: Change::Logarithmic,
        sets_slopes: true,
        fits: ANY,
        claim: "KERPLE (arXiv 2205.09921) learns a bias that grows logarithmically, and reports 21.4 at 16,384 tokens for models trained at 512, where ALiBi has 22.5. KERPLE trained with that bias and learned its constants; here −m·64·ln(1 + d/64) is put into a finished model. It parts from −m·d at about 64 tokens, and another constant would give another result.",
    },
    NamedChange {
        name: "no-bias",
        label: "No bias",
        change: Change::NoBias,
        sets_slopes: false,
        fits: BIASED,
        claim: "Without its bias an ALiBi model has no positions at all, and it never learned to do without. The authors, asked about decoding without the bias, say that it must be applied at test time too.",
    },
    NamedChange {
        name: "window",
        label: "Window of 256 keys",
        change: Change::Window(256),
        sets_slopes: false,
        fits: ANY,
        claim: "Each query sees only the last 256 keys. The authors’ FAQ: such a mask does not rescue a sinusoidal model. Su (2023, spaces.ac.cn/archives/9431): relative positions with a window of the training length are the baseline to beat, and ALiBi is a smooth form of it.",
    },
    NamedChange {
        name: "log-n",
        label: "Scores × log length",
        change: Change::LogN,
        sets_slopes: false,
        fits: ANY,
        claim: "Su (2021, spaces.ac.cn/archives/8823) scales scores by the logarithm of the length, so that attention does not thin out as inputs grow: a masked language model trained at 64 went from 23.0 to 34.0 % accuracy at 256.",
    },
];

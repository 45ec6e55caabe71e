//! Makes a lesson of a figure: a question above it, and out of the way what would give the answer away. All of it goes into
//! an address, or a text to paste.

use leptos::html;
use leptos::prelude::*;

use crate::ui::figure::frame::Alone;
use crate::ui::figure::spec::FigureSpec;
use crate::ui::page::embed_code::{address, built, lesson_of, snippet};
use crate::ui::page::words::{self, LESSON_KINDS, LESSON_PARTS};
use crate::ui::runs::assets::base;
use crate::ui::settings::control::{Choice, Kind, Values, put};
use crate::ui::settings::query::write;
use crate::ui::settings::state::{ASK, HIDE, LESSON, LONGEST_QUESTION, THEME, use_settings};
use crate::ui::settings::value::Value;
use crate::ui::widgets::choice::{Segmented, Tick};
use crate::ui::widgets::export::copy;
use crate::ui::widgets::words::{COPIED, COPY};

/// Characters of an address that every program carries.
const SAFE_ADDRESS: usize = 2_000;
/// Height that a question takes at most in a frame, CSS pixels: its box, and each line of that many characters.
const BOX: usize = 70;
const LINE: (usize, usize) = (45, 26);

/// A lesson.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct Plan {
    /// The question, as one paragraph.
    question: String,
    /// Names of what is hidden.
    hidden: Vec<String>,
}

impl Plan {
    fn of(question: &str, hidden: Vec<String>) -> Self {
        Self { question: question.split_whitespace().collect::<Vec<_>>().join(" "), hidden }
    }

    fn characters(&self) -> usize {
        self.question.chars().count()
    }

    /// Why it cannot be handed on.
    fn problem(&self) -> Option<String> {
        let n = self.characters();
        (n > LONGEST_QUESTION).then(|| words::question_too_long(n, LONGEST_QUESTION))
    }

    /// The settings of a figure with those of the lesson.
    fn added_to(&self, mut values: Values) -> Values {
        put(&mut values, &HIDE.control, self.hidden.write());
        put(&mut values, &ASK.control, self.question.clone());
        values
    }
}

/// The address of the article at the figure, with the lesson.
fn page_address(site: &str, figure: &'static FigureSpec, plan: &Plan, values: &Values) -> String {
    let mut values = plan.added_to(values.clone());
    // The colours are the reader's.
    values.retain(|(key, _)| key != THEME.control.key);
    if *plan != Plan::default() {
        put(&mut values, &LESSON.control, figure.id.into());
    }
    let controls: Vec<_> = figure.reads().chain([&HIDE.control, &ASK.control, &LESSON.control]).collect();
    format!("{site}{}#{}", write(&controls, &values, None), figure.id)
}

/// What is handed on: an address, or a text to paste.
fn handed_on(kind: &str, site: &str, figure: &'static FigureSpec, plan: &Plan, values: &Values, built: bool) -> String {
    if kind == "page" {
        return page_address(site, figure, plan, values);
    }
    let address = address(site, figure, &plan.added_to(values.clone()), built);
    if kind == "alone" {
        return address;
    }
    let lines = plan.characters().div_ceil(LINE.0);
    let question = if lines == 0 { 0 } else { BOX + lines * LINE.1 };
    snippet(kind, site, &FigureSpec { height: figure.height + question, ..*figure }, &address)
}

/// What can be hidden of a figure: its parts, and its controls one by one.
fn hideable(figure: &'static FigureSpec) -> Vec<Choice> {
    let drawn = figure.reads().filter(|c| !matches!(c.kind, Kind::Hidden(_) | Kind::Names { .. }));
    let parts = LESSON_PARTS.iter().copied().filter(|part| part.0 != "run" || figure.run.is_some());
    parts.chain(drawn.map(|c| (c.key, c.label))).collect()
}

/// The question, what to hide, and what to copy.
#[component]
pub fn Lesson(
    /// The figure.
    figure: &'static FigureSpec,
) -> impl IntoView {
    let settings = use_settings();
    let alone = use_context::<Alone>().is_some();
    let (hidden, asked) = untrack(|| lesson_of(settings, figure, alone));
    let (typed, hidden) = (RwSignal::new(asked), RwSignal::new(hidden));
    let kind = RwSignal::new(LESSON_KINDS[0].0);
    let plan = Memo::new(move |_| Plan::of(&typed.read(), hidden.get()));
    let problem = Memo::new(move |_| plan.with(Plan::problem));
    let carried = move || figure.reads().chain([&THEME.control]).collect::<Vec<_>>();
    let made = move |kind: &str| {
        let values = settings.values_of(&carried());
        plan.with(|plan| handed_on(kind, &base(), figure, plan, &values, built()))
    };
    let text = Memo::new(move |_| made(kind.get()));
    let link = Memo::new(move |_| made(if kind.get() == "page" { "page" } else { "alone" }));
    let area = NodeRef::<html::Textarea>::new();
    let (pressed, copied) = (RwSignal::new(false), RwSignal::new(false));
    Effect::new(move || {
        text.track();
        pressed.set(false);
        copied.set(false);
    });
    let take = move |_| {
        if let Some(area) = area.get_untracked() {
            let _ = area.focus();
            area.select();
        }
        pressed.set(true);
        copy(&text.get_untracked(), copied);
    };
    let said = move || match (copied.get(), pressed.get()) {
        (true, _) => COPIED,
        (false, true) => words::SELECTED,
        _ => "",
    };
    let ticks = hideable(figure).into_iter().map(move |(name, label)| {
        let choose = move |on: bool| {
            hidden.update(|all| {
                all.retain(|n| n != name);
                if on {
                    all.push(name.into());
                }
            });
        };
        let checked = Signal::derive(move || hidden.read().iter().any(|n| n == name));
        view! { <Tick testid=format!("lesson-hide-{name}") value=name.into() label=label.into() checked=checked choose=choose /> }
    });
    let note = move || {
        problem.with(Option::is_none).then(|| match (plan.with(|p| *p == Plan::default()), link.with(String::len)) {
            (true, _) => words::LESSON_EMPTY,
            (_, n) if n > SAFE_ADDRESS => words::LESSON_LONG,
            _ => "",
        })
    };
    let length = move || words::question_length(plan.with(Plan::characters), LONGEST_QUESTION);
    view! {
        <details class="lesson" data-testid="lesson">
            <summary>{words::MAKE_LESSON}</summary>
            <p>{words::LESSON_INTRO}</p>
            <label class="control">
                <span class="control-label">{words::LESSON_QUESTION}</span>
                <textarea
                    rows="3"
                    dir="auto"
                    data-testid="lesson-question"
                    aria-invalid=move || problem.with(Option::is_some).to_string()
                    prop:value=typed
                    on:input=move |event| typed.set(event_target_value(&event))
                ></textarea>
            </label>
            <p class="count" data-testid="lesson-length">{length}</p>
            <p class="note" role="alert" data-testid="lesson-problem" hidden=move || problem.with(Option::is_none)>
                {move || problem.get()}
            </p>
            <fieldset data-testid="lesson-hide">
                <legend>{words::LESSON_HIDE}</legend>
                <div class="ticks">{ticks.collect_view()}</div>
            </fieldset>
            <div hidden=move || problem.with(Option::is_some)>
                <Segmented
                    testid="lesson-kind"
                    group=format!("lesson-kind-{}", figure.id)
                    label=words::LESSON_AS
                    choices=LESSON_KINDS
                    value=kind
                    choose=move |k: &'static str| kind.set(k)
                />
                <textarea node_ref=area readonly=true rows="4" aria-label=words::LESSON_TEXT data-testid="lesson-text" prop:value=text></textarea>
                <p>
                    <button type="button" class="primary" data-testid="lesson-copy" on:click=take>{COPY}</button>
                    " "
                    <a href=link target="_blank" rel="noopener" data-testid="lesson-open">{words::LESSON_OPEN}</a>
                    " "
                    <span role="status" data-testid="lesson-said">{said}</span>
                </p>
                <p data-testid="lesson-note">{note}</p>
            </div>
        </details>
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::figures::{FIGURES, by_id};
    use crate::ui::page::controls;
    use crate::ui::settings::control::MAX_NAMES;
    use crate::ui::settings::query::parse;

    fn slopes(kind: &str, plan: &Plan) -> String {
        let values = vec![("heads".to_string(), "6".to_string()), ("theme".to_string(), "dark".to_string())];
        handed_on(kind, "https://a/", by_id("slopes").unwrap(), plan, &values, true)
    }

    #[test]
    fn a_lesson_is_all_in_what_is_handed_on() {
        let plan = Plan::of(" Which is\nthe <b>sixth</b>? ", vec!["table".into(), "order".into()]);
        assert_eq!(
            slopes("page", &plan),
            "https://a/?v=1&heads=6&hide=table,order&ask=Which+is+the+%3Cb%3Esixth%3C%2Fb%3E%3F&lesson=slopes#slopes"
        );
        assert_eq!(
            slopes("alone", &plan),
            "https://a/embed/slopes/?v=1&heads=6&theme=dark&hide=table,order&ask=Which+is+the+%3Cb%3Esixth%3C%2Fb%3E%3F"
        );
        assert!(
            slopes("script", &plan).contains(" ask=\"Which is the &lt;b&gt;sixth&lt;/b&gt;?\">"),
            "{}",
            slopes("script", &plan)
        );
        let frame = slopes("frame", &plan);
        let height = by_id("slopes").unwrap().height;
        assert!(frame.contains(&format!("height=\"{}\"", height + BOX + LINE.1)), "{frame}");
        assert!(frame.contains("&amp;ask=Which+is+the+%3Cb%3E"), "{frame}");
    }

    #[test]
    fn without_a_question_and_with_nothing_hidden_it_is_the_figure_as_it_stands() {
        let plan = Plan::of(" \n ", Vec::new());
        assert_eq!(slopes("page", &plan), "https://a/?v=1&heads=6#slopes");
        assert!(slopes("frame", &plan).contains(&format!("height=\"{}\"", by_id("slopes").unwrap().height)));
    }

    #[test]
    fn a_question_in_any_script_comes_back_from_its_address() {
        let odd = [
            "\"quoted\" & <script>alert(1)</script>",
            "%41+b=c#d&hide=x",
            "למה?",
            "😀".repeat(LONGEST_QUESTION).leak(),
        ];
        for question in odd {
            let plan = Plan::of(question, vec!["export".into()]);
            assert_eq!(plan.problem(), None);
            let page = slopes("page", &plan);
            let (query, anchor) = page.strip_prefix("https://a/").unwrap().split_once('#').unwrap();
            let parsed = parse(&controls(), query);
            assert_eq!((ASK.control.value(&parsed.values), anchor), (question, "slopes"));
            assert_eq!((HIDE.control.value(&parsed.values), parsed.notices), ("export", Vec::new()));
        }
    }

    #[test]
    fn a_question_that_is_too_long_is_refused_in_words() {
        let long = Plan::of(&"é".repeat(LONGEST_QUESTION + 2), Vec::new());
        assert_eq!(long.problem().as_deref(), Some("The question has 302 characters, and 300 fit. Take out 2."));
        assert_eq!(Plan::of(&"é ".repeat(LONGEST_QUESTION / 2), Vec::new()).problem(), None);
    }

    #[test]
    fn everything_that_can_be_hidden_has_a_name_of_its_own_and_all_of_it_fits() {
        for figure in FIGURES {
            let names: Vec<&str> = hideable(figure).iter().map(|h| h.0).collect();
            assert!(names.len() <= MAX_NAMES, "{}", figure.id);
            let written = names.join(",");
            let checked = HIDE.control.check(&written);
            assert_eq!((checked.value, checked.notices), (written, Vec::new()), "{}", figure.id);
        }
    }
}

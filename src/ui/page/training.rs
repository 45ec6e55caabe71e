//! How the models were trained: everything read from the manifest.

use leptos::prelude::*;

use crate::chart::sort_by_key;
use crate::config::{Manifest, ModelEntry, is_yours};
use crate::ui::figure::curves::{model_name, order};
use crate::ui::format::numbers::{show_perplexity, thousands};
use crate::ui::page::words::{self, COLUMNS, RECIPE};
use crate::ui::runs::assets::{Assets, Loaded, base, file_name};
use crate::ui::widgets::error_banner::ErrorBanner;
use crate::ui::widgets::words::CSV;

/// What the manifest says of the models.
#[component]
pub fn Training() -> impl IntoView {
    let site = expect_context::<Assets>();
    let trouble = Signal::derive(move || match site.manifest.get() {
        Loaded::Failed(reason) => Some(words::no_record(&reason)),
        _ => None,
    });
    view! {
        <ErrorBanner trouble=trouble retry=move |()| site.load() />
        {move || site.manifest.get().ready().map(|m| record(m))}
    }
}

fn record(manifest: &Manifest) -> impl IntoView + use<> {
    let mut models: Vec<&ModelEntry> = manifest.models.iter().filter(|m| !is_yours(&m.id)).collect();
    sort_by_key(&mut models, |m| order(&m.id));
    let shape = models.first().map(|m| words::shape(&m.config));
    let same = models
        .iter()
        .all(|m| m.config.n_layer == models[0].config.n_layer && m.config.d_model == models[0].config.d_model);
    let mut recipes: Vec<String> = models.iter().map(|m| m.recipe.clone()).collect();
    recipes.dedup();
    let recipe = match recipes.as_slice() {
        [one] => words::same_recipe(one),
        _ => words::RECIPES_DIFFER.into(),
    };
    let several = recipes.len() > 1;
    let headings = COLUMNS.into_iter().filter(|c| several || *c != RECIPE);
    let headings = headings.map(|c| view! { <th scope="col">{c}</th> }).collect_view();
    let rows = models.into_iter().map(|m| row(m, several)).collect_view();
    view! {
        <p>{words::corpus(&manifest.corpus)}</p>
        <p>{shape.filter(|_| same)}" "{recipe}</p>
        <div class="matrix" tabindex="0" role="region" aria-label=words::MODELS>
            <table data-series="models">
                <caption>{words::MODELS_CAPTION}</caption>
                <thead>
                    <tr>
                        {headings}
                    </tr>
                </thead>
                <tbody>{rows}</tbody>
            </table>
        </div>
    }
}

fn row(m: &ModelEntry, with_recipe: bool) -> impl IntoView + use<> {
    let log = format!("{}{}", base(), file_name(&m.log));
    let saved_as = m.log.rsplit('/').next().unwrap_or_default().to_string();
    let recipe = with_recipe.then(|| m.recipe.clone());
    view! {
        <tr>
            <th scope="row">{model_name(&m.id)}</th>
            <td>{thousands(m.config.train_length as u64)}</td>
            <td>{thousands(m.n_parameters as u64)}</td>
            <td>{thousands(m.tokens_seen)}</td>
            <td>{thousands(m.steps as u64)}</td>
            <td>{show_perplexity(m.validation_loss.exp())}</td>
            {recipe.map(|r| view! { <td class="words">{r}</td> })}
            <td><a href=log download=saved_as>{CSV}</a></td>
        </tr>
    }
}

//! How the models were trained: everything read from the manifest.

use leptos::prelude::*;

use crate::chart::sort_by_key;
use crate::config::{Manifest, ModelEntry};
use crate::ui::figure::curves::{model_name, order};
use crate::ui::format::numbers::{show_perplexity, thousands};
use crate::ui::runs::assets::{Assets, Loaded, base, file_name};
use crate::ui::widgets::error_banner::ErrorBanner;

/// What the manifest says of the models.
#[component]
pub fn Training() -> impl IntoView {
    let site = expect_context::<Assets>();
    let trouble = Signal::derive(move || match site.manifest.get() {
        Loaded::Failed(reason) => Some(format!("The record of the training could not be loaded. {reason}")),
        _ => None,
    });
    view! {
        <ErrorBanner trouble=trouble retry=move |()| site.load() />
        {move || site.manifest.get().ready().map(|m| record(m))}
    }
}

fn record(manifest: &Manifest) -> impl IntoView + use<> {
    let corpus = &manifest.corpus;
    let text = format!(
        "Training text: {} ({}; {}). {} documents, {} tokens; {} further documents were held out and are what the figures score; the losses in the logs are of others again.",
        corpus.name,
        corpus.source,
        corpus.licence,
        thousands(corpus.train_documents as u64),
        thousands(corpus.train_tokens as u64),
        thousands(corpus.held_out.len() as u64),
    );
    let mut models: Vec<&ModelEntry> = manifest.models.iter().collect();
    sort_by_key(&mut models, |m| order(&m.id));
    let shape = models.first().map(|m| {
        let c = &m.config;
        format!(
            "Each model is a decoder-only transformer with {} layers, width {}, {} heads, feed-forward width {} and a vocabulary of {} pieces.",
            c.n_layer,
            c.d_model,
            c.n_head,
            thousands(c.d_ff as u64),
            thousands(c.n_vocab as u64),
        )
    });
    let same = models
        .iter()
        .all(|m| m.config.n_layer == models[0].config.n_layer && m.config.d_model == models[0].config.d_model);
    let mut recipes: Vec<String> = models.iter().map(|m| m.recipe.clone()).collect();
    recipes.dedup();
    let recipe = match recipes.as_slice() {
        [one] => format!("The same recipe for all of them: {one}."),
        _ => "The recipes are in the table.".into(),
    };
    let several = recipes.len() > 1;
    let rows = models.into_iter().map(|m| row(m, several)).collect_view();
    view! {
        <p>{text}</p>
        <p>{shape.filter(|_| same)}" "{recipe}</p>
        <div class="matrix" tabindex="0" role="region" aria-label="Trained models">
            <table data-series="models">
                <caption>"Trained models; validation perplexity at the training length"</caption>
                <thead>
                    <tr>
                        <th scope="col">"Method"</th>
                        <th scope="col">"Trained at"</th>
                        <th scope="col">"Parameters"</th>
                        <th scope="col">"Tokens seen"</th>
                        <th scope="col">"Steps"</th>
                        <th scope="col">"Validation"</th>
                        {several.then(|| view! { <th scope="col">"Recipe"</th> })}
                        <th scope="col">"Log"</th>
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
            <td><a href=log download=saved_as>"CSV"</a></td>
        </tr>
    }
}

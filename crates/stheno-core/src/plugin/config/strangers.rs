//! Tables and variables that belong to nothing, each with what was probably meant.

use crate::{
    plugin::config::{Config, ENV_PREFIX, env_name},
    shown::shown,
};

impl Config {
    /// Tables and variables that belong to no plugin or subscriber of the application.
    pub(crate) fn strangers(&self, plugins: &[&str], subscribers: &[&str]) -> Vec<String> {
        let file = shown(&self.file()).to_string();
        let mut strangers = Vec::new();
        let mut look = |table: &str, name: &str, known: &[&str]| {
            if !known.contains(&name) {
                strangers.push(format!("[{table}.\"{}\"] in {file}: {}", shown(name), hint(name, known)));
            }
        };
        self.plugins.keys().for_each(|name| look("plugins", name, plugins));
        self.subscribers.keys().for_each(|id| look("subscribers", id, subscribers));
        let names: Vec<String> = plugins.iter().map(|plugin| env_name(plugin)).collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        for (index, name) in names.iter().enumerate() {
            let same = names[..index].iter().position(|earlier| earlier == name);
            let used = |(variable, _): &(String, String)| variable.starts_with(&format!("{ENV_PREFIX}{name}__"));
            if let Some(earlier) = same
                && plugins[earlier] != plugins[index]
                && self.environment.iter().any(used)
            {
                strangers.push(format!(
                    "{ENV_PREFIX}{name}__.. could mean plugin `{}` or plugin `{}`; set their fields in {file}",
                    shown(plugins[earlier]),
                    shown(plugins[index])
                ));
            }
        }
        for (variable, _) in &self.environment {
            // Only the ones that begin so were taken.
            let named = shown(variable);
            let rest = variable.strip_prefix(ENV_PREFIX).unwrap_or_default();
            match rest.split_once("__") {
                Some((_, fields)) if fields.split("__").any(str::is_empty) => {
                    strangers
                        .push(format!("{named} has an empty name between `__`; write {ENV_PREFIX}<PLUGIN>__<FIELD>"));
                }
                Some((plugin, _)) if names.contains(&plugin) => {}
                Some((plugin, _)) => {
                    strangers.push(format!("{named} sets a field of a plugin: {}", hint(plugin, &names)))
                }
                None => strangers.push(format!("{named} names no field; write {ENV_PREFIX}<PLUGIN>__<FIELD>")),
            }
        }
        strangers
    }
}

fn hint(name: &str, known: &[&str]) -> String {
    let meant = crate::nearest::nearest(name, known.iter().copied());
    meant.map_or("nothing of that name is enabled".into(), |meant| format!("did you mean `{meant}`?"))
}

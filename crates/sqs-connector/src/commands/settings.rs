//! `settings`: the list of all settings.

use anyhow::Result;
use connector_runtime::SETTINGS;

/// Prints every setting: where it stands in the file, its names in the environment, what it takes.
pub(crate) fn run() -> Result<()> {
    for setting in SETTINGS {
        println!("[{}] {} - {}", setting.section, setting.name, setting.meaning);
        println!("    {}", setting.variable());
        for alias in setting.aliases {
            println!("    {alias}");
        }
    }
    Ok(())
}

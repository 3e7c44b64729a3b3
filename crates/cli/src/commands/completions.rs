//! `saas completions`: the completion script of a shell, for commands, flags, files and addresses.
//!
//! The script calls `saas` for every completion, so it stays current after an update, and addresses
//! come from the plan on the command line.

use clap::{Args, ValueEnum};
use clap_complete::env::EnvCompleter;

use crate::exit::Exit;
use crate::failure::Failure;
use crate::print::Results;

/// The environment variable that the script sets; the default of [`clap_complete::CompleteEnv`].
const VARIABLE: &str = "COMPLETE";

#[derive(Clone, Debug, Args)]
#[command(after_help = "\
Examples:
  echo 'source <(saas completions bash)' >>~/.bashrc
  saas completions fish >~/.config/fish/completions/saas.fish
  echo 'source <(saas completions zsh)' >>~/.zshrc
  echo 'eval (saas completions elvish | slurp)' >>~/.elvish/rc.elv
  saas completions powershell >>$PROFILE")]
pub(crate) struct CompletionsArgs {
    /// The shell
    #[arg(value_enum)]
    shell: Shell,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Shell {
    Bash,
    Elvish,
    Fish,
    Powershell,
    Zsh,
}

impl Shell {
    fn completer(self) -> &'static dyn EnvCompleter {
        use clap_complete::env::{Bash, Elvish, Fish, Powershell, Zsh};
        match self {
            Self::Bash => &Bash,
            Self::Elvish => &Elvish,
            Self::Fish => &Fish,
            Self::Powershell => &Powershell,
            Self::Zsh => &Zsh,
        }
    }
}

pub(crate) fn run(args: CompletionsArgs) -> Result<Exit, Failure> {
    let mut script = Vec::new();
    let written = args.shell.completer().write_registration(VARIABLE, "saas", "saas", "saas", &mut script);
    written.map_err(|source| Failure::Process { what: "cannot generate the completion script", source })?;
    Results::Stdout.print(&String::from_utf8_lossy(&script))?;
    Ok(Exit::Done)
}
